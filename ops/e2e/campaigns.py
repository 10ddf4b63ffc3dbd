"""Scenes with campaigns: one to everybody from its check to its end, one called off, a mass message, and notices.

All are for the list AFTER: they move the clock. They do so only when what is under way has come to rest, so that which
rights are used does not depend on how fast the machine is.
"""

import urllib.request
from collections.abc import Callable
from typing import Any

from ..demo import Shop, expect, tell
from ..doors import LONGEST_ACT, eventually
from ..local import shop
from . import beside
from .systems import A_MINUTE, api, buys, deliveries
from .world import World

TEN_MINUTES = 600
PATIENCE = 120.0  # seconds; sixteen jobs plan, and all of it is answered by one machine
MINUTES = 20  # by which the clock is moved at most; most reports are looked for within five
NEWS, PRESALE, SUMMER, DANCONG = "明前龙井，今天开售", "雨前龙井，开始预售", "立夏了，到店喝杯新茶", "新到凤凰单丛"
FIELDS = {"thing1": "{name|茶友}的茶", "time2": "2026年4月1日 10:00"}
NOTICE, NOTICE_FIELDS = "new_tea", {"thing1": DANCONG, "date3": "2026年5月5日"}
Json = dict[str, Any]


def to_everybody(day: Shop, world: World) -> None:
    tell("新茶到了：定在十分钟后，发给所有人", "New tea: to everybody, ten minutes from now")
    bus = _listens(day)
    # When its time has come run_job checks it once more; a start at once would be checked by api_handler alone.
    document = _template(day, NEWS) | {"goal": {"kind": "ordered"}, "send_at": day.controls.now() + TEN_MINUTES}
    _checked(day, document)
    place = _started(day, document)
    expect(_phase(day, place) == "scheduled", "还没到时间 its time has not come", _results(day, place))
    day.controls.advance(TEN_MINUTES + 5)
    _comes_to_its_end(day, place)
    people = _received(day, "template", NEWS)
    expect(set(people.values()) == {1}, f"{len(people)} 人各收到一条 each got it once", people)
    funnel = _funnel(day, place)
    expect(funnel["delivered"] == funnel["people"] == len(people), "漏斗对得上 the funnel adds up", funnel)
    heard = eventually(lambda: len(_told_of(day, bus, place)) == len(people))
    expect(bool(heard), "总线听到每一条送达 the bus heard of each of them", deliveries(day, bus))
    api(day, "DELETE", bus)
    _taps(day, place)
    _orders(day, place)
    _is_listed(day, place, set(people))


def called_off(day: Shop, world: World) -> None:
    tell("预售每天只发一人；暂停，继续，取消，删除", "A presale to one a day: paused, resumed, cancelled, removed")
    place = _started(day, _template(day, PRESALE) | {"per_day": 1})
    expect(_waits(day, place), "今天的发了，等明天 today's is sent; it waits for tomorrow", _results(day, place))
    api(day, "POST", f"{place}/pause")
    expect(_phase(day, place) == "paused", "暂停了 it is paused", _results(day, place))
    api(day, "POST", f"{place}/resume")
    expect(_waits(day, place), "继续，又等明天 it goes on, and waits again", _results(day, place))
    api(day, "POST", f"{place}/cancel")
    closed = eventually(lambda: not (now := _funnel(day, place))["planned"] and now["cancelled"], PATIENCE)
    expect(bool(closed), f"还没发的 {closed} 人不发了 so many get nothing any more", _results(day, place))
    _are_compared(day)
    api(day, "DELETE", place)
    gone = eventually(lambda: not beside.items(world, f"campaign#tea#{_id(place)}"), PATIENCE)
    expect(bool(gone), "连名单一起删了 removed, with its list", place)


def mass_message(day: Shop, world: World) -> None:
    tell("立夏，群发给所有人", "Summer begins: a mass message to everybody")
    variant = {"label": "A", "mass": {"msgtype": "text", "content": SUMMER}}
    place = _started(day, {"name": SUMMER, "kind": "mass", "variants": [variant], "quiet": False})
    _comes_to_its_end(day, place)
    people = _received(day, "text", SUMMER)
    (call,) = api(day, "GET", f"{place}/mass")["items"]
    told = call["way"], call["stage"], call["sent"]
    expect(told == ("all", "sent", len(people)), f"一次调用，{len(people)} 人收到 one call reached all", call)


def notices(day: Shop, world: World) -> None:
    tell("美美同意收一次到货通知，别人没有", "Meimei agrees to one notice of new teas; nobody else does")
    api(day, "POST", "templates/sync")
    api(day, "PUT", f"templates/{shop.NEW_TEA}/alias", {"name": NOTICE})
    day.xiaolin.subscribe({shop.NEW_TEA: "accept"})
    agreed = eventually(lambda: api(day, "GET", f"followers/{day.xiaolin.openid}/grants")["items"])
    expect(bool(agreed), "记下了她的同意 it is noted that she agreed", agreed)
    variant = {"label": "A", "template": NOTICE, "fields": NOTICE_FIELDS | {"thing5": "欢迎来店试饮"}}
    place = _started(day, {"name": DANCONG, "kind": "notice", "variants": [variant], "quiet": False})
    _comes_to_its_end(day, place)
    funnel = _funnel(day, place)
    one = funnel["delivered"] == 1 and funnel["suppressed"] == funnel["people"] - 1
    expect(one, "只有她收到 she alone got it", funnel)


def _listens(day: Shop) -> str:
    """An endpoint on the bus, which is known everywhere within a minute."""
    wants: dict[str, list[str]] = {"delivered": []}
    made = api(day, "POST", "endpoints", {"kind": "bus", "label": "deliveries", "wants": wants})
    return f"endpoints/{made['endpoint_id']}"


def _template(day: Shop, news: str) -> Json:
    link = f"{day.app}/oauth/tea/start?then=/h5/tea/hello"
    variant = {"label": "A", "template": "notice", "fields": FIELDS | {"thing3": news}, "link": link}
    return {"name": news, "kind": "template", "variants": [variant], "quiet": False}


def _checked(day: Shop, document: Json) -> None:
    checked = api(day, "POST", "campaigns/check", {"document": document})
    blocks = [one["words"] for one in checked["problems"] if one["blocks"]]
    expect(not blocks, f"发前检查通过，约 {checked['estimate']['about']} 人 checked before it starts", blocks)
    shown = api(day, "POST", "campaigns/preview", {"document": document, "openid": day.xiaolin.openid})
    expect(NEWS in str(shown), "预览：她会看到什么 a preview of what she will see", shown)


def _started(day: Shop, document: Json) -> str:
    """Where it is found in the API."""
    place = f"campaigns/{api(day, 'POST', 'campaigns', {'document': document})['campaign_id']}"
    api(day, "POST", f"{place}/start")
    return place


def _comes_to_its_end(day: Shop, place: str) -> None:
    """Everything is sent by itself; then, minute by minute, reports are looked for."""
    sent = eventually(lambda: _is_sent(day, place), PATIENCE)
    expect(bool(sent), "发完了 everything is sent", _results(day, place))
    over = _minutes_later(day, lambda: _phase(day, place) == "done")
    expect(bool(over), "有了结果，活动结束 it is known what became of it, and it is over", _results(day, place))


def _is_sent(day: Shop, place: str) -> bool:
    """Of a mass message to all it is not known before WeChat's report how many people it is for."""
    funnel = _funnel(day, place)
    return _phase(day, place) in ("running", "settling", "done") and funnel["people"] > 0 == funnel["planned"]


def _minutes_later(day: Shop, look: Callable[[], bool]) -> bool:
    for _ in range(MINUTES):
        day.controls.advance(A_MINUTE)
        if eventually(look, within=15):
            return True
    return False


def _taps(day: Shop, place: str) -> None:
    found = (str(one.get("url")) for one in day.xiaolin.inbox() if NEWS in str(one))
    link = next(found)
    expect(link.startswith(f"{day.app}/go/"), "消息里是短链接 the message holds a short link", link)
    for _ in range(2):
        page = day.xiaolin.open(link)
        expect("您好" in page["text"], "点开就到了 a tap leads on", page)
    expect(_funnel(day, place)["clicked"] == 1, "点了两次，算一人 tapped twice, one person", _results(day, place))


def _orders(day: Shop, place: str) -> None:
    buys(day, "e2e-campaign")
    reached = eventually(lambda: _funnel(day, place)["converted"] == 1)
    expect(bool(reached), "她下了单，目标记下 she orders, and the goal counts it", _results(day, place))


def _is_listed(day: Shop, place: str, people: set[str]) -> None:
    (clicked,) = api(day, "GET", f"{place}/recipients?stage=clicked")["items"]
    did = clicked["openid"] == day.xiaolin.openid and clicked["converted_at"] > 0
    expect(did, "名单里看得到她点了、买了 the list says that she tapped and bought", clicked)
    rows = _exported(day, place).splitlines()[1:]
    expect({row.partition(",")[0].strip('"') for row in rows} == people, "名单可以导出 the list can be exported", rows)
    got = api(day, "GET", f"followers/{day.xiaolin.openid}/campaigns")["items"]
    expect(_id(place) in str(got), "她的资料里也有 her own page has it too", got)


def _are_compared(day: Shop) -> None:
    ids = [one["campaign_id"] for one in api(day, "GET", "campaigns")["items"]]
    compared = api(day, "GET", f"campaign-comparison?items={','.join(ids)}")["items"]
    expect(len(compared) == len(ids) > 1, "和上一个并排看 beside the one before it", compared)


def _exported(day: Shop, place: str) -> str:
    """All of it fits on one page, as CSV."""
    url, known = f"{day.app}/api/tea/{place}/export.csv", {"Authorization": f"Bearer {day.api_token}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=known), timeout=LONGEST_ACT) as response:
        return str(response.read().decode("utf-8-sig"))


def _told_of(day: Shop, bus: str, place: str) -> set[str]:
    """The people of whom the bus heard that this campaign reached them."""
    reached = (one for one in deliveries(day, bus) if one["kind"] == "delivered" and one["outcome"] == "delivered")
    return {one["person"] for one in reached if _id(place) in one["body"]}


def _received(day: Shop, kind: str, words: str) -> dict[str, int]:
    return day.controls.inboxes("tea", kind, words)


def _waits(day: Shop, place: str) -> bool:
    return bool(eventually(lambda: _phase(day, place) == "waiting", PATIENCE))


def _phase(day: Shop, place: str) -> str:
    return str(api(day, "GET", place)["phase"])


def _funnel(day: Shop, place: str) -> Json:
    """Of its one variant."""
    (variant,) = _results(day, place)["funnel"]
    return dict(variant)


def _results(day: Shop, place: str) -> Json:
    return api(day, "GET", f"{place}/results")


def _id(place: str) -> str:
    return place.rpartition("/")[2]
