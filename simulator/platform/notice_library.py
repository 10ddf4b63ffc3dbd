"""What the platform's library of notices holds: categories, titles, and the keywords that a notice may be made of."""

from __future__ import annotations

from typing import NamedTuple

ONCE, LONG_TERM = 2, 3
CATEGORIES = {307: "食品", 616: "餐饮服务场所", 670: "线下超市/便利店", 900: "政务民生", 901: "医疗健康"}


class Keyword(NamedTuple):
    """`rule` names its field; `choices` are what a const may say."""

    kid: int
    name: str
    example: str
    rule: str
    choices: tuple[str, ...] = ()


class Title(NamedTuple):
    tid: str
    title: str
    category: int
    keywords: tuple[Keyword, ...]
    type: int = ONCE


_SHOP = (
    Keyword(1, "商品", "明前龙井", "thing"),
    Keyword(2, "取餐码", "A017", "character_string"),
    Keyword(3, "时间", "2026年11月23日 15:01", "date"),
    Keyword(4, "金额", "¥88.00", "amount"),
    Keyword(5, "备注", "请尽快取走", "thing"),
    Keyword(6, "状态", "已完成", "const", ("制作中", "已完成", "已取消")),
    Keyword(7, "电话", "021-55551234", "phone_number"),
)
_OFFICE = (
    Keyword(1, "事项", "居住证办理", "thing"),
    Keyword(2, "进度", "已受理", "phrase"),
    Keyword(3, "时间", "2026年11月23日", "date"),
)
_NAMED = (
    Title("1001", "取餐提醒", 616, _SHOP),
    Title("1002", "排队到号提醒", 616, _SHOP),
    Title("1003", "预约成功通知", 616, _SHOP),
    Title("2001", "新品到货通知", 307, _SHOP),
    Title("2002", "订单发货通知", 307, _SHOP),
    Title("3001", "优惠券到期提醒", 670, _SHOP),
    Title("9001", "办事进度通知", 900, _OFFICE, LONG_TERM),
    Title("9101", "就诊提醒", 901, _OFFICE, LONG_TERM),
)
# More than one page of them, as the platform has of every category.
_MANY = tuple(Title(str(1100 + n), f"门店活动提醒 {n}", 616, _SHOP) for n in range(1, 41))
TITLES = {one.tid: one for one in (*_NAMED, *_MANY)}
