"""How the poll pages say things: two languages, times, counts, and lines that fit."""

from __future__ import annotations

import time
import unicodedata
from html import escape

from ...features.days import A_DAY, SHANGHAI

HOUR, MINUTE = 3600, 60


def said(chinese: str, english: str) -> str:
    """HTML of plain texts: Chinese, then English in softer type below it or beside it."""
    return f"{escape(chinese)}<span lang=en>{escape(english)}</span>"


def explained(text: str) -> str:
    """An AppError's two sentences."""
    chinese, _, english = text.partition("。")
    return said(f"{chinese}。", english.strip())


def moment(at: int, now: int) -> tuple[str, str]:
    """As clocks in China show it, with the year if it is not this one."""
    then, today = time.gmtime(at + SHANGHAI), time.gmtime(now + SHANGHAI)
    year = then.tm_year != today.tm_year
    chinese = f"{f'{then.tm_year}年' if year else ''}{then.tm_mon}月{then.tm_mday}日 {time.strftime('%H:%M', then)}"
    english = f"{then.tm_mday} {time.strftime('%b', then)}{f' {then.tm_year}' if year else ''}, "
    return chinese, f"{english}{time.strftime('%H:%M', then)} UTC+8"


def span(seconds: int) -> tuple[str, str]:
    """How long that is, in the two largest units that matter."""
    if seconds < MINUTE:
        return "不到一分钟", "less than a minute"
    amounts = (seconds // A_DAY, seconds % A_DAY // HOUR, seconds % HOUR // MINUTE)
    first = next(i for i, amount in enumerate(amounts) if amount)
    units = (("天", "day"), ("小时", "hour"), ("分钟", "minute"))
    told = [(amounts[i], *units[i]) for i in (first, first + 1) if i < len(units) and amounts[i]]
    chinese = " ".join(f"{amount} {unit}" for amount, unit, _ in told)
    return chinese, " ".join(f"{amount} {unit}{'' if amount == 1 else 's'}" for amount, _, unit in told)


def percent(part: int, whole: int) -> str:
    """Rounded, but never 0 or 100 for what is more than none or less than all."""
    if not whole or part == 0:
        return "0%"
    if part == whole:
        return "100%"
    exact = 100 * part / whole
    return "<1%" if exact < 1 else ">99%" if exact > 99 else f"{int(exact + 0.5)}%"  # noqa: PLR2004 (per cent)


def wrapped(text: str, width: float) -> list[str]:
    """Lines of at most so many widths of a Chinese character; Latin words stay whole where they fit."""
    lines, line = [], ""
    for piece in _pieces(text):
        # A word longer than a line is torn wherever it must be.
        for part in piece if _width(piece.rstrip()) > width else (piece,):
            if line and _width(line + part.rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            line += part if line else part.lstrip()
    return [*lines, line.rstrip()]


def _pieces(text: str) -> list[str]:
    """What may not be torn apart: a word with its space, or one wide character."""
    pieces: list[str] = []
    for letter in text:
        joins = pieces and not _is_wide(letter) and not _is_wide(pieces[-1][-1]) and not pieces[-1].endswith(" ")
        if joins:
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces


def _width(text: str) -> float:
    return sum(1.0 if _is_wide(letter) else 0.0 if unicodedata.combining(letter) else 0.58 for letter in text)


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"
