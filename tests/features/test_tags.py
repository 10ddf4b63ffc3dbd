"""Tags: refused in words, the same here and at WeChat, on many people at once, and mended where they came apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.errors import AppError, BadInput, Conflict, Forbidden, NotFound, Unavailable
from chalicelib.features import followers, tags
from chalicelib.features.tags import tagging
from chalicelib.wechat.tags import Tags
from simulator.platform import tags as platform
from tests.crowd import follower, profile
from tests.house import House

CREATE, TAGGING = "/cgi-bin/tags/create", "/cgi-bin/tags/members/batchtagging"


def make(shop: House, name: str = "熟客") -> int:
    return tags.create(shop.svc, shop.tea, name).tag_id


def at_wechat(shop: House) -> dict[str, str]:
    return shop.world.accounts["tea"].tags


def who_has(shop: House, tag_id: int) -> set[str]:
    """At WeChat."""
    return {person.openid for person in shop.world.accounts["tea"].followers() if tag_id in person.tags}


def who_has_here(shop: House, tag_id: int) -> set[str]:
    rows = [row for shelf in range(16) for row in followers.everyone(shop.svc, shop.tea, shelf)]
    return {row.openid for row in rows if tag_id in row.card.tags}


def work(shop: House) -> None:
    while shop.work():
        pass


@pytest.mark.parametrize("name", ["", "  ", "十一个汉字的标签名太长了", "x" * 31, "a\nb"])
def test_a_name_that_cannot_be_is_refused_before_wechat_is_asked(shop: House, name: str) -> None:
    with pytest.raises(BadInput):
        tags.create(shop.svc, shop.tea, name)
    assert shop.count(CREATE) == 0


def test_thirty_bytes_are_a_name(shop: House) -> None:
    assert tags.create(shop.svc, shop.tea, "十个汉字的标签名刚好").name == "十个汉字的标签名刚好"


def test_a_name_that_is_taken_here_or_there_is_refused_in_words(shop: House) -> None:
    make(shop)
    with pytest.raises(Conflict, match="taken"):
        make(shop)
    at_wechat(shop)["150"] = "贵客"
    with pytest.raises(Conflict, match="taken"):
        make(shop, "贵客")
    # The refusal has told us that our mirror was late.
    assert {tag.name for tag in tags.listed(shop.svc, shop.tea)} == {"熟客", "贵客"}


def test_wechats_own_names_are_taken_too(shop: House) -> None:
    with pytest.raises(Conflict, match="taken"):
        make(shop, "星标组")


def test_the_hundred_and_first_tag_is_refused_before_it_is_sent(shop: House) -> None:
    at_wechat(shop).update({str(100 + n): f"tag {n}" for n in range(100)})
    tags.refresh(shop.svc, shop.tea)
    with pytest.raises(Conflict, match="100 tags"):
        make(shop)
    assert shop.count(CREATE) == 0

    del at_wechat(shop)["150"]  # in WeChat's own console
    assert make(shop)


def test_an_account_that_may_not_tag_says_so(shop: House) -> None:
    for does in (tags.refresh, tags.differences):
        with pytest.raises(Forbidden):
            does(shop.svc, shop.leaf)
    with pytest.raises(Forbidden):
        tags.create(shop.svc, shop.leaf, "熟客")
    with pytest.raises(Forbidden):
        tags.tag_people(shop.svc, shop.leaf, 100, ["alice"])


def test_what_is_unknown_or_wechats_own_cannot_be_changed(shop: House) -> None:
    with pytest.raises(NotFound):
        tags.rename(shop.svc, shop.tea, 999, "新")
    with pytest.raises(BadInput, match="WeChat's own"):
        tags.rename(shop.svc, shop.tea, 2, "新")
    with pytest.raises(BadInput, match="WeChat's own"):
        tags.remove(shop.svc, shop.tea, 1)
    with pytest.raises(NotFound):
        tags.remove(shop.svc, shop.tea, 999)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1, Unavailable),
        (45009, Unavailable),
        (45056, Conflict),
        (45157, Conflict),
        (45158, BadInput),
        (48001, Forbidden),
    ],
)
def test_every_refusal_is_told_in_words_of_both_languages(shop: House, code: int, kind: type[AppError]) -> None:
    for _ in range(5):  # some are tried again by the client
        shop.control("faults", path=CREATE, errcode=code)
    with pytest.raises(kind) as refused:
        make(shop)
    assert "。" in str(refused.value)
    assert tags.listed(shop.svc, shop.tea) == []


def test_a_tag_is_made_renamed_and_deleted_here_and_there(shop: House) -> None:
    tag_id = make(shop)
    assert at_wechat(shop) == {str(tag_id): "熟客"}

    tags.rename(shop.svc, shop.tea, tag_id, "贵客")
    assert at_wechat(shop) == {str(tag_id): "贵客"}
    assert [(tag.tag_id, tag.name) for tag in tags.listed(shop.svc, shop.tea)] == [(tag_id, "贵客")]

    follower(shop, "alice")
    tags.tag_people(shop.svc, shop.tea, tag_id, ["alice"])
    tags.remove(shop.svc, shop.tea, tag_id)
    work(shop)

    assert (at_wechat(shop), tags.listed(shop.svc, shop.tea)) == ({}, [])
    assert "tag_ids" not in profile(shop, "alice")


def test_deleting_what_wechat_has_deleted_already_is_fine(shop: House) -> None:
    tag_id = make(shop)
    at_wechat(shop).clear()

    tags.remove(shop.svc, shop.tea, tag_id)

    assert tags.listed(shop.svc, shop.tea) == []


def test_a_tag_that_too_many_have_stays_and_says_why(shop: House) -> None:
    tag_id = make(shop)
    shop.control("faults", path="/cgi-bin/tags/delete", errcode=45057)
    with pytest.raises(Conflict, match="Too many people"):
        tags.remove(shop.svc, shop.tea, tag_id)
    assert len(tags.listed(shop.svc, shop.tea)) == 1


def test_nobody_and_too_many_and_no_openids_are_refused(shop: House) -> None:
    tag_id = make(shop)
    for openids in ([], [f"guest-{n}" for n in range(7001)], [""], ["a#b"], ["x" * 129]):
        with pytest.raises(BadInput):
            tags.tag_people(shop.svc, shop.tea, tag_id, openids)


def test_fifty_people_are_tagged_at_once_in_one_call(shop: House) -> None:
    tag_id = make(shop)
    crowd = [follower(shop, f"guest-{n}") for n in range(50)]

    told = tags.tag_people(shop.svc, shop.tea, tag_id, [*crowd, crowd[0]])

    assert (told.state, told.asked, told.done, told.percent, told.failed) == ("done", 50, 50, 100, [])
    assert shop.count(TAGGING) == 1
    assert who_has(shop, tag_id) == who_has_here(shop, tag_id) == set(crowd)
    assert tags.listed(shop.svc, shop.tea)[0].people == 50


def test_more_people_are_tagged_in_the_background_with_progress(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tagging, "CHUNK", 40)
    tag_id = make(shop)
    crowd = [follower(shop, f"guest-{n}") for n in range(100)]

    told = tags.tag_people(shop.svc, shop.tea, tag_id, [*crowd, "stranger"])
    assert (told.state, told.done, told.percent) == ("running", 0, 0)
    work(shop)
    told = tags.find_run(shop.svc, shop.tea, told.run_id)

    assert (told.state, told.done, told.percent) == ("done", 100, 100)
    assert [(one.openid, one.why) for one in told.failed] == [("stranger", tagging.NOT_FOLLOWING)]
    assert who_has(shop, tag_id) == who_has_here(shop, tag_id) == set(crowd)


def test_a_chunk_that_runs_twice_changes_nothing_and_counts_once(shop: House) -> None:
    tag_id, crowd = make(shop), [follower(shop, f"guest-{n}") for n in range(60)]
    told = tags.tag_people(shop.svc, shop.tea, tag_id, crowd)
    work(shop)
    before = profile(shop, "guest-7")

    again = {"run": told.run_id, "number": 0, "tag_id": tag_id, "remove": False, "openids": crowd}
    tagging.tag_chunk(shop.svc, shop.tea, **again)  # type: ignore[arg-type]

    assert tags.find_run(shop.svc, shop.tea, told.run_id).done == 60
    assert profile(shop, "guest-7") == before
    assert tags.listed(shop.svc, shop.tea)[0].people == 60


def test_wechat_not_answering_in_the_middle_is_tried_again(shop: House) -> None:
    tag_id, crowd = make(shop), [follower(shop, f"guest-{n}") for n in range(120)]
    told = tags.tag_people(shop.svc, shop.tea, tag_id, crowd)
    for _ in range(5):
        shop.control("faults", path=TAGGING, errcode=-1)
    chunk = {"run": told.run_id, "number": 0, "tag_id": tag_id, "remove": False, "openids": crowd}

    with pytest.raises(Unavailable):
        tagging.tag_chunk(shop.svc, shop.tea, **chunk)  # type: ignore[arg-type]
    assert tags.find_run(shop.svc, shop.tea, told.run_id).state == "running"
    shop.control("faults", clear=True)
    work(shop)

    assert tags.find_run(shop.svc, shop.tea, told.run_id).done == 120


def test_one_person_whom_wechat_refuses_does_not_stop_the_others(shop: House) -> None:
    tag_id, crowd = make(shop), [follower(shop, f"guest-{n}") for n in range(20)]
    shop.world.accounts["tea"].person("guest-7").follows = False  # and nobody has told us
    full = shop.world.accounts["tea"].person("guest-11")
    at_wechat(shop).update({str(200 + n): f"other {n}" for n in range(20)})
    full.tags = [200 + n for n in range(20)]

    told = tags.tag_people(shop.svc, shop.tea, tag_id, crowd)

    assert told.done == 18
    assert {one.openid: one.why for one in told.failed} == {
        "guest-7": "微信不接受：接收者未关注。WeChat refuses: not a follower.",
        "guest-11": "此人已有 20 个标签。This person has 20 tags already.",
    }
    assert who_has(shop, tag_id) == who_has_here(shop, tag_id) == set(crowd) - {"guest-7", "guest-11"}


def test_who_has_twenty_tags_is_not_even_sent(shop: House) -> None:
    tag_id = make(shop)
    follower(shop, "alice", tag_ids=[200 + n for n in range(20)])

    told = tags.tag_people(shop.svc, shop.tea, tag_id, ["alice"])

    assert [one.why for one in told.failed] == [tagging.TWENTY]
    assert shop.count(TAGGING) == 0


def test_whom_wechat_leaves_out_is_asked_for_once_more_and_then_named(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """45171 with fail_openid_list: the rest is done."""
    tag_id, crowd = make(shop), [follower(shop, f"guest-{n}") for n in range(5)]
    asked, put_on = [], Tags.put_on

    def partly(self: Tags, number: int, openids: Sequence[str]) -> tuple[str, ...]:
        asked.append(list(openids))
        left = {"guest-1", "guest-3"} if len(asked) == 1 else {"guest-3"}
        put_on(self, number, [openid for openid in openids if openid not in left])
        return tuple(openid for openid in openids if openid in left)

    monkeypatch.setattr(Tags, "put_on", partly)
    told = tags.tag_people(shop.svc, shop.tea, tag_id, crowd)

    assert asked == [crowd, ["guest-1", "guest-3"]]
    assert (told.done, [(one.openid, one.why) for one in told.failed]) == (4, [("guest-3", tagging.LEFT_OUT)])
    assert who_has(shop, tag_id) == who_has_here(shop, tag_id) == set(crowd) - {"guest-3"}


def test_a_tag_that_was_deleted_at_wechat_is_told_and_nobody_gets_it(shop: House) -> None:
    tag_id = make(shop)
    follower(shop, "alice")
    at_wechat(shop).clear()

    with pytest.raises(NotFound):
        tags.tag_people(shop.svc, shop.tea, tag_id, ["alice"])

    assert who_has_here(shop, tag_id) == set()


def test_in_the_background_that_is_in_the_report(shop: House) -> None:
    tag_id, crowd = make(shop), [follower(shop, f"guest-{n}") for n in range(51)]
    told = tags.tag_people(shop.svc, shop.tea, tag_id, crowd)
    at_wechat(shop).clear()
    work(shop)

    told = tags.find_run(shop.svc, shop.tea, told.run_id)
    assert (told.state, told.done, len(told.failed)) == ("done", 0, 51)
    assert "no such tag" in told.failed[0].why


def test_tags_are_taken_off_again(shop: House) -> None:
    tag_id, crowd = make(shop), [follower(shop, f"guest-{n}") for n in range(3)]
    tags.tag_people(shop.svc, shop.tea, tag_id, crowd)

    tags.tag_people(shop.svc, shop.tea, tag_id, crowd[:2], remove=True)

    assert who_has(shop, tag_id) == who_has_here(shop, tag_id) == {"guest-2"}
    assert tags.listed(shop.svc, shop.tea)[0].people == 1


def test_one_persons_tags_are_changed_or_the_reason_is_told(shop: House) -> None:
    first, second = make(shop), make(shop, "贵客")
    follower(shop, "alice")

    assert tags.tag_person(shop.svc, shop.tea, "alice", add=[first])["tag_ids"] == [first]
    assert tags.tag_person(shop.svc, shop.tea, "alice", add=[second], remove=[first])["tag_ids"] == [second]
    with pytest.raises(Conflict, match="do not follow"):
        tags.tag_person(shop.svc, shop.tea, "stranger", add=[first])
    with pytest.raises(NotFound):
        tags.tag_person(shop.svc, shop.tea, "stranger")
    with pytest.raises(NotFound):
        tags.tag_person(shop.svc, shop.tea, "alice", add=[999])


def test_a_report_is_forgotten_after_a_day_with_everybody_whom_it_names(shop: House) -> None:
    tag_id = make(shop)
    run = tags.tag_people(shop.svc, shop.tea, tag_id, ["nobody-1"]).run_id
    shop.advance(86_401)
    with pytest.raises(NotFound):
        tags.find_run(shop.svc, shop.tea, run)

    late = tags.tag_people(shop.svc, shop.tea, tag_id, ["nobody-2"]).run_id
    tagging.forget_runs(shop.svc, shop.tea)

    assert [item["sk"] for item in shop.svc.table.under("tags#tea", "run#")] == [f"run#{late}", f"run#{late}#0000"]


def test_a_run_that_is_nobodys_is_not_found(shop: House) -> None:
    for name in ("made-up", "", "nothing", "x" * 500):
        with pytest.raises(NotFound):
            tags.find_run(shop.svc, shop.tea, name)


def drift(shop: House) -> list[tuple[Any, ...]]:
    return [(one.what, one.name, one.ours, one.theirs) for one in tags.differences(shop.svc, shop.tea)]


def test_what_was_changed_at_wechat_is_shown_and_stays_until_somebody_asks(shop: House) -> None:
    gone, renamed = make(shop, "gone"), make(shop, "before")
    assert drift(shop) == []
    del at_wechat(shop)[str(gone)]
    at_wechat(shop)[str(renamed)] = "after"
    at_wechat(shop)["150"] = "new"

    assert drift(shop) == [("gone", "gone", 0, 0), ("renamed", "after", 0, 0), ("new", "new", 0, 0)]
    assert {tag.name for tag in tags.listed(shop.svc, shop.tea)} == {"gone", "before"}

    tags.mend(shop.svc, shop.tea)
    assert drift(shop) == []
    assert {tag.name for tag in tags.listed(shop.svc, shop.tea)} == {"after", "new"}


def test_people_who_were_tagged_at_wechat_are_found_in_the_night_and_mended_on_request(shop: House) -> None:
    tag_id = make(shop)
    for openid in ("alice", "bob", "carol"):
        follower(shop, openid)
    tags.tag_people(shop.svc, shop.tea, tag_id, ["alice", "bob"])
    shop.world.accounts["tea"].person("bob").tags = []
    shop.world.accounts["tea"].person("carol").tags = [tag_id]
    shop.world.accounts["tea"].person("stranger").follow(shop.svc.now(), "", "")
    shop.world.accounts["tea"].person("stranger").tags = [tag_id]
    shop.advance(10)

    tags.drift.look(shop.svc, shop.tea)
    assert drift(shop) == [("people", "熟客", 2, 3)]

    tags.mend(shop.svc, shop.tea)
    work(shop)
    assert who_has_here(shop, tag_id) == {"alice", "carol"}
    assert drift(shop) == []


def test_mending_leaves_alone_what_we_changed_meanwhile(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    tag_id = make(shop)
    follower(shop, "alice")
    asked = tags.drift._members

    def slow(*arguments: Any) -> set[int] | None:
        members = asked(*arguments)
        tags.tag_people(shop.svc, shop.tea, tag_id, ["alice"])
        return members

    monkeypatch.setattr(tags.drift, "_members", slow)
    tags.drift.mend_tag(shop.svc, shop.tea, tag_id)

    assert who_has_here(shop, tag_id) == {"alice"}


def test_mending_very_many_goes_on_in_another_job(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags.drift, "MOST_FIXES", 2)
    monkeypatch.setattr(platform, "MOST_TAGGED", 50)
    tag_id = make(shop)
    for n in range(7):
        follower(shop, f"guest-{n}")
        shop.world.accounts["tea"].person(f"guest-{n}").tags = [tag_id]

    tags.drift.mend_tag(shop.svc, shop.tea, tag_id)
    assert len(who_has_here(shop, tag_id)) == 2
    work(shop)

    assert len(who_has_here(shop, tag_id)) == 7


def test_a_second_refresh_writes_nothing(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    make(shop)
    written: list[Any] = []
    monkeypatch.setattr(type(shop.svc.table), "put", lambda self, item: written.append(item))

    tags.refresh(shop.svc, shop.tea)

    assert written == []
