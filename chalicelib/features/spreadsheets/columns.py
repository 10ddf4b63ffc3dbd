"""What a heading means, in Chinese or in English; what is none of these is a fact of that name."""

from __future__ import annotations

from collections.abc import Sequence

from ..followers.facts import NAME
from .reading import Mistake

# What an export gives in this order, each by its Chinese name too.
OPENID, REMARK, TAGS, CONSENT, CONSENT_AT = "openid", "remark", "tags", "consent", "consent_at"
GIVEN = {
    "scene": "来源", "qr_scene": "二维码", "language": "语言", "since": "关注时间", "first_seen": "初次见到",
    "last_active": "最近活跃", "messages": "消息数", "orders": "订单数", "spent": "消费", "last_order": "最近下单",
    "blocked": "已拉黑",
}  # fmt: skip
ALIASES = {
    "粉丝": OPENID, "备注": REMARK, "备注名": REMARK, "标签": TAGS, "同意": CONSENT, "同意记录": CONSENT,
    "同意时间": CONSENT_AT, "手机": "phone", "手机号": "phone", "电话": "phone", "地址": "address", "性别": "gender",
    "生日": "birthday", "昵称": "nickname",
} | {zh: name for name, zh in GIVEN.items()}  # fmt: skip
OURS = frozenset({OPENID, REMARK, TAGS, CONSENT, CONSENT_AT}) | GIVEN.keys()


def known(heading: str) -> str:
    """Our name for it; the heading itself if it is a fact's."""
    return ALIASES.get(heading, heading.lower() if heading.lower() in OURS else heading)


def mistakes(headings: Sequence[str]) -> list[Mistake]:
    """Of the first row."""
    names = [known(heading) for heading in headings]
    found = [Mistake(1, heading, words) for heading, words in zip(headings, map(_wrong, names), strict=True) if words]
    twice = {name: heading for name, heading in zip(names, headings, strict=True) if name and names.count(name) > 1}
    found += [Mistake(1, heading, "这一列出现了两次。This column is there twice.") for heading in twice.values()]
    if OPENID not in names:
        found.append(Mistake(1, OPENID, "缺少 openid 列。There is no column openid."))
    return found


def is_fact(name: str) -> bool:
    return name not in OURS


def _wrong(name: str) -> str:
    if not name:
        return "有一列没有名字。A column has no name."
    if is_fact(name) and not NAME.fullmatch(name):
        return "列名要有 1 到 40 个字，不以数字开头，没有空格。A column has 1 to 40 letters, no space, no digit first."
    return ""
