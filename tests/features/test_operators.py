"""Operators: what cannot be, who stays, and what two changes at once leave behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.errors import AppError, BadInput, Conflict, NotFound
from chalicelib.features import operators
from chalicelib.features.operators import Operator, Who, people
from chalicelib.features.operators.who import ADMINS_WRITE, AREAS, FOR_ADMINS, is_scope
from tests.house import House


def names(house: House) -> list[str]:
    return [one.name for one in operators.operators(house.svc)]


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """What each gave, or what it refused with; all begin at the same moment."""
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> object:
        gate.wait(5)
        try:
            return deed()
        except AppError as error:
            return error

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


@pytest.mark.parametrize(
    ("name", "role"),
    [("", "admin"), ("  ", "admin"), ("x" * 41, "admin"), ("a\nb", "admin"), ("a\u202eb", "admin"), ("小满", "owner")],
)
def test_who_cannot_be_is_refused_in_two_languages(house: House, name: str, role: str) -> None:
    with pytest.raises(BadInput, match=r"。[A-Z]"):
        operators.add(house.svc, name, role)
    assert not names(house)


@pytest.mark.parametrize("other", ["Mai", "mai", "ＭＡＩ", " Mai "])
def test_a_name_that_looks_the_same_is_the_same(house: House, other: str) -> None:
    operators.add(house.svc, "Mai", "admin")
    with pytest.raises(Conflict, match="already an operator"):
        operators.add(house.svc, other, "viewer")
    other_one = operators.add(house.svc, "Lin", "viewer")
    with pytest.raises(Conflict):
        operators.change(house.svc, other_one.operator_id, other, "viewer", disabled=False)


def test_of_two_spellings_of_one_letter_one_is_kept(house: House) -> None:
    operators.add(house.svc, "Ren\u00e9", "admin")
    with pytest.raises(Conflict):
        operators.add(house.svc, "Rene\u0301", "viewer")


def test_of_ten_who_take_one_name_at_once_one_gets_it(house: House) -> None:
    done = at_once(*[lambda: operators.add(house.svc, "小满", "admin")] * 10)
    assert sum(isinstance(one, Operator) for one in done) == 1
    assert names(house) == ["小满"]


def test_two_admins_who_demote_each_other_at_once_leave_one(house: House) -> None:
    first, second = (operators.add(house.svc, name, "admin") for name in ("小满", "谷雨"))
    at_once(
        lambda: operators.change(house.svc, first.operator_id, "小满", "viewer", disabled=False),
        lambda: operators.remove(house.svc, second.operator_id),
    )
    assert [one.role for one in operators.operators(house.svc)].count("admin") == 1


@pytest.mark.parametrize("deed", ["demote", "disable", "remove"])
def test_the_last_admin_stays(house: House, deed: str) -> None:
    only = operators.add(house.svc, "小满", "admin")
    off = operators.add(house.svc, "谷雨", "admin")
    operators.change(house.svc, off.operator_id, "谷雨", "admin", disabled=True)
    operators.add(house.svc, "芒种", "editor")
    with pytest.raises(Conflict, match="at least one admin"):
        if deed == "remove":
            operators.remove(house.svc, only.operator_id)
        else:
            role = "editor" if deed == "demote" else "admin"
            operators.change(house.svc, only.operator_id, "小满", role, disabled=deed == "disable")
    assert operators.find(house.svc, only.operator_id) == only
    operators.change(house.svc, only.operator_id, "大满", "admin", disabled=False)


@pytest.mark.parametrize("operator_id", ["", "x", "0" * 12, "0" * 3000, "a#b", "小满"])
def test_who_is_not_there_is_not_found(house: House, operator_id: str) -> None:
    with pytest.raises(NotFound):
        operators.find(house.svc, operator_id)
    with pytest.raises(NotFound):
        operators.change(house.svc, operator_id, "x", "viewer", disabled=False)
    with pytest.raises(NotFound):
        operators.remove(house.svc, operator_id)


def test_whoever_died_while_changing_is_in_nobodys_way_for_long(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert people._locked(house.svc, "somebody who died")
    monkeypatch.setattr(people, "TRIES", 2)
    with pytest.raises(Conflict, match="try again"):
        operators.add(house.svc, "小满", "admin")
    house.advance(people.LEASE + 1)
    operators.add(house.svc, "小满", "admin")
    assert names(house) == ["小满"]


def test_there_is_an_end_to_how_many(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_OPERATORS", 1)
    operators.add(house.svc, "小满", "admin")
    with pytest.raises(Conflict, match="at most 1"):
        operators.add(house.svc, "谷雨", "admin")


def test_they_are_listed_oldest_first_with_the_accounts_they_may_scan(house: House) -> None:
    first = operators.add(house.svc, "小满", "admin")
    house.advance(5)
    second = operators.add(house.svc, "谷雨", "viewer")
    assert people.tie(house.svc, second, "tea", "alice")
    assert [(one.name, one.wechat) for one in operators.operators(house.svc)] == [("小满", ()), ("谷雨", ("tea",))]
    assert operators.by_name(house.svc, "谷雨") == operators.operators(house.svc)[1]
    operators.remove(house.svc, second.operator_id)
    assert people.by_wechat(house.svc, "tea", "alice") is None
    assert operators.operators(house.svc) == [first]


def test_a_wechat_is_one_operators_and_a_new_one_takes_the_place_of_the_old(house: House) -> None:
    mai, lin = (operators.add(house.svc, name, "admin") for name in ("小满", "谷雨"))
    assert people.tie(house.svc, mai, "tea", "alice")
    assert not people.tie(house.svc, lin, "tea", "alice")
    assert people.tie(house.svc, mai, "tea", "alice2")
    assert people.by_wechat(house.svc, "tea", "alice") is None
    assert people.by_wechat(house.svc, "tea", "alice2") == mai
    assert people.by_wechat(house.svc, "leaf", "alice2") is None
    operators.untie(house.svc, mai.operator_id)
    assert people.by_wechat(house.svc, "tea", "alice2") is None


def test_a_wechat_that_a_removed_operator_left_behind_is_free(house: House) -> None:
    """They may be removed while they tie it."""
    lin, mai = operators.add(house.svc, "谷雨", "viewer"), operators.add(house.svc, "小满", "admin")
    operators.remove(house.svc, lin.operator_id)
    assert people.tie(house.svc, lin, "tea", "alice")
    assert people.by_wechat(house.svc, "tea", "alice") is None
    assert people.tie(house.svc, mai, "tea", "alice")
    assert people.by_wechat(house.svc, "tea", "alice") == mai


def test_of_two_who_tie_one_wechat_at_once_one_has_it(house: House) -> None:
    both = [operators.add(house.svc, name, "admin") for name in ("小满", "谷雨")]
    done = at_once(*[lambda one=one: people.tie(house.svc, one, "tea", "alice") for one in both])
    assert sorted(map(bool, done)) == [False, True]


def test_a_role_may_what_it_says_and_no_more() -> None:
    viewer, editor, admin = (Who("x", "operator", "x", role=role) for role in ("viewer", "editor", "admin"))
    for area in AREAS:
        everyday = area not in FOR_ADMINS
        assert viewer.may(f"{area}:read") == editor.may(f"{area}:read") == everyday
        assert editor.may(f"{area}:write") == (everyday and area not in ADMINS_WRITE)
        assert not viewer.may(f"{area}:write")
        assert admin.may(f"{area}:write")
    assert not Who("x", "operator", "x", role="").may("tags:read")
    assert not Who("x", "operator", "x", role="owner", scopes=("*",)).may("tags:read")


def test_a_token_may_what_its_scopes_say() -> None:
    till = Who("till", "token", "x", scopes=("tags:write", "followers:read"))
    assert till.may("tags:write")
    assert till.may("tags:read")
    assert till.may("followers:read")
    assert not till.may("followers:write")
    assert not till.may("tagsx:read")
    assert not Who("till", "token", "x").may("tags:read")
    assert Who("till", "token", "x", scopes=("*",)).may("operators:write")
    assert is_scope("*")
    assert is_scope("tags:read")
    assert not any(map(is_scope, ("tags", "tags:", ":read", "x:read", "tags:admin", "")))
