"""The numbers of today and of thirty days, and what wants somebody's attention."""

from __future__ import annotations

from chalicelib.features import alarms, days, followers, home, qrcodes, tokens
from chalicelib.features.followers import growth
from tests.crowd import follower
from tests.house import House


def test_a_house_that_has_just_opened_shows_nothing_wrong(house: House) -> None:
    seen = home.look(house.svc, house.tea)
    assert (seen.followers, seen.days, seen.sync, seen.alarms, seen.todo) == (0, [], None, [], [])


def test_a_refusal_of_wechat_is_put_into_words(house: House) -> None:
    alarms.ring(house.svc, house.tea, "sync", "48001 api unauthorized")
    alarms.ring(house.svc, house.tea, "templates", "-77777 something new")
    alarms.ring(house.svc, house.tea, "token", "AppSecret 有误。The AppSecret is wrong.")
    alarms.ring(house.svc, house.tea, "odd", "no number at all")
    told = {alarm.what: alarm.words for alarm in home.alarms(house.svc, house.tea)}
    assert told["sync"].startswith("粉丝同步：")
    assert "Follower sync: " in told["sync"].rpartition("。")[2]
    assert told["templates"] == "模板消息：-77777 something new。Template messages: -77777 something new."
    assert told["token"] == "AppSecret 有误。The AppSecret is wrong."
    assert told["odd"] == "odd：no number at all。odd: no number at all."


def test_the_newest_alarm_is_the_first(house: House) -> None:
    alarms.ring(house.svc, house.tea, "sync", "48001 x")
    house.advance(60)
    alarms.ring(house.svc, house.tea, "templates", "48001 x")
    assert [alarm.what for alarm in home.alarms(house.svc, house.tea)] == ["templates", "sync"]


def test_a_code_that_ends_soon_and_tags_that_came_apart_are_hints(house: House) -> None:
    tokens.refresh_all(house.svc)
    for scene, left in (("a", 2), ("b", 9)):
        qrcodes.create(house.svc, house.tea, scene=scene, name=scene, kind="temporary", days=left)
    qrcodes.create(house.svc, house.tea, scene="c", name="c", kind="permanent")
    drift = {"tag_id": 100, "name": "熟客", "ours": 1, "theirs": 2}
    house.svc.table.put({"pk": "tags#tea", "sk": "drift#100", **drift})
    assert [(hint.what, hint.count, hint.room) for hint in home.look(house.svc, house.tea).todo] == [
        ("drift", 1, "tags"),
        ("expiring", 1, "qrcodes"),
    ]
    house.advance(3 * days.A_DAY)
    assert [hint.what for hint in home.look(house.svc, house.tea).todo] == ["drift"]


def test_thirty_days_end_with_today(house: House) -> None:
    for openid, ago in (("alice", 1), ("bob", 0), ("carol", 0)):
        follower(house, openid, days_ago=ago)
    growth.count_night(house.svc, house.tea)
    seen = home.look(house.svc, house.tea)
    assert [(day.joined, day.left, day.returned) for day in seen.days] == [(1, 0, 0), (2, 0, 0)]
    assert seen.today.joined == 2
    assert seen.followers == seen.days[-1].total
    house.advance(40 * days.A_DAY)
    assert home.look(house.svc, house.tea).days == []


def test_a_sync_is_shown_from_its_beginning_to_its_end(house: House) -> None:
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")
    followers.start_sync(house.svc, house.tea)
    running = home.sync(house.svc, house.tea)
    assert running is not None
    assert running.state == "running"
    while house.work():
        pass
    done = home.sync(house.svc, house.tea)
    assert done is not None
    assert (done.state, done.listed, done.percent, done.ended >= done.started) == ("done", 1, 100, True)
