"""A menu goes live, or what was live stays: published, rolled back, gone on with after a kill, and put back.

The first part is done while the operator waits. A job that is queued before the first call to WeChat goes on if that
worker dies, and goes on asking for an hour if WeChat is silent. A refusal has everything put back that was done until
then; the version stays in the list with its reason.
"""

from __future__ import annotations

import secrets

import msgspec

from ...errors import BadInput, Conflict, Unavailable
from ...observe import log
from ...services import Account, Services
from ...wechat.errors import Unreachable, WeChatError
from ...wechat.menus import AtWeChat
from .. import alarms
from . import converging, drafts, live, refusals, versions
from .checks import check
from .converging import Made, Refusal
from .document import Menu, alike, place, restored, seen, stored, wire
from .quotas import Plan, spend
from .versions import UNDER_WAY, Item, Version, pk, sk

HELD = 90.0  # seconds for which a publication is its worker's alone; the longest that a function of ours runs is 80
LOOK_AGAIN = 100  # seconds after which a job looks whether its worker finished
PATIENCE = 3600  # seconds for which a silent WeChat is asked again, every minute
A_MINUTE = 60
AT_ONCE = 16  # conditional menus made and deleted while the operator waits; a request has ten seconds
MOST_TOLD = 5  # faults in one refusal
UNDER_WAY_WORDS = "另一个菜单正在发布，请稍等。Another menu is being published; please wait a moment."
SILENT = "微信没有回应，后台会继续发布。WeChat does not answer; publishing goes on in the background."
CHANGED = "您看过之后，别人又改了草稿；请再看一遍。Somebody changed the draft after you looked; please look again."
SILENT_FOR_LONG = "微信一小时没有回应，请看一下线上菜单。WeChat was silent for an hour; please look what it shows."
TAKEN_OVER = "没有完成，下一次发布接手了。It was not finished; the next publication took over."
UNCHANGED = "线上菜单没有变。Followers see the menu that they saw before."
PUT_BACK = (
    "微信后台里做的菜单已按接口能做的放回。The menu made in WeChat's console is back, as far as the API can make it."
)


def publish(svc: Services, account: Account, draft_version: int, by: str) -> Version:
    """The draft as it was seen. Conflict if it is another by now, or if WeChat refuses; its stage is `publishing` while
    WeChat is silent."""
    draft = drafts.find(svc, account)
    if not draft.version:
        raise BadInput("还没有菜单草稿。There is no draft of a menu yet.")
    if draft.version != draft_version:
        raise Conflict(CHANGED, details={"draft": msgspec.to_builtins(draft)})
    return _publish(svc, account, draft.menu, by, draft_version=draft.version)


def roll_back(svc: Services, account: Account, number: int, by: str) -> Version:
    """The menu of an earlier version becomes a new version; the draft stays as it is."""
    earlier = versions.find(svc, account, number)
    return _publish(svc, account, earlier.menu, by, origin=number)


def carry_on(svc: Services, account: Account, number: int) -> None:
    """A job: finish what a worker began and did not end."""
    if _unfinished(svc, account, number) is None:
        return
    holder = _hold_again(svc, account)
    if holder is None:
        raise Unavailable(UNDER_WAY_WORDS)  # the queue comes back
    try:
        item = _unfinished(svc, account, number)  # somebody may have ended it just before
        if item:
            _finish(svc, account, item)
    finally:
        _let_go(svc, account, holder)


def _finish(svc: Services, account: Account, item: Item) -> None:
    try:
        _go_on(svc, account, item)
    except _Waits as error:
        _look_later(svc, account, item, error)


def _unfinished(svc: Services, account: Account, number: int) -> Item | None:
    """The newest version, if nobody has ended it; it may be another than this one, whose worker was killed as it began
    or which was taken over from."""
    item = svc.table.get(pk(account), sk(number), fresh=True)
    if item is None or item["stage"] in UNDER_WAY:
        desk = svc.table.get(pk(account), "desk", fresh=True)
        item = _newest(svc, account, desk["version"]) if desk else None
    return item if item and item["stage"] in UNDER_WAY else None


def _newest(svc: Services, account: Account, number: int) -> Item | None:
    """This version or the one before: of one whose worker was killed as it began there is nothing but a number."""
    found = (svc.table.get(pk(account), sk(each), fresh=True) for each in range(number, 0, -1))
    return next((item for item in found if item), None)


def _publish(svc: Services, account: Account, menu: Menu, by: str, origin: int = 0, draft_version: int = 0) -> Version:  # noqa: PLR0913, PLR0917 (what, whose, and where it is from)
    refusals.insist_on_menus(account)
    _insist(svc, account, menu)
    # Before WeChat is asked: if somebody publishes in between, what it says now is not what there was before us.
    desk = svc.table.get(pk(account), "desk", fresh=True) or {"version": 0}
    there = refusals.told(account.wechat.menus.get)
    known = versions.live(svc, account)
    if known and there and alike(known.menu, menu) and alike(seen(there), menu):
        return known  # a second press: followers see it already
    old = seen(there) if there else live.made_in_console(account)
    number = desk["version"] + 1
    item = {"pk": pk(account), "sk": sk(number), "version": number, "menu": stored(menu), "stage": "publishing"}
    item |= {"origin": origin, "draft_version": draft_version, "made_by": by, "made_at": svc.now()}
    item |= _before(svc, account, number, there, old)
    # Into the queue first: whoever is killed from here on leaves it to finish this version, or the one before.
    svc.later_by(LOOK_AGAIN, carry_on, account, number=number)
    holder = _hold(svc, account, desk, len(menu.conditional) + (len(there.conditional) if there else 0))
    svc.table.put(item)
    if len(menu.conditional) + len(item["old_ids"]) > AT_ONCE:
        _let_go(svc, account, holder)
        svc.later(carry_on, account, number=item["version"])
        return versions.version(item)
    _go_on_now(svc, account, item, holder)
    ended = versions.find(svc, account, item["version"])
    if ended.stage != "live" and ended.stage not in UNDER_WAY:
        raise Conflict(ended.reason)
    return ended


def _go_on_now(svc: Services, account: Account, item: Item, holder: str) -> None:
    """While the operator waits."""
    try:
        _go_on(svc, account, item)
    except _Waits:
        log.warning("account %s: WeChat is silent while menu %d is published", account.alias, item["version"])
        if item["stage"] == "publishing":
            svc.table.update(item["pk"], item["sk"], {"reason": SILENT})
        svc.later_by(A_MINUTE // 6, carry_on, account, number=item["version"])
    finally:
        _let_go(svc, account, holder)


def _insist(svc: Services, account: Account, menu: Menu) -> None:
    """With WeChat's own list of tags: one that is gone would make the menu nobody's."""
    from .. import tags  # noqa: PLC0415 (tags know followers, who tell events, which ask for the menu's version)

    asks = any(one.when.tag_id for one in menu.conditional)
    found = [one for one in check(menu, tags.mirror.at_wechat(account).keys() if asks else ()) if one.blocks]
    if found:
        left = len(found) - MOST_TOLD
        more = [f"还有 {left} 处。And {left} more."] if left > 0 else []
        raise BadInput("\n".join([*(one.says for one in found[:MOST_TOLD]), *more]))


def _hold(svc: Services, account: Account, desk: Item, most: int) -> str:
    """The next number, for us alone. Conflict if anybody held the desk since it was read: what was seen at WeChat since
    may be another's work. `most`: conditional menus that may have to be made, and deleted."""
    spent = spend(svc, desk, Plan(creates=2, adds=most, deletes=most))
    holder, now_ms = secrets.token_hex(6), int(svc.clock.time() * 1000)
    change = {"version": desk["version"] + 1, "holder": holder, "held_until_ms": now_ms + int(HELD * 1000), **spent}
    where = "attribute_not_exists(pk) OR (#holder = :seen AND #held_until_ms < :now)"
    if svc.table.update(pk(account), "desk", change, where=where, seen=desk.get("holder", ""), now=now_ms) is None:
        raise Conflict(UNDER_WAY_WORDS)
    return holder


def _before(svc: Services, account: Account, number: int, there: AtWeChat | None, old: Menu | None) -> Item:
    """What followers saw; of a publication that nobody finished, what they saw before that one."""
    earlier = _newest(svc, account, number - 1)
    if earlier and earlier["stage"] in UNDER_WAY:
        kept = {name: earlier[name] for name in ("old_menu", "old_ids", "by_hand")}
        return kept | {"new_ids": [], "took_over": [earlier["version"], *earlier.get("took_over", ())]}
    ids = [one.menu_id for one in there.conditional] if there else []
    by_hand = there is None and old is not None
    return {
        "old_menu": stored(old) if old else None,
        "old_ids": ids,
        "by_hand": by_hand,
        "new_ids": [],
        "took_over": [],
    }


def _hold_again(svc: Services, account: Account) -> str | None:
    holder, now_ms = secrets.token_hex(6), int(svc.clock.time() * 1000)
    change = {"holder": holder, "held_until_ms": now_ms + int(HELD * 1000)}
    held = svc.table.update(pk(account), "desk", change, where="#held_until_ms < :now", now=now_ms)
    return holder if held else None


def _let_go(svc: Services, account: Account, holder: str) -> None:
    svc.table.update(pk(account), "desk", {"held_until_ms": 0}, where="#holder = :holder", holder=holder)


class _Waits(Exception):
    """WeChat may answer in a minute."""


def _go_on(svc: Services, account: Account, item: Item) -> None:
    """Until it is live, or put back. _Waits if WeChat is silent."""
    _take_over(svc, item)
    if item["stage"] == "publishing":
        try:
            made = _become(svc, account, item, restored(item["menu"]))
        except Refusal as refusal:
            _refuse(svc, item, refusal)
        else:
            return _close_live(svc, account, item, made)
    return _put_back(svc, account, item)


def _take_over(svc: Services, item: Item) -> None:
    """Now that this one is written down, those that nobody finished are given up."""
    told = {"stage": "given_up", "reason": TAKEN_OVER, "ended_at": svc.now()}
    where = "#stage = :publishing OR #stage = :restoring"
    for number in item.get("took_over", ()):
        svc.table.update(item["pk"], sk(number), told, where=where, publishing="publishing", restoring="restoring")


def _become(svc: Services, account: Account, item: Item, menu: Menu) -> Made:
    def remember(ids: list[str]) -> None:
        item["new_ids"] = [*ids]
        svc.table.update(item["pk"], item["sk"], {"new_ids": [*ids]})

    try:
        return converging.become(account, menu, item["old_ids"], item["new_ids"], remember)
    except (WeChatError, Unreachable, Unavailable) as error:
        if refusals.only_waits(error):
            raise _Waits from None
        if isinstance(error, WeChatError):
            raise Refusal(0, error) from None
        raise
    except Refusal as refusal:
        if refusals.only_waits(refusal.error):
            raise _Waits from None
        raise


def _close_live(svc: Services, account: Account, item: Item, made: Made) -> None:
    menu = restored(item["menu"])
    reason = "" if alike(seen(made.at_wechat), menu) else live.ALTERED
    told = {"stage": "live", "reason": reason, "ended_at": svc.now(), "menu_ids": made.ids}
    before = versions.live(svc, account)
    # The earlier one first: if we are killed in between, whoever finishes this one has nothing else to mend.
    if before and before.number != item["version"]:
        svc.table.update(pk(account), sk(before.number), {"stage": "replaced"}, where="#stage = :live", live="live")
    svc.table.update(item["pk"], item["sk"], told, where="#stage = :seen", seen=item["stage"])
    svc.forget(f"menus#{account.alias}")
    alarms.clear(svc, account, "menu")


def _refuse(svc: Services, item: Item, refusal: Refusal) -> None:
    """From here on it is put back, whoever does it."""
    chinese, english = place(restored(item["menu"]), refusal.menu)
    why_zh, _, why_en = refusals.words(refusal.error).partition("。")
    reason = f"微信没有接受{chinese}：{why_zh}。WeChat did not take {english}: {why_en}"
    item |= {"stage": "restoring", "reason": reason[:1000]}
    svc.table.update(item["pk"], item["sk"], {"stage": "restoring", "reason": item["reason"]})


def _put_back(svc: Services, account: Account, item: Item) -> None:
    try:
        touched = _restore(svc, account, item)
    except Refusal as refusal:
        why_zh, _, why_en = refusals.words(refusal.error).partition("。")
        reason = (
            f"{item['reason']}\n原来的菜单也没能全部放回：{why_zh}。请到微信后台看一下，再发布一次。"
            f"What was there before could not be put back whole: {why_en} Please look, and publish again."
        )
        alarms.ring(svc, account, "menu", reason[:500])
        svc.table.update(item["pk"], item["sk"], {"stage": "half", "reason": reason[:2000], "ended_at": svc.now()})
    else:
        reason = f"{item['reason']} {PUT_BACK if touched and item['by_hand'] else UNCHANGED}"
        svc.table.update(item["pk"], item["sk"], {"stage": "refused", "reason": reason, "ended_at": svc.now()})


def _restore(svc: Services, account: Account, item: Item) -> bool:
    """Only what we did is undone; earlier conditional menus that are still there are not touched. Whether there was
    anything to undo."""
    try:
        there = account.wechat.menus.get()
        if there is None:
            return False
        if item["old_menu"] is None:
            account.wechat.menus.delete()
            return True
        old, ids = restored(item["old_menu"]), {one.menu_id for one in there.conditional}
        if not set(item["old_ids"]) <= ids:
            made = _become(svc, account, item | {"old_ids": [], "new_ids": []}, old)
            _note_ids(svc, account, old, made.ids)
            return True
        for menu_id in ids - set(item["old_ids"]):
            account.wechat.menus.delete_conditional(menu_id)
        if alike(Menu(button=old.button), Menu(button=seen(there).button)):
            return False
        account.wechat.menus.create(wire(old.button))
    except (WeChatError, Unreachable, Unavailable) as error:
        if refusals.only_waits(error) or not isinstance(error, WeChatError):
            raise _Waits from None
        raise Refusal(0, error) from None
    return True


def _note_ids(svc: Services, account: Account, menu: Menu, ids: list[str]) -> None:
    """What was made again has other ids, by which taps are told apart."""
    known = versions.live(svc, account)
    if known and alike(known.menu, menu):
        svc.table.update(pk(account), sk(known.number), {"menu_ids": ids}, where="#stage = :live", live="live")
        svc.forget(f"menus#{account.alias}")


def _look_later(svc: Services, account: Account, item: Item, error: Exception) -> None:
    """A queue tries five times; WeChat may be away for longer."""
    if svc.now() - item["made_at"] < PATIENCE:
        svc.later_by(A_MINUTE, carry_on, account, number=item["version"])
        return
    reason = f"{item.get('reason', '')} {SILENT_FOR_LONG}".strip()
    alarms.ring(svc, account, "menu", reason)
    svc.table.update(item["pk"], item["sk"], {"stage": "given_up", "reason": reason, "ended_at": svc.now()})
