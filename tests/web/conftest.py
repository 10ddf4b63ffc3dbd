"""What the tests of the API share."""

from __future__ import annotations

import pytest

from tests.house import House
from tests.web.asking import Api


@pytest.fixture
def api(shop: House) -> Api:
    """A machine with a token for everything."""
    return Api(shop)
