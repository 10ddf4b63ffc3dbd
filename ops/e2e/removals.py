"""Is a statement needed? Deploy once more, take it away, play the day: somebody must be denied something."""

import contextlib
import io
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ..demo import Surprise
from . import commands, day, judge, stage
from .judge import Place
from .world import Used, World

LOOK_EVERY = 0.2  # seconds


def prove(place: Place) -> Used:
    """What the role is denied without the statement; a Surprise if it does not miss it."""
    with (
        tempfile.TemporaryDirectory(prefix="gaiwan-e2e-") as folder,
        contextlib.redirect_stdout(io.StringIO()),
        ThreadPoolExecutor(1) as elsewhere,
    ):
        world = World(Path(folder))
        try:
            world.start()
            commands.make_stage(world)
            stage.take(world, place)
            return _first_denied(world, place, elsewhere.submit(_play, world))
        finally:
            world.stop()  # and with it the day, wherever it is


def _play(world: World) -> None:
    commands.furnish(world)
    day.morning(world)
    day.rest(world)


def _first_denied(world: World, place: Place, playing: "Future[None]") -> Used:
    """Not at the day's end: who was denied something once has proven it, and the evening is long."""
    while not (found := judge.denied(world.used(), place.role)) and not playing.done():
        time.sleep(LOOK_EVERY)
    found = found or judge.denied(world.used(), place.role)
    if not found:
        raise Surprise(f"{place} was taken away, and nobody missed it; the day ended with {playing.exception()!r}")
    return found[0]
