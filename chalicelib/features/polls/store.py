"""Where polls are kept, and how operators change them.

    pk poll#<id>   sk poll
        {account, kind, title, intro, questions, opens_at, closes_at, voters, results, card, afterwards, scores,
        created, changed, edition, label}   shelf polls#<account>   place <created>#<id>

`label` is what a list says of it, for the index: `<kind> <opens_at> <closes_at> <title>`.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

import msgspec

from ...errors import BadInput, Conflict, NotFound
from ...observe import log
from ...services import Account, Services
from . import definition, results
from .checks import check
from .definition import Afterwards, Poll, Question, ScoreText, Share, edition

REMEMBER, REMEMBER_TO_VOTE = 10, 1  # seconds
PAGE = 50
A_MINUTE = 60
POLL_ID = re.compile(r"[0-9a-f]{12}")
CURSOR = re.compile(r"[0-9]{11}-[0-9a-f]{12}")  # a place, without the # that addresses want escaped
NONE = "没有这个投票。There is no such poll."

Item = dict[str, Any]


@dataclass(frozen=True)
class Listed:
    poll_id: str
    kind: str
    title: str
    state: str
    created: int


def find(svc: Services, poll_id: str, to_vote: bool = False) -> Poll:
    """For pages: at most ten seconds old, and one to vote."""
    return svc.cached(_name(poll_id), REMEMBER_TO_VOTE if to_vote else REMEMBER, lambda: _read(svc, poll_id))


def find_edition(svc: Services, poll_id: str, wanted: str) -> Poll:
    """To vote with a form of this edition ("" for any): another container may know of a change before this one."""
    poll = find(svc, poll_id, to_vote=True)
    if wanted not in ("", poll.edition):
        svc.forget(_name(poll_id))
        return find(svc, poll_id)
    return poll


def owned(svc: Services, account: Account, poll_id: str) -> Poll:
    """For operators: as it is now, and only if it is this account's."""
    poll = _read(svc, poll_id)
    if poll.account != account.alias:
        raise NotFound(NONE)
    return poll


def listed(svc: Services, account: Account, cursor: str = "") -> tuple[list[Listed], str]:
    """Fifty polls, newest first, and the cursor that asks for those before them; "" after the last."""
    if cursor and not CURSOR.fullmatch(cursor):
        raise BadInput("cursor 不对，请用上一页给出的。This is not a cursor; use the one that the page before gave.")
    shelf, after = _shelf(account.alias), cursor.replace("-", "#")
    entries, following = svc.table.shelved_page(shelf, PAGE, after, newest_first=True)
    return [_listed(svc, entry) for entry in entries], following.replace("#", "-")


def save(  # noqa: PLR0913 (the fields of a poll's form)
    svc: Services,
    account: Account,
    *,
    kind: str,
    title: str,
    questions: tuple[Question, ...],
    closes_at: int,
    intro: str = "",
    opens_at: int = 0,
    voters: str = "visitors",
    results: str = "after_vote",
    share: Share = Share(),  # noqa: B008 (frozen)
    afterwards: Afterwards = Afterwards(),  # noqa: B008 (frozen)
    scores: tuple[ScoreText, ...] = (),
    poll_id: str = "",
) -> Poll:
    """Store a poll, new unless `poll_id` names one; votes stay. BadInput says why not.

    A change is seen everywhere within ten seconds.
    """
    earlier = owned(svc, account, poll_id) if poll_id else None
    poll = Poll(
        poll_id=poll_id or uuid.uuid4().hex[:12],
        account=account.alias,
        kind=kind,
        title=title,
        intro=intro,
        questions=questions,
        opens_at=opens_at,
        closes_at=closes_at,
        voters=voters,
        results=results,
        share=share,
        afterwards=afterwards,
        scores=scores,
        created=earlier.created if earlier else svc.now(),
        changed=svc.now(),
        edition=edition(kind, questions),
    )
    check(poll)
    if earlier is None:
        _create(svc, account, poll)
    else:
        _change(svc, earlier, poll)
    return poll


def remove(svc: Services, account: Account, poll_id: str) -> None:
    """With its counts and its code; people's votes end by themselves."""
    owned(svc, account, poll_id)
    # Once more in a minute: other containers remember the poll for a moment, and count votes in it.
    svc.later_by(A_MINUTE, sweep, account, poll_id=poll_id)
    sweep(svc, account, poll_id)


def sweep(svc: Services, account: Account, poll_id: str) -> None:
    """A job: nothing stays of a poll that was removed."""
    for pk in (_key(poll_id), results.key(poll_id)):
        for item in svc.table.under(pk, fresh=True):
            svc.table.delete(pk, item["sk"])
    svc.forget(_name(poll_id))
    log.info("account %s: poll %s is removed", account.alias, poll_id)


def _create(svc: Services, account: Account, poll: Poll) -> None:
    if not account.may_sign_in:
        raise BadInput(
            "只有已认证的服务号可以网页登录，别的公众号没人能投票。"
            "Only verified service accounts can sign visitors in; on others nobody could vote."
        )
    if poll.closes_at <= svc.now():
        raise BadInput("closes_at 已经过了。closes_at is in the past.")
    svc.table.put({"pk": _key(poll.poll_id), "sk": "poll", **_stored(poll)})


def _change(svc: Services, earlier: Poll, poll: Poll) -> None:
    if poll.edition != earlier.edition and results.read(svc, earlier).people:
        raise Conflict(
            "已经有人投票，kind 和 questions 不能再改。"
            "Somebody has voted already, so kind and questions cannot change any more."
        )
    if svc.table.update(_key(poll.poll_id), "poll", _stored(poll), where="attribute_exists(pk)") is None:
        raise NotFound(NONE)
    svc.forget(_name(poll.poll_id))


def _read(svc: Services, poll_id: str) -> Poll:
    item = svc.table.get(_key(poll_id), "poll", fresh=True) if POLL_ID.fullmatch(poll_id) else None
    if item is None:
        raise NotFound(NONE)
    return _poll(poll_id, item)


def _listed(svc: Services, entry: Item) -> Listed:
    kind, opens_at, closes_at, title = entry["label"].split(" ", 3)
    created = int(entry["place"].partition("#")[0])
    state = definition.state(int(opens_at), int(closes_at), svc.now())
    return Listed(entry["pk"].removeprefix("poll#"), kind, title, state, created)


# `share` is a word of DynamoDB's own, so the table calls it card.
def _stored(poll: Poll) -> Item:
    stored: Item = msgspec.to_builtins(poll)
    place = f"{poll.created:011d}#{stored.pop('poll_id')}"
    card = stored.pop("share")
    label = f"{poll.kind} {poll.opens_at} {poll.closes_at} {poll.title}"
    return stored | {"card": card, "label": label, "shelf": _shelf(poll.account), "place": place}


def _poll(poll_id: str, item: Item) -> Poll:
    return msgspec.convert(item | {"poll_id": poll_id, "share": item["card"]}, Poll)


def _key(poll_id: str) -> str:
    return f"poll#{poll_id}"


def _shelf(alias: str) -> str:
    return f"polls#{alias}"


def _name(poll_id: str) -> str:
    """Under which the container remembers it."""
    return f"poll#{poll_id}"
