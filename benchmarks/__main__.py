"""`make bench`: what the claims about speed rest on, as one table; exit status 1 if an aim is missed."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor

from . import automations, campaigns, cold_start, followers, handler, protocol, segments, zip_size
from .result import Result

MEASUREMENTS: dict[str, Callable[[], list[Result]]] = {
    "protocol": protocol.measure,
    "handler": handler.measure,
    "cold_start": cold_start.measure,
    "zip_size": zip_size.measure,
    "followers": followers.measure,
    "segments": segments.measure,
    "automations": automations.measure,
    "campaigns": campaigns.measure,
}
HEAD = ("", "ours", "beside", "theirs", "reached", "aim", "")
VERDICTS = {True: "ok", False: "MISSED", None: ""}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", help=f"some of: {', '.join(MEASUREMENTS)} (default: all)")
    parser.add_argument("--no-fail", action="store_true", help="exit with 0 also if an aim is missed")
    asked = parser.parse_args()
    if unknown := set(asked.only) - set(MEASUREMENTS):
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    results = [result for name in asked.only or MEASUREMENTS for result in _measured(name)]
    print(_table([HEAD, *(_cells(result) for result in results)]))
    return 1 if any(result.met is False for result in results) and not asked.no_fail else 0


def _measured(name: str) -> list[Result]:
    """In a process of its own: what one measurement cans, imports or remembers must not be there in the next."""
    print(f"{name} …", file=sys.stderr, flush=True)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as anew:
        return anew.submit(MEASUREMENTS[name]).result()


def _cells(result: Result) -> tuple[str, ...]:
    return (*result[:-1], VERDICTS[result.met])


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
