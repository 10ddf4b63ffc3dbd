"""WeChat's proof files on our address: byte for byte, at the root and under a path, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.aws.table import Item
from chalicelib.errors import BadInput, NotFound
from chalicelib.features import proofs
from tests.house import House

FILE, CONTENT = "MP_verify_Ab3dEf6hIj9kLm1n.txt", b"Ab3dEf6hIj9kLm1n"


def a_minute_later(house: House) -> None:
    house.svc._cache.clear()


@pytest.mark.parametrize(
    "name",
    [
        "robots.txt",
        "MP_verify_.txt",
        "MP_verify_Ab3dEf6hIj9kLm1n.html",
        "MP_verify_Ab3dEf6hIj9kLm1n.txt.exe",
        "XX_verify_Ab3dEf6hIj9kLm1n.txt",
        "../MP_verify_Ab3dEf6hIj9kLm1n.txt",
        "short.txt",
        f"{'x' * 65}.txt",
        "ＭＰ_verify_Ab3dEf6hIj9kLm1n.txt",
    ],
)
def test_no_other_name_can_be_kept(house: House, name: str) -> None:
    with pytest.raises(BadInput):
        proofs.keep(house.svc, name, CONTENT)


@pytest.mark.parametrize("content", [b"", b"x" * 1025, b"\x00", b"\x1b[0m", "茶".encode(), b"\xff"])
def test_no_other_content_can_be_kept(house: House, content: bytes) -> None:
    with pytest.raises(BadInput):
        proofs.keep(house.svc, FILE, content)


@pytest.mark.parametrize("path", ["", "/shop", "/shop/spring", "/h5", "/h5/tea", "/.well-known", "/.well-known/shop"])
@pytest.mark.parametrize("file", [FILE, "WW_verify_Ab3dEf6hIj9kLm1n.txt", "YYx3pTFmvF.txt"])
def test_a_proof_is_served_at_the_root_and_under_a_path(house: House, path: str, file: str) -> None:
    content = CONTENT + b"\r\n"
    proofs.keep(house.svc, file, content)

    answer = house.get(f"{path}/{file}")

    assert (answer.status, answer.data) == (200, content)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_proof_is_served_whatever_the_asker_says_it_accepts(house: House) -> None:
    proofs.keep(house.svc, FILE, CONTENT)
    for headers in ({"Accept": "text/html"}, {"Accept": "*/*"}, {"Content-Type": "text/plain"}):
        assert house.get(f"/{FILE}", **headers).data == CONTENT


@pytest.mark.parametrize("path", ["/favicon.ico", f"/{FILE}", "/h5/YYx3pTFmvF.txt", "/a/b/c", "/h5/tea/c", "/accounts"])
def test_what_nobody_put_there_is_not_found(house: House, path: str) -> None:
    assert house.get(path).status == 404


def test_no_page_is_hidden_by_a_proof(house: House) -> None:
    assert house.get("/h5/tea/hello").status == 200
    assert house.get("/oauth/tea/me").json() == {"signed_in": False}
    assert house.get("/api/tea/rules").status == 401


def test_who_guesses_names_costs_one_read_a_minute(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    under = house.svc.table.under

    def counted(pk: str) -> Iterator[Item]:
        reads.append(pk)
        return under(pk)

    monkeypatch.setattr(house.svc.table, "under", counted)

    for number in range(5):
        assert house.get(f"/nothing{number}.html").status == 404
    assert reads == []
    for number in range(5):
        assert house.get(f"/MP_verify_1234567{number}.txt").status == 404
    assert reads == ["proofs"]


def test_a_forgotten_proof_is_gone_within_a_minute(house: House) -> None:
    proofs.keep(house.svc, FILE, CONTENT)
    assert house.get(f"/{FILE}").status == 200
    proofs.forget(house.svc, FILE)
    a_minute_later(house)
    assert house.get(f"/{FILE}").status == 404
    with pytest.raises(NotFound):
        proofs.forget(house.svc, FILE)
