"""The API of polls: what it takes and answers, and the sentence for each mistake."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chalicelib.features import polls
from tests.house import HTTP, House
from tests.web.test_api import Api, refused

A_DAY = 86_400


@pytest.fixture
def api(house: House) -> Api:
    return Api(house)


def body(house: House, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "quiz",
        "title": "你懂茶吗",
        "intro": "两道题",
        "questions": [
            {"text": "绿茶用多热的水？", "choose": 1, "options": ["80 度", "100 度"], "right": [0]},
            {"text": "哪些是绿茶？", "choose": 2, "options": ["龙井", "普洱", "碧螺春"], "right": [0, 2]},
        ],
        "opens_at": 0,
        "closes_at": house.svc.now() + A_DAY,
        "voters": "visitors",
        "results": "after_vote",
        "share": {"title": "来试试", "text": "两道题", "picture": "https://img.example.com/tea.png"},
        "afterwards": {"tag": "懂茶", "message": "谢谢！", "follow_qr": True, "thanks": "改天来喝茶"},
        "scores": [{"from": 0, "text": "再喝几杯"}, {"from": 2, "text": "茶博士"}],
    } | changes


NONSENSE: list[tuple[Any, str]] = [
    (b"", "The body is empty"),
    (b"{", "ends too early"),
    (b"[]", "must be an object, not a list"),
    (b"\xff\xfe", "not valid"),
    ({}, "kind"),
    ({"colour": "red"}, "colour"),
    ({"title": 7}, "title"),
    ({"title": "茶" * 61}, "title must have 1 to 60"),
    ({"closes_at": "tomorrow"}, "closes_at"),
    ({"closes_at": 1.5}, "closes_at"),
    ({"closes_at": 10**40}, "closes_at"),
    ({"questions": {}}, "questions"),
    ({"questions": [{"text": "好吗？"}]}, "options"),
    ({"questions": [{"text": "好吗？", "options": ["是", "否"], "score": 3}]}, "score"),
    ({"questions": [{"text": "好吗？", "options": ["是", "否"], "right": ["是"]}]}, "right"),
    ({"share": {"link": "https://x"}}, "link"),
    ({"afterwards": {"follow_qr": "yes"}}, "follow_qr"),
    ({"scores": [{"text": "好"}]}, "from"),
]


@pytest.mark.parametrize(("wrong", "told"), NONSENSE)
def test_a_poll_that_makes_no_sense_is_refused_with_a_sentence(api: Api, house: House, wrong: Any, told: str) -> None:
    made = api("POST", "/polls", body(house)).body
    asked = wrong if isinstance(wrong, bytes) or not wrong else body(house, **wrong)
    assert told in refused(api("POST", "/polls", asked))
    assert told in refused(api("PUT", f"/polls/{made['poll_id']}", asked))
    assert [one["poll_id"] for one in api("GET", "/polls").body["items"]] == [made["poll_id"]]
    assert api("GET", f"/polls/{made['poll_id']}").body == made


def test_what_is_not_there_is_not_found(api: Api, house: House) -> None:
    for item in ("x", "0123456789ab", "x" * 2000):
        assert api("GET", f"/polls/{item}").status == 404
        assert api("GET", f"/polls/{item}/results").status == 404
        assert api("PUT", f"/polls/{item}", body(house)).status == 404
        assert api("DELETE", f"/polls/{item}").status == 404
    assert api("POST", "/polls", body(house), alias="nobody").status == 404


def test_accounts_do_not_see_each_others_polls(api: Api, house: House) -> None:
    made = api("POST", "/polls", body(house)).body["poll_id"]
    for method, path in (("GET", ""), ("GET", "/results"), ("PUT", ""), ("DELETE", "")):
        asked = body(house) if method == "PUT" else None
        assert api(method, f"/polls/{made}{path}", asked, alias="leaf").status == 404
    assert api("GET", "/polls", alias="leaf").body["items"] == []
    assert "nobody could vote" in refused(api("POST", "/polls", body(house), alias="leaf"))


def test_whoever_has_no_token_stays_outside(house: House) -> None:
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("GET", "/x"),
        ("PUT", "/x"),
        ("DELETE", "/x"),
        ("GET", "/x/results"),
    ):
        assert HTTP.request(method, f"{house.app}/api/tea/polls{path}", body=b"{}").status == 401


def test_a_cursor_of_ones_own_making_is_refused(api: Api) -> None:
    assert "not a cursor" in refused(api("GET", "/polls?cursor=yesterday"))


def test_a_poll_is_made_shown_changed_and_removed(api: Api, house: House) -> None:
    asked = body(house)
    made = api("POST", "/polls", asked)
    assert made.status == 201
    poll_id = made.body["poll_id"]
    assert re.fullmatch(r"[0-9a-f]{12}", poll_id)
    assert asked.items() <= made.body.items()
    assert (made.body["state"], made.body["page"]) == ("open", f"{house.app}/h5/quizzes/{poll_id}")
    assert api("GET", f"/polls/{poll_id}") == (200, made.body)

    changed = api("PUT", f"/polls/{poll_id}", asked | {"title": "真懂茶吗", "closes_at": house.svc.now()})
    assert (changed.status, changed.body["title"], changed.body["state"]) == (200, "真懂茶吗", "closed")
    listed = api("GET", "/polls").body
    created = made.body["created"]
    shown = {"poll_id": poll_id, "kind": "quiz", "title": "真懂茶吗", "state": "closed", "created": created}
    assert listed == {"items": [shown | {"page": made.body["page"]}], "cursor": ""}

    assert api("DELETE", f"/polls/{poll_id}") == (204, None)
    assert api("GET", f"/polls/{poll_id}").status == 404
    assert api("GET", "/polls").body["items"] == []


def test_what_was_read_may_be_changed_and_sent_back(api: Api, house: House) -> None:
    """With all that is ours to say, which changes nothing."""
    made = api("POST", "/polls", body(house)).body
    read = api("GET", f"/polls/{made['poll_id']}").body

    changed = api("PUT", f"/polls/{made['poll_id']}", read | {"title": "改了", "account": "leaf", "created": "x"})

    assert (changed.status, changed.body) == (200, made | {"title": "改了", "changed": changed.body["changed"]})
    copied = api("POST", "/polls", read)
    assert copied.status == 201
    assert copied.body["poll_id"] != made["poll_id"]
    assert "edition" not in read


def test_the_example_of_the_documentation_is_taken_as_it_stands(api: Api, house: House, tmp_path: Path) -> None:
    """By a shell, whose `curl` here keeps what it is given to send."""
    page = (Path(__file__).parents[2] / "docs/polls.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```\n(\w+=[^\n]*\ncurl .*?)\n```", page, re.DOTALL | re.MULTILINE)
    example = example.replace("$(date +%s)", str(house.svc.now()))
    keeps = f'curl() {{ printf %s "${{@: -1}}" > {tmp_path}/sent; }}'
    subprocess.run(["bash", "-c", f"{keeps}\n{example}"], check=True, timeout=10)

    made = api("POST", "/polls", (tmp_path / "sent").read_bytes())

    assert made.status == 201, made
    assert made.body["state"] == "open"
    assert made.body["afterwards"]["follow_qr"]


def test_only_what_must_be_told_must_be_told(api: Api, house: House) -> None:
    least = {
        "kind": "poll",
        "title": "好吗",
        "questions": [{"text": "好吗？", "options": ["是", "否"]}],
        "closes_at": house.svc.now() + 60,
    }
    made = api("POST", "/polls", least).body
    assert made["questions"] == [{"text": "好吗？", "options": ["是", "否"], "choose": 1, "right": []}]
    assert (made["voters"], made["results"], made["opens_at"]) == ("visitors", "after_vote", 0)
    assert made["page"].endswith(f"/h5/polls/{made['poll_id']}")


def test_results_are_told_whatever_visitors_may_see(api: Api, house: House) -> None:
    poll_id = api("POST", "/polls", body(house, results="never")).body["poll_id"]
    empty = api("GET", f"/polls/{poll_id}/results").body
    assert (empty["people"], empty["scores"], empty["state"]) == (0, [], "open")

    poll = polls.find(house.svc, poll_id)
    for openid, answers in {"alice": [[0], [0, 2]], "bob": [[1], [0]], "carol": [[0], [2, 0]]}.items():
        polls.vote(house.svc, house.tea, poll, openid, answers)

    assert api("GET", f"/polls/{poll_id}/results").body == {
        "people": 3,
        "questions": [
            {"text": "绿茶用多热的水？", "options": [{"text": "80 度", "votes": 2}, {"text": "100 度", "votes": 1}]},
            {
                "text": "哪些是绿茶？",
                "options": [
                    {"text": "龙井", "votes": 3},
                    {"text": "普洱", "votes": 0},
                    {"text": "碧螺春", "votes": 2},
                ],
            },
        ],
        "scores": [{"score": 0, "people": 1}, {"score": 2, "people": 2}],
        "state": "open",
    }


def test_questions_that_somebody_answered_do_not_change(api: Api, house: House) -> None:
    asked = body(house)
    poll_id = api("POST", "/polls", asked).body["poll_id"]
    polls.vote(house.svc, house.tea, polls.find(house.svc, poll_id), "alice", [[0], [0, 2]])

    other = asked | {"questions": asked["questions"][:1], "scores": []}
    answer = api("PUT", f"/polls/{poll_id}", other)
    assert answer.status == 409
    assert "cannot change" in answer.body["error"]["message"]
    assert api("PUT", f"/polls/{poll_id}", asked | {"intro": "还来得及"}).body["intro"] == "还来得及"


def test_many_polls_come_in_pages(api: Api, house: House) -> None:
    for number in range(52):
        assert api("POST", "/polls", body(house, title=f"第 {number} 个")).status == 201

    first = api("GET", "/polls").body
    second = api("GET", f"/polls?cursor={first['cursor']}").body

    assert (len(first["items"]), len(second["items"]), second["cursor"]) == (50, 2, "")
    assert len({one["title"] for one in first["items"] + second["items"]}) == 52
