"""A run's transcript goes into the documentation: it must hold no secret and nothing of the machine it ran on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ops.e2e.transcript import Transcript
from ops.e2e.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def kept(world: World, tmp_path: Path, *pieces: str) -> str:
    transcript = Transcript(io.StringIO(), world)
    for piece in pieces:
        transcript.write(piece)
    transcript.keep(tmp_path / "transcript")
    return (tmp_path / "transcript").read_text()


def test_no_secret_of_an_account_is_in_it(world: World, tmp_path: Path) -> None:
    for account in world.accounts:
        for name in ("secret", "token", "aes_key"):
            assert kept(world, tmp_path, f"it is {account[name]}!\n") == "it is ********!\n"


def test_a_secret_written_in_two_pieces_is_masked_too(world: World, tmp_path: Path) -> None:
    secret = world.accounts[0]["secret"]
    assert kept(world, tmp_path, secret[:5], secret[5:], "\n") == "********\n"


def test_an_api_token_is_masked_before_anybody_knows_it(world: World, tmp_path: Path) -> None:
    assert kept(world, tmp_path, "gaiwan_0123456789abcdefghijklmnop-_\n") == "gaiwan_********\n"


def test_folders_and_ports_of_this_machine_are_not_in_it(world: World, tmp_path: Path) -> None:
    line = f"{world.checkout}/app.py {world.folder}/clock {world.app}/wechat/tea {world.simulator}/\n"
    assert kept(world, tmp_path, line) == (
        "gaiwan/app.py world/clock http://aws/_aws/execute-api/e2eapi0001/v1/wechat/tea http://wechat/\n"
    )


def test_an_account_key_is_of_letters_and_digits_as_wechat_makes_them(world: World) -> None:
    assert all(account["aes_key"].isalnum() and len(account["aes_key"]) == 43 for account in world.accounts)
