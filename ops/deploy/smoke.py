"""Asks the live callback as WeChat would: it must know a signature, and refuse a wrong one."""

import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from typing import NamedTuple

import urllib3

from ..say import Problem, done, step, warn
from ..target import Target

PATIENCE = 30.0  # seconds; a new API answers everywhere only after a moment
WECHAT_WAITS = 5.0
NOT_ALLOWED = 403


class Answer(NamedTuple):
    status: int  # 0 when nothing answered
    text: str


def address(target: Target, api_id: str, public_url: str = "") -> str:
    """Where the stage is for the world; without a domain of its own that is API Gateway's."""
    host = "amazonaws.com.cn" if target.partition == "aws-cn" else "amazonaws.com"
    return public_url or f"https://{api_id}.execute-api.{target.region}.{host}/v1"


def check(target: Target, base: str, now: float, own: str = "") -> None:
    """All accounts of the stage; the first that does not answer right is a Problem. `own`: API Gateway's address."""
    accounts = list(aliases(target))
    asked = _awake(base, own) if accounts else base
    for alias, kind in accounts:
        if kind == "wecom":
            warn(f"{alias} 是企业微信，跳过探测。", f"{alias} is WeCom's, whose probe is sealed; skipped.")
        else:
            _check_account(target, asked, alias, now)
    if not accounts:
        warn(
            f"还没有公众号，回调未能试探：python -m ops account add --stage {target.stage}",
            f"there is no account yet, so the callback was not tried: python -m ops account add --stage {target.stage}",
        )
    if asked != base:
        warn(
            f"{base} 还没有应答，API Gateway 自己的地址正常：请检查域名的 DNS 记录，等它生效。",
            f"{base} does not answer yet, API Gateway's own address does: check the DNS entry; it takes a while.",
        )


def _check_account(target: Target, base: str, alias: str, now: float) -> None:
    step(f"像微信那样访问 {base}/wechat/{alias}", f"asking {alias} as WeChat would")
    _must_answer(f"{base}/wechat/{alias}", token(target, alias), now)
    done(f"{alias}：回调应答正确。", f"{alias}: the callback answers right.")


def _awake(base: str, own: str) -> str:
    """`own` when only that answers: the DNS entry of a new domain takes its time, and is no fault of the deploy."""
    if not own or own == base or ask(f"{base}/", {}).status:
        return base
    return own if ask(f"{own}/", {}).status else base


def aliases(target: Target) -> Iterator[tuple[str, str]]:
    """(alias, kind) of each account."""
    pages = (
        target.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=target.name(),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "accounts"}},
        )
    )
    for page in pages:
        for item in page["Items"]:
            yield item["sk"]["S"], item["kind"]["S"]


def token(target: Target, alias: str) -> str:
    name = target.parameter(f"accounts/{alias}/callback")
    stored = target.client("ssm").get_parameter(Name=name, WithDecryption=True)
    return str(json.loads(stored["Parameter"]["Value"])["token"])


def signed(token: str, now: float, nonce: str) -> dict[str, str]:
    timestamp = str(int(now))
    # WeChat's own scheme, from its documentation; the live code is not asked how it thinks it goes.
    signature = hashlib.sha1("".join(sorted((token, timestamp, nonce))).encode()).hexdigest()  # noqa: S324
    return {"signature": signature, "timestamp": timestamp, "nonce": nonce}


def ask(url: str, query: dict[str, str]) -> Answer:
    """Like WeChat, follows no redirect and tries once."""
    try:
        found = urllib3.request("GET", url, fields=query, timeout=WECHAT_WAITS, retries=False, redirect=False)
    except urllib3.exceptions.HTTPError:
        return Answer(0, "")
    return Answer(found.status, found.data.decode("utf-8", "replace"))


def _must_answer(url: str, token: str, now: float) -> None:
    right, wrong = signed(token, now, secrets.token_hex(8)), signed(secrets.token_hex(16), now, secrets.token_hex(8))
    echo = secrets.token_hex(16)
    found = _patiently(url, {**right, "echostr": echo}, echo)
    if found.text != echo:
        raise _silent(url, found.status)
    refused = ask(url, {**wrong, "echostr": echo})
    if refused.status != NOT_ALLOWED:
        raise Problem(
            f"{url} 对错误的签名答了 {refused.status}，应当是 403：请立刻回滚。",
            f"{url} answers {refused.status} to a wrong signature instead of 403: roll back now.",
        )


def _patiently(url: str, query: dict[str, str], wanted: str) -> Answer:
    give_up = time.monotonic() + PATIENCE
    while (found := ask(url, query)).text != wanted and time.monotonic() < give_up:
        time.sleep(1)
    return found


def _silent(url: str, status: int) -> Problem:
    told = f"HTTP {status}" if status else "no answer"
    return Problem(
        f"已部署，但 {url} 没有像微信期待的那样应答（{told}）：看 python -m ops logs，或 python -m ops rollback。",
        f"Deployed, but {url} does not answer as WeChat expects ({told}): see `python -m ops logs`, "
        "or go back with `python -m ops rollback`.",
    )
