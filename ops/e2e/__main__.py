"""`make e2e`: deploy, a day of the tea shop, a change, a step back and the end; then what every role had and needed.

    python -m ops.e2e [--full] [--transcript FILE]

--full takes away every statement of every role, one at a time; else a few, drawn by date (judge.py).
"""

import argparse
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ..demo import Surprise, expect, tell
from ..doors import Refused
from ..local.processes import DidNotStart
from . import brand, commands, day, judge, removals, stage
from .judge import Policies
from .transcript import Transcript
from .world import CommandFailed, Used, World

GREETING, OTHER_GREETING = "您好，", "欢迎回来，"
Act = tuple[str, str, Callable[[World], None]]


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="gaiwan-e2e-") as folder:
        world = World(Path(folder))
        transcript = Transcript(sys.stdout, world)
        try:
            with contextlib.redirect_stdout(transcript):
                policies, used = _whole_way(world)
        except (Surprise, Refused, DidNotStart, CommandFailed) as error:
            _explain(error, world)
            return 1
        finally:
            world.stop()
    if asked.transcript:
        transcript.keep(asked.transcript)
    print(f"\n{judge.table(used)}\n")
    if wrong := judge.findings(policies, used):
        print("\n".join(wrong))
        return 1
    return _take_away(policies, asked.full)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ops.e2e")
    parser.add_argument("--full", action="store_true", help="take away every statement, not a few")
    parser.add_argument("--transcript", type=Path, help="where to write what was said")
    return parser.parse_args()


def _explain(error: Exception, world: World) -> None:
    denied = judge.findings({}, world.used())
    print("", f"  意外 · a surprise: {error}", *denied, world.last_words(), sep="\n\n", file=sys.stderr)


def _whole_way(world: World) -> tuple[Policies, list[Used]]:
    """The transcript: what an operator types and sees, and the shop's day in between. The policies, and their use.

    Of the end only what the operator sees counts: a function that is just at work while its role is removed is denied.
    """
    world.start()
    for act in ACTS:
        _play(act, world)
    policies, used = stage.policies(world), world.used()
    _play(THE_END, world)
    return policies, used


def _play(act: Act, world: World) -> None:
    chinese, english, happens = act
    tell(f"## {chinese}", f"## {english}")
    begun = time.monotonic()
    happens(world)
    print(f"{english}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def goes_live(world: World) -> None:
    commands.make_stage(world)
    stage.table_is_safe(world)
    stage.is_whole(world)
    commands.furnish(world)


def deploys_again(world: World) -> None:
    brand.change_greeting(world.checkout, GREETING, OTHER_GREETING)
    first = stage.code(world)
    commands.deploy(world)
    stage.is_whole(world)
    expect(not stage.code(world) & first, "代码换了 the code is another", first)
    _greets(world, OTHER_GREETING)
    commands.rollback(world)
    expect(stage.code(world) == first, "代码回到第一版 the code is the first one again", stage.code(world))
    _greets(world, GREETING)


def ends(world: World) -> None:
    commands.destroy(world)
    stage.is_gone(world)


ACTS: tuple[Act, ...] = (
    ("从零到上线", "From nothing to live", goes_live),
    ("开门", "The shop opens", day.morning),
    ("体检", "The doctor", commands.look_over),
    ("一天", "The day", day.rest),
    ("改版与回滚", "A change, and back", deploys_again),
)
THE_END: Act = ("拆除", "The end", ends)


def _greets(world: World, words: str) -> None:
    seen = day.greeting(world)
    expect(words in seen, f"页面说「{words}」 the page says so", seen)


def _take_away(policies: Policies, all_of_them: bool) -> int:
    today = datetime.now(UTC).date()
    kept = 0
    for place in judge.places(policies) if all_of_them else judge.drawn(policies, today):
        begun = time.monotonic()
        try:
            denied = removals.prove(place)
            print(f"    ✓ {place}: {denied.action} on {denied.resource}, {time.monotonic() - begun:.0f} s", flush=True)
        except Surprise as error:
            print(f"    ✗ {error}", flush=True)
            kept += 1
    return min(kept, 1)


if __name__ == "__main__":
    sys.exit(main())
