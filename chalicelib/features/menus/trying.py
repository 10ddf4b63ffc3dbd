"""What a given follower sees: as WeChat tells it, and as we reckon it from their tags and their phone.

WeChat goes by the tag that a person was given last, and tells nobody which that is; nor do we know everybody's phone.
So our own reckoning says which menus it could be, and why.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...errors import BadInput, NotFound
from ...services import Account, Services
from .. import followers, people
from . import drafts, refusals, versions
from .document import Button, Conditional, Menu, every, unwired, wire

PLATFORM_OF = {"iPhone": "ios", "iPad": "ios", "Android": "android"}
NOT_OURS = -1


class Reckoned(msgspec.Struct, frozen=True, kw_only=True):
    """`menus` that it could be, the first asked first (0: the ordinary one); one alone is sure. `says`: the reasons."""

    menus: list[int]
    says: list[str]


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """`menu` is which of the live version WeChat's answer is, -1 for none of them. `agree`: it is among those that we
    reckoned. `in_draft`: what they would see if the draft were published."""

    openid: str
    buttons: list[Button]
    menu: int
    number: int
    tag_ids: list[int]
    platform: str
    ours: Reckoned
    agree: bool
    in_draft: Reckoned


def try_as(svc: Services, account: Account, openid: str) -> Tried:
    """Asks WeChat; NotFound for who does not follow."""
    refusals.insist_on_menus(account)
    if not people.OPENID.fullmatch(openid):
        raise BadInput("openid 不对。This is not an openid.")
    profile = followers.profile(svc, account, openid)
    if profile and not profile["following"]:
        raise NotFound(refusals.STRANGER)
    buttons = unwired(refusals.told(lambda: account.wechat.menus.try_match(openid)))
    known = profile or {}
    tag_ids, platform = list(known.get("tag_ids", ())), _platform(known)
    live = versions.live(svc, account)
    menu = live.menu if live else Menu()
    ours = reckon(menu, tag_ids if profile else None, platform)
    number = _which(menu, buttons, ours.menus)
    return Tried(
        openid=openid,
        buttons=buttons,
        menu=number,
        number=live.number if live else 0,
        tag_ids=tag_ids,
        platform=platform,
        ours=ours,
        agree=number in ours.menus,
        in_draft=reckon(drafts.find(svc, account).menu, tag_ids if profile else None, platform),
    )


def reckon(menu: Menu, tag_ids: Sequence[int] | None, platform: str) -> Reckoned:
    """`platform` "" is a phone that we know nothing of; `tag_ids` None somebody whom no sync has found yet."""
    could, says = [], []
    for number, one in enumerate(menu.conditional, start=1):
        fits, why = _fits(one, tag_ids, platform)
        says.append(f"个性化菜单 {number}：{why[0]}。Conditional menu {number}: {why[1]}.")
        if fits is not False:
            could.append(number)
        if fits:
            return Reckoned(menus=could, says=says)
    return Reckoned(menus=[*could, 0], says=says)


def _fits(one: Conditional, tag_ids: Sequence[int] | None, platform: str) -> tuple[bool | None, tuple[str, str]]:
    """None: it may."""
    tag, wanted = one.when.tag_id, one.when.platform
    if tag and tag_ids is not None and tag not in tag_ids:
        return False, (f"没有标签 {tag}", f"they do not have the tag {tag}")
    if wanted and platform and wanted != platform:
        return False, (f"手机是 {platform}，要 {wanted}", f"their phone is {platform}, not {wanted}")
    return _perhaps(one, tag_ids, platform)


def _perhaps(one: Conditional, tag_ids: Sequence[int] | None, platform: str) -> tuple[bool | None, tuple[str, str]]:
    tag, wanted = one.when.tag_id, one.when.platform
    if tag and tag_ids is None:
        return None, ("还不知道此人的标签", "we do not know their tags yet")
    if tag and len(tag_ids or ()) > 1:
        told = f"有标签 {tag}，但微信只看最后打上的那个", f"they have the tag {tag}, but the last one given decides"
        return None, told
    if wanted and not platform:
        return None, ("不知道是什么手机", "we do not know their phone")
    return True, ("符合", "it fits")


def _platform(profile: dict[str, object]) -> str:
    """From the browser of a visit to our pages; desktops say nothing of the phone."""
    facts = profile.get("facts")
    device = facts.get("device", {}).get("value", "") if isinstance(facts, dict) else ""
    return PLATFORM_OF.get(str(device).partition(" ")[0], "")


def _which(menu: Menu, buttons: Sequence[Button], likely: Sequence[int]) -> int:
    """Of several with the same entries, one that we reckoned."""
    found = [number for number, ours in every(menu) if wire(ours) == wire(buttons)]
    return next((number for number in found if number in likely), found[0] if found else NOT_OURS)
