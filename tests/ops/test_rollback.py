"""The way back to an earlier release: its code, in all functions, or a sentence that says why not."""

import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.deploy import commands, releases, workspace
from ops.say import Problem
from ops.target import Target
from tests.ops.by_chalice import archive, assert_told, function, function_names, run

_stages = itertools.count()


@pytest.fixture
def target(aws: str) -> Target:
    return Target(f"back{next(_stages)}")


def test_a_stage_that_never_lived_has_no_past(target: Target) -> None:
    assert_told(run("rollback", "--stage", target.stage), "was never deployed")


def test_without_an_older_release_it_says_which_there_are() -> None:
    for kept, live, wanted in (([], "a", ""), ([release("b"), release("a")], "a", ""), ([release("a")], "a", "x")):
        with pytest.raises(Problem, match="no such release"):
            releases.chosen(kept, live, wanted)


def test_old_code_is_not_put_under_another_python(target: Target, tmp_path: Path) -> None:
    live(target)
    kept = kept_releases(target, tmp_path, "old", "new")
    file = next(tmp_path.rglob("*old.json"))
    file.write_text(file.read_text().replace("python3.11", "python3.14"))
    with pytest.raises(Problem, match="Python, processor or functions have changed"):
        releases.roll_back(target, kept, "old")


def test_a_damaged_package_is_not_used(target: Target, tmp_path: Path) -> None:
    live(target)
    kept = kept_releases(target, tmp_path, "old", "new")
    next(tmp_path.rglob("*old.zip")).write_bytes(b"PK")
    with pytest.raises(Problem, match="is damaged"):
        releases.roll_back(target, kept, "old")


def test_every_function_gets_the_code_of_before_and_twice_does_no_harm(target: Target, tmp_path: Path) -> None:
    live(target)
    kept = kept_releases(target, tmp_path, "old", "new")
    wanted = releases.digest(archive("old"))
    for _ in range(2):
        assert releases.roll_back(target, kept, "old").digest == wanted
        assert {one["CodeSha256"] for one in releases.configurations(target).values()} == {wanted}


def test_the_one_before_the_live_one_is_meant_when_none_is_named() -> None:
    kept = [release("c"), release("b"), release("a")]
    assert releases.chosen(kept, "c", "").name == "b"
    assert releases.chosen(kept, "b", "").name == "a"
    assert releases.chosen(kept, "elsewhere", "").name == "c"
    assert releases.chosen(kept, "c", "a").name == "a"


def test_five_releases_are_kept_and_the_same_code_counts_once(target: Target, tmp_path: Path) -> None:
    kept = kept_releases(target, tmp_path, *"abcdefg", "f")
    assert [one.name.rpartition("-")[2] for one in kept] == ["f", "g", "e", "d", "c"]
    assert len(list(tmp_path.rglob("*.zip"))) == 5


def test_code_that_another_machine_deployed_is_kept_before_it_is_replaced(target: Target, tmp_path: Path) -> None:
    function(target, "api_handler", code="theirs")
    kept = releases.Releases(tmp_path, target)
    for _ in range(2):
        kept.keep_live()
    (only,) = kept
    assert only.name.endswith("-live") and kept.package(only) == archive("theirs")


def test_the_list_marks_the_one_that_runs(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function(target, "api_handler", code="new")
    kept_releases(target, tmp_path, "old", "new")
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    new, old = run("rollback", "--list", "--stage", target.stage).output.splitlines()
    assert new.startswith("* ") and "-new " in new
    assert old.startswith("  ") and "-old " in old


def release(name: str) -> releases.Release:
    return releases.Release(name, "python3.11", "arm64", ["api_handler"], digest=name)


def kept_releases(target: Target, root: Path, *versions: str) -> releases.Releases:
    """One release a second, the last the newest."""
    kept = releases.Releases(root, target)
    for second, version in enumerate(versions):
        (root / "made.zip").write_bytes(archive(version))
        work = workspace.Workspace(root, target, root / "made.zip", "python3.11", "arm64")
        kept.keep(work, version, datetime(2026, 11, 23, 0, 0, second, tzinfo=UTC))
    (root / "made.zip").unlink()
    return kept


def live(target: Target) -> None:
    for name in function_names():
        function(target, name)
