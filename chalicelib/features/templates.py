"""Template messages, one follower at a time, each once.

    pk person#<account>#<openid>   sk template#<once>
        {template_id, words, link, miniprogram, stage, send_at, tried_ms, attempts, msgid, reason, closed_at}
        shelf due   place <send_at>#<account>#<once>      until it is put into the queue
    pk person#<account>#<openid>   sk delivery#<msgid>   {once, campaign_id, outcome, reason}

Stages: planned -> sending -> accepted -> delivered, refused or failed; held while WeChat looks at it; unknown when no
answer came and the ten minutes are over in which WeChat recognises a repeat by its `client_msg_id`. Inside them a
message whose answer was lost is sent again under the same id; outside it never is, and its delivery event closes it.
The delivery event can arrive before the answer that tells us its msgid, so both write to delivery#<msgid>, and
whoever comes second closes the message.

A refusal that holds for more than one message stops the others for ten minutes (stops.py). Those of a template that is
at fault fail with its reason; when it is the account, they stay planned and wait, for a day at most.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable
from typing import Any, NoReturn

from ..errors import BadInput, NotFound, Unavailable
from ..observe import log
from ..services import Account, Services
from ..wechat.errors import AccountStopped, AlreadyDone, BadCall, LimitReached, PersonRefused, Unreachable, WeChatError
from ..wechat.messages import Message
from . import alarms, days, events, late, people, stops
from .days import A_DAY

REPEAT_IS_SAFE = 540  # seconds; WeChat promises ten minutes
DUPLICATE = 40241  # equal words went to them within the last minute
ONE_MINUTE = 60
KEPT = 90 * A_DAY
OUTCOMES = {"success": "delivered", "failed:user block": "refused", "failed: user block": "refused"}
FURTHEST = 60 * A_DAY  # seconds ahead that a message may be planned
PATIENCE = A_DAY  # seconds that a message waits for its account to be mended
# Refusals that say something about this message's words and link, or about its template; others, about the account.
OF_THE_MESSAGE = frozenset({40165, 40166, 41030, 45166, 45168, 47003})
OF_THE_TEMPLATE = frozenset({40037, 40249, 43116})
ALL_TEMPLATES = "templates"
ONCE = re.compile(r"[\w.:-]{1,128}")

Item = dict[str, Any]


def order(  # noqa: PLR0913 (the fields of a template message)
    svc: Services,
    account: Account,
    *,
    openid: str,
    template_id: str,
    data: dict[str, str],
    once: str,
    url: str = "",
    miniprogram: dict[str, str] | None = None,
    at: int = 0,
    queued: bool = True,
) -> str:
    """Send it from the queue, now or at a time (unix seconds): its stage. The same `once` to the same person is one
    message, however often it is ordered. Not `queued`: the caller calls `send` at once."""
    _check(svc, account, openid, template_id, data, once, at)
    content = {"template_id": template_id, "words": data, "link": url, "miniprogram": miniprogram}
    item = {"pk": people.key(account, openid), "sk": f"template#{once}", "stage": "planned", "send_at": at}
    due = _due(account, once, at) if at > svc.now() else {}
    earlier = svc.table.put_new(item | content | due | {"expires": max(at, svc.now()) + KEPT})
    # An order whose first call died before it reached the queue is put there now; a repeat sends nothing twice.
    if queued and (earlier or item)["stage"] == "planned" and "shelf" not in (earlier or due):
        svc.later(send, account, openid=openid, once=once)
    return str((earlier or item)["stage"])


def find(svc: Services, account: Account, openid: str, once: str) -> dict[str, Any]:
    """{once, stage, msgid, reason, send_at} of a message that was ordered."""
    named = people.OPENID.fullmatch(openid) and ONCE.fullmatch(once)
    item = svc.table.get(people.key(account, openid), f"template#{once}", fresh=True) if named else None
    if item is None:
        raise NotFound("没有这条模板消息。There is no such template message.")
    kept = ("stage", "msgid", "reason", "send_at")
    return {"once": once} | {name: item[name] for name in kept if item.get(name)}


def start_due(svc: Services) -> None:
    """What `tick` does every minute: put into the queue whatever was planned for by now."""
    for entry in svc.table.shelved("due", up_to=f"{svc.now():011d}~"):
        _, alias, openid = entry["pk"].split("#", 2)
        try:
            svc.later(send, svc.accounts[alias], openid=openid, once=entry["sk"].removeprefix("template#"))
        except NotFound:
            log.warning("a template message of account %s is dropped: there is no such account any more", alias)
        # Only once it is in the queue, so that being killed here repeats it instead of losing it; and only from the
        # place it was seen at, since a quick worker may have put it off to another meanwhile.
        remove = ("shelf", "place")
        svc.table.update(entry["pk"], entry["sk"], {}, where="#place = :seen", remove=remove, seen=entry["place"])


def send(svc: Services, account: Account, openid: str, once: str, paced: bool = False) -> None:
    """A job: send an ordered message, unless it was sent; raises what the queue should try again. `paced`: also that
    the minute's limit is reached, for a caller who comes back by themselves."""
    item = _begin(svc, account, openid, once)
    if item is None:
        return _tell_end(svc, people.key(account, openid), once)
    content = (item["template_id"], item["words"], item["link"], item["miniprogram"])
    try:
        msgid = account.wechat.templates.send(openid, *content, client_msg_id=_client_msg_id(once))
    except (Unreachable, Unavailable) as error:
        if not getattr(error, "sent", False):  # without a token nothing was sent either
            _not_sent(svc, item)
        raise
    except WeChatError as error:
        _react(svc, account, item, error, paced)
    else:
        _accepted(svc, item, str(msgid))


def note_outcome(svc: Services, account: Account, message: Message) -> None:
    """A listener: WeChat's report on one template message."""
    if message.event != "templatesendjobfinish" or not message.job_id:
        return
    outcome = OUTCOMES.get(message.status.casefold(), "failed")
    pk = people.key(account, message.openid)
    known = svc.table.update(
        pk,
        f"delivery#{message.job_id}",
        {"outcome": outcome, "reason": message.status[:80], "expires": svc.now() + KEPT},
    )
    once = _whose(svc, account, message, known or {})
    if once:
        _close(svc, pk, once, outcome, message.status[:80], msgid=message.job_id)


def is_any_waiting(svc: Services, pk: str) -> bool:
    """Whether a report on one of this person's messages is awaited whose msgid we do not know."""
    return bool(_waiting(svc, pk))


def _react(svc: Services, account: Account, item: Item, error: WeChatError, paced: bool) -> None:
    if paced and isinstance(error, LimitReached) and error.until == "minute":
        _try_again(svc, account, item, error)
    react = next(react for kind, react in REACTIONS if isinstance(error, kind))
    react(svc, account, item, error)


def _begin(svc: Services, account: Account, openid: str, once: str) -> Item | None:
    """The message, now `sending`; None if it is none of ours to send any more."""
    pk, sk = people.key(account, openid), f"template#{once}"
    item = svc.table.get(pk, sk, fresh=True)
    if item is None or item["stage"] not in ("planned", "sending"):
        return None
    if item["stage"] == "planned" and _is_stopped(svc, account, item):
        return None
    now_ms = int(svc.clock.time() * 1000)
    tried_ms = item.get("tried_ms") or now_ms
    if now_ms - tried_ms > REPEAT_IS_SAFE * 1000:
        log.warning("template message %s is too old to repeat; its delivery event will close it", once)
        svc.table.update(pk, sk, {"stage": "unknown"}, where="#stage = :seen", seen=item["stage"])
        _close_if_reported(svc, item, tried_ms // 1000)
        return None
    change = {"stage": "sending", "tried_ms": tried_ms, "attempts": item.get("attempts", 0) + 1}
    return svc.table.update(pk, sk, change, where="#stage = :seen", remove=("reason",), seen=item["stage"])


def _is_stopped(svc: Services, account: Account, item: Item) -> bool:
    """An earlier message was refused in a way that says: this one would be, too."""
    stop = stops.standing(svc, account, _template(item))
    if stop is not None:
        _close(svc, item["pk"], item["sk"].removeprefix("template#"), "failed", stop["reason"])
        return True
    stop = stops.standing(svc, account, ALL_TEMPLATES)
    if stop is not None:
        _wait(svc, account, item, stop)
    return stop is not None


def _wait(svc: Services, account: Account, item: Item, stop: Item) -> None:
    """Nothing is wrong with it, so it goes out once the account is mended; unless it would be yesterday's news."""
    once = item["sk"].removeprefix("template#")
    if svc.now() - (item["expires"] - KEPT) > PATIENCE:
        return _close(svc, item["pk"], once, "failed", stop["reason"])
    due = _due(account, once, stop["ends_at"] + random.randrange(ONE_MINUTE))
    svc.table.update(item["pk"], item["sk"], due | {"reason": stop["reason"]}, where="#stage = :p", p="planned")
    return None


def _accepted(svc: Services, item: Item, msgid: str) -> None:
    # Its delivery first: killed in between, the message is still `sending`, and a repeat gets the same msgid.
    once = item["sk"].removeprefix("template#")
    known = svc.table.update(item["pk"], f"delivery#{msgid}", {"once": once, "expires": svc.now() + KEPT}) or {}
    svc.table.update(item["pk"], item["sk"], {"stage": "accepted", "msgid": msgid}, where="#stage = :s", s="sending")
    if "outcome" in known:
        _close(svc, item["pk"], once, known["outcome"], known["reason"])


def _skip_person(svc: Services, account: Account, item: Item, error: WeChatError) -> None:
    _close(svc, item["pk"], item["sk"].removeprefix("template#"), "refused", _reason(error))


def _fail(svc: Services, account: Account, item: Item, error: WeChatError) -> None:
    """Nothing that repeating would mend: an operator hears of it, once for this template."""
    _close(svc, item["pk"], item["sk"].removeprefix("template#"), "failed", _reason(error))
    alarms.ring(svc, account, _template(item), _reason(error))


def _stop(svc: Services, account: Account, item: Item, error: WeChatError) -> None:
    """The next message would be refused as well, so none is sent for a while, and an operator hears of it."""
    if error.code in OF_THE_MESSAGE:
        return _fail(svc, account, item, error)
    if error.code in OF_THE_TEMPLATE:
        stops.stop(svc, account, _template(item), _reason(error))
        return _fail(svc, account, item, error)
    alarms.ring(svc, account, ALL_TEMPLATES, _reason(error))
    stop = stops.stop(svc, account, ALL_TEMPLATES, _reason(error))
    _not_sent(svc, item)
    return _wait(svc, account, item, stop)


def _hold(svc: Services, account: Account, item: Item, error: WeChatError) -> None:
    """WeChat has it already, or delivers it by itself after a review: the delivery event closes it."""
    held = {"stage": "held", "reason": _reason(error)}
    svc.table.update(item["pk"], item["sk"], held, where="#stage = :sending", sending="sending")


def _put_off(svc: Services, account: Account, item: Item, error: WeChatError) -> None:
    """Too many this minute, or today: try again in the next one."""
    if error.code == DUPLICATE and item["attempts"] > 1:
        return _hold(svc, account, item, error)  # it was our own first attempt, whose answer was lost
    openid, once = item["pk"].split("#", 2)[2], item["sk"].removeprefix("template#")
    if isinstance(error, LimitReached) and error.until == "minute":
        _not_sent(svc, item)
        return svc.later_by(ONE_MINUTE + random.randrange(10), send, account, openid=openid, once=once)
    log.warning("account %s has no template messages left today; one waits for tomorrow", account.alias)
    return _not_sent(svc, item, **_due(account, once, days.tomorrow(svc.now()) + random.randrange(600)))


def _try_again(svc: Services, account: Account, item: Item, error: WeChatError) -> NoReturn:
    _not_sent(svc, item)
    raise error


# What each kind of refusal means for one message; the first that fits.
REACTIONS: tuple[tuple[type[WeChatError], Callable[[Services, Account, Item, WeChatError], None]], ...] = (
    (PersonRefused, _skip_person),
    (AccountStopped, _stop),
    (BadCall, _fail),
    (AlreadyDone, _hold),
    (LimitReached, _put_off),
    (WeChatError, _try_again),
)


def _not_sent(svc: Services, item: Item, **change: Any) -> None:
    """This attempt certainly did nothing. If it was the only one, the ten minutes begin anew with the next."""
    svc.table.update(
        item["pk"],
        item["sk"],
        {"stage": "planned", **change},
        where="#stage = :sending AND #attempts = :attempts",
        remove=("tried_ms", "attempts") if item["attempts"] == 1 else (),
        sending="sending",
        attempts=item["attempts"],
    )


def _close(svc: Services, pk: str, once: str, stage: str, reason: str, **more: str) -> None:
    closed = svc.table.update(
        pk,
        f"template#{once}",
        {"stage": stage, "reason": reason, "closed_at": svc.now(), **more},
        where="attribute_exists(pk) AND attribute_not_exists(#closed_at)",
    )
    _tell_end(svc, pk, once, closed)


def _tell_end(svc: Services, pk: str, once: str, closed: Item | None = None) -> None:
    """Whoever asks what became of a message. Told again by whoever comes after it is closed, as the same event: who
    closed it may have been killed before they told."""
    account, openid = svc.accounts[pk.split("#", 2)[1]], pk.split("#", 2)[2]
    if not events.is_asked(svc, account, "delivered"):
        return
    item = closed or svc.table.get(pk, f"template#{once}", fresh=True) or {}
    if "closed_at" in item:
        data = {"message": "template", "once": once, "outcome": item["stage"], "reason": item["reason"]}
        events.publish(svc, account, "delivered", openid, data, cause=f"template#{once}", at=item["closed_at"])


def _reason(error: WeChatError) -> str:
    return f"{error.code} {error.message}"[:80]


def _close_if_reported(svc: Services, item: Item, since: int) -> None:
    """Its delivery event came already: the report that names it, or the one report that belongs to nobody else."""
    once = item["sk"].removeprefix("template#")
    reports = [one for one in svc.table.under(item["pk"], "delivery#") if "outcome" in one]
    found = [one for one in reports if one.get("once") == once]
    if not found and _only_one_waiting(svc, item["pk"]) == once:
        free = [one for one in reports if not {"once", "campaign_id"} & one.keys()]
        found = [one for one in free if one["expires"] >= since + KEPT]
        account, openid = svc.accounts[item["pk"].split("#", 2)[1]], item["pk"].split("#", 2)[2]
        if found and _may_be_a_campaigns(svc, account, openid, found[0]["sk"].removeprefix("delivery#")):
            return
    if len(found) == 1:
        _close(svc, item["pk"], once, found[0]["outcome"], found[0]["reason"])


def _whose(svc: Services, account: Account, message: Message, known: Item) -> str:
    """The message that a report is about; "" if we cannot tell, or if it is a campaign's."""
    if "once" in known or "campaign_id" in known:
        return str(known.get("once", ""))
    once = _only_one_waiting(svc, people.key(account, message.openid))
    return "" if once and _may_be_a_campaigns(svc, account, message.openid, message.job_id) else once


def _may_be_a_campaigns(svc: Services, account: Account, openid: str, msgid: str) -> bool:
    """A campaign writes nothing under its recipients, so it is asked in the rare case that it matters."""
    found: bool = late.find("campaigns.reconcile.may_explain")(svc, account, openid, msgid)
    return found


def _only_one_waiting(svc: Services, pk: str) -> str:
    """The message of this person whose msgid we never learned, if there is just one and none is being sent."""
    waiting = _waiting(svc, pk)
    return next(iter(waiting)) if len(waiting) == 1 and "sending" not in waiting.values() else ""


def _waiting(svc: Services, pk: str) -> dict[str, str]:
    """{once: stage} of this person's messages that are being sent, or whose msgid we never learned."""
    items = svc.table.under(pk, "template#", fresh=True)
    open_ones = {item["sk"].removeprefix("template#"): item["stage"] for item in items if "closed_at" not in item}
    return {once: stage for once, stage in open_ones.items() if stage in ("held", "unknown", "sending")}


def _due(account: Account, once: str, at: int) -> Item:
    return {"send_at": at, "shelf": "due", "place": f"{at:011d}#{account.alias}#{once}"}


def _template(item: Item) -> str:
    return f"template#{item['template_id'][:64]}"


def _client_msg_id(once: str) -> str:
    return hashlib.sha256(once.encode()).hexdigest()[:32]


def _check(  # noqa: PLR0913, PLR0917 (the fields of a template message)
    svc: Services, account: Account, openid: str, template_id: str, data: dict[str, str], once: str, at: int
) -> None:
    if not account.may_send_templates:
        raise BadInput("只有已认证的服务号可以发模板消息。Only verified service accounts may send template messages.")
    if not people.OPENID.fullmatch(openid):
        raise BadInput("openid 不对。This is not an openid.")
    if not ONCE.fullmatch(once):
        raise BadInput("once 要有 1 到 128 个字母、数字或 . : - _。once must be 1 to 128 letters, digits, or . : - _.")
    if not template_id or not data:
        raise BadInput("缺少 template_id 或 data。template_id and data must be given.")
    if at and not 0 < at <= svc.now() + FURTHEST:
        raise BadInput("at 必须是 60 天之内的时间（Unix 秒）。at must be a time within 60 days, in unix seconds.")
