"""Links and sessions: used once, over in time, and dead with their operator."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import BadInput
from chalicelib.features import operators
from chalicelib.features.operators import SESSION, TEN_MINUTES, Operator
from chalicelib.features.operators.sessions import LONGEST_LINK
from tests.features.test_operators import at_once
from tests.house import House
from tests.web.operating import everything


@pytest.fixture
def mai(house: House) -> Operator:
    operators.add(house.svc, "谷雨", "admin")
    return operators.add(house.svc, "小满", "admin")


def cookie(house: House, operator: Operator) -> str:
    return operators.redeem(house.svc, operators.link(house.svc, operator))[1].cookie


@pytest.mark.parametrize("code", ["", "x", "x" * 100_000, "小满"])
def test_a_made_up_code_opens_nothing(house: House, code: str) -> None:
    with pytest.raises(BadInput, match="used or has expired"):
        operators.redeem(house.svc, code)
    assert operators.open_session(house.svc, code) is None


def test_a_link_works_once_also_for_ten_at_once(house: House, mai: Operator) -> None:
    code = operators.link(house.svc, mai)
    done = at_once(*[lambda: operators.redeem(house.svc, code)] * 10)
    assert sum(isinstance(one, tuple) for one in done) == 1
    with pytest.raises(BadInput):
        operators.redeem(house.svc, code)


def test_a_link_is_over_after_ten_minutes(house: House, mai: Operator) -> None:
    code = operators.link(house.svc, mai)
    house.advance(TEN_MINUTES + 1)
    with pytest.raises(BadInput):
        operators.redeem(house.svc, code)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_LINK + 1])
def test_a_link_has_a_life_between_nothing_and_a_week(house: House, mai: Operator, seconds: int) -> None:
    with pytest.raises(BadInput, match="seven days"):
        operators.link(house.svc, mai, seconds)


def test_the_local_stacks_link_works_again_and_again(house: House, mai: Operator) -> None:
    code = operators.link(house.svc, mai, reusable=True)
    assert operators.redeem(house.svc, code)[1] != operators.redeem(house.svc, code)[1]


def test_a_session_is_over_after_a_week(house: House, mai: Operator) -> None:
    kept = cookie(house, mai)
    house.advance(SESSION - 60)
    assert operators.open_session(house.svc, kept)
    house.advance(120)
    assert operators.open_session(house.svc, kept) is None


def test_neither_a_cookie_nor_a_code_can_be_read_from_the_table(house: House, mai: Operator) -> None:
    kept, code = cookie(house, mai), operators.link(house.svc, mai)
    assert kept not in str(everything(house))
    assert code not in str(everything(house))


def test_what_a_disabled_operator_had_is_dead_at_once_and_stays_dead(house: House, mai: Operator) -> None:
    kept, code, reusable = (
        cookie(house, mai),
        operators.link(house.svc, mai),
        operators.link(house.svc, mai, reusable=True),
    )
    off = operators.change(house.svc, mai.operator_id, "小满", "admin", disabled=True)
    assert operators.open_session(house.svc, kept) is None
    with pytest.raises(BadInput, match="has been disabled"):
        operators.redeem(house.svc, reusable)
    with pytest.raises(BadInput, match="has been disabled"):
        operators.link(house.svc, off)

    on = operators.change(house.svc, mai.operator_id, "小满", "admin", disabled=False)
    assert operators.open_session(house.svc, kept) is None
    for old in (code, reusable):
        with pytest.raises(BadInput, match="used or has expired"):
            operators.redeem(house.svc, old)
    assert operators.open_session(house.svc, cookie(house, on))


def test_what_a_removed_operator_had_is_dead_at_once(house: House, mai: Operator) -> None:
    kept, code = cookie(house, mai), operators.link(house.svc, mai)
    operators.remove(house.svc, mai.operator_id)
    operators.add(house.svc, "小满", "admin")
    assert operators.open_session(house.svc, kept) is None
    with pytest.raises(BadInput, match="used or has expired"):
        operators.redeem(house.svc, code)


def test_a_new_role_and_name_hold_with_the_next_request(house: House, mai: Operator) -> None:
    kept = cookie(house, mai)
    operators.change(house.svc, mai.operator_id, "大满", "viewer", disabled=False)
    who = operators.open_session(house.svc, kept)
    assert who
    assert (who.name, who.role, who.kind, who.mark) == ("大满", "viewer", "operator", mai.operator_id)


def test_a_session_costs_two_reads(house: House, mai: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, calls = cookie(house, mai), list[str]()
    asked = house.svc.table._call

    def call(name: str, **told: Any) -> Any:
        calls.append(name)
        return asked(name, **told)

    monkeypatch.setattr(house.svc.table, "_call", call)
    assert operators.open_session(house.svc, kept)
    assert calls == ["get_item"] * 2
    calls.clear()
    assert operators.open_session(house.svc, "") is None
    assert not calls


def test_who_signs_out_is_out_and_others_stay(house: House, mai: Operator) -> None:
    here, there = cookie(house, mai), cookie(house, mai)
    operators.end(house.svc, here)
    operators.end(house.svc, "")
    assert operators.open_session(house.svc, here) is None
    assert operators.open_session(house.svc, there)
