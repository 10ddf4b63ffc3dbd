"""What WeChat refused about menus, in words; what only waiting mends is Unavailable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...errors import AppError, Conflict, Forbidden, NotFound, Unavailable
from ...services import Account
from ...wechat.errors import Busy, LimitReached, TokenRejected, Unreachable, WeChatError

T = TypeVar("T")

SPENT, NO_SUCH_PERSON, NOT_ALLOWED = 45009, 65302, 48001
WORDS = {
    40016: "一级按钮要有 1 到 3 个。There are one to three buttons in the bar.",
    40018: "一级按钮的名称太长或为空。The name of a button in the bar is too long, or empty.",
    40025: "二级按钮的名称太长或为空。The name of an item is too long, or empty.",
    40033: r"名称里有 \uXXXX 这样的转义字符。There are \uXXXX escapes in a name.",
    40054: "二级按钮的域名不可用。The domain of an item may not be used.",
    40055: "一级按钮的域名不可用。The domain of a button may not be used.",
    40007: "素材不存在，请重新上传后再选。The material is not there; upload it again and choose it.",
    45009: "今天的调用次数已用完，明天再试。WeChat's quota of today is spent; try again tomorrow.",
    45028: "本期次数已用完。The allowance of this period is spent.",
    45064: "小程序没有和公众号关联，请先在微信后台关联。"
    "The mini-program is not linked to the account; link it in WeChat's console.",
    45159: "标签已不存在。The tag does not exist any more.",
    48001: "这个公众号不能用自定义菜单接口，需要先认证。This account may not make menus; it must be verified first.",
    53600: "文章不存在或已删除。The article does not exist, or was deleted.",
    65305: "个性化菜单太多，微信不再接受。There are too many conditional menus.",
    65309: "微信后台关掉了个性化菜单。Conditional menus are switched off in WeChat's console.",
    65316: "个性化菜单的网址超过 3 个域名。The conditional menus lead to more than three domains.",
}
SILENT = "微信暂时没有回应，请稍后再试。WeChat does not answer right now; please try again."
STRANGER = "此人没有关注这个公众号。They do not follow this account."


def told(call: Callable[[], T]) -> T:
    """What the call gives; Unavailable may be tried again, any other AppError says why it never will work."""
    try:
        return call()
    except WeChatError as error:
        if only_waits(error):
            raise Unavailable(SILENT) from None
        raise refused(error) from None
    except Unreachable:
        raise Unavailable(SILENT) from None


def only_waits(error: Exception) -> bool:
    """Whether the same call may well succeed in a minute."""
    spent = isinstance(error, LimitReached) and error.until != "minute"
    return isinstance(error, Busy | Unreachable | TokenRejected | LimitReached | Unavailable) and not spent


def refused(error: WeChatError) -> AppError:
    if error.code == NO_SUCH_PERSON:
        return NotFound(STRANGER)
    if error.code == SPENT:
        return Unavailable(words(error))
    return (Forbidden if error.code == NOT_ALLOWED else Conflict)(words(error))


def words(error: WeChatError) -> str:
    """Both languages; with WeChat's number, for whoever looks it up."""
    known = WORDS.get(error.code)
    if known is None:
        return f"{error.entry.meaning_zh}（{error.code}）。{_sentence(error.entry.meaning_en)} ({error.code})."
    chinese, english = known.split("。", 1)
    return f"{chinese}（{error.code}）。{english.removesuffix('.')} ({error.code})."


def insist_on_menus(account: Account) -> None:
    """Menus by API are for verified accounts and the sandbox."""
    if not account.may_send_custom:
        raise Forbidden(WORDS[NOT_ALLOWED])


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
