"""How the poll pages say things: two languages, times, and counts."""

from __future__ import annotations

import time
from html import escape

from ...features.days import A_DAY, SHANGHAI

HOUR, MINUTE = 3600, 60


def said(chinese: str, english: str) -> str:
    """HTML of plain texts: Chinese, then English in softer type below it or beside it."""
    return f"{escape(chinese)}<span lang=en>{escape(english)}</span>"


def whole(html: str, *times: str) -> str:
    """These times in it stay on one line each, and a script finds them."""
    for told in times:
        html = html.replace(told, f"<time>{told}</time>", 1)
    return html


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
