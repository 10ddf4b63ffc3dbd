"""What is known of a person beyond what WeChat tells: facts, each with its source and day, and consent where it is due.

A fact stands in the profile: `facts` {name: {value, source, at, consent?}}, where `at` is unix seconds and consent is
{at, text}: when the person agreed, and to what words. Sources: `platform`, `h5` (a page of ours), `answer` (the person
said so), `location` (shared in the conversation), `crm` or `crm:<endpoint>` (another system, by features/arrivals),
`api:<label>` (a machine, by its token's label).

Phone, address, gender and birthday are kept only with consent; gender and birthday only as the person's own answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NotRequired, TypedDict

from ...errors import BadInput, NotFound
from ...services import Account, Services
from ...wechat.messages import Message
from .. import days
from . import ids, visiting
from .card import MOST_FACTS, Value
from .change import Item, change

NAME = re.compile(r"(?!\d)\w[\w-]{0,39}")
SOURCE = re.compile(r"platform|h5|answer|location|crm(?::[a-z0-9]{1,40})?|api:.{1,80}")
LONGEST_VALUE = 200  # characters
LARGEST_NUMBER = 10**15
ONLY_WITH_CONSENT = frozenset({"phone", "address", "gender", "birthday"})
ONLY_AS_ANSWER = frozenset({"gender", "birthday"})
PHONE = re.compile(r"\+?[0-9][0-9 -]{4,19}")
BIRTHDAY = re.compile(r"(?:\d{4}|-)-\d\d-\d\d")
FURTHEST = {"lat": 90.0, "lon": 180.0}


class Consent(TypedDict):
    at: int
    text: str


class Fact(TypedDict):
    value: Value
    source: str
    at: int
    consent: NotRequired[Consent]


# Whether what is told of this name counts, given what is known: (name, known or None, told).
Beats = Callable[[str, Mapping[str, Any] | None, Fact], bool]


def set_facts(  # noqa: PLR0913, PLR0917 (whose, what, from where, and by what right)
    svc: Services,
    account: Account,
    openid: str,
    values: Mapping[str, Value],
    source: str,
    consent: Consent | None = None,
    *,
    at: int = 0,
    beats: Beats | None = None,
) -> Item:
    """The profile as it then is; BadInput says what may not be kept, Conflict that an id is somebody else's. What is
    known already keeps its day.

    `at`: when it became so, if that is not now. `beats`: what loses against what is known is left out.
    """
    _check_source(source, consent)
    for name, value in values.items():
        check(name, value, source, consent)
    told = {name: _fact(svc, name, value, source, consent) for name, value in values.items()}
    for fact in told.values():
        fact["at"] = at or fact["at"]
    claimed = ids.claim(svc, account, openid, values)

    def edit(profile: Item) -> Item:
        if not profile["following"]:
            return {}
        known = profile.get("facts", {})
        better = {name: fact for name, fact in told.items() if beats is None or beats(name, known.get(name), fact)}
        facts = known | {name: fact for name, fact in better.items() if not _same(known.get(name), fact)}
        if len(facts) > MOST_FACTS:
            raise BadInput(f"每人最多 {MOST_FACTS} 项资料。A person has at most {MOST_FACTS} facts.")
        return {"facts": facts}

    after = _found(change(svc, account, openid, edit))
    ids.settle(svc, account, openid, after.get("facts", {}), claimed)
    return after


def forget_fact(svc: Services, account: Account, openid: str, name: str) -> Item:
    """The profile as it then is; forgetting what is not known is fine. What a visit told goes from there too."""
    visiting.unsay(svc, account, openid, name)

    def edit(profile: Item) -> Item:
        return {"facts": {known: fact for known, fact in profile.get("facts", {}).items() if known != name}}

    after = _found(change(svc, account, openid, edit))
    ids.settle(svc, account, openid, after.get("facts", {}), {name} & set(ids.marked(svc, account)))
    return after


def hear_location(svc: Services, account: Account, message: Message, known: Item) -> None:
    """A place that was shared, to about a kilometre. Noted by a job, once a day: many phones tell it every few seconds.

    So a callback that tells of a place costs no more than any other.
    """
    if message.kind != "location" and message.event != "location":
        return
    lat = message.get("Location_X") or message.get("Latitude")
    lon = message.get("Location_Y") or message.get("Longitude")
    region = _region(lat, lon, message.get("Label"))
    before = known.get("facts", {}).get("region", {})
    if region and not (days.today(before.get("at", 0)) == days.today(svc.now()) or before.get("value") == region):
        svc.later(note_region, account, openid=message.openid, region=region)


def note_region(svc: Services, account: Account, openid: str, region: str) -> None:
    """A job: the place that a follower shared."""

    def edit(profile: Item) -> Item:
        known, fact = profile.get("facts", {}), _fact(svc, "region", region, "location", None)
        return (
            {} if not profile["following"] or _same(known.get("region"), fact) else {"facts": known | {"region": fact}}
        )

    change(svc, account, openid, edit)


def _region(lat: str, lon: str, label: str) -> str:
    """`31.23,121.47 上海市黄浦区`; "" for what is no place."""
    try:
        x, y = float(lat), float(lon)
    except ValueError:
        return ""
    if not (abs(x) <= FURTHEST["lat"] and abs(y) <= FURTHEST["lon"]):
        return ""
    return f"{x:.2f},{y:.2f} {label[: LONGEST_VALUE // 2]}".strip()


def _fact(svc: Services, name: str, value: Value, source: str, consent: Consent | None) -> Fact:
    fact: Fact = {"value": value, "source": source, "at": svc.now()}
    if consent is not None and name in ONLY_WITH_CONSENT:
        fact["consent"] = {"at": consent["at"], "text": consent["text"]}
    return fact


def _same(known: Mapping[str, Any] | None, fact: Fact) -> bool:
    """The day alone makes no difference."""
    return known is not None and {**known, "at": 0} == {**fact, "at": 0}


def _check_source(source: str, consent: Consent | None) -> None:
    if not SOURCE.fullmatch(source):
        raise BadInput("来源不对。source must be platform, h5, answer, location, crm or api:<label>.")
    if consent is not None and not (consent["at"] > 0 and 0 < len(consent["text"].strip()) <= LONGEST_VALUE * 5):
        raise BadInput("同意记录要有时间和文字。consent needs at (unix seconds) and text, the words agreed to.")


def check(name: str, value: Value, source: str, consent: Consent | None) -> None:
    """BadInput says why this may not be kept."""
    if not NAME.fullmatch(name):
        raise BadInput("资料名称要有 1 到 40 个字，不以数字开头。A fact's name is 1 to 40 letters, no digit first.")
    if name in ONLY_WITH_CONSENT and consent is None:
        raise BadInput(f"{name} 需要本人同意的记录。{name} is kept only with the person's consent.")
    if name in ONLY_AS_ANSWER and source != "answer":
        raise BadInput(f"{name} 只能由本人回答。{name} is kept only as the person's own answer.")
    if not _may_be(name, value):
        raise BadInput(f"{name} 的内容不对。This is no value for {name}.")


def _may_be(name: str, value: Value) -> bool:
    if isinstance(value, str):
        fits = len(value.strip()) > 0 and len(value) <= LONGEST_VALUE
        return fits and (name != "phone" or bool(PHONE.fullmatch(value))) and (name != "birthday" or _is_day(value))
    return isinstance(value, int) and abs(value) <= LARGEST_NUMBER and name not in ONLY_WITH_CONSENT


def _is_day(text: str) -> bool:
    """1990-02-28, or --02-28 where the year is nobody's business."""
    if not BIRTHDAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text.replace("--", "2000-", 1) if text.startswith("--") else text)
    except ValueError:
        return False
    return True


def _found(profile: Item | None) -> Item:
    if profile is None or not profile["following"]:
        raise NotFound("没有这位粉丝。There is no such follower.")
    return profile
