"""Who follows is known, whatever order the events come in and whatever was missed."""

from __future__ import annotations

import pytest

from chalicelib.errors import BadInput, Conflict, NotFound, Unavailable
from chalicelib.features import days, followers, people, tokens
from chalicelib.features.followers import Card, Row, facts, profile
from chalicelib.wechat import messages
from tests.house import House, Json

NOON = 1_900_000_000


def told(house: House, name: str, at: int, openid: str = "alice", **fields: str) -> None:
    """The listener hears of an event that WeChat dates so."""
    heard = {"FromUserName": openid, "ToUserName": "gh_tea", "CreateTime": str(at), "MsgType": "event", "Event": name}
    followers.note(house.svc, house.tea, messages.message(heard | fields))


def says(house: House, at: int, openid: str = "alice") -> None:
    said = {"FromUserName": openid, "ToUserName": "gh_tea", "CreateTime": str(at), "MsgType": "text", "Content": "hi"}
    followers.note(house.svc, house.tea, messages.message(said | {"MsgId": str(at)}))


def known(house: House, openid: str = "alice", alias: str = "tea") -> Json:
    return profile(house.svc, house.svc.accounts[alias], openid) or {}


def on_shelves(house: House, alias: str = "tea") -> list[str]:
    entries = [entry for n in range(16) for entry in house.svc.table.shelved(f"followers#{alias}#{n:x}")]
    return sorted(entry["pk"].rpartition("#")[2] for entry in entries)


def test_an_old_subscribe_does_not_bring_back_who_has_left(house: House) -> None:
    told(house, "unsubscribe", NOON + 10)
    told(house, "subscribe", NOON)

    assert known(house)["following"] is False
    assert on_shelves(house) == []


def test_an_old_unsubscribe_does_not_send_away_who_came_back(house: House) -> None:
    told(house, "subscribe", NOON)
    told(house, "subscribe", NOON + 20)
    told(house, "unsubscribe", NOON + 10)

    assert known(house)["following"] is True
    assert known(house)["since"] == NOON + 20
    assert on_shelves(house) == ["alice"]


def test_the_same_event_twice_changes_nothing(house: House) -> None:
    told(house, "subscribe", NOON, EventKey="qrscene_window")
    first = known(house)
    house.advance(100)
    told(house, "subscribe", NOON, EventKey="qrscene_window")

    assert known(house) == first


def test_who_leaves_is_forgotten_but_for_the_fact(house: House) -> None:
    told(house, "subscribe", NOON, EventKey="qrscene_window")
    told(house, "unsubscribe", NOON + 10)

    assert set(known(house)) == {"pk", "sk", "following", "changed", "left_at", "version", "shelf", "place"}


def test_who_comes_back_is_a_follower_from_then_on(house: House) -> None:
    told(house, "subscribe", NOON, EventKey="qrscene_window")
    told(house, "unsubscribe", NOON + 10)
    told(house, "subscribe", NOON + 20)

    found = known(house)
    assert (found["following"], found["since"], found["returned"]) == (True, NOON + 20, True)
    assert not {"scene", "qr_scene", "left_at"} & found.keys()
    assert on_shelves(house) == ["alice"]


def test_where_a_follower_came_from_is_kept(house: House) -> None:
    house.phone("alice", "scan", scene="window-7")

    found = known(house)
    assert (found["scene"], found["qr_scene"]) == ("ADD_SCENE_QR_CODE", "window-7")
    assert list(found["recent"]) == ["scanned:window-7"]
    assert followers.is_following(house.svc, house.tea, "alice")


def test_a_scan_of_a_follower_changes_nothing(house: House) -> None:
    house.phone("alice", "scan", scene="window-7")
    before = known(house)

    house.phone("alice", "scan", scene="door-1")

    assert known(house) == before


def test_somebody_unknown_who_writes_must_be_a_follower(house: House) -> None:
    says(house, NOON)

    assert (known(house)["following"], known(house)["found_by"]) == (True, "message")
    assert on_shelves(house) == ["alice"]


def test_who_writes_after_leaving_has_come_back(house: House) -> None:
    told(house, "subscribe", NOON)
    told(house, "unsubscribe", NOON + 10)
    says(house, NOON + 5)
    assert known(house)["following"] is False

    says(house, NOON + 20)

    assert (known(house)["following"], known(house)["since"]) == (True, NOON + 20)
    assert on_shelves(house) == ["alice"]


@pytest.mark.parametrize(
    "event", ["TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH", "user_authorization_revoke", "VIEW_OLD"]
)
def test_what_is_only_about_somebody_makes_nobody_a_follower(house: House, event: str) -> None:
    told(house, event, NOON, MsgID="1", Status="success", OpenID="bob")

    assert known(house) == known(house, "bob") == {}


def test_the_same_person_at_two_accounts_is_two_people(house: House) -> None:
    house.phone("alice", "follow")
    house.phone("alice", "follow", "leaf")
    house.phone("alice", "unfollow", "leaf")

    assert followers.is_following(house.svc, house.tea, "alice")
    assert not followers.is_following(house.svc, house.leaf, "alice")


def test_two_who_change_a_profile_at_once_both_get_their_way(house: House) -> None:
    told(house, "subscribe", NOON)
    began: list[int] = []

    def slow(before: Json) -> Json:
        if not began:
            began.append(1)
            followers.set_facts(house.svc, house.tea, "alice", {"size": "M"}, "answer")
        return {"remark": "老客户"}

    after = followers.change(house.svc, house.tea, "alice", slow) or {}

    assert (after["remark"], after["facts"]["size"]["value"]) == ("老客户", "M")
    assert after["version"] == 3


def test_who_never_gets_their_way_is_told_to_try_again(house: House) -> None:
    told(house, "subscribe", NOON)
    numbers = iter(range(100))

    def always_late(before: Json) -> Json:
        followers.change(house.svc, house.tea, "alice", lambda known: {"recent": {"tapped:x": next(numbers) + 1}})
        return {"remark": "x"}

    with pytest.raises(Unavailable, match="try again"):
        followers.change(house.svc, house.tea, "alice", always_late)


def test_a_change_that_changes_nothing_writes_nothing(house: House) -> None:
    told(house, "subscribe", NOON)
    before = known(house)

    followers.change(house.svc, house.tea, "alice", lambda profile: {"following": True, "remark": "", "tag_ids": []})

    assert known(house) == before


def test_nobody_is_made_by_a_change(house: House) -> None:
    assert followers.change(house.svc, house.tea, "nobody", lambda profile: {"remark": "x"}) is None
    assert known(house, "nobody") == {}


def test_a_card_says_what_lists_need_and_stays_short() -> None:
    recent = {f"scanned:{n}": n for n in range(1, 40)}
    long = {f"fact-{n}": {"value": "茶" * n, "source": "answer", "at": 1} for n in range(1, 41)}
    secret = {name: {"value": "139 0000 0000", "source": "answer", "at": 1} for name in ("phone", "address")}
    profile = {"remark": "老客户", "tag_ids": [100, 2], "spent": 8900, "recent": recent, "facts": long | secret}

    text = followers.card(profile)
    told = Card.read(text)

    assert len(text.encode()) <= 1000
    assert (told.name, told.tags, told.spent) == ("老客户", (100, 2), 8900)
    assert (told.facts["phone"], told.facts["fact-1"], "fact-40" in told.facts) == (True, "茶", False)
    assert "139" not in text


def test_the_newest_events_stay_on_a_card_longest() -> None:
    recent = {f"scanned:some-quite-long-name-of-a-stand-{n}": n for n in range(1, 41)}

    told = Card.read(followers.card({"recent": recent}))

    assert max(told.recent.values()) == 40
    assert min(told.recent.values()) > 1


def test_what_is_unknown_takes_no_room_on_a_card(house: House) -> None:
    told(house, "subscribe", NOON)

    assert known(house)["label"] == f'{{"f":{days.today(NOON)}}}'
    assert Card.read("") == Card()


@pytest.mark.parametrize(
    ("values", "source", "consent"),
    [
        ({"phone": "13900000000"}, "h5", None),
        ({"address": "上海"}, "api:till", None),
        ({"gender": "f"}, "h5", {"at": NOON, "text": "我同意"}),
        ({"birthday": "1990-01-01"}, "answer", None),
        ({"birthday": "1990-02-30"}, "answer", {"at": NOON, "text": "我同意"}),
        ({"phone": "call me"}, "answer", {"at": NOON, "text": "我同意"}),
        ({"phone": "13900000000"}, "answer", {"at": NOON, "text": " "}),
        ({"1st": "x"}, "answer", None),
        ({"": "x"}, "answer", None),
        ({"size": ""}, "answer", None),
        ({"size": "x" * 201}, "answer", None),
        ({"size": 10**16}, "answer", None),
        ({"size": "M"}, "hearsay", None),
        ({"size": "M"}, "api:", None),
        ({f"fact-{n}": "x" for n in range(41)}, "answer", None),
    ],
)
def test_what_may_not_be_kept_of_a_person_is_refused(
    house: House, values: dict[str, str | int], source: str, consent: facts.Consent | None
) -> None:
    told(house, "subscribe", NOON)

    with pytest.raises(BadInput):
        followers.set_facts(house.svc, house.tea, "alice", values, source, consent)

    assert "facts" not in known(house)


def test_a_fact_has_its_source_its_day_and_the_words_that_were_agreed_to(house: House) -> None:
    told(house, "subscribe", NOON)
    consent: facts.Consent = {"at": NOON, "text": "我同意茶铺保存我的电话"}

    followers.set_facts(house.svc, house.tea, "alice", {"phone": "139 0000 0000", "size": "M"}, "answer", consent)

    found = known(house)["facts"]
    assert found["phone"]["consent"] == consent
    assert "consent" not in found["size"]
    assert found["size"] == {"value": "M", "source": "answer", "at": pytest.approx(house.svc.now(), abs=5)}


def test_a_fact_that_is_told_again_keeps_its_day_and_costs_no_write(house: House) -> None:
    told(house, "subscribe", NOON)
    followers.set_facts(house.svc, house.tea, "alice", {"size": "M"}, "api:till")
    before = known(house)
    house.advance(100)

    followers.set_facts(house.svc, house.tea, "alice", {"size": "M"}, "api:till")

    assert known(house) == before


def test_a_fact_can_be_forgotten_and_strangers_have_none(house: House) -> None:
    told(house, "subscribe", NOON)
    followers.set_facts(house.svc, house.tea, "alice", {"size": "M"}, "api:till")
    followers.forget_fact(house.svc, house.tea, "alice", "size")

    assert "facts" not in known(house)
    with pytest.raises(NotFound):
        followers.set_facts(house.svc, house.tea, "nobody", {"size": "M"}, "answer")
    with pytest.raises(NotFound):
        followers.forget_fact(house.svc, house.tea, "nobody", "size")


WECHAT = "MicroMessenger/8.0.49.2600(0x28003137) NetType/WIFI Language/zh_CN"


@pytest.mark.parametrize(
    ("browser", "told"),
    [
        ("", {}),
        ("curl/8.0", {}),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 {WECHAT}",
            {"device": "iPhone", "wechat_version": "8.0.49.2600", "language": "zh_CN"},
        ),
        (
            f"Mozilla/5.0 (Linux; Android 13; 2201123C Build/TKQ1; wv) AppleWebKit/537.36 Chrome/116 {WECHAT}",
            {"device": "Android (2201123C)", "wechat_version": "8.0.49.2600", "language": "zh_CN"},
        ),
        ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130", {"device": "Android"}),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) MicroMessenger/6.8.0(0x16080000) MacWechat",
            {"device": "Mac", "wechat_version": "6.8.0"},
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) WindowsWechat MicroMessenger/7.0.20",
            {"device": "Windows", "wechat_version": "7.0.20"},
        ),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) ArkWeb/4.1", {"device": "HarmonyOS"}),
        ("", {}),
        ("x" * 1001 + "iPhone MicroMessenger/8.0", {}),
        ("MicroMessenger/123456789 Language/ÀÀ iPhonery", {}),
    ],
)
def test_a_browser_tells_the_device_the_version_and_the_language(browser: str, told: dict[str, str]) -> None:
    assert followers.device_of(browser) == told


def test_a_shared_place_is_known_to_a_kilometre_and_noted_once_a_day(house: House) -> None:
    house.phone("alice", "follow")
    house.phone("alice", "event", MsgType="location", Location_X="31.230416", Location_Y="121.473701", Label="黄浦区")
    house.phone("alice", "locate", latitude=22.5, longitude=114.1)
    assert house.work() == 2
    assert known(house)["facts"]["region"]["value"] == "22.50,114.10"

    house.phone("alice", "locate")
    assert house.work() == 0


@pytest.mark.parametrize("place", [("north", "pole"), ("91", "0"), ("", ""), ("nan", "nan")])
def test_what_is_no_place_is_not_noted(house: House, place: tuple[str, str]) -> None:
    house.phone("alice", "follow")

    house.phone("alice", "event", MsgType="location", Location_X=place[0], Location_Y=place[1], Label="x")

    assert house.work() == 0


def test_an_order_counts_once_however_often_it_is_told(house: House) -> None:
    told(house, "subscribe", NOON)
    for order, fen in (("order-7", 8900), ("order-7", 8900), ("order-8", 100)):
        followers.note_order(house.svc, house.tea, "alice", order, fen, NOON)

    found = known(house)
    assert (found["orders"], found["spent"], found["last_order"]) == (2, 9000, days.today(NOON))

    followers.note_order(house.svc, house.tea, "alice", "order-7", 0, NOON)
    assert (known(house)["orders"], known(house)["spent"]) == (1, 100)


def test_an_order_of_nobody_is_not_kept(house: House) -> None:
    assert followers.note_order(house.svc, house.tea, "nobody", "order-7", 8900, NOON) is None
    assert list(house.svc.table.under(people.key(house.tea, "nobody"))) == []
    with pytest.raises(BadInput):
        followers.note_order(house.svc, house.tea, "alice", "", 8900, NOON)


def test_messages_are_counted_when_their_day_is_over_and_seen_at_once(house: House) -> None:
    house.phone("alice", "follow")
    for text in ("one", "two"):
        house.says("alice", text)
    seen = followers.refresh_activity(house.svc, house.tea, "alice") or {}
    assert (seen["messages"], seen["last_active"]) == (2, days.today(house.svc.now()))
    assert "messages" not in known(house)

    house.advance(days.A_DAY + 3600)
    count_in_the_night(house)
    counted = known(house)
    assert (counted["messages"], counted["last_active"]) == (2, seen["last_active"])

    house.phone("alice", "tap", key="MENU")
    house.says("alice", "three")
    seen = followers.refresh_activity(house.svc, house.tea, "alice") or {}
    assert (seen["messages"], seen["last_active"]) == (3, days.today(house.svc.now()))
    count_in_the_night(house)
    assert known(house) == counted


def count_in_the_night(house: House) -> None:
    followers.activity.refresh_all(house.svc, house.tea)
    house.work()


def test_counting_twice_counts_nothing_twice(house: House) -> None:
    house.phone("alice", "follow")
    house.says("alice", "one")
    house.advance(days.A_DAY + 3600)

    for _ in range(2):
        count_in_the_night(house)
        followers.refresh_activity(house.svc, house.tea, "alice")

    assert known(house)["messages"] == 1


def test_what_was_scanned_and_tapped_lately_is_on_the_card(house: House) -> None:
    house.phone("alice", "follow")
    house.phone("alice", "event", Event="SCAN", EventKey="12", Ticket="t")
    house.phone("alice", "event", Event="CLICK", EventKey="MENU")
    today = days.today(house.svc.now())
    house.advance(days.A_DAY + 3600)
    count_in_the_night(house)

    assert Card.read(known(house)["label"]).recent == {"scanned:12": today, "clicked:MENU": today}
    assert "messages" not in known(house)

    followers.note_recent(house.svc, house.tea, "alice", "scanned:13", house.svc.now())
    assert len(known(house)["recent"]) == 3


def test_opening_somebody_who_is_no_follower_shows_nothing(house: House) -> None:
    told(house, "unsubscribe", NOON)

    assert followers.refresh_activity(house.svc, house.tea, "alice") is None
    assert followers.refresh_activity(house.svc, house.tea, "nobody") is None


@pytest.fixture
def crowd(house: House) -> House:
    """A hundred and twenty followers, a minute apart."""
    for number in range(120):
        told(house, "subscribe", NOON + 60 * number, f"guest-{number}")
    return house


def all_pages(house: House, turn: object) -> list[list[Row]]:
    pages, cursor = [], ""
    while True:
        rows, cursor = turn(house.svc, house.tea, cursor, 50)  # type: ignore[operator]
        pages.append(rows)
        if not cursor:
            return pages


@pytest.mark.parametrize("turn", [followers.page, followers.newest])
def test_pages_show_everybody_once(crowd: House, turn: object) -> None:
    pages = all_pages(crowd, turn)

    assert sorted(row.openid for page in pages for row in page) == sorted(f"guest-{n}" for n in range(120))


def test_the_newest_of_all_shelves_come_first(crowd: House) -> None:
    shown = [row.since for page in all_pages(crowd, followers.newest) for row in page]

    assert shown == sorted(shown, reverse=True)


def test_a_page_may_show_only_those_that_are_asked_for(crowd: House) -> None:
    followers.change(crowd.svc, crowd.tea, "guest-7", lambda profile: {"tag_ids": [100]})

    rows, cursor = followers.page(crowd.svc, crowd.tea, "", 50, keep=lambda row: 100 in row.card.tags)

    assert ([row.openid for row in rows], cursor) == (["guest-7"], "")


def test_a_cursor_of_somebody_else_is_refused(house: House) -> None:
    with pytest.raises(BadInput):
        followers.page(house.svc, house.tea, "zz.top")
    assert followers.page(house.svc, house.tea) == followers.newest(house.svc, house.tea) == ([], "")


def test_a_remark_and_the_blacklist_are_changed_at_wechat_first(house: House) -> None:
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")

    assert followers.set_remark(house.svc, house.tea, "alice", "老客户")["remark"] == "老客户"
    assert followers.set_blocked(house.svc, house.tea, "alice", True)["blocked"] is True
    person = house.world.accounts["tea"].people["alice"]
    assert (person.remark, person.blacklisted) == ("老客户", True)
    assert Card.read(known(house)["label"]).name == "老客户"

    assert "blocked" not in followers.set_blocked(house.svc, house.tea, "alice", False)
    assert person.blacklisted is False


def test_what_wechat_refuses_is_not_claimed(house: House) -> None:
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")
    for errcode, explained in ((43004, Conflict), (-1, Unavailable)):
        house.control("faults", path="/cgi-bin/user/info/updateremark", errcode=errcode)
        with pytest.raises(explained):
            followers.set_remark(house.svc, house.tea, "alice", "x")
    with pytest.raises(BadInput):
        followers.set_remark(house.svc, house.tea, "alice", "很" * 10)
    with pytest.raises(NotFound):
        followers.set_blocked(house.svc, house.tea, "nobody", True)

    assert "remark" not in known(house)


def test_an_event_that_bears_no_time_is_noted_and_whatever_has_one_is_newer(house: House) -> None:
    told(house, "subscribe", 0)
    assert known(house)["since"] == 0
    told(house, "unsubscribe", 0, openid="bob")
    assert known(house, "bob")["following"] is False

    told(house, "unsubscribe", NOON)
    told(house, "subscribe", NOON, openid="bob")

    assert known(house)["following"] is False
    assert on_shelves(house) == ["bob"]
