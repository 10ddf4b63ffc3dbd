"""What follows a vote happens once, to those who voted, and no failure of WeChat's spoils the page."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.features import polls, tokens
from chalicelib.features.polls import Afterwards, Poll
from chalicelib.features.polls.votes import THANK_AFTER
from chalicelib.wechat.errors import Busy
from tests.house import House, Json, eventually, logged
from tests.polling import A_DAY, TEA, WITH_IT, poll

CREATE, LISTED, PUT_ON = "/cgi-bin/tags/create", "/cgi-bin/tags/get", "/cgi-bin/tags/members/batchtagging"
QR = "/cgi-bin/qrcode/create"
TAGGED = Afterwards(tag="夏茶")
TOLD = Afterwards(message="谢谢投票！")


@pytest.fixture
def shop(house: House) -> Iterator[House]:
    """Alice follows the tea shop, which has its token."""
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")
    yield house


def cast(house: House, asked: Poll, openid: str = "alice") -> None:
    polls.vote(house.svc, house.tea, asked, openid, [[0], [1]])


def thank(house: House, asked: Poll, openid: str = "alice") -> None:
    polls.thank(house.svc, house.tea, poll_id=asked.poll_id, openid=openid)


def tags(house: House, openid: str = "alice") -> list[str]:
    tea = house.world.accounts["tea"]
    return [tea.tags[str(tag)] for tag in tea.people[openid].tags]


def texts(house: House, openid: str = "alice") -> list[str]:
    return [item["content"] for item in house.inbox(openid) if item["channel"] == "custom"]


def fault(house: House, path: str, errcode: int, times: int = 1) -> None:
    house.control("faults", path=path, errcode=errcode, times=times)


def test_nobody_is_thanked_for_a_vote_that_was_not_stored(shop: House) -> None:
    asked = poll(shop, afterwards=Afterwards(tag="夏茶", message="谢谢！"))

    thank(shop, asked)

    assert (tags(shop), texts(shop), shop.count(LISTED)) == ([], [], 0)


def test_nobody_is_thanked_for_a_poll_that_is_gone(shop: House) -> None:
    asked = poll(shop, afterwards=TOLD)
    cast(shop, asked)
    polls.remove(shop.svc, shop.tea, asked.poll_id)

    thank(shop, asked)

    assert texts(shop) == []


def test_who_does_not_follow_is_not_tagged(shop: House) -> None:
    asked = poll(shop, afterwards=TAGGED)
    shop.phone("bob", "follow")
    shop.phone("bob", "unfollow")
    cast(shop, asked, "bob")

    thank(shop, asked, "bob")

    assert shop.count(PUT_ON) == 0


@pytest.mark.parametrize(
    ("path", "errcode", "times"),
    [
        (PUT_ON, 45059, 1),
        (PUT_ON, 45159, 2),
        (PUT_ON, 43004, 1),
        (PUT_ON, 45009, 1),
        (CREATE, 45056, 1),
        (CREATE, 45157, 1),
        (CREATE, 45158, 1),
        (LISTED, 48001, 1),
    ],
)
def test_what_wechat_refuses_for_good_is_told_in_words_and_not_tried_again(
    shop: House, path: str, errcode: int, times: int
) -> None:
    asked = poll(shop, afterwards=Afterwards(tag="夏茶", message="谢谢！"))
    cast(shop, asked)
    fault(shop, path, errcode, times)

    with logged() as written:
        thank(shop, asked)

    assert str(errcode) in written.getvalue()
    assert "alice" not in written.getvalue()
    assert texts(shop) == ["谢谢！"]
    assert tags(shop) == []


def test_an_account_that_is_full_of_tags_is_asked_once_in_ten_minutes(shop: House) -> None:
    asked = poll(shop, afterwards=TAGGED)
    fault(shop, CREATE, 45056, 9)
    for openid in ("alice", "bob", "carol"):
        shop.phone(openid, "follow")
        cast(shop, asked, openid)
        thank(shop, asked, openid)
    assert (shop.count(LISTED), shop.count(CREATE), shop.count(PUT_ON)) == (1, 1, 0)


def test_what_may_pass_is_left_to_the_queue(shop: House) -> None:
    asked = poll(shop, afterwards=Afterwards(tag="夏茶", message="谢谢！"))
    cast(shop, asked)
    fault(shop, PUT_ON, 45169)

    with pytest.raises(Busy):
        thank(shop, asked)
    thank(shop, asked)

    assert (tags(shop), texts(shop)) == (["夏茶"], ["谢谢！"])


def test_a_tag_that_was_deleted_meanwhile_is_made_again(shop: House) -> None:
    asked = poll(shop, afterwards=TAGGED)
    cast(shop, asked)
    thank(shop, asked)
    shop.tea.wechat.tags.delete(shop.tea.wechat.tags.of_person("alice")[0])
    shop.phone("bob", "follow")
    cast(shop, asked, "bob")

    thank(shop, asked, "bob")

    assert tags(shop, "bob") == ["夏茶"]


def test_a_tag_that_another_worker_made_at_the_same_moment_is_used(shop: House) -> None:
    asked = poll(shop, afterwards=TAGGED)
    cast(shop, asked)
    listing = shop.tea.wechat.tags.list
    seen: list[Any] = []

    def too_early() -> Any:
        seen.append("asked")
        if len(seen) == 1:
            shop.tea.wechat.tags.create("夏茶")
            return ()
        return listing()

    shop.tea.wechat.tags.list = too_early  # type: ignore[method-assign]
    thank(shop, asked)

    assert tags(shop) == ["夏茶"]


def test_many_voters_cost_one_look_at_the_list_of_tags(shop: House) -> None:
    asked = poll(shop, afterwards=TAGGED)
    for openid in ("alice", "bob", "carol"):
        shop.phone(openid, "follow")
        cast(shop, asked, openid)
        thank(shop, asked, openid)

    assert [tags(shop, openid) for openid in ("alice", "bob", "carol")] == [["夏茶"]] * 3
    assert (shop.count(LISTED), shop.count(CREATE)) == (1, 1)


def test_a_job_that_runs_twice_tells_and_tags_once(shop: House) -> None:
    asked = poll(shop, afterwards=Afterwards(tag="夏茶", message="谢谢！"))
    cast(shop, asked)

    for _ in range(3):
        thank(shop, asked)

    assert (tags(shop), texts(shop)) == (["夏茶"], ["谢谢！"])


def test_who_may_not_be_written_to_is_owed_the_thanks(shop: House) -> None:
    asked = poll(shop, afterwards=TOLD)
    cast(shop, asked)
    shop.advance(50 * 3600)
    tokens.refresh_all(shop.svc)
    asked = poll(shop, afterwards=TOLD)
    cast(shop, asked)

    thank(shop, asked)

    assert texts(shop) == []
    assert [item["reply"]["content"] for item in shop.svc.table.under("person#tea#alice", "owed#")] == ["谢谢投票！"]


def test_a_vote_brings_its_thanks_by_the_queue_and_a_repeat_brings_none(shop: House) -> None:
    asked = poll(shop, afterwards=TOLD)
    shop.work()

    cast(shop, asked)
    cast(shop, asked)

    assert eventually(lambda: shop.work() == 1, within=8)
    assert texts(shop) == ["谢谢投票！"]
    assert shop.work() == 0


def test_a_poll_without_thanks_queues_nothing(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[Any] = []
    monkeypatch.setattr(shop.svc, "later_by", lambda *told, **_: queued.append(told))

    cast(shop, poll(shop, afterwards=Afterwards(follow_qr=True, thanks="谢谢")))

    assert queued == []


def test_who_follows_by_the_polls_code_after_voting_is_tagged_then_and_told_nothing_twice(shop: House) -> None:
    asked = poll(shop, closes_at=shop.svc.now() + 9 * A_DAY, afterwards=Afterwards(tag="夏茶", message="谢谢！"))
    cast(shop, asked, "bob")
    shop.phone("bob", "open", url=shop.app)  # whom WeChat knows, so that the message is owed
    thank(shop, asked, "bob")
    assert tags(shop, "bob") == []
    shop.advance(2 * A_DAY)
    tokens.refresh_all(shop.svc)

    shop.phone("bob", "scan", scene=f"poll_{asked.poll_id}")
    assert eventually(lambda: tags_after_work(shop, "bob") == ["夏茶"], within=8)
    eventually(lambda: shop.work() > 0, within=3)

    assert texts(shop, "bob").count("谢谢！") == 1


def tags_after_work(house: House, openid: str) -> list[str]:
    house.work()
    return tags(house, openid)


def test_who_follows_by_the_code_and_has_not_voted_is_not_tagged(shop: House) -> None:
    asked = poll(shop, afterwards=TAGGED)
    shop.work()

    shop.phone("bob", "scan", scene=f"poll_{asked.poll_id}")
    shop.phone("carol", "scan", scene="poll_../x")
    shop.phone("dan", "scan", scene="poll_")
    shop.phone("erin", "scan", scene="door-3")

    assert eventually(lambda: shop.work() >= 3)
    assert shop.count(PUT_ON) == 0


def test_a_vote_for_questions_that_this_worker_does_not_know_yet_is_thanked_for(shop: House) -> None:
    asked = poll(shop, afterwards=TOLD)
    changed = poll(shop, poll_id=asked.poll_id, questions=(WITH_IT, TEA), afterwards=TOLD)
    cast(shop, changed)
    shop.svc._cache[f"poll#{asked.poll_id}"] = (shop.svc.clock.time() - THANK_AFTER, asked)

    thank(shop, changed)

    assert texts(shop) == ["谢谢投票！"]


# The code to follow by


def picture(house: House, asked: Poll) -> str:
    house.svc.forget(f"follow_qr#{asked.poll_id}")
    return polls.follow_picture(house.svc, house.tea, asked)


def kept(house: House, asked: Poll) -> Json:
    return house.svc.table.get(f"poll#{asked.poll_id}", "follow_qr", fresh=True) or {}


def test_an_unverified_account_has_no_code(shop: House) -> None:
    assert polls.follow_picture(shop.svc, shop.leaf, poll(shop)) == ""
    assert shop.count(QR) == 0


@pytest.mark.parametrize("told", [{"errcode": 45009}, {"errcode": -1}, {"errcode": 48001}, {"timeout": True}])
def test_without_wechat_there_is_no_code_and_a_line_in_the_log(shop: House, told: Json) -> None:
    asked = poll(shop)
    shop.control("faults", path=QR, times=9, **told)

    with logged() as written:
        assert picture(shop, asked) == ""
        assert polls.follow_picture(shop.svc, shop.tea, asked) == ""

    assert "no QR code for poll" in written.getvalue()
    assert shop.count(QR) == 1


def test_without_a_token_there_is_no_code(house: House) -> None:
    fault(house, "/cgi-bin/stable_token", -1, 99)
    with logged() as written:
        assert polls.follow_picture(house.svc, house.tea, poll(house)) == ""
    assert "no QR code for poll" in written.getvalue()


def test_the_code_leads_to_the_account_with_the_polls_scene(shop: House) -> None:
    asked = poll(shop)

    shown = picture(shop, asked)

    head, _, drawn = shown.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(drawn).startswith(b"\x89PNG")
    assert len(shown) < 2000
    (code,) = shop.world.accounts["tea"].qrcodes.values()
    assert (code.scene, code.url) == (f"poll_{asked.poll_id}", kept(shop, asked)["address"])


def test_the_code_is_asked_for_once_and_renewed_on_its_last_day(shop: House) -> None:
    asked = poll(shop, closes_at=shop.svc.now() + 90 * A_DAY)
    first = picture(shop, asked)
    shop.advance(28.9 * A_DAY)
    tokens.refresh_all(shop.svc)
    assert picture(shop, asked) == first
    assert shop.count(QR) == 1

    shop.advance(0.2 * A_DAY)
    tokens.refresh_all(shop.svc)
    fault(shop, QR, -1)
    assert picture(shop, asked) == first  # good for some hours yet
    second = picture(shop, asked)

    assert second not in ("", first)
    assert kept(shop, asked)["expires"] > shop.svc.now() + 29 * A_DAY


def test_a_code_that_has_ended_is_not_shown(shop: House) -> None:
    asked = poll(shop, closes_at=shop.svc.now() + 90 * A_DAY)
    picture(shop, asked)
    shop.advance(31 * A_DAY)
    tokens.refresh_all(shop.svc)
    fault(shop, QR, -1)

    assert picture(shop, asked) == ""
