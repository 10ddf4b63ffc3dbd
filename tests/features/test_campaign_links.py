"""/go/<code>: whoever has a link is led on; a person's first click is counted, whatever else happens."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from chalicelib.aws.table import Table, TransactionConflict
from chalicelib.errors import Conflict, NotFound
from chalicelib.features import people
from chalicelib.features.campaigns import Campaign, chunks, fates, links, store
from chalicelib.features.followers import leaving
from chalicelib.keys import Keys
from tests.campaign_lists import LINK, became, campaign, enlist
from tests.crowd import follower
from tests.house import House, Json, logged

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "Mobile/15E148 MicroMessenger/8.0.60(0x18003c2f) NetType/WIFI Language/zh_CN"
)
FRIENDS = [f"o{number:027d}" for number in range(12)]


@pytest.fixture
def spring(house: House) -> Campaign:
    """Everybody of FRIENDS has got it."""
    made = campaign(house)
    enlist(house, made, FRIENDS)
    for openid in FRIENDS:
        became(house, made, openid, fates.ACCEPTED)
    return made


def link_of(house: House, of: Campaign, openid: str, variant: int = 0) -> str:
    """Without our own address."""
    return links.address(house.svc, house.tea, of, variant, openid).removeprefix(house.app)


def taps(house: House, path: str, agent: str = PHONE, **headers: str) -> tuple[int, str]:
    answer = house.get(path, **{"User-Agent": agent, "Accept": "text/html"} | headers)
    return answer.status, answer.headers.get("Location", "")


def clicked(house: House, of: Campaign) -> dict[str, int]:
    tally = chunks.tallies(house.svc, house.tea, of.campaign_id)
    return {name: number for name, number in tally.items() if name.endswith("clicked") and number}


def noted(house: House, of: Campaign, openid: str) -> Json | None:
    return house.svc.table.get(people.key(house.tea, openid), f"campaign#{of.campaign_id}", fresh=True)


def test_a_tap_leads_on_and_is_counted_once_for_each_person(house: House, spring: Campaign) -> None:
    answers = [taps(house, link_of(house, spring, openid)) for openid in FRIENDS[:3] * 3]

    assert set(answers) == {(302, LINK)}
    assert clicked(house, spring) == {"a_clicked": 3}
    assert noted(house, spring, FRIENDS[0]) == {
        "pk": f"person#tea#{FRIENDS[0]}",
        "sk": f"campaign#{spring.campaign_id}",
        "clicked_at": pytest.approx(house.svc.now(), abs=5),
        "variant": "a",
        "expires": pytest.approx(house.svc.now() + chunks.KEPT, abs=5),
    }
    assert noted(house, spring, FRIENDS[3]) is None


def test_the_phone_of_a_follower_gets_there(house: House, spring: Campaign) -> None:
    target = f"{house.app}/h5/tea/hello"
    other = campaign(house, links=(target,))
    enlist(house, other, FRIENDS[:1])

    seen = house.phone(FRIENDS[0], "open", url=house.app + link_of(house, other, FRIENDS[0]))

    assert (seen["url"], seen["status"]) == (target, 200)
    assert clicked(house, other) == {"a_clicked": 1}


def test_many_taps_at_once_of_many_people_are_counted_exactly(house: House, spring: Campaign) -> None:
    paths = [link_of(house, spring, openid) for openid in FRIENDS] * 5
    random.Random(7).shuffle(paths)
    with ThreadPoolExecutor(16) as crew:
        answers = list(crew.map(lambda path: taps(house, path), paths))

    assert set(answers) == {(302, LINK)}
    assert clicked(house, spring) == {"a_clicked": len(FRIENDS)}


@pytest.mark.parametrize("phase", ["paused", "waiting", "settling", "done", "cancelled"])
def test_who_has_it_may_click_whatever_has_become_of_the_campaign(house: House, phase: str) -> None:
    made = campaign(house, phase)
    enlist(house, made, FRIENDS[:1])

    assert taps(house, link_of(house, made, FRIENDS[0])) == (302, LINK)
    assert clicked(house, made) == {"a_clicked": 1}


def test_a_code_says_nothing_and_is_the_same_each_time(house: House, spring: Campaign) -> None:
    codes = {openid: links.code(house.svc, house.tea, spring, 0, openid) for openid in FRIENDS}

    assert all(len(code) == 32 and code.replace("-", "a").replace("_", "a").isalnum() for code in codes.values())
    assert len(set(codes.values())) == len(FRIENDS)
    assert codes == {openid: links.code(house.svc, house.tea, spring, 0, openid) for openid in FRIENDS}
    # No two share a beginning or an end by which one could tell that they are of one campaign.
    assert len({code[:6] for code in codes.values()}) == len({code[-6:] for code in codes.values()}) == len(FRIENDS)


def test_a_code_that_was_cut_altered_or_made_up_is_a_page_that_says_so_and_reads_nothing(
    house: House, spring: Campaign
) -> None:
    path = link_of(house, spring, FRIENDS[0])
    wrong = [path[:-1], path[:-9], f"{path}A", path + "=" * 4, "/go/x", f"/go/{'A' * 32}", "/go/%E8%8C%B6", "/go/%00"]
    for place in range(4, len(path)):
        wrong.append(path[:place] + ("A" if path[place] != "A" else "B") + path[place + 1 :])
    list(house.svc.accounts)
    with mock.patch.object(Table, "_call", side_effect=AssertionError("asked the table")):
        answers = [house.get(one, **{"User-Agent": PHONE, "Accept": "text/html"}) for one in wrong]

    assert {answer.status for answer in answers} == {404}
    assert all("没有这个链接" in answer.data.decode() for answer in answers)
    assert "There is no such link" in answers[0].data.decode()
    assert clicked(house, spring) == {}


def test_a_code_of_another_stage_is_none_of_ours(house: House, spring: Campaign) -> None:
    path = link_of(house, spring, FRIENDS[0])
    house.svc.keys = Keys(lambda: "OTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")

    assert taps(house, path)[0] == 404


def test_a_code_of_a_variant_that_is_not_theirs_leads_there_and_counts_nothing(house: House) -> None:
    other = "https://shop.example.com/other"
    made = campaign(house, links=(LINK, other))
    enlist(house, made, FRIENDS)
    openid = next(one for one in FRIENDS if fates.variant_of(made.campaign_id, one, made.document) == 0)

    assert taps(house, link_of(house, made, openid, 1)) == (302, other)
    assert clicked(house, made) == {}
    assert taps(house, link_of(house, made, openid, 0)) == (302, LINK)
    assert clicked(house, made) == {"a_clicked": 1}


@pytest.mark.parametrize(
    ("agent", "headers"),
    [
        ("", {}),
        ("curl/8.5.0", {}),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126 Safari/537.36", {}),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", {}),
        (PHONE + " WeChatLinkPreview/1.0", {}),
        (PHONE + " Baiduspider/2.0", {}),
        (PHONE, {"Sec-Purpose": "prefetch"}),
        (PHONE, {"Purpose": "prefetch"}),
        (PHONE, {"X-Purpose": "preview"}),
    ],
)
def test_a_machine_that_looks_is_led_on_and_not_counted(
    house: House, spring: Campaign, agent: str, headers: Json
) -> None:
    assert taps(house, link_of(house, spring, FRIENDS[0]), agent, **headers) == (302, LINK)
    assert clicked(house, spring) == {}


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("https://shop.example.com/茶?味=春 天&x=1#顶", "https://shop.example.com/%E8%8C%B6?%E5%91%B3=%E6%98%A5%20%E5%A4%A9&x=1#%E9%A1%B6"),
        ("https://茶铺.example.com/a", "https://xn--0lqs14b.example.com/a"),
        ("https://shop.example.com/%E8%8C%B6?a=%20b", "https://shop.example.com/%E8%8C%B6?a=%20b"),
        ("https://shop.example.com/茶?a=%20b", "https://shop.example.com/%E8%8C%B6?a=%20b"),
    ],
)  # fmt: skip
def test_a_link_with_chinese_leads_where_it_says(house: House, link: str, target: str) -> None:
    made = campaign(house, links=(link,))
    enlist(house, made, FRIENDS[:1])
    status, location = taps(house, link_of(house, made, FRIENDS[0]))

    assert (status, location.isascii()) == (302, True)
    if "xn--" in target:
        target = "https://" + "茶铺.example.com".encode("idna").decode() + "/a"
    assert location == target


def test_variables_of_a_link_are_the_persons_own_and_a_machines_are_their_defaults(house: House) -> None:
    made = campaign(house, links=("https://shop.example.com/{today}?who={name|朋友}&n={orders|0}",))
    openid = follower(house, FRIENDS[0], facts={"nickname": {"value": "小 满&x=1", "at": 1, "source": "h5"}}, orders=3)
    enlist(house, made, [openid])
    path = link_of(house, made, openid)

    assert taps(house, path)[1].endswith("?who=%E5%B0%8F%20%E6%BB%A1%26x%3D1&n=3")
    assert taps(house, path, "curl/8")[1].endswith("?who=%E6%9C%8B%E5%8F%8B&n=0")


def test_whoever_is_erased_is_led_on_and_leaves_no_trace(house: House, spring: Campaign) -> None:
    openid, path = FRIENDS[0], link_of(house, spring, FRIENDS[0])
    assert chunks.blank(house.svc, house.tea, spring, openid)

    assert taps(house, path) == (302, LINK)
    assert list(house.svc.table.under(people.key(house.tea, openid), fresh=True)) == []
    assert clicked(house, spring) == {}


def test_a_click_at_the_very_moment_of_erasure_leaves_no_trace_either(house: House, spring: Campaign) -> None:
    """The person is found on the list; before the click is written, all about them is deleted."""
    openid, path, real = FRIENDS[0], link_of(house, spring, FRIENDS[0]), Table.update_and_add

    def late(table: Table, *args: Any, **told: Any) -> bool:
        with mock.patch.object(Table, "update_and_add", real):
            chunks.blank(house.svc, house.tea, spring, openid)
            leaving.erase(house.svc, house.tea, openid)
        return real(table, *args, **told)

    with mock.patch.object(Table, "update_and_add", late):
        assert taps(house, path) == (302, LINK)

    assert list(house.svc.table.under(people.key(house.tea, openid), fresh=True)) == []


@pytest.mark.parametrize("left", [False, True])
def test_a_click_while_they_are_taken_off_the_lists_goes_with_them(house: House, spring: Campaign, left: bool) -> None:
    openid, path, real = follower(house, FRIENDS[0]), link_of(house, spring, FRIENDS[0]), chunks.forget

    def meanwhile(*args: Any, **told: Any) -> int:
        assert taps(house, path) == (302, LINK)
        return real(*args, **told)

    with mock.patch.object(chunks, "forget", meanwhile):
        if left:
            leaving.leave(house.svc, house.tea, openid, house.svc.now())
            house.advance(2 * 86_400)
            leaving.erase_left(house.svc, house.tea)
        else:
            leaving.erase(house.svc, house.tea, openid)

    assert list(house.svc.table.under(people.key(house.tea, openid), fresh=True)) == []
    assert clicked(house, spring) == {"a_clicked": 1}


def test_a_click_that_cannot_be_counted_keeps_nobody_from_the_page(house: House, spring: Campaign) -> None:
    path = link_of(house, spring, FRIENDS[0])
    busy = TransactionConflict("busy")
    with (
        logged() as log,
        mock.patch.object(Table, "update_and_add", side_effect=busy),
        mock.patch.object(house.svc.clock, "sleep"),
    ):
        assert taps(house, path) == (302, LINK)

    assert "a click could not be counted" in log.getvalue()
    assert FRIENDS[0] not in log.getvalue()
    assert path not in log.getvalue()
    assert taps(house, path) == (302, LINK)
    assert clicked(house, spring) == {"a_clicked": 1}


def test_a_transaction_in_the_way_is_tried_again(house: House, spring: Campaign) -> None:
    real, tried = Table.update_and_add, []

    def sometimes(table: Table, *args: Any, **told: Any) -> bool:
        tried.append(1)
        if len(tried) < 4:
            raise Conflict("busy")
        return real(table, *args, **told)

    with mock.patch.object(Table, "update_and_add", sometimes):
        taps(house, link_of(house, spring, FRIENDS[0]))

    assert clicked(house, spring) == {"a_clicked": 1}


def test_a_removed_campaign_has_no_links_any_more(house: House) -> None:
    made = campaign(house, "done")
    enlist(house, made, FRIENDS[:1])
    store.remove(house.svc, house.tea, made.campaign_id)

    assert taps(house, link_of(house, made, FRIENDS[0])) == (404, "")


def test_a_list_that_has_ended_still_leads_on_and_counts_nothing(house: House, spring: Campaign) -> None:
    path = link_of(house, spring, FRIENDS[0])
    house.advance(chunks.KEPT + 60)

    assert taps(house, path) == (302, LINK)
    assert clicked(house, spring) == {}


def test_links_are_sent_as_they_stand_where_clicks_are_not_counted(house: House) -> None:
    plain = campaign(house, track=False, links=("https://shop.example.com/茶",))
    without = campaign(house, links=("",))

    assert links.address(house.svc, house.tea, plain, 0, FRIENDS[0]) == "https://shop.example.com/%E8%8C%B6"
    assert links.address(house.svc, house.tea, without, 0, FRIENDS[0]) == ""
    with mock.patch.object(house.svc, "settings", replace(house.svc.settings, public_url="")):
        assert links.address(house.svc, house.tea, campaign(house), 0, FRIENDS[0]) == LINK


def test_a_repeat_writes_nothing_and_a_first_tap_is_three_reads_and_one_transaction(
    house: House, spring: Campaign
) -> None:
    path, calls, real = link_of(house, spring, FRIENDS[0]), [], Table._call_all

    def counted(table: Table, operation: str, **arguments: Any) -> Any:
        calls.append(operation)
        return real(table, operation, **arguments)

    taps(house, link_of(house, spring, FRIENDS[1]))
    with mock.patch.object(Table, "_call_all", counted):
        taps(house, path)
        first = calls.copy()
        calls.clear()
        taps(house, path)

    assert first == ["query", "get_item", "transact_write_items", "get_item"]
    assert calls == ["query", "get_item"]


def test_somebody_who_left_still_clicks_what_they_have(house: House, spring: Campaign) -> None:
    openid = follower(house, FRIENDS[0])
    leaving.leave(house.svc, house.tea, openid, house.svc.now())

    assert taps(house, link_of(house, spring, openid)) == (302, LINK)
    assert clicked(house, spring) == {"a_clicked": 1}


def test_a_phone_whose_maker_ends_in_bot_is_a_persons(house: House, spring: Campaign) -> None:
    taps(house, link_of(house, spring, FRIENDS[0]), PHONE.replace("iPhone; CPU", "Linux; Android 13; CUBOT X70;"))
    assert clicked(house, spring) == {"a_clicked": 1}


def test_a_code_has_one_spelling(house: House, spring: Campaign) -> None:
    codes = [links.code(house.svc, house.tea, spring, 0, openid) for openid in FRIENDS]
    odd = next(one for one in codes if "-" in one or "_" in one)
    with pytest.raises(NotFound):
        links.read(house.svc, odd.replace("-", "+").replace("_", "/"))
