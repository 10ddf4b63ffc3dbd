"""A bill as a person reads it, in columns that hold although Chinese takes two places a letter."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from .bill import Bill, Line

UNKNOWN = "未知 unknown"
HEAD = ("一个月（30 天）· a month of 30 days", "用量 used", "有免费额度 free tier", "无免费额度 without")
CENT = 0.01
Row = tuple[str, str, str, str]


def lines(bill: Bill) -> Iterator[str]:
    """Lines that nothing uses are left out; a use of zero, such as a metric that idles, is told."""
    rows = [_row(line) for line in bill.lines if line.what_for]
    total = ("合计 total", "", _total(bill.free, bill.unknown_free), _total(bill.full, bill.unknown))
    widths = [max(map(_width, column)) for column in zip(HEAD, *rows, total, strict=True)]
    yield _padded(HEAD, widths)
    yield "-" * (sum(widths) + 2 * len(widths) - 2)
    for row in rows:
        yield _padded(row, widths)
    yield _padded(total, widths)


def what_for(bill: Bill) -> Iterator[str]:
    for line in bill.lines:
        if line.what_for:
            yield f"{line.zh} · {line.en}: " + "; ".join(line.what_for)


def _row(line: Line) -> Row:
    return f"{line.zh} · {line.en}", _quantity(line.quantity), _dollars(line.free), _dollars(line.full)


def _quantity(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or number == int(number) else f"{number:.4f}"  # noqa: PLR2004


def _dollars(amount: float | None) -> str:
    if amount is None:
        return UNKNOWN
    return f"$ {amount:.4f}" if 0 < amount < CENT else f"$ {amount:.2f}"


def _total(known: float, unknown: tuple[str, ...]) -> str:
    if unknown and not known:
        return UNKNOWN
    return _dollars(known) + (" + " + UNKNOWN if unknown else "")


def _padded(cells: Row, widths: list[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([_left(*first), *(_right(*other) for other in others)]).rstrip()


def _left(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _right(text: str, width: int) -> str:
    return " " * (width - _width(text)) + text


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "FW" else 1 for letter in text)
