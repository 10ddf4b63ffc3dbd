"""What WeChat refused about tags, in words; and what only asking again can mend, as Unavailable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...errors import AppError, BadInput, Conflict, Forbidden, NotFound, Unavailable
from ...services import Account
from ...wechat.errors import AccountStopped, BadCall, Busy, LimitReached, PersonRefused, Unreachable, WeChatError

T = TypeVar("T")

TOO_MANY, SYSTEM, TAKEN, TOO_LONG, UNKNOWN = 45056, 45058, 45157, 45158, 45159
WORDS: dict[int, AppError] = {
    TOO_MANY: Conflict("已有 100 个标签，请先删掉一些。There are 100 tags already; please delete some first."),
    45057: Conflict(
        "有这个标签的人太多，微信不让删；请先从他们身上取下。Too many people have this tag; take it off first."
    ),
    SYSTEM: BadInput("这是微信自己的标签，不能改。This tag is WeChat's own and cannot be changed."),
    TAKEN: Conflict("标签名已有，或微信不接受。This name is taken, or WeChat does not accept it."),
    TOO_LONG: BadInput(
        "标签名太长：最多 30 字节，约 10 个汉字。A tag's name has 30 bytes at most, ten Chinese letters."
    ),
    UNKNOWN: NotFound("没有这个标签，也许已在微信后台删掉。There is no such tag; perhaps it was deleted at WeChat."),
    45059: Conflict("此人已有 20 个标签。This person has 20 tags already."),
    48001: Forbidden("这个公众号不能用标签，需要先认证。This account may not use tags; it must be verified first."),
}
SILENT = "微信暂时没有回应，请稍后再试。WeChat does not answer right now; please try again."
SPENT = "今天的调用次数已用完，明天再试。WeChat's quota of today is spent; please try again tomorrow."


def told(call: Callable[[], T]) -> T:
    """What the call gives. Unavailable may be tried again; any other AppError says why it never will work."""
    try:
        return call()
    except (AccountStopped, BadCall, PersonRefused) as error:
        raise words(error) from None
    except LimitReached as error:
        raise Unavailable(SILENT if error.until == "minute" else SPENT) from None
    except (Busy, Unreachable, WeChatError):
        raise Unavailable(SILENT) from None


def words(error: WeChatError) -> AppError:
    known = WORDS.get(error.code)
    if known is not None:
        return type(known)(str(known))
    return Conflict(f"微信不接受：{error.entry.meaning_zh}。WeChat refuses: {error.entry.meaning_en}.")


def insist_on_tags(account: Account) -> None:
    if not account.may_list_followers:
        raise words_of(48001)


def words_of(code: int) -> AppError:
    return type(WORDS[code])(str(WORDS[code]))
