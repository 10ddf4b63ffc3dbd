"""What an account may not do, said in words before anything is tried. The table itself is wechat/abilities.py.

A call without the right costs nothing but a refusal (48001); an operator who composed a campaign for an hour minds.
"""

from __future__ import annotations

import msgspec

from ..errors import Forbidden
from ..services import Account
from ..wechat import abilities

# In words: 不能…, and "may not …".
WORDS = {
    "receive": ("接收消息", "receive messages"),
    "custom": ("发客服消息", "send customer-service messages"),
    "followers": ("管理关注者和标签", "manage followers and tags"),
    "menus": ("用接口管理菜单", "make menus"),
    "templates": ("发模板消息", "send template messages"),
    "notices": ("发订阅通知", "send subscription notices"),
    "mass": ("用接口群发", "send mass messages"),
    "mass_list": ("向指定的人群发", "send mass messages to chosen people"),
    "sign_in": ("让网页访客登录", "sign visitors of pages in"),
    "qrcodes": ("做带参数的二维码", "make QR codes with a scene"),
    "jssdk_share": ("自定义分享卡片", "set cards for shared pages"),
    "material": ("管理素材", "keep material"),
    "publish": ("发布文章", "publish articles"),
    "statistics": ("读取数据统计", "read statistics"),
    "check_content": ("用微信的内容安全检查", "use WeChat's content check"),
}
KINDS = {
    "subscription": ("订阅号", "subscription account"),
    "service": ("服务号", "service account"),
    "test": ("测试号", "sandbox account"),
    "miniprogram": ("小程序", "mini-program"),
    "wecom": ("企业微信", "WeCom account"),
    "shop": ("微信小店", "WeChat shop"),
}


class Ability(msgspec.Struct, frozen=True, kw_only=True):
    """`why`: a sentence in both languages where the account may not; else ""."""

    name: str
    may: bool
    why: str = ""


def why_not(account: Account, ability: str) -> str:
    """The sentence, or "" if the account may."""
    if account.may(ability):
        return ""
    does_zh, does_en = WORDS[ability]
    kind_zh, kind_en = KINDS.get(account.kind, (account.kind, account.kind))
    if abilities.may(account.kind, True, ability):
        return f"{kind_zh}要先通过微信认证才能{does_zh}。A {kind_en} must be verified before it may {does_en}."
    zh, en = _who(ability)
    return f"{kind_zh}不能{does_zh}，只有{zh}可以。A {kind_en} may not {does_en}; only {en} may."


def insist(account: Account, ability: str) -> None:
    if why := why_not(account, ability):
        raise Forbidden(why)


def listed(account: Account) -> list[Ability]:
    """All that the table knows, in its order."""
    return [Ability(name=name, may=account.may(name), why=why_not(account, name)) for name in abilities.TABLE]


def _who(ability: str) -> tuple[str, str]:
    marks = zip(abilities.COLUMNS, abilities.TABLE[ability], strict=True)
    kinds = {column.rstrip("+-"): column.endswith("+") for column, mark in marks if mark == "+"}
    zh = [f"{'已认证的' if verified else ''}{KINDS[kind][0]}" for kind, verified in kinds.items()]
    en = [f"{'verified ' if verified else ''}{KINDS[kind][1]}s" for kind, verified in kinds.items()]
    return "、".join(zh), " and ".join(filter(None, (", ".join(en[:-1]), en[-1])))
