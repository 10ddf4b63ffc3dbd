"""Tags at WeChat: made, renamed, put on followers and taken off; and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.features import tokens
from chalicelib.wechat.client import WeChat
from chalicelib.wechat.errors import AccountStopped, BadCall, PersonRefused
from chalicelib.wechat.http import Http
from chalicelib.wechat.tags import Tag, Tags
from chalicelib.wechat.users import Page
from tests.house import House
from tests.wechat.letters import APP_ID
from tests.wechat.loopback import serving
from tests.wechat.test_client import Drawer


@pytest.fixture
def tags(house: House) -> Iterator[Tags]:
    tokens.refresh_all(house.svc)
    for openid in ("alice", "bob"):
        house.phone(openid, "follow")
    yield house.tea.wechat.tags


def test_what_wechat_refuses_is_told_by_kind(house: House, tags: Tags) -> None:
    tea = tags.create("茶")
    with pytest.raises(BadCall, match="45157"):
        tags.create("茶")
    with pytest.raises(BadCall, match="45158"):
        tags.create("茶" * 11)
    with pytest.raises(BadCall, match="45058"):
        tags.delete(2)
    with pytest.raises(BadCall, match="45159"):
        tags.put_on(999, ["alice"])
    with pytest.raises(PersonRefused):
        tags.put_on(tea, ["stranger"])
    house.phone("bob", "unfollow")
    with pytest.raises(PersonRefused, match="43004"):
        tags.put_on(tea, ["alice", "bob"])
    with pytest.raises(ValueError, match="at most 50"):
        tags.put_on(tea, ["alice"] * 51)
    assert tags.of_person("alice") == ()


def test_an_account_has_a_hundred_tags_and_a_person_twenty(tags: Tags) -> None:
    made = [tags.create(f"茶{number}") for number in range(100)]
    with pytest.raises(AccountStopped, match="45056"):
        tags.create("一个太多")
    for number in made[:20]:
        tags.put_on(number, ["alice"])
    with pytest.raises(PersonRefused, match="45059"):
        tags.put_on(made[20], ["alice"])


def test_whom_wechat_left_out_is_named() -> None:
    with serving() as platform:
        wechat = WeChat(APP_ID, Http(platform.base), Drawer())
        platform.says({"errcode": 45171, "errmsg": "partial failure", "fail_openid_list": ["bob"]})

        assert wechat.tags.put_on(100, ["alice", "bob"]) == ("bob",)


def test_a_tag_is_made_put_on_renamed_taken_off_and_deleted(tags: Tags) -> None:
    tea = tags.create("茶")
    assert tags.put_on(tea, ["alice", "bob"]) == ()
    assert tags.put_on(tea, ["alice"]) == ()
    assert tags.of_person("alice") == (tea,)
    assert Tag(tea, "茶", 2) in tags.list()
    assert tags.page(tea) == Page(("alice", "bob"), "bob", 2)
    assert tags.page(tea, "bob") == Page((), "", 0)

    tags.rename(tea, "好茶")
    assert tags.take_off(tea, ["bob"]) == ()
    assert Tag(tea, "好茶", 1) in tags.list()

    tags.delete(tea)
    assert tags.of_person("alice") == ()
    assert tea not in [tag.tag_id for tag in tags.list()]
