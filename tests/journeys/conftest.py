"""The console's shop and seats. One town a session, since it takes some seconds; a browser for each module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests import console_town
from tests.console_desk import Desk, session, sitting
from tests.console_town import Town
from tests.stack import running

Seats = Callable[[str], Any]


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """On a stack of its own: its people and its clock are nobody else's."""
    with running(tmp_path_factory.mktemp("town")) as stack:
        yield console_town.found(stack)


@pytest.fixture(scope="module")
def seats(chromium: Any, town: Town) -> Seats:
    """What a browser keeps of whoever has signed in, by their role."""
    return cache(lambda role: session(chromium, town, role))


@pytest.fixture
def desk(chromium: Any, town: Town, seats: Seats) -> Iterator[Desk]:
    """An admin's."""
    with sitting(chromium, town, storage_state=seats("admin")) as found:
        yield found
