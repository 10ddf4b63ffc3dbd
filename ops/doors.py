"""The local stack's doors as a person uses them: a follower's phone, a tester's controls, an operator's API."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Json = dict[str, Any]
REMEMBERED = 60  # seconds; of what is set, by containers
LONGEST_ACT = 60.0  # seconds; a delivery may be tried three times
PATIENCE = 45.0  # seconds; what takes one on a quiet machine can take twenty on a busy one


class Refused(RuntimeError):
    """A door said no; the text holds the status and the answer."""


@dataclass(frozen=True)
class Phone:
    """One follower of one account."""

    simulator: str
    account: str
    openid: str

    def follow(self) -> Json:
        return self._do("follow")

    def unfollow(self) -> Json:
        return self._do("unfollow")

    def say(self, text: str) -> Json:
        return self._do("say", text=text)

    def tap(self, name: str) -> Json:
        return self._do("tap", name=name)

    def scan(self, scene: str) -> Json:
        return self._do("scan", scene=scene)

    def open(self, url: str, **more: Any) -> Json:
        return self._do("open", url=url, **more)

    def event(self, **fields: Any) -> Json:
        return self._do("event", **fields)

    def subscribe(self, answers: Mapping[str, str]) -> Json:
        """To the popup that asks for notices: {template_id: accept or reject}."""
        return self._do("subscribe", answers=dict(answers))

    def inbox(self) -> list[Json]:
        """All that the phone received, oldest first."""
        found: list[Json] = ask("GET", f"{self._address}/inbox")["inbox"]
        return found

    def _do(self, act: str, **told: Any) -> Json:
        return ask("POST", f"{self._address}/{act}", told)

    @property
    def _address(self) -> str:
        return f"{self.simulator}/phone/{self.account}/{self.openid}"


@dataclass(frozen=True)
class Controls:
    simulator: str

    def now(self) -> int:
        """Unix seconds by the clock that the stack's three programs share."""
        return int(ask("GET", f"{self.simulator}/controls/clock")["now"])

    def advance(self, seconds: float) -> Json:
        """Moves the app's clock too."""
        return self._post("clock", advance=seconds)

    def outlast_memories(self) -> Json:
        """Past the minute for which containers remember rules, accounts and who asks for what: any may hear it next."""
        return self.advance(REMEMBERED + 1)

    def fault(self, path: str, **what: Any) -> Json:
        return self._post("faults", path=path, **what)

    def faults(self) -> list[Json]:
        """Those that have not happened yet."""
        found: list[Json] = self._get("faults")["faults"]
        return found

    def kill_tokens(self, account: str) -> Json:
        return self._post("tokens", account=account)

    def set(self, account: str, **settings: Any) -> Json:
        return self._post("settings", account=account, **settings)

    def give_other_site(self, api_token: str) -> Json:
        """So that the other site's server can exchange tickets."""
        return self._post("settings", other_site={"api_token": api_token})

    def verify(self, account: str) -> Json:
        return self._post("verify", account=account)

    def calls(self, **narrow: str) -> Json:
        return self._get("calls", **narrow)

    def deliveries(self, **narrow: str) -> list[Json]:
        found: list[Json] = self._get("deliveries", **narrow)["deliveries"]
        return found

    def inboxes(self, account: str, kind: str, words: str) -> dict[str, int]:
        """{openid: how many messages of that type, with those words}; only people who got any."""
        found: dict[str, int] = self._get("inboxes", account=account, type=kind, **{"with": words})["received"]
        return found

    def _get(self, name: str, **query: str) -> Json:
        return ask("GET", f"{self.simulator}/controls/{name}?{urlencode(query)}")

    def _post(self, name: str, **told: Any) -> Json:
        return ask("POST", f"{self.simulator}/controls/{name}", told)


def ask(method: str, url: str, told: Any = None, token: str = "", headers: Mapping[str, str] | None = None) -> Json:
    """JSON in, JSON out ({} for nothing); Refused for anything but success."""
    known = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    body = json.dumps(told).encode() if told is not None else None
    request = urllib.request.Request(url, body, known | dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=LONGEST_ACT) as response:
            answer: Json = json.loads(response.read() or b"{}")
    except urllib.error.HTTPError as error:
        raise Refused(f"{method} {url}: {error.code} {error.read().decode(errors='replace')}") from None
    return answer


def eventually(look: Callable[[], Any], within: float = PATIENCE) -> Any:
    """What `look` finds as soon as it finds something; its last answer when time is up."""
    give_up = time.monotonic() + within
    while not (found := look()) and time.monotonic() < give_up:
        time.sleep(0.05)
    return found
