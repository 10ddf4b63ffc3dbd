"""What WeChat refused about templates, in words; and what only asking again can mend, as Unavailable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...errors import AppError, BadInput, Conflict, Forbidden, NotFound, Unavailable
from ...wechat.errors import AccountStopped, BadCall, Busy, LimitReached, PersonRefused, Unreachable, WeChatError

T = TypeVar("T")

WORDS: dict[int, AppError] = {
    40036: NotFound("微信那边没有这个模板。WeChat has no such template."),
    40037: NotFound("微信那边没有这个模板。WeChat has no such template."),
    40246: BadInput(
        "关键词不对：要用模板库里的关键词。These keywords are not those of the template in WeChat's library."
    ),
    40247: BadInput(
        "这是旧行业模板，微信已不再接受；请用类目模板的编号（纯数字）。"
        "This is a template of the old industries; take the number of one of the service categories."
    ),
    43106: Forbidden(
        "微信因处罚不让添加模板，见微信后台通知。WeChat forbids adding templates as a penalty; see its console."
    ),
    45026: Conflict("模板已满 25 个，请先删掉不用的。There are 25 templates; please delete one that is not used."),
    45027: Conflict("模板不在公众号的类目里。This template is not of the account's categories."),
    48001: Forbidden(
        "这个公众号不能用这类模板：要是已认证的服务号。Only verified service accounts may use these templates."
    ),
    200011: Forbidden(
        "微信停了订阅通知，见微信后台通知。WeChat has closed subscription notices here; see its console."
    ),
    200012: Conflict("订阅通知模板已满，请先删掉不用的。There is no room for another notice; please delete one."),
    200013: Conflict("这个模板已被微信停用。WeChat has closed this template."),
    200014: NotFound("模板库里没有这个编号。The library has no template of this number."),
    200015: NotFound("模板库里没有这个编号。The library has no template of this number."),
    200018: BadInput("请先选类目。Please choose a category first."),
    200019: BadInput("公众号没有这个类目。This is none of the account's categories."),
    200020: BadInput("关键词要选 2 到 5 个。Choose 2 to 5 keywords."),
    200021: BadInput("使用场景要写，最多 15 个字。Say what it is for, in up to 15 characters."),
    200022: BadInput("关键词重复了。A keyword is there twice."),
    200100: Forbidden("这类公众号没有订阅通知。This kind of account has no subscription notices."),
}
SILENT = "微信暂时没有回应，请稍后再试。WeChat does not answer right now; please try again."
PERHAPS = "微信没有回应，也许已经做了：请先同步再看。WeChat did not answer, and may have done it: synchronise first."
SPENT = "今天的调用次数已用完，明天再试。WeChat's quota of today is spent; please try again tomorrow."


def told(call: Callable[[], T], writes: bool = False) -> T:
    """What the call gives. Unavailable may be tried again; any other AppError says why it never will work. `writes`: an
    answer that is lost may have had its effect, and it is said so."""
    try:
        return call()
    except (AccountStopped, BadCall, PersonRefused) as error:
        raise words(error) from None
    except LimitReached as error:
        raise Unavailable(SILENT if error.until == "minute" else SPENT) from None
    except Unreachable as error:
        raise Unavailable(PERHAPS if writes and error.sent else SILENT) from None
    except (Busy, WeChatError):
        raise Unavailable(SILENT) from None


def words(error: WeChatError) -> AppError:
    if error.code in WORDS:
        return words_of(error.code)
    return Conflict(f"微信不接受：{error.entry.meaning_zh}。WeChat refuses: {error.entry.meaning_en}.")


def words_of(code: int) -> AppError:
    return type(WORDS[code])(str(WORDS[code]))
