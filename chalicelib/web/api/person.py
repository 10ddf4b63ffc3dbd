"""/api/{account}/followers/{openid}: one person with everything known of them, and what may be changed."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import unquote

import msgspec

from ...errors import NotFound
from ...features import followers, identities, people, tags, timeline
from ...features.followers import Consent
from ...features.followers.card import Value
from ...features.timeline import Happening, Visit
from ...services import Account
from .door import Call, door
from .followers import MOST_LISTED, TagId, shown_day, verified

AREA = "followers"  # of these doors' names in the audit log
ONE = "/api/{account}/followers/{item}"
MOST_FACTS = 40
MOST_TAGS = 20
MOMENT = r"^([0-9]{11}\.[0-9]{1,4})?$"
ORDER = r"^[\x21-\x7e]{1,128}$"
NOBODY = "没有这位粉丝。There is no such follower."

Item = dict[str, Any]


class OneFact(msgspec.Struct):
    """`source` is platform, h5, answer, location or api:<who>; `consent` is null where none is needed."""

    name: str
    value: Value
    source: str
    at: int
    consent: Consent | None


class SamePerson(msgspec.Struct):
    account: str
    openid: str
    name: str


class Follower(msgspec.Struct):
    """Days are such as 2026-11-20, or "" if unknown; `spent` is in fen. Of who left only that is known."""

    openid: str
    name: str
    following: bool
    since: int
    first_seen: str
    scene: str
    qr_scene: str
    language: str
    remark: str
    tags: list[int]
    unionid: str
    blocked: bool
    facts: list[OneFact]
    messages: int
    last_active: str
    orders: int
    spent: int
    last_order: str
    visits: list[Visit]
    same_person: list[SamePerson]


class PastQuery(msgspec.Struct):
    cursor: Annotated[str, msgspec.Meta(pattern=MOMENT)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 50


class Past(msgspec.Struct):
    items: list[Happening]
    cursor: str


class RemarkBody(msgspec.Struct, forbid_unknown_fields=True):
    remark: Annotated[str, msgspec.Meta(description="最多 29 字节，空为去掉。At most 29 bytes; empty takes it away.")]


class BlockedBody(msgspec.Struct, forbid_unknown_fields=True):
    blocked: bool


class PersonTags(msgspec.Struct, forbid_unknown_fields=True):
    add: Annotated[list[TagId], msgspec.Meta(max_length=MOST_TAGS)] = []
    remove: Annotated[list[TagId], msgspec.Meta(max_length=MOST_TAGS)] = []


class ConsentBody(msgspec.Struct, forbid_unknown_fields=True):
    """When the person agreed, and to what words."""

    at: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class FactsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Phone, address, gender and birthday need `consent`; gender and birthday must be the person's own `answer`."""

    facts: Annotated[dict[str, Value], msgspec.Meta(min_length=1, max_length=MOST_FACTS)]
    consent: ConsentBody | None = None
    source: Literal["api", "answer"] = "api"


class OrderBody(msgspec.Struct, forbid_unknown_fields=True):
    """`order` is the shop's own number: told again it is the same order, and one that was paid back has 0 `fen`."""

    order: Annotated[str, msgspec.Meta(pattern=ORDER)]
    fen: Annotated[int, msgspec.Meta(ge=0, le=10**12)]
    at: Annotated[int, msgspec.Meta(ge=1, le=99_999_999_999)]


@door("GET", ONE, needs="followers:read", gives=Follower, says="一位粉丝的全部资料。All that is known of a person.")
def one(call: Call, account: str, item: str) -> Follower:
    """Messages are counted up to this moment."""
    svc, tea, openid = call.svc, call.svc.accounts[account], _openid(item)
    known = followers.refresh_activity(svc, tea, openid) or followers.profile(svc, tea, openid)
    return _shown(call, tea, openid, known)


@door(
    "GET",
    ONE + "/timeline",
    needs="followers:read",
    asks=PastQuery,
    gives=Past,
    says="和这个人有关的每件事，新的在前。Everything that happened with this person, the newest first.",
)
def past(call: Call, account: str, item: str) -> Past:
    tea, openid = call.svc.accounts[account], _openid(item)
    return Past(*timeline.page(call.svc, tea, openid, call.query.cursor, call.query.limit))


@door(
    "PUT",
    ONE + "/remark",
    needs="followers:write",
    takes=RemarkBody,
    gives=Follower,
    says="改备注名，微信那边也改。Change the remark, at WeChat too.",
)
def remark(call: Call, account: str, item: str) -> Follower:
    tea, openid = verified(call, account), _openid(item)
    return _shown(call, tea, openid, followers.set_remark(call.svc, tea, openid, call.body.remark.strip()))


@door(
    "PUT",
    ONE + "/blocked",
    needs="followers:write",
    takes=BlockedBody,
    gives=Follower,
    says="拉进黑名单，或移出。Put on WeChat's blacklist, or take off it.",
)
def blocked(call: Call, account: str, item: str) -> Follower:
    tea, openid = verified(call, account), _openid(item)
    return _shown(call, tea, openid, followers.set_blocked(call.svc, tea, openid, call.body.blocked))


@door(
    "PUT",
    ONE + "/tags",
    needs="followers:write",
    takes=PersonTags,
    gives=Follower,
    says="打上、取下标签。Put tags on, and take tags off.",
)
def tag(call: Call, account: str, item: str) -> Follower:
    tea, openid = verified(call, account), _openid(item)
    _must_follow(call, tea, openid)
    return _shown(call, tea, openid, tags.tag_person(call.svc, tea, openid, call.body.add, call.body.remove))


@door(
    "PUT",
    ONE + "/facts",
    needs="followers:write",
    takes=FactsBody,
    gives=Follower,
    says="记下资料，连同来源、日期和本人的同意。Keep facts, with source, date and the person's consent.",
)
def facts(call: Call, account: str, item: str) -> Follower:
    body: FactsBody = call.body
    tea, openid = call.svc.accounts[account], _openid(item)
    source = "answer" if body.source == "answer" else f"api:{call.who.name}"
    consent: Consent | None = {"at": body.consent.at, "text": body.consent.text} if body.consent else None
    known = followers.set_facts(call.svc, tea, openid, body.facts, source, consent)
    return _shown(call, tea, openid, known)


@door(
    "PUT",
    ONE + "/orders",
    needs="followers:write",
    takes=OrderBody,
    gives=Follower,
    says="记下一笔订单：金额（分）和时间；退款后以 0 再报一次。"
    "Note an order: its amount in fen and its time; once it is paid back, again with 0.",
)
def order(call: Call, account: str, item: str) -> Follower:
    body: OrderBody = call.body
    tea, openid = call.svc.accounts[account], _openid(item)
    known = followers.note_order(call.svc, tea, openid, body.order, body.fen, body.at)
    tags.wake(call.svc, tea, openid, ["ordered"] if known else [])
    return _shown(call, tea, openid, known)


@door(
    "DELETE",
    ONE + "/facts/{fact}",
    needs="followers:write",
    says="抹去一项资料和它的同意记录。Forget a fact, and the consent with it.",
)
def forget(call: Call, account: str, item: str, fact: str) -> None:
    followers.forget_fact(call.svc, call.svc.accounts[account], _openid(item), unquote(fact))


def _openid(item: str) -> str:
    """As it stands in the path, where odd characters come encoded."""
    openid = unquote(item)
    if not people.OPENID.fullmatch(openid):
        raise NotFound(NOBODY)
    return openid


def _must_follow(call: Call, account: Account, openid: str) -> None:
    if not followers.is_following(call.svc, account, openid):
        raise NotFound(NOBODY)


def _shown(call: Call, account: Account, openid: str, known: Item | None) -> Follower:
    if known is None:
        raise NotFound(NOBODY)
    return Follower(
        openid=openid,
        name=_name(known),
        following=known["following"],
        since=known.get("since", 0),
        tags=known.get("tag_ids", []),
        blocked=bool(known.get("blocked")),
        facts=[_fact(name, fact) for name, fact in sorted(known.get("facts", {}).items())],
        visits=timeline.visits(call.svc, account, openid),
        same_person=_elsewhere(call, account, openid),
        **_as_they_are(known),
    )


def _as_they_are(known: Item) -> dict[str, Any]:
    told: dict[str, Any] = {name: known.get(name, "") for name in ("scene", "qr_scene", "remark", "unionid")}
    told["language"] = known.get("lang", "")
    told |= {name: known.get(name, 0) for name in ("messages", "orders", "spent")}
    return told | {name: shown_day(known.get(name, 0)) for name in ("first_seen", "last_active", "last_order")}


def _elsewhere(call: Call, account: Account, openid: str) -> list[SamePerson]:
    """In the other accounts, as far as a unionid tells."""
    known = identities.same_person(call.svc, account, openid)
    others = [(alias, theirs) for alias, theirs in known if alias != account.alias]
    profiles = [followers.profile(call.svc, call.svc.accounts[alias], theirs) for alias, theirs in others]
    return [SamePerson(*who, _name(there or {})) for who, there in zip(others, profiles, strict=True)]


def _name(known: Item) -> str:
    return str(known.get("remark") or known.get("facts", {}).get("nickname", {}).get("value", ""))


def _fact(name: str, fact: Item) -> OneFact:
    return OneFact(name, fact["value"], fact["source"], fact["at"], fact.get("consent"))
