"""A whole house for one test: real code, AWS played by the emulator, WeChat by the simulator, all in loopback.

The app's routes and the simulator run in this process, so a test may look inside and may put in a replier of its own.
Each test has a stage of its own, and so a table, queues and secrets of its own.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import urllib3

from chalicelib.aws import session
from chalicelib.features import jobs, tokens
from chalicelib.observe import log
from chalicelib.services import Account, Services
from ops import resources
from simulator.server import Simulator
from simulator.world import World

Json = dict[str, Any]

AES_KEYS = {"tea": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "leaf": "ABCDEFGHIJKLMNOPQRSTUVWXYZ9876543210abcdefg"}
NOTICE = "notice-template"
HTTP = urllib3.PoolManager(maxsize=64, retries=False)


def account(alias: str, callback: str) -> Json:
    tea = alias == "tea"
    return {
        "alias": alias,
        "label": "茶铺" if tea else "茶叶笔记",
        "name": "茶铺" if tea else "茶叶笔记",
        "kind": "service" if tea else "subscription",
        "verified": tea,
        "app_id": f"wx{alias:0>16}",
        "original_id": f"gh_{alias}",
        "secret": f"secret-of-{alias}",
        "token": f"token{alias}",
        "aes_key": AES_KEYS[alias],
        "mode": "safe",
        "modes": ["safe"] if tea else ["plain", "compatible", "safe"],
        "callback_url": f"{callback}/wechat/{alias}",
        "oauth_domains": ["127.0.0.1"],
        "ip_whitelist": [],
        "templates": [{"template_id": NOTICE, "title": "通知", "content": "{{thing1.DATA}}", "example": ""}],
        "menu": {"button": [{"type": "click", "name": "茶单", "key": "MENU"}]},
        "followers": [],
    }


def store(svc: Services, told: Json) -> None:
    """What `ops account add` does for a deployed stage."""
    alias = told["alias"]
    names = ("kind", "verified", "app_id", "original_id", "label", "modes")
    svc.table.put({"pk": "accounts", "sk": alias, **{name: told[name] for name in names}})
    callback = {"token": told["token"], "aes_key": told["aes_key"], "previous_token": "", "previous_aes_key": ""}
    store_secret(svc, f"accounts/{alias}/callback", json.dumps(callback))
    store_secret(svc, f"accounts/{alias}/app_secret", told["secret"])


def store_secret(svc: Services, name: str, value: str) -> None:
    full = f"{svc.settings.secrets_path}/{name}"
    session.client("ssm").put_parameter(Name=full, Value=value, Type="SecureString", Overwrite=True)


class InProcess:
    """The refresher without Lambda: it is done when the call returns."""

    def __init__(self, svc: Services) -> None:
        self._svc = svc
        self.woken = 0

    def refresh_tokens(self, alias: str) -> None:
        self.woken += 1
        tokens.refresh(self._svc, self._svc.accounts[alias])


@dataclass
class House:
    svc: Services
    world: World
    simulator: str
    app: str

    @property
    def tea(self) -> Account:
        return self.svc.accounts["tea"]

    @property
    def leaf(self) -> Account:
        return self.svc.accounts["leaf"]

    def phone(self, openid: str, does: str, alias: str = "tea", **body: Any) -> Json:
        """What the follower's screen shows: {"replies", "deliveries", "elapsed_ms"}."""
        return self._ask("POST", f"{self.simulator}/phone/{alias}/{openid}/{does}", body)

    def says(self, openid: str, text: str, alias: str = "tea") -> str:
        """The text that comes back, "" for none."""
        replies = self.phone(openid, "say", alias, text=text)["replies"]
        return str(replies[0].get("content", "")) if replies else ""

    def inbox(self, openid: str, alias: str = "tea") -> list[Json]:
        found: list[Json] = self._ask("GET", f"{self.simulator}/phone/{alias}/{openid}/inbox")["inbox"]
        return found

    def control(self, what: str, **body: Any) -> Json:
        return self._ask("POST", f"{self.simulator}/controls/{what}", body)

    def calls(self) -> Json:
        return self._ask("GET", f"{self.simulator}/controls/calls")

    def count(self, path: str) -> int:
        """How often the platform was asked this."""
        return int(self.calls()["counts"].get(path, 0))

    def advance(self, seconds: float) -> None:
        """Move everybody's clock."""
        self.control("clock", advance=seconds)

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return HTTP.request("GET", self.app + path, headers=headers, redirect=False)

    def post(self, path: str, body: bytes = b"", **headers: str) -> urllib3.BaseHTTPResponse:
        return HTTP.request("POST", self.app + path, body=body, headers=headers, redirect=False)

    def work(self) -> int:
        """Do everything that waits in the queues, as the workers would: how many jobs that was."""
        return sum(self._drain(queue) for queue in (self.svc.work, self.svc.bulk))

    def _drain(self, queue: Any) -> int:
        done = 0
        sqs = session.client("sqs")
        while messages := sqs.receive_message(
            QueueUrl=queue._address(), MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            jobs.work(self.svc, queue, [_record(message) for message in messages], lambda: 60.0)
            done += len(messages)
        return done

    def _ask(self, method: str, url: str, body: Json | None = None) -> Json:
        answer = HTTP.request(method, url, json=body, timeout=40) if body is not None else HTTP.request(method, url)
        found: Json = answer.json()
        assert answer.status == 200, found
        return found


def _record(message: Json) -> jobs.Record:
    receives = int(message["Attributes"]["ApproximateReceiveCount"])
    return jobs.Record(message["Body"], message["ReceiptHandle"], receives)


def resources_for(svc: Services, accounts: list[Json]) -> None:
    # Making a client takes 40 ms, and the app's own will do.
    with mock.patch("boto3.client", session.client):
        resources.apply(svc.settings.stage)
    store_secret(svc, "master_key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    for told in accounts:
        store(svc, told)


@contextmanager
def weixin(accounts: list[Json], clock_file: Path | None = None) -> Iterator[tuple[World, str]]:
    world = World({"home": "", "accounts": accounts}, clock_file=clock_file)
    with Simulator(world) as address:
        yield world, address


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What the app writes into its log meanwhile, as CloudWatch would keep it."""
    written = io.StringIO()
    handler: Any = log.registered_handler
    before, level = handler.setStream(written), log.log_level
    log.setLevel("DEBUG")
    try:
        yield written
    finally:
        handler.setStream(before)
        log.setLevel(level)


def eventually(true: Any, within: float = 5.0) -> bool:
    """Whether it becomes true in so many seconds."""
    give_up = time.monotonic() + within
    while time.monotonic() < give_up:
        if true():
            return True
        time.sleep(0.02)
    return bool(true())
