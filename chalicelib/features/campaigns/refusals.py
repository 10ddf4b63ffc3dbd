"""What WeChat refuses while somebody waits for an answer, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...errors import AppError, Conflict, Forbidden, Unavailable
from ...wechat.errors import Busy, LimitReached, TokenRejected, Unreachable, WeChatError

T = TypeVar("T")

SILENT = "微信暂时没有回应，请稍后再试。WeChat does not answer right now; please try again."
SPENT = "今天的次数已用完，明天再试。Today's allowance at WeChat is spent; please try again tomorrow."
NOT_ALLOWED = 48001


def told(call: Callable[[], T]) -> T:
    """What the call gives. Unavailable may be tried again; any other AppError says why it never will work."""
    try:
        return call()
    except WeChatError as error:
        raise refused(error) from None
    except Unreachable:
        raise Unavailable(SILENT) from None


def refused(error: WeChatError) -> AppError:
    if isinstance(error, LimitReached):
        return Unavailable(SILENT if error.until == "minute" else SPENT)
    if isinstance(error, Busy | TokenRejected):
        return Unavailable(SILENT)
    return (Forbidden if error.code == NOT_ALLOWED else Conflict)(words(error))


def words(error: WeChatError) -> str:
    """Both languages, with WeChat's number for whoever looks it up, and what to do."""
    entry = error.entry
    return (
        f"微信不接受：{entry.meaning_zh}（{error.code}）。{entry.advice_zh}"
        f"WeChat refuses: {entry.meaning_en} ({error.code}). {entry.advice_en}"
    )
