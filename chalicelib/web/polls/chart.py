"""Results as a table that is a picture: brush strokes of tea-green ink, a seal on one's own choice, exact numbers."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from .words import percent

BRUSHES = 3  # of brushes.svg
SHORTEST = 2  # per cent of the width: one vote among very many is still seen


@dataclass(frozen=True)
class Bar:
    """One answer and how many gave it; `mine`: it is the reader's own; `right`: a quiz wants it."""

    label: str
    count: int
    mine: bool = False
    right: bool = False


def figure(name: str, bars: list[Bar], people: int) -> str:
    """`name` is the id of what it is called by on the page."""
    top = max((bar.count for bar in bars), default=0)
    rows = "".join(_row(bar, number % BRUSHES, top, people) for number, bar in enumerate(bars))
    return f"<table class=chart aria-labelledby={name}>{rows}</table>"


def ring(score: int, total: int) -> str:
    """A circle drawn with one breath, as far round as the score reaches."""
    reach = f'pathLength={total} stroke-dasharray="{score} {total}" transform="rotate(-84 64 64)"'
    brush = f"<circle class=ink cx=64 cy=64 r=50 {reach} /><circle class=hair cx=65 cy=63 r=53 {reach} />"
    text = f"<tspan class=score>{score}</tspan><tspan class=of> / {total}</tspan>"
    return (
        f'<svg class=ring viewBox="0 0 128 128" role=img aria-label="{score} / {total}">'
        f"<circle class=track cx=64 cy=64 r=50 />{brush if score else ''}"
        f"<text x=64 y=80 text-anchor=middle>{text}</text></svg>"
    )


def _row(bar: Bar, brush: int, top: int, people: int) -> str:
    """Of few letters, since a poll may have two hundred of these. How it looks is in the style sheet, as are the words
    for a seal and for what is counted: b is for the best, m for mine, r for right; u for a single vote, i for more."""
    marks = (("b", bar.count == top > 0), ("m", bar.mine), ("r", bar.right))
    kinds = "".join(letter for letter, is_so in marks if is_so)
    width = max(round(100 * bar.count / people), SHORTEST) if bar.count else 0
    stroke = f"<use href=#b{brush} width={width}% />" if width else ""
    count = "u" if bar.count == 1 else "i"
    return (
        f"<tr{f' class={kinds}' if kinds else ''}><th>{escape(bar.label)}<svg role=none>{stroke}</svg>"
        f"<td>{escape(percent(bar.count, people))}<{count}>{bar.count:,}</{count}>"
    )
