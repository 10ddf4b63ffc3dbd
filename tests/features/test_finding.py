"""Followers found by words, tag and segment, in order, a bounded piece of work at a time."""

from __future__ import annotations

import pytest

from chalicelib.features import finding
from chalicelib.features.finding import Wanted
from tests.crowd import follower
from tests.house import House

A_WHOLE_OPENID = "oAlice-0123456789-abcdefghij"


def found(house: House, limit: int = 50, **wanted: object) -> list[str]:
    """All pages together."""
    openids: list[str] = []
    cursor = "first"
    while cursor:
        page = finding.find(house.svc, house.tea, Wanted(**wanted), "" if cursor == "first" else cursor, limit)  # type: ignore[arg-type]
        openids += [row.openid for row in page.rows]
        cursor = page.cursor
        assert len(page.rows) <= limit
    return openids


def crowd(house: House, number: int) -> list[str]:
    """The newest first; half of them came in the same seconds."""
    return [follower(house, f"guest-{n:03}", days_ago=n // 2) for n in range(number)]


def test_where_nobody_follows_nobody_is_found(house: House) -> None:
    page = finding.find(house.svc, house.tea, Wanted("x"))
    assert (page.rows, page.cursor, page.looked) == ([], "", 0)


def test_somebody_who_is_not_there_is_not_found(house: House) -> None:
    crowd(house, 5)
    assert found(house, words="nobody") == []
    assert found(house, words=A_WHOLE_OPENID) == []
    assert found(house, tag_id=7) == []


@pytest.mark.parametrize("limit", [1, 7, 50, 100])
@pytest.mark.parametrize("oldest_first", [False, True])
def test_everybody_is_listed_once_and_in_order(house: House, limit: int, oldest_first: bool) -> None:
    everybody = crowd(house, 60)
    listed = found(house, limit, oldest_first=oldest_first)
    assert sorted(listed) == sorted(everybody)
    days = [int(openid[-3:]) // 2 for openid in listed]
    assert days == sorted(days, reverse=oldest_first)


def test_one_works_through_a_search_in_pieces_and_says_how_far(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(house, 60)
    follower(house, "oldest", days_ago=90, remark="王阿姨")
    monkeypatch.setattr(finding, "LOOKED_THROUGH", 20)
    monkeypatch.setattr(finding, "AT_A_TIME", 10)
    first = finding.find(house.svc, house.tea, Wanted("阿姨"))
    assert (first.rows, first.looked, bool(first.cursor)) == ([], 20, True)
    assert found(house, words="阿姨") == ["oldest"]


def test_words_are_part_of_a_name_or_the_beginning_of_an_openid(house: House) -> None:
    follower(house, "oAlice", remark="Wang 阿姨")
    follower(house, "oBob", facts={"nickname": {"value": "Walter", "source": "h5", "at": 1}})
    assert found(house, words="阿姨") == ["oAlice"]
    assert sorted(found(house, words="WA")) == ["oAlice", "oBob"]
    assert found(house, words="oali") == ["oAlice"]
    assert found(house, words="lice") == []


def test_a_whole_openid_is_one_look(house: House) -> None:
    crowd(house, 30)
    follower(house, A_WHOLE_OPENID, days_ago=99, tag_ids=[3])
    page = finding.find(house.svc, house.tea, Wanted(A_WHOLE_OPENID))
    assert ([row.openid for row in page.rows], page.looked) == ([A_WHOLE_OPENID], 1)
    assert found(house, words=A_WHOLE_OPENID, tag_id=3) == [A_WHOLE_OPENID]
    assert found(house, words=A_WHOLE_OPENID, tag_id=4) == []


def test_all_that_is_wanted_must_fit(house: House) -> None:
    follower(house, "a", tag_ids=[1, 2], orders=3, remark="王")
    follower(house, "b", tag_ids=[1], orders=3, remark="王")
    follower(house, "c", tag_ids=[1, 2], orders=1, remark="王")
    follower(house, "d", tag_ids=[1, 2], orders=3)
    often = {"field": "orders", "is": "at_least", "value": 2}
    assert found(house, words="王", tag_id=2, question=often) == ["a"]


def test_where_a_card_cannot_tell_the_log_is_asked(house: House) -> None:
    for openid, words in (("a", "龙井"), ("b", "普洱")):
        follower(house, openid, messages=1)
        at = house.svc.now() - 60
        item = {"pk": f"person#tea#{openid}", "sk": f"message#{at:011d}#1", "kind": "text", "said": words}
        house.svc.table.put(item)
    assert found(house, question={"event": "said", "what": "龙井"}) == ["a"]
