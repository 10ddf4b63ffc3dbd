"""Results as a picture: brush strokes of tea-green ink, a seal on one's own choice, and the exact numbers beside it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from .words import percent, said, wrapped

WIDTH, STROKE = 340, 262  # of the picture and of its longest stroke, in the picture's own units
LINE, BAR, GAP, MARK = 22, 16, 18, 24
LABEL = 17.0  # characters of a line that has the whole width; the percentage stands behind them


@dataclass(frozen=True)
class Bar:
    """One answer and how many gave it; `mine`: it is the reader's own; `right`: a quiz wants it."""

    label: str
    count: int
    mine: bool = False
    right: bool = False


def figure(title: str, bars: list[Bar], people: int) -> str:
    """The picture, what it says to who cannot see it, and a table of the exact numbers."""
    top = max((bar.count for bar in bars), default=0)
    drawn, y = [], 0
    for number, bar in enumerate(bars):
        lines = wrapped(bar.label, LABEL - MARK / 16 * (bar.mine + bar.right))
        drawn.append(_row(bar, lines, (number, y), top, people))
        y += LINE * len(lines) + BAR + GAP
    spoken = "；".join(f"{bar.label}{_marks(bar)} {percent(bar.count, people)}，{bar.count:,} 票" for bar in bars)
    return (
        f'<figure><svg class=chart viewBox="0 0 {WIDTH} {y}" role=img aria-label="{escape(f"{title}：{spoken}")}">'
        f"{''.join(drawn)}</svg>{_table(title, bars, people)}</figure>"
    )


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


def _row(bar: Bar, lines: list[str], place: tuple[int, int], top: int, people: int) -> str:
    """Of few letters, since a poll may have two hundred of these: how it looks is in the style sheet."""
    number, y = place
    best = " class=best" if top and bar.count == top else ""
    below = LINE * (len(lines) - 1)
    length = max(STROKE * bar.count / people, 4) if bar.count else 0
    stroke = f'<use href="#b{number % 3}" y={below + 24} width={length:.0f} height={BAR} />' if bar.count else ""
    return (
        f"<g transform=translate(0,{y}){best}><path d=M{length:.0f},{below + 32}H{STROKE} />{stroke}{_seals(bar)}"
        f"{_label(lines, MARK * (bar.mine + bar.right))}"
        f"<text class=s x={WIDTH} y=17>{escape(percent(bar.count, people))}</text>"
        f"<text class=c x={WIDTH} y={below + 37}>{bar.count:,} 票</text></g>"
    )


def _label(lines: list[str], x: int) -> str:
    first, *more = (escape(line) for line in lines)
    rest = "".join(f"<tspan x={x} dy={LINE}>{line}</tspan>" for line in more)
    return f"<text x={x} y=16>{first}{rest}</text>"


def _seals(bar: Bar) -> str:
    mine = _seal("mine", "选", 0) if bar.mine else ""
    return mine + (_seal("right", "✓", MARK * bar.mine) if bar.right else "")


def _seal(kind: str, letter: str, x: int) -> str:
    return (
        f"<g class={kind}><rect x={x + 0.5} y=1.5 width=18 height=18 rx=4 /><text x={x + 9.5} y=15>{letter}</text></g>"
    )


def _marks(bar: Bar) -> str:
    marks = [word for word, is_so in (("您的选择", bar.mine), ("正确答案", bar.right)) if is_so]
    return f"（{'，'.join(marks)}）" if marks else ""


def _table(title: str, bars: list[Bar], people: int) -> str:
    rows = "".join(
        f"<tr><th scope=row>{escape(bar.label)}{_marks(bar)}<td>{bar.count:,}<td>{escape(percent(bar.count, people))}"
        for bar in bars
    )
    return (
        f"<details class=numbers><summary>{said('确切数字', 'Exact numbers')}</summary>"
        f"<table><caption class=hidden>{escape(title)}</caption>"
        f"<thead><tr><th>选项 Option<th>票数 Votes<th>占比 Share<tbody>{rows}</table></details>"
    )
