"""A whole account from WeChat: killed anywhere, nobody is lost or doubled; who comes and goes meanwhile is right."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.aws.table import Table
from chalicelib.features import alarms, followers, jobs, people, tokens
from chalicelib.features.followers import Card, absent, leaving, profile, runs, shelves, sync
from chalicelib.wechat import messages
from chalicelib.wechat.users import Page
from simulator.platform import users
from tests.house import House, Json

PAGES, INFO = "/cgi-bin/user/get", "/cgi-bin/user/info"
BATCH, BLACK = "/cgi-bin/user/info/batchget", "/cgi-bin/tags/members/getblacklist"
WRITES = ("put_item", "update_item", "delete_item")
GUESTS = [f"guest-{n}" for n in range(1, 8)]


class Killed(BaseException):
    """No handler of ours may catch it, as none catches the end of a Lambda."""


class Bulk:
    """The bulk queue in this process: what is killed is still in it, as with SQS."""

    def __init__(self, house: House) -> None:
        self.waiting: list[str] = []
        self.done: list[str] = []
        self._house = house

    def put(self, job: str, arguments: Json, delay: int = 0) -> None:
        self.waiting.append(json.dumps({"job": job, "args": arguments}))

    def work(self, until: Callable[[str], bool] = lambda job: False) -> None:
        """All of it; or up to the first job of which `until` is true."""
        while self.waiting:
            body = self.waiting[0]
            if until(json.loads(body)["job"]):
                return
            jobs.run(self._house.svc, body)
            self.waiting.remove(body)
            self.done.append(body)


@pytest.fixture
def bulk(house: House, monkeypatch: pytest.MonkeyPatch) -> Bulk:
    """Seven people followed before our time; WeChat tells three on a page, and two are a chunk."""
    monkeypatch.setattr(users, "PAGE", 3)
    monkeypatch.setattr(sync, "CHUNK", 2)
    house.control("people", account="tea", count=7, prefix="guest-")
    tokens.refresh_all(house.svc)
    queue = Bulk(house)
    house.svc.bulk = queue  # type: ignore[assignment]
    return queue


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Json]]:
    """Every write to the table, as it is sent."""
    found: list[Json] = []
    call = Table._call_all

    def watched(table: Table, operation: str, **arguments: Any) -> Any:
        if operation in WRITES:
            found.append(arguments)
        return call(table, operation, **arguments)

    monkeypatch.setattr(Table, "_call_all", watched)
    yield found


def of_people(written: list[Json]) -> list[str]:
    keys = [(one.get("Key") or one["Item"])["pk"]["S"] for one in written]
    return [key for key in keys if key.startswith(("person#", "gone#"))]


def run(house: House, bulk: Bulk) -> Json:
    """A whole sync: what it came to."""
    later(house)
    followers.start_sync(house.svc, house.tea)
    bulk.work()
    return followers.sync_state(house.svc, house.tea) or {}


def later(house: House) -> None:
    """So much that nobody doubts who was first."""
    house.advance(120)


def known(house: House, openid: str) -> Json:
    return profile(house.svc, house.tea, openid) or {}


def on_shelves(house: House) -> list[str]:
    names = shelves.names(house.tea)
    return sorted(shelves.openid_at(entry["place"]) for name in names for entry in house.svc.table.shelved(name))


def told(house: House, name: str, openid: str) -> None:
    heard = {"FromUserName": openid, "ToUserName": "gh_tea", "CreateTime": str(house.svc.now()), "MsgType": "event"}
    followers.note(house.svc, house.tea, messages.message(heard | {"Event": name}))


def unheard(house: House, openid: str, follows: bool) -> None:
    """What a person does while no event reaches us."""
    person = house.world.accounts["tea"].person(openid)
    if follows:
        person.follow(house.world.clock.now())
    else:
        person.unfollow()


def test_everybody_becomes_known_with_what_wechat_knows(house: House, bulk: Bulk) -> None:
    person = house.world.accounts["tea"].people["guest-7"]
    person.tags, person.remark, person.qr_scene, person.subscribe_scene = [100, 2], "老客户", "12", "ADD_SCENE_QR_CODE"

    state = run(house, bulk)

    assert on_shelves(house) == GUESTS
    found = known(house, "guest-7")
    assert (found["found_by"], found["since"], found["lang"]) == ("sync", person.followed_at, "zh_CN")
    card = Card.read(found["label"])
    assert (card.name, card.tags, card.scene, card.qr_scene) == ("老客户", (100, 2), "ADD_SCENE_QR_CODE", "12")
    assert {name: state[name] for name in ("state", "listed", "chunks", "finished", "changed", "gone", "percent")} == {
        "state": "done", "listed": 7, "chunks": 5, "finished": 5, "changed": 7, "gone": 0, "percent": 100,
    }  # fmt: skip


def test_wechat_is_asked_no_more_than_must_be(house: House, bulk: Bulk) -> None:
    run(house, bulk)

    # Two listings of three pages and an empty one, and one call for each chunk.
    asked = {path: house.count(path) for path in (PAGES, BATCH, INFO, BLACK)}
    assert asked == {PAGES: 8, BATCH: 5, INFO: 0, BLACK: 1}


def test_the_second_sync_writes_of_nobody(house: House, bulk: Bulk, written: list[Json]) -> None:
    run(house, bulk)
    assert len(of_people(written)) == 7
    written.clear()

    state = run(house, bulk)

    assert of_people(written) == []
    assert (state["state"], state["changed"]) == ("done", 0)


def test_only_who_changed_is_written(house: House, bulk: Bulk, written: list[Json]) -> None:
    run(house, bulk)
    written.clear()
    house.world.accounts["tea"].people["guest-2"].tags = [100]

    run(house, bulk)

    assert of_people(written) == [people.key(house.tea, "guest-2")]
    assert known(house, "guest-2")["tag_ids"] == [100]


def test_an_event_that_told_of_an_arrival_is_not_corrected_by_a_second(house: House, bulk: Bulk) -> None:
    told(house, "subscribe", "guest-1")
    before = known(house, "guest-1")

    run(house, bulk)

    after = known(house, "guest-1")
    assert (after["since"], after["found_by"], after["lang"]) == (before["since"], "subscribe", "zh_CN")


def test_who_left_unheard_is_found_and_who_came_back_is_too(house: House, bulk: Bulk) -> None:
    run(house, bulk)
    unheard(house, "guest-1", follows=False)
    told(house, "unsubscribe", "guest-2")
    later(house)
    unheard(house, "guest-2", follows=True)

    state = run(house, bulk)

    assert known(house, "guest-1")["following"] is False
    assert (known(house, "guest-2")["following"], known(house, "guest-2")["returned"]) == (True, True)
    assert state["gone"] == 1
    assert house.count(INFO) == 1


def test_nobody_is_thought_gone_whom_wechat_still_knows(
    house: House, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(house, bulk)
    monkeypatch.setattr(absent, "_marks", lambda page_after: [array("Q") for _ in range(16)])

    run(house, bulk)

    assert on_shelves(house) == GUESTS
    assert house.count(INFO) == 7


def test_many_who_are_missing_are_asked_for_by_jobs_of_their_own(
    house: House, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(house, bulk)
    monkeypatch.setattr(absent, "ASKED_AT_ONCE", 1)
    monkeypatch.setattr(absent, "MOST_MARKS", 1)
    monkeypatch.setattr(shelves, "of", lambda account, openid: f"followers#{account.alias}#0")
    monkeypatch.setattr(shelves, "number", lambda mark: 0)
    for openid in GUESTS[:5]:
        followers.change(house.svc, house.tea, openid, lambda known: {"facts": {"x": {"value": 1, "source": "h5"}}})
        unheard(house, openid, follows=False)
    followers.change(house.svc, house.tea, "guest-6", lambda known: {"facts": {"x": {"value": 1, "source": "h5"}}})

    state = run(house, bulk)

    assert (state["state"], state["gone"]) == ("done", 5)
    assert on_shelves(house) == ["guest-6", "guest-7"]
    assert [json.loads(body)["job"] for body in bulk.done].count("absent.ask") > 0


@pytest.mark.parametrize("moment", ["sync.look", "absent.list_again", "absent.compare"])
def test_who_arrives_and_leaves_during_a_sync_ends_up_right(house: House, bulk: Bulk, moment: str) -> None:
    run(house, bulk)
    unheard(house, "guest-3", follows=False)
    later(house)
    followers.start_sync(house.svc, house.tea)
    bulk.work(until=lambda job: job == moment)

    later(house)
    house.phone("carol", "follow")
    house.phone("guest-4", "unfollow")
    house.phone("guest-5", "unfollow")
    later(house)
    house.phone("guest-5", "follow")
    house.phone("dave", "follow")
    house.phone("dave", "unfollow")
    bulk.work()

    assert on_shelves(house) == ["carol", "guest-1", "guest-2", "guest-5", "guest-6", "guest-7"]
    assert (followers.sync_state(house.svc, house.tea) or {})["state"] == "done"


def test_an_old_answer_of_wechat_brings_nobody_back(house: House, bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = sync._ask

    def leaving_meanwhile(account: Any, openids: list[str]) -> list[Json]:
        answer = ask(account, openids)
        if "guest-1" in openids:
            later(house)
            house.phone("guest-1", "unfollow")
        return answer

    monkeypatch.setattr(sync, "_ask", leaving_meanwhile)
    run(house, bulk)

    assert known(house, "guest-1")["following"] is False
    assert "guest-1" not in on_shelves(house)


def test_what_an_operator_changed_meanwhile_is_not_undone(
    house: House, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(house, bulk)
    ask = sync._ask

    def edited_meanwhile(account: Any, openids: list[str]) -> list[Json]:
        answer = ask(account, openids)
        if "guest-1" in openids:
            followers.set_remark(house.svc, house.tea, "guest-1", "老客户")
        return answer

    monkeypatch.setattr(sync, "_ask", edited_meanwhile)
    run(house, bulk)

    assert known(house, "guest-1")["remark"] == "老客户"


def test_the_blacklist_is_known_after_a_sync_and_its_end_too(house: House, bulk: Bulk, written: list[Json]) -> None:
    person = house.world.accounts["tea"].people["guest-3"]
    person.blacklisted = True
    run(house, bulk)
    assert known(house, "guest-3")["blocked"] is True
    written.clear()

    run(house, bulk)
    assert of_people(written) == []

    person.blacklisted = False
    run(house, bulk)
    assert "blocked" not in known(house, "guest-3")


def kill_at(number: int, after_effect: bool, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """The call to the table of that number is the last thing this worker does: tells whether it came to that."""
    calls = iter(range(number))
    call = Table._call_all
    killed: list[bool] = []

    def fatal(table: Table, operation: str, **arguments: Any) -> Any:
        if killed or next(calls, None) is not None:
            return call(table, operation, **arguments)
        killed.append(True)
        if after_effect:
            call(table, operation, **arguments)
        raise Killed

    monkeypatch.setattr(Table, "_call_all", fatal)
    return lambda: bool(killed)


def forget_all(house: House) -> None:
    for openid in GUESTS:
        leaving.erase(house.svc, house.tea, openid)
    house.svc.table.delete("account#tea", "sync")


@pytest.mark.slow
@pytest.mark.parametrize("after_effect", [False, True])
def test_a_worker_killed_anywhere_is_followed_by_one_that_completes_its_work(
    house: House, bulk: Bulk, monkeypatch: pytest.MonkeyPatch, after_effect: bool
) -> None:
    number, came_to_it = 11 * after_effect, True
    while came_to_it:
        forget_all(house)
        later(house)
        followers.start_sync(house.svc, house.tea)
        with monkeypatch.context() as patch:
            killed = kill_at(number, after_effect, patch)
            for _ in range(2):  # SQS hands what was killed to the next one
                try:
                    bulk.work()
                except Killed:
                    continue
            came_to_it = killed()
        assert on_shelves(house) == GUESTS, number
        state = followers.sync_state(house.svc, house.tea) or {}
        assert (state["state"], state["listed"], state["chunks"]) == ("done", 7, 5), number
        number += 23
    assert number > 50


def test_a_run_whose_messages_are_lost_is_completed_by_the_next(house: House, bulk: Bulk, written: list[Json]) -> None:
    followers.start_sync(house.svc, house.tea)
    bulk.work(until=lambda job: job == "sync.look" and len(bulk.done) > 2)
    lost = bulk.waiting.pop()
    some = len(on_shelves(house))
    bulk.work()
    assert (followers.sync_state(house.svc, house.tea) or {})["state"] == "running"
    assert 0 < some < 7

    followers.start_sync(house.svc, house.tea)
    assert bulk.waiting == []  # it shows signs of life
    house.advance(runs.GIVEN_UP + 1)
    followers.start_sync(house.svc, house.tea)
    bulk.work()
    bulk.waiting.append(lost)
    bulk.work()

    assert on_shelves(house) == GUESTS
    assert Counter(of_people(written)) == Counter(people.key(house.tea, openid) for openid in GUESTS)


def test_a_page_that_comes_twice_is_not_worked_on_twice(house: House, bulk: Bulk) -> None:
    followers.start_sync(house.svc, house.tea)
    first = bulk.waiting[0]
    bulk.work(until=lambda job: job == "absent.list_again")
    bulk.waiting.append(first)
    asked = house.count(BATCH)
    bulk.work()

    assert house.count(BATCH) == asked == 5
    assert (followers.sync_state(house.svc, house.tea) or {})["state"] == "done"


def test_a_list_that_changed_between_two_tries_loses_nobody(house: House, bulk: Bulk) -> None:
    followers.start_sync(house.svc, house.tea)
    page = bulk.waiting[0]
    jobs.run(house.svc, page)  # killed before it was deleted: it comes again
    first = next(body for body in bulk.waiting if json.loads(body)["job"] == "sync.look")
    jobs.run(house.svc, first)
    later(house)
    house.phone("guest-1", "unfollow")
    bulk.work()

    assert on_shelves(house) == GUESTS[1:]


def test_one_person_unknown_to_wechat_hides_nobody(house: House, bulk: Bulk) -> None:
    house.control("faults", path=BATCH, errcode=40003, times=2)
    house.control("faults", path=INFO, errcode=40003)

    state = run(house, bulk)

    assert (state["state"], len(on_shelves(house))) == ("done", 6)


def test_a_refusal_for_the_day_ends_the_run_and_rings(house: House, bulk: Bulk) -> None:
    house.control("faults", path=BATCH, errcode=45009, times=9)

    state = run(house, bulk)
    assert (state["state"], state["reason"][:5]) == ("failed", "45009")
    assert "sync" in alarms.ringing(house.svc, house.tea)

    house.control("faults", clear=True)
    assert run(house, bulk)["state"] == "done"
    assert "sync" not in alarms.ringing(house.svc, house.tea)


@pytest.mark.parametrize(("path", "errcode"), [(PAGES, -1), (BATCH, 268487002), (BLACK, 45011)])
def test_a_platform_that_is_busy_is_asked_again(house: House, bulk: Bulk, path: str, errcode: int) -> None:
    house.control("faults", path=path, errcode=errcode)
    followers.start_sync(house.svc, house.tea)
    with pytest.raises(Exception, match=str(errcode)):
        bulk.work()

    bulk.work()

    assert on_shelves(house) == GUESTS
    assert (followers.sync_state(house.svc, house.tea) or {})["state"] == "done"


def test_who_asks_for_a_sync_while_one_is_under_way_gets_that_one(house: House, bulk: Bulk) -> None:
    first = followers.start_sync(house.svc, house.tea)
    again = followers.start_sync(house.svc, house.tea)

    assert first == again
    assert len(bulk.waiting) == 1
    assert (first["state"], first["percent"]) == ("running", 0)


def test_progress_can_be_watched(house: House, bulk: Bulk) -> None:
    assert followers.sync_state(house.svc, house.tea) is None
    followers.start_sync(house.svc, house.tea)
    seen = []
    while bulk.waiting:
        number = len(bulk.done)
        bulk.work(until=lambda job, number=number: len(bulk.done) > number)  # type: ignore[misc]
        seen.append((followers.sync_state(house.svc, house.tea) or {})["percent"])

    assert seen[-1] == 100
    assert 0 < seen[len(seen) // 2] < 100


def test_a_list_that_leads_to_itself_has_an_end() -> None:
    listed = absent._openids(lambda after: Page(("x",), "x", 1))

    assert list(listed) == ["x", "x"]


def test_an_account_without_followers_is_done_at_once(house: House, bulk: Bulk) -> None:
    for openid in GUESTS:
        unheard(house, openid, follows=False)

    assert (run(house, bulk)["listed"], on_shelves(house)) == (0, [])


def test_an_account_that_may_not_ask_is_not_asked(house: House, bulk: Bulk) -> None:
    followers.sync_all(house.svc)
    bulk.work()

    asked = [call["account"] for call in house.calls()["calls"] if call["path"] == PAGES]
    assert set(asked) == {"tea"}


def test_a_whole_night_runs_through_the_real_queue(house: House) -> None:
    house.control("people", account="tea", count=7, prefix="guest-")
    tokens.refresh_all(house.svc)

    followers.nightly(house.svc)
    while house.work():
        pass

    assert on_shelves(house) == GUESTS
    assert (followers.sync_state(house.svc, house.tea) or {})["state"] == "done"


def test_two_thousand_people_fit_into_one_billed_message_of_the_queue() -> None:
    openids = [f"o{n:027d}" for n in range(sync.CHUNK)]

    body = json.dumps({"job": "sync.look", "args": {"account": "tea", "openids": openids}}, separators=(",", ":"))

    assert len(body) < 64 * 1024


def test_marks_of_a_shelf_fit_into_a_message_of_the_queue() -> None:
    assert math.ceil(absent.MOST_MARKS * 8 / 3) * 4 + 1000 < 256 * 1024


@pytest.mark.slow
def test_a_sync_of_five_thousand_is_within_its_budgets() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.followers"],
        env=os.environ | {"PEOPLE": "5000"},
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    ).stdout

    # For so few the second listing and the blacklist weigh more than two in a hundred.
    calls, *others = (line for line in told.splitlines() if line.startswith("(e)"))
    assert " 55  the least  51 " in calls
    assert [line.split()[-1] for line in others] == ["True"] * 4, told
