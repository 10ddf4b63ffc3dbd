"""/api/{account}/campaigns/check, /preview and beside: what to mind before a start, and mass messages afterwards."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...errors import Forbidden
from ...features import abilities
from ...features.abilities import Ability
from ...features.campaigns import checks, mass_reports, preview
from ...features.campaigns.checks import Checked
from ...features.campaigns.mass_reports import Told
from ...features.campaigns.preview import Preview
from .door import Call, door

Number = Annotated[int, msgspec.Meta(ge=0, le=3)]
NEEDS_PEOPLE = (
    "用某个人的资料预览还需要 followers:read 权限。A preview on somebody's data needs followers:read as well."
)


class CheckBody(msgspec.Struct, forbid_unknown_fields=True):
    """A document as it is, half written perhaps."""

    document: dict[str, Any]


class PreviewBody(msgspec.Struct, forbid_unknown_fields=True):
    """`variant`: the first is 0. `openid` "": somebody of whom nothing is known."""

    document: dict[str, Any]
    variant: Number = 0
    openid: str = ""


class ToMeBody(msgspec.Struct, forbid_unknown_fields=True):
    document: dict[str, Any]
    variant: Number = 0


class DeleteMassBody(msgspec.Struct, forbid_unknown_fields=True):
    """`article`: which of several articles, from 1; 0 all."""

    article: Annotated[int, msgspec.Meta(ge=0, le=8)] = 0


class MassList(msgspec.Struct):
    """Every call to WeChat that the mass message is made of; all of them, so there is never a cursor."""

    items: list[Told]
    cursor: str = ""


class AbilityList(msgspec.Struct):
    items: list[Ability]
    cursor: str = ""


@door(
    "POST",
    "/api/{account}/campaigns/check",
    needs="campaigns:read",
    takes=CheckBody,
    gives=Checked,
    says="发之前检查：哪里不行，会到多少人，今天还剩多少。"
    "Look before it starts: what stands in the way, how many it is for, what is left of today.",
)
def check(call: Call, account: str) -> Checked:
    return checks.check(call.svc, call.svc.accounts[account], call.body.document)


@door(
    "POST",
    "/api/{account}/campaigns/preview",
    needs="campaigns:read",
    takes=PreviewBody,
    gives=Preview,
    says="一个版本在某个人那里的样子。What one variant says to one person.",
)
def show(call: Call, account: str) -> Preview:
    body: PreviewBody = call.body
    if body.openid and not call.who.may("followers:read"):
        raise Forbidden(NEEDS_PEOPLE)
    return preview.of_person(call.svc, call.svc.accounts[account], body.document, body.variant, body.openid)


@door(
    "POST",
    "/api/{account}/campaigns/preview-send",
    needs="campaigns:write",
    takes=ToMeBody,
    says="把一个版本发到自己绑定的微信。Send one variant to one's own WeChat, as it is tied under /api/me/wechat.",
)
def send_to_me(call: Call, account: str) -> None:
    body: ToMeBody = call.body
    preview.send(call.svc, call.svc.accounts[account], call.who, body.document, body.variant)


@door(
    "GET",
    "/api/{account}/campaigns/{item}/mass",
    needs="campaigns:read",
    gives=MassList,
    says="群发的每一次调用，和微信说的人数；是谁，微信不说。"
    "Each call of a mass message, and WeChat's numbers of it; who it was, WeChat does not tell.",
)
def mass(call: Call, account: str, item: str) -> MassList:
    return MassList(mass_reports.told(call.svc, call.svc.accounts[account], item))


@door(
    "POST",
    "/api/{account}/campaigns/{item}/delete-mass",
    needs="campaigns:write",
    takes=DeleteMassBody,
    gives=MassList,
    says="删除已群发的图文或视频：手机上的卡片还在，打不开了。"
    "Delete articles or a video that were mass-sent: the card stays on the phones, and opens nothing any more.",
)
def delete_mass(call: Call, account: str, item: str) -> MassList:
    return MassList(mass_reports.delete(call.svc, call.svc.accounts[account], item, call.body.article))


@door(
    "GET",
    "/api/{account}/abilities",
    needs="campaigns:read",
    gives=AbilityList,
    says="微信让这类账号做什么，不能做的为什么。What WeChat lets such an account do, and why not.",
)
def able(call: Call, account: str) -> AbilityList:
    return AbilityList(abilities.listed(call.svc.accounts[account]))
