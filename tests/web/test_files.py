"""The module that front-end teams import: small, fresh within minutes, and readable by those who may."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.settings import Settings
from chalicelib.web import files
from tests.house import House

MODULE, TYPES = "/h5/gaiwan.js", "/h5/gaiwan.d.ts"
OTHER = "https://shop.example.com"
LIMIT = 4096


@pytest.mark.parametrize(("path", "content_type"), [(MODULE, "text/javascript"), (TYPES, "text/plain")])
def test_anybody_may_load_it_and_keep_it_for_five_minutes(house: House, path: str, content_type: str) -> None:
    answer = house.get(f"{path}?account=tea")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == f"{content_type}; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", [MODULE, TYPES])
def test_whoever_has_it_is_not_sent_it_again(house: House, path: str) -> None:
    mark = house.get(path).headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', mark)

    known = house.get(path, **{"If-None-Match": f'"older", {mark}'})
    other = house.get(path, **{"If-None-Match": '"older"'})

    assert (known.status, known.data, known.headers["ETag"]) == (304, b"", mark)
    assert known.headers["Cache-Control"] == "public, max-age=300"
    assert other.status == 200


def test_the_module_is_under_four_kilobytes_whatever_serves_the_jssdk(house: House) -> None:
    address = house.svc.settings.wechat_jssdk

    served = house.get(MODULE).data

    assert len(served) < LIMIT
    assert len(files._read("gaiwan.js", Settings("dev").wechat_jssdk).encode()) < LIMIT
    assert f'"{address}"'.encode() in served
    assert files.JSSDK.encode() not in served


def test_another_address_of_the_jssdk_is_another_file(house: House) -> None:
    before = house.get(MODULE).headers["ETag"]

    house.svc.settings = replace(house.svc.settings, wechat_jssdk='https://cdn.example.com/"jweixin.js')

    after = house.get(MODULE)
    assert after.headers["ETag"] != before
    assert rb'"https://cdn.example.com/\"jweixin.js"' in after.data


def test_pages_of_listed_sites_may_import_it_and_no_others(house: House) -> None:
    house.svc.table.update("accounts", "leaf", {"then_origins": [OTHER]})
    house.svc.forget("accounts")

    listed, stranger = house.get(MODULE, Origin=OTHER), house.get(MODULE, Origin="https://evil.example")

    assert listed.headers["Access-Control-Allow-Origin"] == OTHER
    assert "Access-Control-Allow-Credentials" not in listed.headers
    assert "Access-Control-Allow-Origin" not in stranger.headers
    assert listed.headers["Vary"] == stranger.headers["Vary"] == "Origin"


def test_what_goes_out_is_what_stands_in_the_folder_but_for_comments_and_indentation() -> None:
    written = (files.FOLDER / "gaiwan.js").read_text(encoding="utf-8")
    lines = [line.strip() for line in written.splitlines()]

    served = files._read("gaiwan.js", files.JSSDK)

    assert served.splitlines() == [line for line in lines if not line.startswith("//")]


def test_old_browsers_of_wechat_can_read_it() -> None:
    """ES2020 is what its webviews have had since 2020; all below is newer."""
    written = (files.FOLDER / "gaiwan.js").read_text(encoding="utf-8")

    assert not re.search(
        r"\|\|=|&&=|\?\?=|^await|\bstatic \{|#[a-z]\w* ?[=(;]|\.at\(|replaceAll|Object\.hasOwn", written
    )


def test_every_function_of_the_module_is_in_its_types_and_the_other_way_round() -> None:
    names = [
        set(re.findall(r"^export (?:async )?function (\w+)", (files.FOLDER / name).read_text(), re.MULTILINE))
        for name in ("gaiwan.js", "gaiwan.d.ts")
    ]

    assert names[0] == names[1] == {"me", "signIn", "signOut", "configureJssdk"}


@pytest.mark.skipif(not shutil.which("node"), reason="no node: the module is not parsed by a second reader")
def test_the_module_as_served_is_a_module(tmp_path: Path) -> None:
    served = tmp_path / "gaiwan.mjs"
    served.write_text(files._read("gaiwan.js", files.JSSDK), encoding="utf-8")

    done = subprocess.run(["node", "--check", str(served)], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
