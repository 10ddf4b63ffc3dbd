"""After an account migration everybody's history follows them to their new openid, and the old one is forgotten."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from chalicelib.features import followers, people, tokens
from chalicelib.wechat import messages
from ops import migrate_openids, stage
from tests.house import House, Json
from tests.ops.operator import Operator

OLD = "gh_before"
NOON = 1_700_000_000


@pytest.fixture
def ops(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Alice and Bob followed the old account; carol came after the move."""
    tokens.refresh_all(house.svc)
    for number, openid in enumerate(("alice-old", "bob-old", "carol")):
        said = {"FromUserName": openid, "ToUserName": "gh_tea", "CreateTime": str(NOON + number), "MsgType": "event"}
        followers.note(house.svc, house.tea, messages.message(said | {"Event": "subscribe"}))
    followers.set_facts(house.svc, house.tea, "alice-old", {"size": "M"}, "answer")
    followers.note_order(house.svc, house.tea, "alice-old", "order-7", 8900, NOON)
    tea = house.world.accounts["tea"]
    tea.migrated_from, tea.migrated = OLD, {"alice-old": "alice-new", "bob-old": "bob-new"}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stage, "services_of", lambda target: house.svc)
    return Operator(migrate_openids.COMMANDS[0], house.svc.settings.stage)


def known(house: House, openid: str) -> Json:
    return followers.profile(house.svc, house.tea, openid) or {}


def under(house: House, openid: str) -> list[Json]:
    return list(house.svc.table.under(people.key(house.tea, openid), fresh=True))


def report(name: str = "migrate-tea.csv") -> list[list[str]]:
    return sorted(csv.reader(Path(name).read_text(encoding="utf-8-sig").splitlines()[1:]))


def test_looking_changes_nothing(ops: Operator, house: House) -> None:
    before = under(house, "alice-old")

    said = ops("tea", "--from-id", OLD)

    assert "2 people would move" in said
    assert under(house, "alice-old") == before
    assert under(house, "alice-new") == []
    assert report("migrate-tea-dry-run.csv")[0] == ["alice-old", "alice-new", "would move", ""]
    assert house.svc.table.get("account#tea", "migration") is None


def test_everything_moves_and_the_old_key_is_forgotten(ops: Operator, house: House) -> None:
    said = ops("tea", "--from-id", OLD, "--apply", "--yes")

    assert "2 people are moved" in said
    assert "1 people are not the old account's" in said
    found = known(house, "alice-new")
    assert (found["since"], found["orders"], found["facts"]["size"]["value"]) == (NOON, 1, "M")
    assert {item["sk"] for item in under(house, "alice-new")} == {"profile", "order#order-7"}
    assert under(house, "alice-old") == under(house, "bob-old") == []
    assert known(house, "carol")["following"] is True
    rows, _ = followers.page(house.svc, house.tea)
    assert sorted(row.openid for row in rows) == ["alice-new", "bob-new", "carol"]
    assert ["carol", "", "unknown", "ori_openid error"] in report()


def test_who_is_known_already_under_the_new_openid_is_one_person(ops: Operator, house: House) -> None:
    house.phone("alice-new", "follow")
    since = known(house, "alice-new")["since"]
    followers.note_order(house.svc, house.tea, "alice-new", "order-8", 100, NOON + 86_400)

    for _ in range(2):
        ops("tea", "--from-id", OLD, "--apply", "--yes", "--again")

    found = known(house, "alice-new")
    assert (found["since"], found["orders"], found["spent"]) == (since, 2, 9000)
    assert found["facts"]["size"]["value"] == "M"


def test_a_run_that_was_stopped_goes_on_and_counts_nobody_twice(
    ops: Operator, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.phone("alice-new", "follow")
    move, left = followers.move, iter(range(1))

    def stopped(*arguments: object) -> object:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return move(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(followers, "move", stopped)
        ops.run("tea", "--from-id", OLD, "--apply", "--yes")
    assert under(house, "alice-old") or under(house, "bob-old")

    ops("tea", "--from-id", OLD, "--apply", "--yes")

    assert under(house, "alice-old") == under(house, "bob-old") == []
    assert known(house, "alice-new")["spent"] == 8900


def test_whoever_was_moved_when_it_was_stopped_is_in_the_report_and_counted(
    ops: Operator, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    move, left = followers.move, iter(range(1))

    def killed(*arguments: object) -> object:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return move(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(migrate_openids, "MOST_AT_ONCE", 2)
    with monkeypatch.context() as patch:
        patch.setattr(followers, "move", killed)
        ops.run("tea", "--from-id", OLD, "--apply", "--yes")
    with Path("migrate-tea.csv").open("a", encoding="utf-8") as file:
        file.write("dave-o")  # the disk had no time for more

    said = ops("tea", "--from-id", OLD, "--apply", "--yes")

    assert "2 people are moved" in said
    rows = [row for row in report() if len(row) == 4]
    assert [row[:3] for row in rows] == [
        ["alice-old", "alice-new", "moved"],
        ["bob-old", "bob-new", "moved"],
        ["carol", "", "unknown"],
    ]


def test_a_merge_that_was_killed_before_the_old_key_was_erased_is_not_done_twice(ops: Operator, house: House) -> None:
    house.phone("alice-new", "follow")
    before = under(house, "alice-old")
    followers.move(house.svc, house.tea, "alice-old", "alice-new")
    for item in before:
        house.svc.table.put(item)

    followers.move(house.svc, house.tea, "alice-old", "alice-new")

    assert known(house, "alice-new")["spent"] == 8900


def test_one_that_has_ended_is_not_begun_by_mistake(ops: Operator, house: House) -> None:
    ops("tea", "--from-id", OLD, "--apply", "--yes")

    assert "--again" in ops.fails("tea", "--from-id", OLD, "--apply", "--yes")


def test_what_wechat_refuses_is_explained(ops: Operator, house: House) -> None:
    assert "15 days" in ops.fails("tea", "--from-id", "gh_other")
    house.control("faults", path="/cgi-bin/changeopenid", errcode=63183)
    assert "63183" in ops.fails("tea", "--from-id", OLD)
    assert "no account" in ops.fails("nobody", "--from-id", OLD)


def test_who_says_no_has_changed_nothing(ops: Operator, house: House) -> None:
    before = under(house, "alice-old")

    ops("tea", "--from-id", OLD, "--apply", types="n\n")

    assert under(house, "alice-old") == before
