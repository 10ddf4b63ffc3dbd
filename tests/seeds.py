"""What chance decides in tests: two seeds that are always played, and one that is another every day.

The name of a test says which it was; `SEED=20261123 make test` plays any of them again.
"""

import os
from datetime import UTC, datetime

SEED = int(os.environ.get("SEED") or datetime.now(UTC).strftime("%Y%m%d"))
SEEDS = [1, 2, SEED]


def dies_after(request: int) -> bool:
    """Whether a worker killed at this request has had it done: so at every second one, tomorrow at the others."""
    return (request + SEED) % 2 == 0
