"""The whole local stack for tests that ask through its doors; one a session, with ports and a folder of its own."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.doors import Controls, Phone
from ops.local.stack import Stack

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One for the session: let each test bring people of its own, and leave the clock no earlier than it found it."""
    with running(tmp_path_factory.mktemp("stack")) as started:
        yield started


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """One for whoever needs it as it is when it is new."""
    started = Stack(folder)
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def controls(stack: Stack) -> Controls:
    return Controls(stack.simulator)


@pytest.fixture
def phone(stack: Stack) -> Phone:
    """Somebody new, at the tea shop; not yet following."""
    return somebody(stack, "tea")


def somebody(stack: Stack, account: str) -> Phone:
    openid = f"o-{account}-somebody-{next(_numbers)}-".ljust(28, "0")
    return Phone(stack.simulator, account, openid)
