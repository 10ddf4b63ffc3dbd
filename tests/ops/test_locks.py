"""What is installed is what was chosen: pinned, hashed, and told without naming where it comes from."""

import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from ops import lock

LOCKS = [pytest.param(name, id=name) for name in lock.LOCKS]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_to_one_version_and_to_known_files(name: str) -> None:
    for requirement in _requirements(name):
        assert re.fullmatch(r"[a-z0-9.-]+==[\w.!+-]+( --hash=sha256:[0-9a-f]{64})+", requirement), requirement


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_names_a_host(name: str) -> None:
    assert "//" not in (lock.ROOT / lock.file_of(name)).read_text()
    assert "//" not in (lock.ROOT / f"ops/requirements/{name}.in").read_text()


@pytest.mark.parametrize("name", LOCKS)
def test_everything_asked_for_is_locked_somewhere(name: str) -> None:
    held = set().union(*(lock.locked(other) for other in lock.LOCKS))
    assert _asked(name) <= held


def test_all_files_install_together_since_they_agree_on_every_version() -> None:
    pins = {pin for name in lock.LOCKS for pin in lock.locked(name).items()}
    assert len(pins) == len(dict(pins))


@pytest.mark.parametrize("name", LOCKS)
def test_every_file_holds_all_that_its_packages_need(name: str) -> None:
    """Beside what is always installed; pip refuses to install with hashes what it has no hash for."""
    held = set().union(*(lock.locked(other) for other in (*lock.ALWAYS, name)))
    for package in lock.locked(name):
        assert _needed(package) <= held, package


def test_the_zip_leaves_out_what_lambda_and_chalice_bring() -> None:
    assert not {"chalice", "boto3", "botocore", "urllib3", "s3transfer"} & set(lock.locked("runtime"))


def test_compiled_packages_of_the_zip_cover_every_python_on_both_processors() -> None:
    files = {line.split("==")[0]: line.count("--hash") for line in _requirements("runtime")}
    both = 2
    assert files["msgspec"] >= both * len(lock.PYTHONS)
    assert files["regex"] >= both * len(lock.PYTHONS)
    assert files["pycryptodome"] >= both


def _needed(package: str) -> set[str]:
    """What it asks for on this machine; nothing if it is not installed here."""
    try:
        asked = [Requirement(text) for text in metadata.requires(package) or []]
    except metadata.PackageNotFoundError:
        return set()
    wanted = [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    return {re.sub(r"[-_.]+", "-", one.name).lower() for one in wanted}


def _requirements(name: str) -> list[str]:
    text = (lock.ROOT / lock.file_of(name)).read_text().replace(" \\\n    ", " ")
    return [line for line in text.splitlines() if not line.startswith("#")]


def _asked(name: str) -> set[str]:
    lines = (lock.ROOT / f"ops/requirements/{name}.in").read_text().splitlines()
    return {re.split(r"[=\[]", line)[0].lower() for line in lines if line and not line.startswith("#")}
