"""`python -m ops`: every command that is listed is there, and says in two languages what it does."""

import re

import click
import pytest

from ops.__main__ import COMMANDS, main
from tests.ops.emulated import run

CHINESE = re.compile(r"[\u4e00-\u9fff]{4}")
ENGLISH = re.compile(r"[a-z]+ [a-z]+ [a-z]+")


def test_a_command_that_there_is_not_is_refused() -> None:
    assert run("explode").exit_code == 2


def test_the_list_is_in_the_order_in_which_one_needs_them() -> None:
    told = run("--help").output
    places = [told.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself_in_both_languages(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert CHINESE.search(result.output) and ENGLISH.search(result.output)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"cost"}))  # which only calculates
def test_each_command_or_its_parts_have_the_stage_to_work_on(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert all("stage" in [parameter.name for parameter in part.params] for part in parts(command))


def parts(command: click.Command) -> list[click.Command]:
    if not isinstance(command, click.Group):
        return [command]
    return [part for below in command.commands.values() for part in parts(below)]
