"""The way back to an earlier release: its code, in all functions, or a sentence that says why not."""

import itertools
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.deploy import commands, releases, state, workspace
from ops.resources import apply
from ops.say import Problem
from ops.target import Target
from tests.ops.by_chalice import archive, assert_told, function, function_names, run

_stages, _seconds = itertools.count(), itertools.count()


@pytest.fixture
def target(aws: str) -> Target:
    return Target(f"back{next(_stages)}")


def test_a_stage_that_never_lived_has_no_past(target: Target) -> None:
    assert_told(run("rollback", "--stage", target.stage), "was never deployed")


def test_a_first_deploy_that_was_interrupted_is_to_be_finished_first(target: Target) -> None:
    function(target, "tick")
    assert_told(run("rollback", "--stage", target.stage), f"The first deploy of {target.stage} was never finished")


def test_part_of_a_name_that_fits_several_releases_says_which(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(target)
    kept_releases(target, tmp_path, "old", "new")
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    told = run("rollback", "--to", "20261123", "--stage", target.stage)
    assert_told(told, "--to 20261123 fits several releases: 20261123T000001Z-new, 20261123T000000Z-old.")


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


def test_after_a_rollback_and_a_mended_deploy_the_way_back_leads_around_the_bad_release(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    shutil.copytree(workspace.ROOT / ".chalice", tmp_path / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    apply(target.stage)
    live(target)
    deployed(target, tmp_path, "good", "bad")
    assert run("rollback", "--stage", target.stage).exit_code == 0
    # Mended; the deploy is interrupted, run again, and once more without a change.
    begun(target, tmp_path, "mended")
    deployed(target, tmp_path, "mended", "mended")

    result = run("rollback", "--stage", target.stage)

    assert result.exit_code == 0, result.output
    assert releases.configurations(target)["tick"]["CodeSha256"] == releases.digest(archive("good"))


def test_a_rollback_that_was_interrupted_is_finished_by_the_next_and_goes_no_further(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(target)
    deployed(target, tmp_path, "older", "good", "bad")
    kept, client = releases.Releases(tmp_path, target), target.client("lambda")
    one = [client.update_function_code]

    def until_the_second(**options: Any) -> None:
        if not one:
            raise KeyboardInterrupt
        one.pop()(**options)

    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        cut.setattr(client, "update_function_code", until_the_second)
        releases.roll_back(target, kept, "")

    assert releases.roll_back(target, kept, "").digest == releases.digest(archive("good"))


def test_what_ran_before_and_is_kept_no_more_is_not_replaced_by_another() -> None:
    with pytest.raises(Problem, match="no such release"):
        releases.chosen([release("c", before="a"), release("b")], "c", "")


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


def test_code_that_cannot_be_fetched_is_told_and_stops_no_deploy(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    function(target, "api_handler", code="theirs")
    there = {"Code": {"Location": "http://127.0.0.1:9/code.zip"}}
    monkeypatch.setattr(target.client("lambda"), "get_function", lambda **_: there)
    kept = releases.Releases(tmp_path, target)
    assert kept.keep_live() == releases.digest(archive("theirs"))
    assert not list(kept)
    assert "no copy of it is kept" in capsys.readouterr().err


def test_a_copy_of_what_runs_pushes_the_oldest_release_out(target: Target, tmp_path: Path) -> None:
    function(target, "api_handler", code="theirs")
    kept = kept_releases(target, tmp_path, *"abcde")
    kept.keep_live()
    assert len(list(kept)) == releases.KEPT


def test_the_list_marks_the_one_that_runs(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function(target, "api_handler", code="new")
    kept_releases(target, tmp_path, "old", "new")
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    new, old = run("rollback", "--list", "--stage", target.stage).output.splitlines()
    assert new.startswith("* ") and "-new " in new
    assert old.startswith("  ") and "-old " in old


def release(name: str, before: str = "") -> releases.Release:
    return releases.Release(name, "python3.11", "arm64", ["api_handler"], digest=name, before=before)


def deployed(target: Target, root: Path, *versions: str) -> None:
    """Each as `deploy` does it, without Chalice."""
    kept = releases.Releases(root, target)
    for version in versions:
        work = begun(target, root, version)
        kept.keep(work, version, datetime(2040, 11, 23, 0, 0, next(_seconds), tzinfo=UTC))


def begun(target: Target, root: Path, version: str) -> workspace.Workspace:
    """As far as Chalice goes; an interrupt may come then."""
    (root / "made.zip").write_bytes(archive(version))
    work = workspace.Workspace(root, target, root / "made.zip", "python3.11", "arm64")
    releases.Releases(root, target).begin(work)
    for name in function_names():
        full = state.full_name(target, name)
        target.client("lambda").update_function_code(FunctionName=full, ZipFile=archive(version))
    return work


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
