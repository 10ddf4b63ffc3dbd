"""The pages say what the code says: keys, settings, commands, paths and links are compared."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from chalicelib.settings import Settings
from ops.__main__ import main as ops

HOME = Path(__file__).parent.parent
DOCS = HOME / "docs"
READMES = (HOME / "README.md", HOME / "README.zh-CN.md")
PAGES = sorted([*HOME.glob("*.md"), *DOCS.rglob("*.md")])
DECISIONS = sorted(page for page in (DOCS / "decisions").glob("*.md") if page.name != "README.md")
SHIPPED = sorted(path for room in ("chalicelib", "simulator", "ops") for path in (HOME / room).rglob("*.py"))

ON_THE_INDEX = {"shelf", "place"}
EVERY_ITEM_MAY = {"expires"}
# `pk …   sk …`, perhaps a few words, then what the item holds.
ITEM = re.compile(r"\bpk (\S+) +sk (\S+)[^{]*?\{(.*?)\}", re.DOTALL)
SHELF = re.compile(r"\bshelf (\S+) +place (\S+)")
VARIABLE = re.compile(r"\b(?:GAIWAN|WECHAT)_[A-Z_]+\b|\b(?:FRESH|UPGRADE)\b")
KNOBS_OF_OPS = ("ops/local/__main__.py", "ops/setup.sh", "Makefile")
PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|json|txt|sh|toml)")
MADE_WHILE_RUNNING = (".local/", ".venv/", ".chalice/deployed/", ".chalice/deployments/")
LONGEST_PAGE = 200  # lines; nobody reads more
DOOR = r"([a-z][a-z0-9-]*)"  # a target of the Makefile
WRITTEN_BY_PROGRAMS = re.compile(r"^<!-- (\w+): begin -->$.*?^<!-- \1: end -->$", re.DOTALL | re.MULTILINE)


def name(page: Path) -> str:
    return page.relative_to(HOME).as_posix()


def prose(page: Path) -> str:
    """Without the blocks of code, which show what a reader might write."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def code_words(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(page))


def rows(page: Path) -> Iterator[list[str]]:
    """The cells of each row of each table."""
    for line in prose(page).splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def docstrings() -> Iterator[str]:
    """Of the files, classes and functions of chalicelib."""
    for path in (HOME / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                yield ast.get_docstring(node) or ""


def listed(text: str) -> set[str]:
    return {word.strip() for word in text.split(",")} - ON_THE_INDEX - EVERY_ITEM_MAY


def test_the_page_of_data_and_the_docstrings_name_the_same_items() -> None:
    told = {(pk, sk): listed(holds) for text in docstrings() for pk, sk, holds in ITEM.findall(text)}
    shown = {
        (cells[0].strip("`"), cells[1].strip("`")): listed(cells[2])
        for cells in rows(DOCS / "data.md")
        if len(cells) == len(("pk", "sk", "attributes", "written by", "expires")) and cells[0].startswith("`")
    }
    assert len(told) > len(EVERY_ITEM_MAY)
    assert shown == told


def test_the_page_of_data_and_the_docstrings_name_the_same_shelves() -> None:
    told = {shelf for text in docstrings() for shelf in SHELF.findall(text)}
    shown = {
        (cells[0].strip("`"), cells[1].strip("`"))
        for cells in rows(DOCS / "data.md")
        if len(cells) == len(("shelf", "place", "for")) and cells[0].startswith("`")
    }
    assert shown == told


def test_every_setting_is_explained_and_every_explained_setting_exists() -> None:
    sources = ("chalicelib/settings.py", *KNOBS_OF_OPS)
    read = {found for source in sources for found in VARIABLE.findall((HOME / source).read_text(encoding="utf-8"))}
    explained = {cells[0].strip("`") for cells in rows(DOCS / "settings.md") if VARIABLE.fullmatch(cells[0].strip("`"))}
    assert explained == read


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    explained = set(VARIABLE.findall((DOCS / "settings.md").read_text(encoding="utf-8")))
    for page in PAGES:
        assert set(VARIABLE.findall(page.read_text(encoding="utf-8"))) <= explained, name(page)


def test_the_defaults_on_the_page_are_those_of_the_code() -> None:
    shown = {cells[0].strip("`"): cells[1].strip("`") for cells in rows(DOCS / "settings.md") if len(cells) > 1}
    settings = Settings.from_env({"GAIWAN_STAGE": "dev"})
    for field in (
        "wechat_api",
        "wechat_open",
        "wechat_jssdk",
        "log_level",
        "message_days",
        "visit_days",
        "held_deliveries",
    ):
        assert shown[f"GAIWAN_{field.upper()}"] == str(getattr(settings, field))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_on_a_page_exists(page: Path) -> None:
    for word in code_words(page):
        if not PATH.fullmatch(word) or word.startswith(MADE_WHILE_RUNNING):
            continue
        places = (HOME / word, HOME / "chalicelib" / word, page.parent / word)
        beside = HOME.glob(f"chalicelib/*/{word}") if "/" not in word else iter(())
        assert any(place.exists() for place in places) or any(beside), f"{name(page)}: {word}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_between_pages_resolves(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith("https://"):
            continue
        file, _, place = target.partition("#")
        found = page.parent / file if file else page
        assert found.exists(), f"{name(page)}: {target}"
        assert not place or place in anchors(found), f"{name(page)}: {target}"


def anchors(page: Path) -> set[str]:
    """The names that a forge gives to headings."""
    titles = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_on_a_page_is_one_of_the_makefile(page: Path) -> None:
    doors = set(re.findall(rf"^{DOOR}:", (HOME / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    asked = set(re.findall(rf"(?:^|`|=\S+ )make {DOOR}", page.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert asked <= doors


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_of_ops_on_a_page_exists_with_its_options(page: Path) -> None:
    by_people = WRITTEN_BY_PROGRAMS.sub("", page.read_text(encoding="utf-8"))
    for line in re.findall(r"\bpython -m ops ([^`#\n。，]+)", by_people):
        command, options = spoken(line.split())
        assert command is not ops or options == {"--help"}, line
        known = {option for parameter in command.params for option in parameter.opts} | {"--help", "--stage"}
        assert options <= known, line


def spoken(words: list[str]) -> tuple[click.Command, set[str]]:
    """The innermost command that the words name, and the options that they give it."""
    command: click.Command = ops
    for word in words:
        inner = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else None
        command = inner or command
    return command, {re.sub(r"[^a-z-].*", "", word) for word in words if word.startswith("--")}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_is_too_long_to_be_read(page: Path) -> None:
    by_people = WRITTEN_BY_PROGRAMS.sub("", page.read_text(encoding="utf-8"))
    assert len(by_people.splitlines()) <= LONGEST_PAGE


def test_both_readmes_have_the_same_parts() -> None:
    english, chinese = (
        [line.split(" ")[0] for line in prose(page).splitlines() if line[:1] == "#"] for page in READMES
    )
    assert english == chinese


def test_both_readmes_show_the_same_tables_of_commands_folders_and_tests() -> None:
    def shown(page: Path) -> list[list[str]]:
        named = re.compile(r"`(make [a-z0-9-]+|[\w.]+(?:/[\w.-]*)+|http[^`]+)`")
        return [named.findall(" ".join(cells)) for cells in rows(page)]

    assert shown(READMES[0]) == shown(READMES[1])


def test_the_readme_tells_of_every_door_of_the_makefile() -> None:
    doors = re.findall(rf"^{DOOR}:.*##", (HOME / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    told = {found[1] for cells in rows(READMES[0]) if (found := re.fullmatch(rf"`make {DOOR}`", cells[0]))}
    assert told == set(doors) - {"help"}


def test_every_decision_is_listed_once_and_complete() -> None:
    links = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (DOCS / "decisions" / "README.md").read_text(encoding="utf-8"))
    assert links == [page.name for page in DECISIONS]
    for page in DECISIONS:
        titles = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert titles == ["Context", "Decision", "Consequences"], page.name


def test_the_changelog_has_room_for_the_next_change() -> None:
    assert "\n## [Unreleased]\n" in (HOME / "CHANGELOG.md").read_text(encoding="utf-8")


def test_pictures_are_small_enough_to_be_loaded() -> None:
    pictures = list((DOCS / "images").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < 300_000, picture.name
        assert any(picture.name in page.read_text(encoding="utf-8") for page in PAGES), picture.name


@pytest.mark.parametrize("path", SHIPPED, ids=name)
def test_every_file_begins_by_saying_why_it_exists(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not source.strip() or ast.get_docstring(ast.parse(source)), name(path)
