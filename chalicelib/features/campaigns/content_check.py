"""The fixed words of a campaign, looked at by WeChat (msg_sec_check) before anybody gets them.

The interface is for mini-programs alone, so an account asks through a mini-program of this stage; and WeChat wants a
person who was in that mini-program within two hours. `tester` of its account says who that is: an operator opens the
mini-program on their phone, and then checks. Words that depend on the person are looked at with their defaults.

    pk account#<alias>   sk checked#<hash>   {checked_at}      words that were fine, by a keyed hash
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...errors import Unavailable
from ...services import Account, Services
from ...wechat import security
from ...wechat.errors import Busy, LimitReached, PersonRefused, TokenRejected, Unreachable, WeChatError
from ...wechat.security import Verdict
from .. import variables
from ..days import A_DAY
from . import refusals
from .campaign import Document, Variant
from .problem import Problem

KEPT = 90 * A_DAY
ABILITY = "check_content"
SPOKEN = ("content", "title", "description")
NO_PROGRAM = (
    "微信的内容安全检查是小程序的接口：请先用 python -m ops account add 添加一个小程序，或关掉内容检查。"
    "WeChat's content check is an interface of mini-programs: add one with python -m ops account add, or switch the "
    "check off."
)
NO_TESTER = (
    "小程序 {alias} 还没有设测试人（tester），微信要一位两小时内打开过它的人；请先设置，或关掉内容检查。"
    "The mini-program {alias} has no tester yet: WeChat wants somebody who opened it within two hours. Set one, or "
    "switch the check off."
)
NOT_THERE = (
    "请先在手机上打开小程序 {alias}，再检查：微信要两小时内来过的人。"
    "Please open the mini-program {alias} on the tester's phone first: WeChat wants somebody who was there within two "
    "hours."
)
SILENT = (
    "微信暂时不能检查内容，请稍后再试，或关掉内容检查。"
    "WeChat cannot look at the words right now; please try again, or switch the check off."
)
SPENT = "今天的内容检查次数已用完。Today's content checks are used up."


class Found(NamedTuple):
    """`of_words`: WeChat minds these; else nobody could look."""

    words: str
    of_words: bool = False
    blocks: bool = True


def problems(svc: Services, account: Account, document: Document) -> Iterator[Problem]:
    """What WeChat minds; also that it could not be asked, since nobody has looked then."""
    checker = _checker(svc, account)
    if checker is None or not checker.tester:
        words = NO_TESTER.format(alias=checker.alias) if checker else NO_PROGRAM
        yield Problem(where="check_content", words=words)
        return
    for number, variant in enumerate(document.variants):
        for where, words in texts(variant):
            if words.strip() and (found := _looked_at(svc, account, checker, words)):
                place = f"variants[{number}].{where}" if found.of_words else "check_content"
                yield Problem(where=place, words=found.words, blocks=found.blocks)


def texts(variant: Variant) -> Iterator[tuple[str, str]]:
    """(where, words) of all that a follower reads and that is the same for everybody."""
    for name, words in variant.fields.items():
        yield f"fields.{name}", variables.fill(words, {})
    for part, told in (("reply", variant.reply), ("mass", variant.mass)):
        yield from ((f"{part}{where}", words) for where, words in _spoken(told or {}))


def _spoken(told: Any, where: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(told, dict):
        for name, value in told.items():
            if name in SPOKEN and isinstance(value, str) and value.strip():
                yield f"{where}.{name}", variables.fill(value, {})
            else:
                yield from _spoken(value, f"{where}.{name}")
    elif isinstance(told, list):
        for number, value in enumerate(told):
            yield from _spoken(value, f"{where}[{number}]")


def _checker(svc: Services, account: Account) -> Account | None:
    """The account itself, else a mini-program of the stage; one with a tester first."""
    able = [one for one in (account, *svc.accounts) if one.may(ABILITY)]
    return next((one for one in able if one.tester), able[0] if able else None)


def _looked_at(svc: Services, account: Account, checker: Account, words: str) -> Found | None:
    """Words that were fine once are not looked at again: a campaign may start long after its check, at night."""
    pk, sk = f"account#{account.alias}", f"checked#{svc.keys.digest('checked words', words)}"
    if svc.table.get(pk, sk) is not None:
        return None
    found = _asked(checker, words)
    if found is None:
        svc.table.put({"pk": pk, "sk": sk, "checked_at": svc.now(), "expires": svc.now() + KEPT})
    return found


def _asked(checker: Account, words: str) -> Found | None:
    try:
        return _judged(checker.wechat.security.check(words, checker.tester))
    except PersonRefused:
        return Found(NOT_THERE.format(alias=checker.alias))
    except WeChatError as error:
        return Found(_refused(error))
    except (Unreachable, Unavailable):
        return Found(SILENT)


def _judged(verdict: Verdict) -> Found | None:
    zh, en = (": ".join([about, *verdict.keywords]) for about in verdict.about)
    if verdict.suggest == security.RISKY:
        return Found(f"微信认为内容有风险（{zh}）。WeChat finds these words risky ({en}).", of_words=True)
    words = f"微信建议人工看一下（{zh}）。WeChat suggests that a person looks at these words ({en})."
    return None if verdict.suggest == security.PASS else Found(words, of_words=True, blocks=False)


def _refused(error: WeChatError) -> str:
    if isinstance(error, LimitReached) and error.until == "day":
        return SPENT
    return SILENT if isinstance(error, LimitReached | Busy | TokenRejected) else refusals.words(error)
