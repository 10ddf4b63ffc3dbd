"""What is sealed can be opened by this stage alone, for the same purpose, and unchanged."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as any_

from chalicelib.errors import Misconfigured
from chalicelib.keys import Keys

MASTER = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
VISIT = {"account": "tea", "openid": "alice", "visit": "茶"}


@pytest.fixture
def keys() -> Keys:
    return Keys(lambda: MASTER)


def another_stage() -> Keys:
    return Keys(lambda: base64.b64encode(os.urandom(32)).decode())


def test_what_was_sealed_opens_again(keys: Keys) -> None:
    sealed = keys.seal("visit", VISIT)

    assert keys.unseal("visit", sealed) == VISIT
    assert Keys(lambda: MASTER).unseal("visit", sealed) == VISIT
    assert "alice" not in sealed
    assert sealed.replace("-", "").replace("_", "").isalnum()


def test_it_opens_for_no_other_purpose_and_on_no_other_stage(keys: Keys) -> None:
    sealed = keys.seal("visit", VISIT)

    assert keys.unseal("ticket", sealed) is None
    assert another_stage().unseal("visit", sealed) is None


def test_one_changed_letter_is_enough(keys: Keys) -> None:
    sealed = keys.seal("visit", VISIT)

    for place in range(len(sealed) - 1):  # the last letter may hold bits that are no part of it
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        assert keys.unseal("visit", changed) is None


@given(any_.text() | any_.binary(max_size=80).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_anything_else_is_nothing(text: str) -> None:
    assert Keys(lambda: MASTER).unseal("visit", text) is None


@pytest.mark.parametrize(
    "written",
    [
        "",
        "!!!!",
        "YQ==",
        MASTER[:-5],
        MASTER + "\n",
        f"{MASTER[:20]} {MASTER[20:]}",
        base64.b64encode(bytes(33)).decode(),
        "钥匙",
    ],
)
def test_what_is_no_master_key_seals_and_opens_nothing(written: str) -> None:
    sealed = Keys(lambda: MASTER).seal("visit", VISIT)

    def uses(keys: Keys) -> tuple[Callable[[], Any], ...]:
        return lambda: keys.seal("visit", VISIT), lambda: keys.unseal("visit", sealed), lambda: keys.person("alice")

    for use in uses(Keys(lambda: written)):
        with pytest.raises(Misconfigured, match="32 bytes in base64") as told:
            use()
        assert not written or written not in str(told.value)


def test_a_master_key_that_cannot_be_read_is_not_a_bad_cookie() -> None:
    def unreadable() -> str:
        raise ValueError("the store is broken")

    with pytest.raises(ValueError, match="broken"):
        Keys(unreadable).unseal("visit", "AAAA")


def test_the_same_value_is_never_sealed_alike(keys: Keys) -> None:
    assert len({keys.seal("visit", VISIT) for _ in range(50)}) == 50


def test_a_person_has_one_name_in_our_logs_and_none_elsewhere(keys: Keys) -> None:
    assert keys.person("alice") == keys.person("alice") != keys.person("bob")
    assert keys.person("alice") != another_stage().person("alice")
    assert "alice" not in keys.person("alice")


def test_purposes_do_not_meet(keys: Keys) -> None:
    assert keys.digest("person", "alice") != keys.digest("code", "alice")


def test_the_master_key_is_read_once_and_not_before_it_is_needed() -> None:
    reads: list[int] = []

    def read() -> str:
        reads.append(1)
        return MASTER

    keys = Keys(read)
    assert reads == []
    keys.seal("visit", VISIT)
    keys.person("alice")
    assert reads == [1]


def test_one_time_secrets_are_long_and_never_the_same() -> None:
    given_out = {Keys.one_time() for _ in range(200)}

    assert len(given_out) == 200
    assert all(len(secret) >= 43 for secret in given_out)
    assert Keys.fingerprint("x") != Keys.fingerprint("y")
