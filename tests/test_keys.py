"""What is sealed can be opened by this stage alone, for the same purpose, and unchanged; what it signs, by anybody."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from typing import Any

import jwt
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

    for place in range(len(sealed)):
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


CLAIMS: dict[str, Any] = {"sub": "alice", "aud": "https://shop.example.com", "exp": 2_000_000_000, "nickname": "茶"}


def letters(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_a_token_is_checked_by_a_library_that_knows_only_the_public_key(keys: Keys) -> None:
    token = keys.sign_token(CLAIMS)
    (public,) = keys.jwks()["keys"]

    assert jwt.decode(token, jwt.PyJWK(public), algorithms=["ES256"], audience=CLAIMS["aud"]) == CLAIMS
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "typ": "JWT", "kid": public["kid"]}
    assert keys.open_token(token, 1_999_999_999) == CLAIMS


def test_the_key_is_named_by_its_thumbprint_and_its_secret_half_is_not_shown(keys: Keys) -> None:
    (public,) = keys.jwks()["keys"]
    required = {name: public[name] for name in ("crv", "kty", "x", "y")}
    thumbprint = hashlib.sha256(json.dumps(required, separators=(",", ":"), sort_keys=True).encode()).digest()

    assert public == required | {"use": "sig", "alg": "ES256", "kid": letters(thumbprint)}


def test_each_stage_has_a_key_of_its_own_and_keeps_it(keys: Keys) -> None:
    assert Keys(lambda: MASTER).jwks() == keys.jwks() != another_stage().jwks()
    assert another_stage().open_token(keys.sign_token(CLAIMS), 0) is None


def test_a_token_ends(keys: Keys) -> None:
    token = keys.sign_token(CLAIMS)

    assert keys.open_token(token, 2_000_000_000) is None
    assert keys.open_token(token, 0) == CLAIMS


def test_one_changed_letter_of_a_token_is_enough(keys: Keys) -> None:
    token = keys.sign_token(CLAIMS)

    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert keys.open_token(changed, 0) is None, place


@given(any_.text() | any_.text("abc.-_", max_size=40))
def test_what_is_no_token_is_nothing(text: str) -> None:
    assert Keys(lambda: MASTER).open_token(text, 0) is None


def test_nobody_chooses_the_algorithm(keys: Keys) -> None:
    _, payload, signature = keys.sign_token(CLAIMS).split(".")
    (public,) = keys.jwks()["keys"]
    for header in ({"alg": "none"}, {"alg": "HS256", "typ": "JWT", "kid": public["kid"]}, {"alg": "ES256"}, {}):
        begun = f"{letters(json.dumps(header).encode())}.{payload}"
        assert keys.open_token(f"{begun}.", 0) is None
        assert keys.open_token(f"{begun}.{signature}", 0) is None
    confused = jwt.encode(CLAIMS, "x" * 32, algorithm="HS256", headers={"kid": public["kid"]})
    assert keys.open_token(confused, 0) is None
