"""One call of the platform, read once: the endpoints see this and never the web framework."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import Request, Response

from simulator.accounts import Account, Json, Person
from simulator.platform.errors import Refused, insist
from simulator.world import World

# Documented as POST, though nothing has to be sent.
BODILESS = {"/cgi-bin/draft/switch", "/cgi-bin/message/mass/speed/get", "/cgi-bin/tags/members/getblacklist"}
OK: Json = {"errcode": 0, "errmsg": "ok"}


@dataclass
class File:
    name: str
    content: bytes


@dataclass
class Call:
    world: World
    method: str
    host: str
    path: str
    query: dict[str, str]
    raw: bytes
    caller: str
    rid: str
    browser: str = ""  # the openid that the in-app browser belongs to
    consent: str = ""
    framed: bool = False  # inside the phone of the simulator's own page
    file: File | None = None
    form: dict[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    owner: Account | None = None
    held: bool = False  # the fault 40252: taken, looked at by a person, and delivered later
    routes: Mapping[str, Route] = field(default_factory=dict)
    before_answer: list[Callable[[], object]] = field(default_factory=list)

    @property
    def account(self) -> Account:
        if self.owner is None:
            raise Refused(41001)
        return self.owner

    @property
    def now(self) -> float:
        return self.world.clock.now()

    def text(self, name: str, missing: int = 47001) -> str:
        """A text of the body; `missing` is the errcode when there is none."""
        value = self.body.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        insist(isinstance(value, str) and value, missing)
        return str(value)

    def number(self, name: str, default: int | None = None) -> int:
        value = self.body.get(name, default)
        if not isinstance(value, int | str) or not str(value).lstrip("-").isdigit():
            raise Refused(47001)
        return int(value)

    def word(self, name: str) -> str:
        return word(self.body.get(name))

    def part(self, name: str, missing: int = 47001) -> Json:
        value = self.body.get(name)
        if not isinstance(value, dict):
            raise Refused(missing)
        return value

    def list(self, name: str, missing: int = 47001) -> list[Any]:
        value = self.body.get(name)
        if not isinstance(value, list):
            raise Refused(missing)
        return value

    def known(self, openid: object) -> Person:
        """40003 unless this account has met the person."""
        person = self.account.people.get(openid) if isinstance(openid, str) else None
        if person is None:
            raise Refused(40003)
        return person


def word(value: object) -> str:
    """A text or a number, as text; anything else counts as nothing."""
    return str(value) if isinstance(value, str | int | float) else ""


Endpoint = Callable[[Call], Json | Response]


class Route(NamedTuple):
    """`ability` names what the account must be allowed ("": anybody who has a token; None: needs no token)."""

    verb: str
    endpoint: Endpoint
    ability: str | None = ""
    limit: int = 0  # a day, 0: as any call
    test_limit: int = 0  # a day for a test account, 0: the same


def read(world: World, request: Request, host: str, path: str, rid: str) -> Call:
    raw = request.get_data(cache=True, parse_form_data=False)
    call = Call(
        world=world,
        method=request.method,
        host=host,
        path=path,
        query=request.args.to_dict(),
        raw=raw,
        caller=request.headers.get("X-Simulated-Ip", ""),
        rid=rid,
        browser=request.headers.get("X-Simulated-Openid", ""),
        consent=request.headers.get("X-Simulated-Consent", ""),
        framed=request.headers.get("Sec-Fetch-Dest") == "iframe",
    )
    if request.mimetype == "multipart/form-data":
        _take_form(call, request)
    return call


def _take_form(call: Call, request: Request) -> None:
    call.form = request.form.to_dict()
    for sent in request.files.values():
        call.file = File(sent.filename or "", sent.read())


def check_habits(call: Call, route: Route) -> None:
    """The verb, an empty body, broken JSON: told before anything else is looked at."""
    verbs = route.verb.split("|")
    if call.method not in verbs:
        raise Refused(43001 if verbs == ["GET"] else 43002)
    if call.method == "POST":
        _read_json(call)


def _read_json(call: Call) -> None:
    """JSON is read whatever the Content-Type says; a form is left alone."""
    if call.form or call.file or (call.path in BODILESS and not call.raw.strip()):
        return
    insist(call.raw.strip(), 44002)
    try:
        body = json.loads(call.raw)
    except (ValueError, RecursionError):
        raise Refused(47001) from None
    insist(isinstance(body, dict), 47001)
    call.body = body
