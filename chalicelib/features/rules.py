"""Answers that operators wrote: what a message must look like, and what is then said.

    pk rules#<account>   sk rule#<id>   {rule_id, label, match_by, pattern, reply, priority, enabled, changed}

`match` is exact, contains, starts_with or pattern. The highest priority is asked first; among equals exact comes before
starts_with, contains and pattern, then the older rule. All rules of an account are read together and remembered for a
minute.
"""

from __future__ import annotations

import math
import re
import time
import uuid
from typing import Any

import msgspec

from ..errors import BadInput, NotFound
from ..observe import log
from ..services import Account, Services
from ..wechat.messages import News, Reply, Text, reply_data, reply_from

REMEMBER = 60  # seconds
PATIENCE = 0.05  # seconds that one operator's pattern may take over one message
PATIENCE_IN_ALL = 0.5  # seconds that all of them may; then only the other kinds of rule are asked
MATCHES = ("exact", "starts_with", "contains", "pattern")
LONGEST_PATTERN = 500
LONGEST_LABEL = 100
MOST_REPEATS = 2000  # all counts like {3} of a pattern multiplied; nested ones are compiled into as many pieces
LONGEST_TEXT = 20_000
MOST_RULES = 500
HIGHEST_PRIORITY = 1_000_000
RULE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    rule_id: str
    label: str
    match: str
    pattern: str
    reply: dict[str, Any]
    priority: int = 0
    enabled: bool = True
    changed: int = 0


def answer(svc: Services, account: Account, said: str) -> Reply | None:
    """The answer of the first rule that fits, or None. `{rest}` in its text is what follows a starts_with pattern."""
    give_up = time.monotonic() + PATIENCE_IN_ALL
    for rule in svc.cached(f"rules#{account.alias}", REMEMBER, lambda: _in_order(svc, account)):
        rest = _fits(rule, said, give_up)
        if rest is None:
            continue
        reply = _fill(reply_from(rule.reply), rest)
        if reply is not None:
            return reply
    return None


def standing(svc: Services, account: Account, name: str) -> Reply | None:
    """What operators wrote for an occasion instead of a word: an exact rule for /welcome or /fallback."""
    for rule in svc.cached(f"rules#{account.alias}", REMEMBER, lambda: _in_order(svc, account)):
        if rule.match == "exact" and rule.pattern == name:
            return reply_from(rule.reply)
    return None


def listed(svc: Services, account: Account) -> list[Rule]:
    """All rules of the account, in the order in which they are asked; those switched off too."""
    found = [_rule(item) for item in svc.table.under(f"rules#{account.alias}", "rule#")]
    return sorted(found, key=lambda rule: (-rule.priority, MATCHES.index(rule.match), rule.changed, rule.rule_id))


def save(  # noqa: PLR0913 (the fields of a rule's form)
    svc: Services,
    account: Account,
    *,
    match: str,
    pattern: str,
    reply: dict[str, Any],
    label: str = "",
    priority: int = 0,
    enabled: bool = True,
    rule_id: str = "",
) -> Rule:
    """Store a rule, new unless `rule_id` names one; in force everywhere within a minute. BadInput says why not."""
    rule = Rule(
        rule_id=rule_id or uuid.uuid4().hex[:12],
        label=label or pattern[:40],
        match=match,
        pattern=pattern,
        reply=reply_data(_checked(reply)),
        priority=priority,
        enabled=enabled,
        changed=svc.now(),
    )
    if not RULE_ID.fullmatch(rule.rule_id):
        raise NotFound("没有这条规则。There is no such rule.")
    _check(rule)
    _check_room(svc, account, rule)
    svc.table.put({"pk": f"rules#{account.alias}", "sk": f"rule#{rule.rule_id}", **_stored(rule)})
    svc.forget(f"rules#{account.alias}")
    return rule


def remove(svc: Services, account: Account, rule_id: str) -> None:
    if not RULE_ID.fullmatch(rule_id) or svc.table.take(f"rules#{account.alias}", f"rule#{rule_id}") is None:
        raise NotFound("没有这条规则。There is no such rule.")
    svc.forget(f"rules#{account.alias}")


def _in_order(svc: Services, account: Account) -> list[Rule]:
    return [rule for rule in listed(svc, account) if rule.enabled]


def _fits(rule: Rule, said: str, give_up: float) -> str | None:
    """None if the rule does not fit; else what follows its prefix ("" for the other kinds of match)."""
    if rule.match == "pattern":
        return "" if _pattern_fits(rule, said, give_up) else None
    if rule.match == "starts_with":
        return _rest(said.lstrip(), rule.pattern.lstrip().casefold())
    plain, wanted = said.strip().casefold(), rule.pattern.casefold()
    fits = plain == wanted.strip() if rule.match == "exact" else wanted in plain
    return "" if fits else None


def _rest(said: str, wanted: str) -> str | None:
    """What follows the beginning. Counted in characters of the original: casefold makes two of ß, and of İ."""
    begun = ""
    for size, character in enumerate(said, start=1):
        begun += character.casefold()
        if len(begun) >= len(wanted):
            return said[size:] if begun == wanted else None
    return None


def _pattern_fits(rule: Rule, said: str, give_up: float) -> bool:
    import regex  # noqa: PLC0415 (15 ms that accounts without patterns never pay)

    patience = min(PATIENCE, give_up - time.monotonic())
    if patience <= 0:
        return False
    try:
        return regex.search(rule.pattern, said, flags=regex.IGNORECASE, timeout=patience) is not None
    except TimeoutError:
        log.warning("rule %s took longer than %s s over a message and was passed over", rule.rule_id, PATIENCE)
        return False


def _fill(reply: Reply, rest: str) -> Reply | None:
    """None if there is nothing left to say: WeChat shows followers a failure for an empty text."""
    if not isinstance(reply, Text):
        return reply
    content = reply.content.replace("{rest}", rest)
    return Text(content) if content.strip() else None


def _check(rule: Rule) -> None:
    if rule.match not in MATCHES:
        raise BadInput(f"match 只能是 {'、'.join(MATCHES)}。match must be one of {', '.join(MATCHES)}.")
    if not rule.pattern.strip() or len(rule.pattern) > LONGEST_PATTERN:
        raise BadInput(f"pattern 要有 1 到 {LONGEST_PATTERN} 个字。It must have 1 to {LONGEST_PATTERN} characters.")
    if rule.match == "pattern":
        _check_pattern(rule.pattern)
    if abs(rule.priority) > HIGHEST_PRIORITY:
        raise BadInput(f"priority 不能超过 {HIGHEST_PRIORITY}。priority must be within ±{HIGHEST_PRIORITY}.")
    if len(rule.label) > LONGEST_LABEL:
        raise BadInput(f"label 最多 {LONGEST_LABEL} 个字。The label may have {LONGEST_LABEL} characters at most.")


def _check_pattern(pattern: str) -> None:
    import regex  # noqa: PLC0415

    counts = [max(map(int, re.findall("[0-9]+", braces))) for braces in re.findall(r"\{[0-9,]*[0-9][0-9,]*\}", pattern)]
    if math.prod(counts) > MOST_REPEATS:
        raise BadInput(
            f"重复次数之积不能超过 {MOST_REPEATS}。Counts such as {{3}} may multiply to {MOST_REPEATS} at most."
        )
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError) as error:
        raise BadInput(f"正则表达式有误：{error}。The pattern is not a valid regular expression: {error}.") from None


def _checked(reply: dict[str, Any]) -> Reply:
    """Only what a reply of its kind consists of; what else came along is not stored."""
    try:
        parsed = reply_from(reply)
    except msgspec.ValidationError as error:
        raise BadInput(f"回复内容有误：{error}。The reply is not valid: {error}.") from None
    if isinstance(parsed, Text) and not 0 < len(parsed.content.strip()) <= LONGEST_TEXT:
        raise BadInput(f"回复要有 1 到 {LONGEST_TEXT} 个字。The reply's text must have 1 to {LONGEST_TEXT} characters.")
    if isinstance(parsed, News) and not parsed.articles:
        raise BadInput("图文回复至少要有一篇。A news reply needs at least one article.")
    return parsed


def _check_room(svc: Services, account: Account, rule: Rule) -> None:
    others = [one for one in listed(svc, account) if one.rule_id != rule.rule_id]
    if len(others) >= MOST_RULES:
        raise BadInput(f"每个公众号最多 {MOST_RULES} 条规则。An account may have at most {MOST_RULES} rules.")


# `match` is a word of DynamoDB's own, so the table calls it match_by.
def _stored(rule: Rule) -> dict[str, Any]:
    stored: dict[str, Any] = msgspec.to_builtins(rule)
    stored["match_by"] = stored.pop("match")
    return stored


def _rule(item: dict[str, Any]) -> Rule:
    return msgspec.convert({**item, "match": item["match_by"]}, Rule)
