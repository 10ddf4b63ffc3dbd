"""Questions about followers: what is refused and where, whom each condition fits, and how they go together."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import BadInput
from chalicelib.features import segments
from chalicelib.features.followers import Card, Row
from chalicelib.features.segments import predicates
from chalicelib.features.segments.fields import day_text
from chalicelib.features.segments.questions import Compare, read

TODAY = 20_000
LEAF = {"field": "orders", "is": "at_least", "value": 2}


def deep(levels: int) -> Any:
    question: Any = LEAF
    for _ in range(levels):
        question = {"all": [question]}
    return question


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (None, "question: must be an object"),
        ([], "question: must be an object"),
        ("orders > 2", "question: must be an object"),
        ({}, "question.field: is no field"),
        ({"field": 7, "is": "is", "value": 1}, "question.field: is no field"),
        ({"field": "shoe_size", "is": "is", "value": 1}, "question.field: is no field"),
        ({"field": "facts.", "is": "known"}, "question.field: is no field"),
        ({"field": "orders", "value": 1}, "question.is: orders takes one of"),
        ({"field": "orders", "is": "contains", "value": 1}, "question.is: orders takes one of"),
        ({"field": "tags", "is": "is", "value": 1}, "question.is: tags takes one of has, has_not"),
        ({"field": "facts.phone", "is": "is", "value": "13800138000"}, "takes one of known, unknown"),
        ({"field": "orders", "is": "at_least", "value": "2"}, "question.value: must be a whole number"),
        ({"field": "orders", "is": "at_least", "value": True}, "question.value: must be a whole number"),
        ({"field": "orders", "is": "at_least", "value": 1.5}, "question.value: must be a whole number"),
        ({"field": "orders", "is": "at_least", "value": 10**30}, "question.value: must be a whole number"),
        ({"field": "orders", "is": "at_least"}, "question.value: must be a whole number"),
        ({"field": "tags", "is": "has", "value": None}, "question.value: must be a whole number"),
        ({"field": "since", "is": "within_days", "value": 0}, "question.value: must be a whole number from 1"),
        ({"field": "since", "is": "at_least", "value": 20000}, "question.value: must be a day"),
        ({"field": "since", "is": "at_least", "value": "2026-02-30"}, "question.value: must be a day"),
        ({"field": "since", "is": "at_least", "value": "20261120"}, "question.value: must be a day"),
        ({"field": "unionid", "is": "is", "value": 1}, "question.value: must be true or false"),
        ({"field": "name", "is": "is", "value": "  "}, "question.value: must have 1 to 120"),
        ({"field": "name", "is": "is", "value": "x" * 121}, "question.value: must have 1 to 120"),
        ({**LEAF, "colour": "red"}, "question: has no colour"),
        ({**LEAF, "event": "scanned"}, "question: has no field, is, value"),
        ({"all": [LEAF], "any": [LEAF]}, "question.all: has no any"),
        ({"all": LEAF}, "question.all: needs at least one"),
        ({"all": [LEAF, {"any": []}]}, "question.all[1].any: needs at least one"),
        ({"all": [LEAF, {"any": [LEAF, {"not": {"field": "x"}}]}]}, "question.all[1].any[1].not.field: is no"),
        ({"not": {"not": LEAF}}, "question.not: is itself a not"),
        ({"not": {"all": []}}, "question.not.all: needs at least one"),
        ({"event": "sneezed"}, "question.event: must be one of"),
        ({"event": ["scanned"]}, "question.event: must be one of"),
        ({"event": "scanned", "what": 12}, "question.what: must be a text"),
        ({"event": "ordered", "what": "tea"}, "question.what: must be empty"),
        ({"event": "scanned", "within_days": 91}, "question.within_days: must be a whole number from 1 to 90"),
        ({"event": "scanned", "at_least": 0}, "question.at_least: must be a whole number from 1 to 999"),
        (deep(6), "groups may be in each other 5 deep"),
        ({"all": [LEAF] * 51}, "50 conditions at most"),
        ({"any": [{"all": [LEAF] * 26}] * 2}, "question: has 52 conditions, 50 at most"),
    ],
)
def test_a_wrong_question_is_refused_with_its_place_and_in_both_languages(question: Any, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(question)

    assert told in str(refused.value)
    assert "。" in str(refused.value)


def test_a_question_that_is_nothing_but_depth_is_refused_and_not_followed_down() -> None:
    with pytest.raises(BadInput):
        read(deep(5000))


def test_what_may_be_asked_may_be_asked() -> None:
    assert list(segments.leaves(read(deep(5)))) == [Compare("orders", "at_least", 2)]
    assert list(segments.leaves(read({"all": []}))) == []
    assert len(list(segments.leaves(read({"not": {"any": [LEAF] * 50}})))) == 50


def fits(question: Any, since_day: int = TODAY - 10, **card: Any) -> bool | None:
    """By the card alone; None where that cannot tell."""
    row = Row("alice", since_day * 86_400 + 3600, Card(**card))
    return predicates._compiled(read(question), TODAY, None)(row)


def compare(name: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": name, "is": op} | ({} if value is None else {"value": value})


@pytest.mark.parametrize(
    ("question", "card", "holds"),
    [
        (compare("tags", "has", 100), {"tags": (100, 101)}, True),
        (compare("tags", "has", 102), {"tags": (100, 101)}, False),
        (compare("tags", "has_not", 102), {}, True),
        (compare("orders", "at_least", 2), {"orders": 2}, True),
        (compare("orders", "at_least", 2), {"orders": 1}, False),
        (compare("orders", "at_most", 0), {}, True),
        (compare("orders", "unknown"), {}, True),
        (compare("spent", "is", 8900), {"spent": 8900}, True),
        (compare("language", "is", "zh_cn"), {"language": "zh_CN"}, True),
        (compare("language", "is_not", "en"), {}, True),
        (compare("language", "contains", "zh"), {}, False),
        (compare("name", "starts_with", "老"), {"name": "老王"}, True),
        (compare("name", "known"), {}, False),
        (compare("qr_scene", "is", "12"), {"qr_scene": "12"}, True),
        (compare("facts.city", "is", "上海"), {"facts": {"city": "上海"}}, True),
        (compare("facts.city", "is_not", "上海"), {}, True),
        (compare("facts.age", "at_least", 18), {"facts": {"age": 18}}, True),
        (compare("facts.age", "at_least", 18), {"facts": {"age": "old"}}, False),
        (compare("facts.age", "is", "18"), {"facts": {"age": 18}}, True),
        (compare("facts.age", "is", 18), {"facts": {"age": 18}}, True),
        (compare("facts.phone", "known"), {"facts": {"phone": True}}, True),
        (compare("facts.points", "is", 0), {"facts": {"points": 0}}, True),
        (compare("facts.points", "at_most", 5), {"facts": {"points": 0}}, True),
        (compare("facts.points", "at_most", 5), {}, False),
        (compare("facts.points", "known"), {"facts": {"points": 0}}, True),
        (compare("facts.points", "unknown"), {"facts": {"points": 0}}, False),
        (compare("facts.points", "unknown"), {}, True),
        (compare("unionid", "is", True), {"unionid": 1}, True),
        (compare("blocked", "is", False), {}, True),
        (compare("last_active", "within_days", 3), {"last_active": TODAY - 2}, True),
        (compare("last_active", "within_days", 3), {"last_active": TODAY - 3}, False),
        (compare("last_active", "before_days", 3), {"last_active": TODAY - 3}, True),
        (compare("last_active", "before_days", 3), {"last_active": TODAY - 2}, False),
        (compare("last_active", "at_least", day_text(TODAY)), {"last_active": TODAY}, True),
        (compare("last_order", "before_days", 3), {}, False),
        (compare("last_order", "at_most", day_text(TODAY)), {}, False),
        (compare("last_order", "unknown"), {}, True),
    ],
)
def test_each_comparison_fits_whom_it_says(question: Any, card: dict[str, Any], holds: bool) -> None:
    assert fits(question, **card) is holds
    assert fits({"not": question}, **card) is not holds


def test_who_never_said_a_word_has_been_silent_since_they_followed() -> None:
    silent = compare("last_active", "before_days", 30)

    assert fits(silent, since_day=TODAY - 30) is True
    assert fits(silent, since_day=TODAY - 29) is False


@pytest.mark.parametrize(
    ("question", "card", "holds"),
    [
        ({"event": "scanned", "what": "12", "within_days": 3}, {"recent": {"scanned:12": TODAY - 2}}, True),
        ({"event": "scanned", "what": "12", "within_days": 3}, {"recent": {"scanned:12": TODAY - 3}}, False),
        ({"event": "scanned", "what": "12"}, {"recent": {"scanned:13": TODAY}}, False),
        ({"event": "scanned"}, {"recent": {"scanned:13": TODAY - 500}}, True),
        ({"event": "scanned", "what": "12", "at_least": 2}, {"recent": {"scanned:12": TODAY}}, None),
        ({"event": "scanned", "what": "12", "at_least": 2}, {}, False),
        ({"event": "scanned", "what": "1"}, {"recent": {f"clicked:{n}": TODAY for n in range(20)}}, None),
        ({"event": "scanned", "what": "1"}, {"facts": {"story": "x" * 800}}, None),
        ({"event": "clicked", "what": "K" * 64}, {"recent": {"clicked:" + "K" * 64: TODAY}}, None),
        ({"event": "clicked", "what": "K" * 65}, {"recent": {"clicked:" + "K" * 64: TODAY}}, None),
        ({"event": "clicked", "what": "MENU"}, {"recent": {"clicked:MENU": TODAY}}, True),
        ({"event": "said", "what": "tea"}, {}, False),
        ({"event": "said", "what": "tea"}, {"messages": 1}, None),
        ({"event": "ordered", "at_least": 2}, {"orders": 2, "last_order": TODAY - 300}, True),
        ({"event": "ordered", "within_days": 30}, {"orders": 2, "last_order": TODAY - 30}, False),
        ({"event": "ordered", "within_days": 30}, {"orders": 2, "last_order": TODAY - 29}, True),
        ({"event": "ordered", "within_days": 30, "at_least": 2}, {"orders": 2, "last_order": TODAY}, None),
        ({"event": "visited"}, {}, None),
    ],
)
def test_a_card_tells_of_events_or_says_that_it_cannot(question: Any, card: dict[str, Any], holds: bool | None) -> None:
    assert fits(question, **card) is holds


def test_groups_are_decided_as_soon_as_they_can_be() -> None:
    yes, no, unsure = compare("orders", "is", 0), compare("orders", "is", 1), {"event": "visited"}

    assert fits({"all": [unsure, no]}) is False
    assert fits({"all": [unsure, yes]}) is None
    assert fits({"any": [unsure, yes]}) is True
    assert fits({"any": [unsure, no]}) is None
    assert fits({"not": unsure}) is None
    assert fits({"not": {"any": [no, {"not": yes}]}}) is True
    assert fits({"all": []}) is True
