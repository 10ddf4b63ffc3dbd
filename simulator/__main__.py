"""`python -m simulator --port 9000 --config FILE.json [--state DIR] [--clock-file FILE]`"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from simulator.server import Simulator
from simulator.world import World


def main() -> None:
    asked = _asked()
    world = World(json.loads(asked.config.read_text()), asked.state, asked.clock_file)
    try:
        simulator = Simulator(world, asked.port)
    except OSError as error:
        sys.exit(f"端口 {asked.port} 不可用 port {asked.port} cannot be used: {error.strerror}")
    simulator.start()
    sys.stdout.write(f"simulator {simulator.address}\n")
    sys.stdout.flush()
    _wait_for_the_end()
    world.save()
    # Deliveries may still be waiting for an answer; the stop does not wait for them.
    os._exit(0)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--state", type=Path, help="keep tokens, people and inboxes here between runs")
    parser.add_argument("--clock-file", type=Path, help="tell the clock's offset here, in seconds")
    return parser.parse_args()


def _wait_for_the_end() -> None:
    """Both signals by hand: a process started with `&` inherits SIGINT ignored."""
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    end.wait()


if __name__ == "__main__":
    main()
