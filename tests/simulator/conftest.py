"""A fresh simulator and a fresh shop for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator.server import Simulator
from simulator.world import World
from tests.simulator.shop import LEAF, Doors, Shop, config


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def tea(shop: Shop) -> Iterator[Doors]:
    with Simulator(World(config(shop.address))) as address:
        yield Doors(address)


@pytest.fixture
def leaf(tea: Doors) -> Doors:
    return Doors(tea.address, "leaf", LEAF)
