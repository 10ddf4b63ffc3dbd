"""What became of a campaign, as the console and other systems ask for it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

import pytest

from chalicelib.features import people
from chalicelib.features.campaigns import Campaign, chunks, fates, funnel, persons, store
from chalicelib.features.campaigns.campaign import Variant
from chalicelib.features.days import A_DAY
from chalicelib.features.spreadsheets.writing import is_risky
from tests.campaign_lists import LINK, became, campaign, enlist
from tests.crowd import follower
from tests.house import HTTP, House, Json
from tests.web.asking import Api, refused

PEOPLE = [f"o{number:027d}" for number in range(30)]
STAGES = ("planned", "accepted", "held", "delivered", "refused", "failed", "unknown", "unreported", "suppressed",
          "cancelled")  # fmt: skip


@pytest.fixture
def api(house: House) -> Api:
    return Api(house)


def path(made: Campaign, rest: str) -> str:
    return f"/campaigns/{made.campaign_id}/{rest}"


def results(api: Api, made: Campaign) -> Json:
    answer = api("GET", path(made, "results"))
    assert answer.status == 200, answer
    found: Json = answer.body
    return found


def did(house: House, made: Campaign, openid: str, what: str) -> None:
    place = persons.whereabouts(house.svc, house.tea, made, openid)
    assert place
    assert persons.note(house.svc, house.tea, made, place, what, house.svc.now())


def all_pages(api: Api, made: Campaign, **asked: Any) -> list[Json]:
    found: list[Json] = []
    cursor = ""
    while True:
        query = "&".join(f"{name}={value}" for name, value in (asked | {"cursor": cursor.replace("#", "%23")}).items())
        answer = api("GET", path(made, f"recipients?{query}"))
        assert answer.status == 200, answer
        found += answer.body["items"]
        assert len(answer.body["items"]) <= asked.get("limit", 50)
        cursor = answer.body["cursor"]
        if not cursor:
            return found


def mixed(house: House, **told: Any) -> tuple[Campaign, dict[str, str]]:
    """Everything has become of somebody."""
    made = campaign(house, links=(LINK, LINK + "&b=1"), holdout=20, **told)
    enlist(house, made, PEOPLE)
    going = [openid for openid in PEOPLE if fates.variant_of(made.campaign_id, openid, made.document) is not None]
    whys = {"s": "cap", "r": "43004 user refuses", "f": "system failed", "h": "", "u": "timeout"}
    was = dict(zip(going, "aahddddrfuns>x", strict=False))
    for openid, fate in was.items():
        if fate in "dn":
            became(house, made, openid, "a")
        became(house, made, openid, fate, whys.get(fate, ""))
    return made, was


def test_the_funnel_adds_up_to_the_audience_whatever_became_of_whom(house: House, api: Api) -> None:
    made, was = mixed(house)
    told = results(api, made)

    sums = Counter({stage: sum(step[stage] for step in told["funnel"]) for stage in (*STAGES, "people")})
    assert sums["people"] == sum(sums[stage] for stage in STAGES)
    assert sums["people"] + told["holdout"]["people"] == told["audience"] == len(PEOPLE)
    expected = Counter(fates.STAGES[fate] for fate in was.values())
    assert {stage: sums[stage] for stage in STAGES if stage != "planned"} == {
        stage: expected[stage] for stage in STAGES if stage != "planned"
    }
    assert [(step["variant"], step["label"]) for step in told["funnel"]] == [("a", "A"), ("b", "B")]
    assert told["progress"] == pytest.approx(1 - sums["planned"] / sums["people"], abs=1e-3)


def test_reasons_are_told_by_stage_the_most_frequent_first(house: House, api: Api) -> None:
    made, _ = mixed(house)

    assert results(api, made)["reasons"] == [
        {"stage": "failed", "why": "system failed", "people": 1},
        {"stage": "held", "why": "", "people": 1},
        {"stage": "refused", "why": "43004 user refuses", "people": 1},
        {"stage": "suppressed", "why": "cap", "people": 1},
        {"stage": "unknown", "why": "timeout", "people": 1},
    ]


@pytest.mark.parametrize("phase", ["draft", "scheduled"])
def test_before_it_begins_there_is_nothing_and_no_verdict(house: House, api: Api, phase: str) -> None:
    made = campaign(house, "draft", links=(LINK, LINK))
    store.move(house.svc, house.tea, made.campaign_id, ("draft",), phase)
    told = results(api, made)

    assert (told["audience"], told["progress"], told["per_second"], told["seconds_left"]) == (0, 0, 0, None)
    assert told["verdict"]["outcome"] == "not_started"


def test_the_rate_and_the_time_left_follow_from_the_last_minute(house: House, api: Api) -> None:
    made = campaign(house)
    enlist(house, made, PEOPLE)
    assert results(api, made)["seconds_left"] is None
    for number, openid in enumerate(PEOPLE[:20], start=1):
        became(house, made, openid, "a")
        if not number % 5:
            house.advance(5)
            told = results(api, made)

    assert told["per_second"] == pytest.approx(1.0, abs=0.3)
    assert told["seconds_left"] == pytest.approx(10, abs=4)
    kept = house.svc.table.get(store.pk(house.tea, made.campaign_id), "rate")
    assert kept
    assert len(kept["samples"]) <= funnel.MOST_SAMPLES


def test_a_pause_a_wait_and_an_end_have_no_rate(house: House, api: Api) -> None:
    made = campaign(house, links=(LINK, LINK))
    enlist(house, made, PEOPLE)
    store.wait(house.svc, house.tea, made.campaign_id, house.svc.now() + 3600, "quota")
    told = results(api, made)
    assert (told["phase"], told["why"], told["per_second"], told["seconds_left"]) == ("waiting", "quota", 0, None)
    assert told["waits_until"] > house.svc.now()

    store.move(house.svc, house.tea, made.campaign_id, ("waiting",), "cancelled")
    told = results(api, made)
    assert (told["phase"], told["seconds_left"], told["verdict"]["outcome"]) == ("cancelled", 0, "cancelled")


def test_a_verdict_waits_for_the_end_that_was_agreed(house: House, api: Api) -> None:
    made = campaign(house, "done", links=(LINK, LINK))
    house.svc.table.add(store.pk(house.tea, made.campaign_id), "tally#0", {"a_accepted": 1000, "a_clicked": 200})
    house.svc.table.add(store.pk(house.tea, made.campaign_id), "tally#f", {"b_delivered": 1000, "b_clicked": 300})
    early = results(api, made)["verdict"]
    house.advance(3 * A_DAY + 1)
    told = results(api, made)["verdict"]

    assert (early["outcome"], early["ends_at"], early["comparisons"]) == ("too_early", made.sent_at + 3 * A_DAY, [])
    assert (told["outcome"], told["best"], told["measure"]) == ("told", "b", "clicked")


def test_with_a_goal_the_days_of_the_goal_decide_and_the_holdout_takes_part(house: House, api: Api) -> None:
    made = campaign(house, "done", goal={"kind": "ordered", "within_days": 5}, holdout=20)
    numbers = {"a_delivered": 2000, "a_converted": 200, "o_planned": 500, "o_converted": 20}
    house.svc.table.add(store.pk(house.tea, made.campaign_id), "tally#3", numbers)
    house.advance(5 * A_DAY - 60)
    assert results(api, made)["verdict"]["outcome"] == "too_early"
    house.advance(61)
    told = results(api, made)["verdict"]

    assert (told["outcome"], told["best"], told["measure"]) == ("told", "", "converted")
    assert [group["variant"] for group in told["groups"]] == ["a", "o"]
    assert "those who got nothing" in told["words"]


def test_recipients_come_page_by_page_each_once_with_what_they_did(house: House, api: Api) -> None:
    made, was = mixed(house)
    openid = next(one for one, fate in was.items() if fate == "d")
    follower(house, openid, remark="王同学")
    did(house, made, openid, persons.CLICKED)
    did(house, made, openid, persons.CONVERTED)

    for limit in (1, 7, 100):
        found = all_pages(api, made, limit=limit)
        assert sorted(one["openid"] for one in found) == PEOPLE
    king = next(one for one in found if one["openid"] == openid)
    assert (king["name"], king["stage"]) == ("王同学", "delivered")
    assert min(king["clicked_at"], king["converted_at"], king["sent_at"]) > 0
    stages = {one["openid"]: one["stage"] for one in found}
    assert all(stages[one] == fates.STAGES[fate] for one, fate in was.items())
    assert {one["stage"] for one in found if one["variant"] == "o"} <= {"holdout"}


@pytest.mark.parametrize("stage", [*STAGES, "holdout", "clicked", "converted"])
def test_recipients_of_one_stage(house: House, api: Api, stage: str) -> None:
    made, was = mixed(house)
    for openid in PEOPLE[:3]:
        did(house, made, openid, persons.CLICKED)
    did(house, made, PEOPLE[1], persons.CONVERTED)
    everybody = all_pages(api, made)
    wanted = [
        one["openid"]
        for one in everybody
        if (one[f"{stage}_at"] if stage in ("clicked", "converted") else one["stage"] == stage)
    ]

    assert [one["openid"] for one in all_pages(api, made, stage=stage, limit=2)] == wanted
    assert wanted or stage == "holdout"


def test_whoever_is_erased_stays_a_number_without_a_name(house: House, api: Api) -> None:
    made, _ = mixed(house)
    did(house, made, PEOPLE[4], persons.CLICKED)
    chunks.blank(house.svc, house.tea, made, PEOPLE[4])
    found = all_pages(api, made)

    assert len(found) == len(PEOPLE)
    assert [one for one in found if not one["openid"]][0]["name"] == ""
    assert PEOPLE[4] not in str(found)
    assert PEOPLE[4] not in csv_of(api, made)[0]
    assert results(api, made)["audience"] == len(PEOPLE)
    assert api("GET", f"/followers/{PEOPLE[4]}/campaigns").body["items"] == []


def csv_of(api: Api, made: Campaign) -> tuple[str, int]:
    """The whole file, and how many pages it came in."""
    text, cursor, pages = "", "", 0
    while True:
        answer = HTTP.request(
            "GET",
            f"{api._house.app}/api/tea{path(made, 'export.csv')}?cursor={cursor.replace('#', '%23')}",
            headers={"Authorization": f"Bearer {api._token}"},
        )
        assert answer.status == 200, answer.data
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        text, cursor, pages = text + answer.data.decode(), answer.headers["X-Next-Cursor"], pages + 1
        if not cursor:
            return text, pages


def test_the_export_is_one_file_in_pages_that_runs_nothing_and_is_noted_once(
    house: House, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.features.campaigns import exporting  # noqa: PLC0415

    made, was = mixed(house)
    monkeypatch.setattr(exporting.page, "__defaults__", ("", 7))
    evil = ['=HYPERLINK("http://evil")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "＝1", "\t=1", 'a,b\n"c"']
    for openid, name in zip(PEOPLE, evil, strict=False):
        follower(house, openid, remark=name)
    text, pages = csv_of(api, made)
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))

    assert pages == 5
    assert text.count("\ufeff") == 1
    assert rows[0] == ["openid", "name", "variant", "stage", "why", "sent_at", "clicked_at", "converted_at"]
    assert sorted(row[0] for row in rows[1:]) == PEOPLE
    assert not [cell for row in rows for cell in row if is_risky(cell)]
    assert {row[1] for row in rows if "HYPERLINK" in row[1]} == {"'" + evil[0]}
    assert next(row for row in rows if row[1] == evil[-1])
    delivered = next(row for row in rows[1:] if was.get(row[0]) == "d")
    assert delivered[2] in {"A", "B"}
    assert delivered[5].startswith("20")
    noted = [one for one in api("GET", "/../audit").body["items"] if one["did"] == "campaigns_export"]
    assert [(one["about"], one["account"], one["name"]) for one in noted] == [(made.campaign_id, "tea", "the till")]


def test_an_export_while_it_runs_has_everybody_of_the_list_once(house: House, api: Api) -> None:
    made = campaign(house)
    enlist(house, made, PEOPLE)
    first = api("GET", path(made, "recipients?limit=10")).body
    for openid in PEOPLE:
        became(house, made, openid, "a")
    cursor, found = first["cursor"], [one["openid"] for one in first["items"]]
    while cursor:
        page = api("GET", path(made, f"recipients?limit=10&cursor={cursor.replace('#', '%23')}")).body
        found, cursor = found + [one["openid"] for one in page["items"]], page["cursor"]

    assert sorted(found) == PEOPLE


def test_campaigns_are_compared_side_by_side_in_the_order_asked_for(house: House, api: Api) -> None:
    one, _ = mixed(house)
    other = campaign(house, name="夏茶")
    enlist(house, other, PEOPLE[:10])
    did(house, other, PEOPLE[0], persons.CLICKED)
    became(house, other, PEOPLE[0], "a")
    told = api("GET", f"/campaign-comparison?items={other.campaign_id},{one.campaign_id},{other.campaign_id}").body

    assert [each["name"] for each in told["items"]] == ["夏茶", "春茶"]
    summer = told["items"][0]
    assert (summer["people"], summer["audience"], summer["sent"], summer["clicked"]) == (10, 10, 1, 1)
    assert summer["clicks"]["rate"] == 0.1
    assert summer["clicks"]["low"] < 0.1 < summer["clicks"]["high"]
    spring = told["items"][1]
    assert spring["people"] == sum(spring[stage] for stage in STAGES)


def test_one_persons_campaigns_the_newest_first_with_what_they_did(house: House, api: Api) -> None:
    openid = follower(house, PEOPLE[0])
    older = campaign(house, name="旧")
    enlist(house, older, [openid])
    became(house, older, openid, "a")
    did(house, older, openid, persons.CLICKED)
    house.advance(60)
    enlist(house, campaign(house, name="没有他"), PEOPLE[1:2])
    newer = campaign(house, name="新", holdout=50)
    enlist(house, newer, [openid])
    house.svc.forget("campaigns#tea")
    told = api("GET", f"/followers/{openid}/campaigns").body

    assert [one["name"] for one in told["items"]] == ["新", "旧"]
    assert told["items"][0]["stage"] in {"planned", "holdout"}
    assert told["items"][1]["stage"] == "accepted"
    assert told["items"][1]["clicked_at"] > 0
    assert told["cursor"] == ""
    assert api("GET", f"/followers/{openid}/campaigns?cursor=000000000000").status == 400


def test_a_person_of_more_campaigns_than_a_page_holds(house: House, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.features.campaigns import of_person  # noqa: PLC0415

    monkeypatch.setattr(of_person, "AT_A_TIME", 2)
    made = [campaign(house, name=f"第 {number} 个") for number in range(5)]
    for one in made:
        enlist(house, one, PEOPLE[:1])
    house.svc.forget("campaigns#tea")
    found: list[str] = []
    cursor, pages = "", 0
    while not pages or cursor:
        page = api("GET", f"/followers/{PEOPLE[0]}/campaigns?cursor={cursor}").body
        found, cursor, pages = found + [one["campaign_id"] for one in page["items"]], page["cursor"], pages + 1

    assert sorted(found) == sorted(one.campaign_id for one in made)
    assert pages == 3


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("/campaigns/000000000000/results", 404),
        ("/campaigns/%E8%8C%B6/results", 404),
        ("/campaigns/000000000000/recipients", 404),
        ("/campaigns/000000000000/export.csv", 404),
        ("/campaign-comparison?items=000000000000", 404),
        ("/campaign-comparison?items=", 400),
        ("/campaign-comparison?items=,,,", 400),
        ("/campaign-comparison", 400),
        ("/campaign-comparison?items=" + ",".join(f"{n:012x}" for n in range(11)), 400),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_said(api: Api, asked: str, status: int) -> None:
    refused(api("GET", asked), status)


@pytest.mark.parametrize("query", ["stage=eaten", "cursor=x", "cursor=%23", "limit=0", "limit=101", "cursor=00000%40x"])
def test_a_wrong_question_for_recipients_is_refused(house: House, api: Api, query: str) -> None:
    refused(api("GET", path(campaign(house), f"recipients?{query}")), 400)


def test_taking_the_list_away_needs_the_right_to_see_followers(house: House) -> None:
    made = campaign(house)
    enlist(house, made, PEOPLE)
    looks, takes = Api(house, "campaigns:read"), Api(house, "followers:read")

    assert looks("GET", path(made, "results")).status == looks("GET", path(made, "recipients")).status == 200
    assert "followers:read" in refused(looks("GET", path(made, "export.csv")), 403)
    assert takes("GET", path(made, "export.csv")).status == 200
    refused(takes("GET", path(made, "results")), 403)


def test_what_a_person_did_is_erased_with_them_and_the_numbers_stay(house: House, api: Api) -> None:
    from chalicelib.features.followers import leaving  # noqa: PLC0415

    made = campaign(house)
    openid = follower(house, PEOPLE[0])
    enlist(house, made, [openid])
    did(house, made, openid, persons.CLICKED)
    leaving.erase(house.svc, house.tea, openid)

    assert list(house.svc.table.under(people.key(house.tea, openid), fresh=True)) == []
    assert results(api, made)["funnel"][0]["clicked"] == 1


def test_a_click_after_the_end_is_counted_and_changes_no_verdict(house: House, api: Api) -> None:
    made = campaign(house, phase="done", links=(LINK, LINK + "&b=1"))
    enlist(house, made, PEOPLE)
    did(house, made, PEOPLE[0], persons.CLICKED)
    house.advance(3 * A_DAY + 1)
    before = results(api, made)["verdict"]
    did(house, made, PEOPLE[1], persons.CLICKED)
    after = results(api, made)

    assert sum(step["clicked"] for step in after["funnel"]) == 2
    assert after["verdict"] == before
    assert sum(group["reached"] for group in before["groups"]) == 1


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        ("template", {"template": "notice", "miniprogram": {"appid": "wx1", "pagepath": "a"}}),
        ("custom", {"reply": {"type": "text", "content": "茶"}}),
    ],
)
def test_versions_whose_link_nobody_can_tap_are_not_compared_by_clicks(
    house: House, api: Api, kind: str, other: Json
) -> None:
    usual: dict[str, Json] = {
        "template": {"template": "notice"},
        "custom": {"reply": {"type": "text", "content": "{link}"}},
    }
    same = usual[kind]
    variants = [Variant(label="A", share=50, link=LINK, **same), Variant(label="B", share=50, link=LINK, **other)]
    assert results(api, campaign(house, kind=kind, variants=variants))["verdict"]["outcome"] == "nothing_to_compare"
    both = [Variant(label=label, share=50, link=LINK, **same) for label in "AB"]
    assert results(api, campaign(house, kind=kind, variants=both))["verdict"]["outcome"] == "too_early"


def test_an_export_begins_with_its_first_page_which_is_noted(house: House, api: Api) -> None:
    made = campaign(house)
    enlist(house, made, PEOPLE)
    theirs = api("GET", path(made, "recipients?limit=1")).body["cursor"]
    for cursor in ("@0", theirs, "x.y", "."):
        refused(api("GET", path(made, f"export.csv?cursor={cursor.replace('#', '%23')}")), 400)


def test_without_the_right_to_see_followers_nobody_is_named(house: House) -> None:
    made = campaign(house)
    enlist(house, made, [follower(house, PEOPLE[0], remark="国王")])
    (one,) = all_pages(Api(house, "campaigns:read"), made)
    assert (one["openid"], one["name"], one["stage"]) == ("", "", "planned")
    (one,) = all_pages(Api(house, "campaigns:read", "followers:read"), made)
    assert (one["openid"], one["name"]) == (PEOPLE[0], "国王")


def test_a_list_that_dynamodb_has_half_deleted_is_paged_to_its_end(house: House, api: Api) -> None:
    made = campaign(house)
    for number, openid in enumerate(PEOPLE):
        assert chunks.write(house.svc, house.tea, made, f"000#--#{number:05d}", [openid])
        if number < 25:
            house.svc.table.delete(store.pk(house.tea, made.campaign_id), f"people#000#--#{number:05d}")
    assert [one["openid"] for one in all_pages(api, made)] == PEOPLE[25:]
