"""What each step does to one person. All may be done again for the same step, and are then done once.

A template message has its own `once`, by which our memory and WeChat's know it. A tag, an attribute and a hand-over
are as they shall be however often they are set. A webhook's event has the same id. Only a customer-service message
carries nothing that WeChat would know again: it is noted before it is sent, and never sent twice; being killed between
the two loses it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

from ...errors import AppError, Unavailable
from ...observe import log
from ...services import Account, Services
from ...wechat import messages
from ...wechat.errors import Busy, LimitReached, PersonRefused, TokenRejected, Unreachable, WeChatError
from .. import events, followers, handing, people, segments, template_names, templates
from ..followers import Card, Row
from ..tags import tagging
from . import journeys, variables
from .definition import Step
from .journeys import AN_HOUR, Item

A_MINUTE, TWO_DAYS = 60, 172_800
LOOKED_AT = 6  # of their newest messages
SHORT_WINDOW = frozenset({"subscribe", "scan", "click"})  # events that open it for a minute
REMEMBER = 60  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 30, 900  # seconds until a step is tried again
THING = 20  # characters of a template's field that begins with "thing"; WeChat refuses more


class Outcome(NamedTuple):
    """`how` is done, skipped or failed; `why` a word of REASONS, or what was refused."""

    how: str = "done"
    why: str = ""


class Later(Exception):
    """Not now: the same step again after so many seconds."""

    def __init__(self, seconds: int, why: str) -> None:
        super().__init__(why)
        self.seconds = seconds


class Somebody:
    """What is known of a person, read when it is first needed."""

    def __init__(self, svc: Services, account: Account, openid: str) -> None:
        self.svc, self.account, self.openid = svc, account, openid

    @cached_property
    def profile(self) -> dict[str, Any]:
        """{} for nobody. As it is now: who followed a moment ago must not be taken for a stranger."""
        return self.svc.table.get(people.key(self.account, self.openid), "profile", fresh=True) or {}

    @cached_property
    def row(self) -> Row | None:
        """As segments see them, counted to this moment."""
        known = followers.refresh_activity(self.svc, self.account, self.openid)
        if self.follows and (known or {}).get("version", 0) < self.profile.get("version", 0):
            known = self.profile  # what was read there is a moment behind
        return Row(self.openid, known["since"], Card.read(followers.card(known))) if known else None

    def forget(self) -> None:
        """What was read: it has been changed."""
        for name in ("profile", "row"):
            vars(self).pop(name, None)

    @property
    def follows(self) -> bool:
        return bool(self.profile.get("following"))

    def fits(self, question: Any) -> bool:
        if question is None:
            return self.follows
        fits = segments.fitting(self.svc, self.account, segments.read(question))
        return self.row is not None and fits.surely(self.row)

    def values(self, journey: Item) -> dict[str, str]:
        return variables.of_person(self.svc, self.account, self.profile, journey["about"])


def act(who: Somebody, journey: Item, step: Step) -> Outcome:
    """Later if it should be tried again; a bug is raised."""
    tries = journey.get("tries", 0)
    try:
        return ACTS[step.do](who, journey, step)
    except LimitReached as error:
        if error.until != "minute":
            return Outcome("failed", "quota")
        raise Later(_spread(tries), "limit") from None
    except (Unavailable, Unreachable, Busy, TokenRejected) as error:
        raise Later(_pause(tries), type(error).__name__) from None
    except PersonRefused as error:
        return Outcome("skipped", f"wechat {error.code}")
    except WeChatError as error:
        return Outcome("failed", f"wechat {error.code}")
    except AppError as error:
        log.warning("account %s: the step %s cannot be done: %s", who.account.alias, step.step_id, error)
        return Outcome("failed", str(error)[:60])
    finally:
        if step.do in CHANGES:
            who.forget()


def _template(who: Somebody, journey: Item, step: Step) -> Outcome:
    svc, account, told = who.svc, who.account, step.told
    _mind_limit(svc, account)
    values = who.values(journey)
    template_id = told["template_id"] or _template_id(svc, account, told["template"])
    once = _once(journey, step)
    stage = templates.order(
        svc,
        account,
        openid=who.openid,
        template_id=template_id,
        data={name: _fitting(name, variables.fill(words, values)) for name, words in told["fields"].items()},
        once=once,
        url=variables.fill(told["url"], values),
        miniprogram=told["miniprogram"],
        queued=False,
    )
    if stage in ("planned", "sending"):
        try:
            templates.send(svc, account, who.openid, once, paced=True)
        except LimitReached:
            _limit(svc, account)[0] = svc.now()
            raise
    return _became(templates.find(svc, account, who.openid, once))


def _became(known: dict[str, Any]) -> Outcome:
    """What WeChat refuses ends the message and raises nothing: others may be waiting for its end."""
    if known["stage"] == "unknown":
        return Outcome("done", "unsure")
    how = REFUSED.get(known["stage"], "done")
    return Outcome(how, "" if how == "done" else known.get("reason", ""))


def _message(who: Somebody, journey: Item, step: Step) -> Outcome:
    """Whoever calls this has noted that it may have gone out."""
    reply = step.told["reply"]
    if reply["type"] == "text":
        reply = reply | {"content": variables.fill(reply["content"], who.values(journey))}
    try:
        who.account.wechat.custom.send(who.openid, messages.reply_from(reply))
    except Unreachable as error:
        if not error.sent:
            raise
        return Outcome("done", "unsure")
    return Outcome()


def why_no_message(who: Somebody) -> str:
    """A word of REASONS if WeChat would surely refuse a customer-service message now; "" if it may take one."""
    if not who.account.may_send_custom:
        return "ability"
    now, pk = who.svc.now(), people.key(who.account, who.openid)
    items, more = who.svc.table.page(pk, LOOKED_AT, "message$", newest_first=True)
    for item in items:
        if not item["sk"].startswith("message#"):
            return "window"
        age = now - int(item["sk"].split("#", 2)[1])
        if age > TWO_DAYS:
            return "window"
        if opens_window(item, age):
            return ""
    # Older ones were not looked at; then WeChat is asked.
    return "" if more else "window"


def opens_window(item: Item, age: int) -> bool:
    """Whether a message of theirs lets us write to them so many seconds later."""
    if item["kind"] != "event":
        return age <= TWO_DAYS
    return item.get("event") in SHORT_WINDOW and age <= A_MINUTE


def _tag(who: Somebody, journey: Item, step: Step) -> Outcome:
    remove = step.do == "untag"
    if (step.told["tag_id"] in who.profile.get("tag_ids", ())) is not remove:
        return Outcome("done", "already")
    done = tagging.apply(who.svc, who.account, step.told["tag_id"], [who.openid], remove)
    return Outcome("failed", done.failed[0].why) if done.failed else Outcome()


def _attribute(who: Somebody, journey: Item, step: Step) -> Outcome:
    name, value = step.told["attribute"], step.told["value"]
    if isinstance(value, str):
        if variables.are_theirs(value) and name in followers.ids.marked(who.svc, who.account):
            # By an id other systems know who somebody is: typing another customer's number must not make one them.
            return Outcome("failed", NOT_BY_WORDS)
        value = variables.fill(value, who.values(journey)).strip()
    followers.set_facts(who.svc, who.account, who.openid, {name: value}, SOURCE)
    return Outcome()


def _webhook(who: Somebody, journey: Item, step: Step) -> Outcome:
    values = who.values(journey)
    fields = {name: variables.fill(words, values) for name, words in step.told["fields"].items()}
    automation_id = journey["sk"].split("#")[1]
    told = {"automation_id": automation_id, "step_id": step.step_id, "fields": fields}
    # Who was erased and came back may enter for the same cause, and is somebody new.
    cause = f"{journey['sk']}#{journey['entered_at']}#{step.step_id}"
    events.publish(who.svc, who.account, "automation", who.openid, told, cause=cause, at=journey["due_at"])
    return Outcome()


def _hand_over(who: Somebody, journey: Item, step: Step) -> Outcome:
    ends_at = journeys.base_of(journey["due_at"], who.svc.now()) + step.told["hours"] * AN_HOUR
    handing.hand_over(who.svc, who.account, who.openid, ends_at, step.told["desk"])
    return Outcome()


def _once(journey: Item, step: Step) -> str:
    _, automation_id, mark = journey["sk"].split("#")
    return f"auto:{automation_id}:{mark}:{step.step_id}"


def _fitting(name: str, words: str) -> str:
    """As much as WeChat shows: a nickname may be longer than whoever wrote the step thought."""
    return words if not name.startswith("thing") or len(words) <= THING else words[: THING - 1] + "…"


def _template_id(svc: Services, account: Account, name: str) -> str:
    return svc.cached(f"template#{account.alias}#{name}", REMEMBER, lambda: template_names.find(svc, account, name))


def _limit(svc: Services, account: Account) -> list[int]:
    """When this account's limit of the minute was last reached, as far as this container knows."""
    return svc.cached(f"template_limit#{account.alias}", REMEMBER, lambda: [0])


def _mind_limit(svc: Services, account: Account) -> None:
    """Others of this minute would be refused as well, so WeChat is not asked."""
    if 0 <= svc.now() - _limit(svc, account)[0] < A_MINUTE:
        raise Later(_spread(0), "limit")


def _spread(tries: int) -> int:
    """Into the next minutes, the more of them the longer it lasts: fifty thousand must not come back at once."""
    return A_MINUTE + random.randrange(min(A_MINUTE << min(tries, 4), LONGEST_PAUSE - A_MINUTE))


def _pause(tries: int) -> int:
    longest = min(FIRST_PAUSE << min(tries, 5), LONGEST_PAUSE)
    return longest // 2 + random.randrange(longest // 2 + 1)


SOURCE = "api:automation"
NOT_BY_WORDS = "编号属性不能由粉丝自己说的话来填。An attribute that is an id is not set from what somebody types."
CHANGES = frozenset({"tag", "untag", "attribute"})
REFUSED = {"refused": "skipped", "failed": "failed"}
ACTS: dict[str, Callable[[Somebody, Any, Step], Outcome]] = {
    "template": _template,
    "message": _message,
    "tag": _tag,
    "untag": _tag,
    "attribute": _attribute,
    "webhook": _webhook,
    "hand_over": _hand_over,
}
