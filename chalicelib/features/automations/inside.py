"""Who is in an automation now, page by page; and everything that one person is in, or was."""

from __future__ import annotations

import re

import msgspec

from ...errors import NotFound, wrong_cursor
from ...services import Account, Services
from ...wechat.errors import CATALOGUE
from .. import people, tags
from ..segments.sentences import Names
from . import journeys, store
from .definition import Plan
from .journeys import Item
from .sentences import step as step_words

MOST_ON_A_PAGE = 1000
WHOLE_PAGE = 4000  # entries of one query
LOOKED_THROUGH = 20_000  # entries that one call reads in search of an automation's people
REASONS = {
    "window": "已过客服消息的时限。Their window is over.",
    "ability": "账号不能发客服消息。The account may not send such messages.",
    "unsure": "可能已送达，不再重发。It may have arrived, and is not repeated.",
    "already": "本来就是。It was so already.",
    "quota": "今天的额度用完了。The day's quota is spent.",
    "gave up": "试了一天不成。It was tried for a day.",
}
CODE = re.compile(r"(?:wechat )?(-?\d{4,6})\b")


class Inside(msgspec.Struct, frozen=True):
    """`due_at` is when they go on; of an automation that is paused, when they were to. `name` is their remark or
    nickname, "" if we know neither."""

    openid: str
    step_id: str
    due_at: int
    entered_at: int
    name: str = ""


class Trace(msgspec.Struct, frozen=True):
    """`outcome` is done, skipped, failed, yes or no; `text` the step's sentence, "" if it is not known any more."""

    step_id: str
    text: str
    outcome: str
    reason: str
    at: int


class Journey(msgspec.Struct, frozen=True):
    """`ending` is "" as long as they are inside, at `step_id` (`text` is its sentence) until `due_at`; else done, left,
    removed or failed."""

    automation_id: str
    name: str
    version: int
    entered_at: int
    ended_at: int
    ending: str
    step_id: str
    text: str
    due_at: int
    trail: list[Trace]


def page(
    svc: Services, account: Account, automation_id: str, cursor: str = "", limit: int = 50
) -> tuple[list[Inside], str]:
    """So many, or fewer, even none; and the cursor for more, or "". Shelf by shelf, on each who goes on first."""
    store.found(svc, account, automation_id)
    names = [*journeys.names(), journeys.parked(automation_id)]
    shelf, after = _read_cursor(cursor, len(names))
    found: list[Inside] = []
    looked = 0
    while shelf < len(names) and len(found) < limit and looked < LOOKED_THROUGH:
        entries, more = svc.table.shelved_page(names[shelf], WHOLE_PAGE, after)
        looked += len(entries)
        after = more
        for entry in entries:
            if journeys.automation_of(entry) == automation_id and journeys.account_of(entry) == account.alias:
                found.append(_inside(entry))
                if len(found) == limit:
                    after = entry["place"] if entry is not entries[-1] else more
                    break
        shelf += not after
    return _named(svc, account, found), f"{shelf:x}.{after}" if shelf < len(names) else ""


def of_person(svc: Services, account: Account, openid: str) -> list[Journey]:
    """The newest first."""
    items = list(svc.table.under(people.key(account, openid), "journey#"))
    names = tags.names(svc, account) if items else {}
    found = [_journey(svc, account, item, names) for item in items]
    return sorted(found, key=lambda one: one.entered_at, reverse=True)


def name_of(svc: Services, account: Account, automation_id: str) -> str:
    """The automation's name; its id if it was removed."""
    try:
        return str(store.found(svc, account, automation_id)["title"])
    except NotFound:
        return automation_id


def _named(svc: Services, account: Account, found: list[Inside]) -> list[Inside]:
    keys = {people.key(account, one.openid): "profile" for one in found}
    known = {item["pk"]: item for item in svc.table.get_many(list(keys.items()), "remark", "facts")}
    return [msgspec.structs.replace(one, name=_name(known.get(people.key(account, one.openid), {}))) for one in found]


def _name(known: Item) -> str:
    return str(known.get("remark") or known.get("facts", {}).get("nickname", {}).get("value", ""))


def _inside(entry: Item) -> Inside:
    step_id, entered_at = journeys.label_of(entry)
    return Inside(journeys.openid_of(entry), step_id, journeys.due_of(entry), entered_at)


def _journey(svc: Services, account: Account, item: Item, names: Names) -> Journey:
    automation_id, version = journeys.automation_of(item), item["edition"]
    try:
        plan = store.plan_of(svc, account, automation_id, version)
    except NotFound:
        plan = Plan("", {})
    ended = "ended_at" in item
    return Journey(
        automation_id=automation_id,
        name=name_of(svc, account, automation_id),
        version=version,
        entered_at=item["entered_at"],
        ended_at=item.get("ended_at", 0),
        ending=item.get("ending", ""),
        step_id="" if ended else item["at_step"],
        text="" if ended else _said(plan, names, item["at_step"]),
        due_at=0 if ended else item["due_at"],
        trail=[_trace(plan, names, told) for told in item["trail"]],
    )


def _trace(plan: Plan, names: Names, told: str) -> Trace:
    step_id, outcome, reason, at = told.split(":")
    return Trace(step_id, _said(plan, names, step_id), outcome, REASONS.get(reason) or _refusal(reason), int(at))


def _said(plan: Plan, names: Names, step_id: str) -> str:
    known = plan.steps.get(step_id)
    return str(step_words(known.told, names)) if known else ""


def _refusal(reason: str) -> str:
    """What WeChat's number means, if it is one; else as it was told."""
    found = CODE.match(reason)
    known = CATALOGUE.get(int(found[1])) if found else None
    if found is None or known is None:
        return reason
    code = found[1]
    return f"微信不接受：{known.meaning_zh}（{code}）。WeChat refuses: {known.meaning_en} ({code})."


def _read_cursor(cursor: str, most: int) -> tuple[int, str]:
    shelf, _, after = cursor.partition(".")
    try:
        number = int(shelf or "0", 16)
    except ValueError:
        raise wrong_cursor() from None
    if not 0 <= number < most:
        raise wrong_cursor()
    return number, after
