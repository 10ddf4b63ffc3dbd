"""Pictures of accounts and people, drawn from their names: the same as on the simulator's own page."""

from __future__ import annotations

from html import escape
from pathlib import Path

from flask import Response

from simulator.accounts import Account, Person
from simulator.world import World

NOBODY = "nobody"
GAIWAN = Path(__file__).parent / "page" / "static" / "gaiwan.svg"
SEALS = ("#2f6b5a", "#a6543c", "#3f5f86", "#7a5c86", "#8a6d2f", "#4c7a4a")
SKIES = (
    ("#f3d9c0", "#e0764f", "#b98a6c", "#7d5a4a"),
    ("#cfe3e6", "#f6c667", "#6fa3a8", "#35666e"),
    ("#e6dff0", "#f2a7a0", "#9a8fc0", "#5e5688"),
    ("#dfe9d2", "#f0b64b", "#8db07a", "#4f7a52"),
    ("#fbe6cf", "#d9573f", "#d99a62", "#9b5c3c"),
    ("#d5e0f2", "#ffffff", "#7f9cc9", "#3f5c8f"),
    ("#1f2c45", "#f4e7b8", "#3a4f77", "#141d30"),
    ("#f4dce0", "#fff6d8", "#c98a99", "#8a4f62"),
)
SHADOW = (
    '<rect width="64" height="64" fill="#dcdcdc"/><circle cx="32" cy="25" r="11" fill="#fff"/>'
    '<path d="M10 60c1-14 10-21 22-21s21 7 22 21z" fill="#fff"/>'
)


def address(home: str, account: Account, person: Person | None) -> str:
    """Where a picture is, of nobody in particular for a snapshot."""
    who = f"{account.alias}/{person.picture}" if person else NOBODY
    return f"{home}/thirdwx.qlogo.cn/mmopen/{who}/132"


def nobody() -> Response:
    return _drawn(SHADOW)


def of_person(world: World, alias: str, openid: str, mark: str) -> Response:
    account = world.accounts.get(alias)
    person = account.people.get(openid) if account else None
    if person is None or person.picture != f"{openid}/{mark}":
        return Response(status=404)
    return _drawn(_landscape(_number(person.openid + person.nickname)))


def of_account(world: World, alias: str) -> Response:
    """A seal with the first character of its name; the tea shop wears the gaiwan."""
    account = world.accounts.get(alias)
    if account is None:
        return Response(status=404)
    if alias == "tea":
        return _shown(GAIWAN.read_text())
    letter = (account.name or account.alias)[0]
    return _drawn(
        f'<rect width="64" height="64" fill="{SEALS[_number(account.alias) % len(SEALS)]}"/>'
        '<rect x="6" y="6" width="52" height="52" rx="9" fill="none" stroke="#f6f1e4" opacity=".55"/>'
        f'<text x="32" y="43" text-anchor="middle" font-size="32" font-weight="700" fill="#f6f1e4" '
        f'font-family="Songti SC,Noto Serif CJK SC,Noto Serif SC,serif">{escape(letter)}</text>'
    )


def _drawn(inside: str) -> Response:
    return _shown(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="132" height="132">{inside}</svg>'
    )


def _shown(drawing: str) -> Response:
    # Pages of other origins show it, as they show pictures of qlogo.cn.
    headers = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(drawing, content_type="image/svg+xml", headers=headers)


def _number(name: str) -> int:
    total = 2166136261
    for letter in name:
        total = ((total ^ ord(letter)) * 16777619) & 0xFFFFFFFF
    return total


def _landscape(number: int) -> str:
    """A sun over two hills."""
    sky, sun, far, near = SKIES[number % len(SKIES)]

    def along(shift: int, span: int) -> int:
        return (number >> shift) % span

    return (
        f'<rect width="64" height="64" fill="{sky}"/>'
        f'<circle cx="{14 + along(3, 36)}" cy="{19 + along(8, 9)}" r="{6 + along(12, 4)}" fill="{sun}"/>'
        f'<path d="{_hill(42 + along(5, 5), 10 + along(9, 10), 4 + along(14, 12))}" fill="{far}"/>'
        f'<path d="{_hill(52 + along(7, 4), 4 + along(11, 8), 6 + along(16, 10))}" fill="{near}"/>'
    )


def _hill(y: int, rise: int, fall: int) -> str:
    return f"M0 {y}C14 {y - rise} 24 {y - rise} 36 {y - 2}S56 {y - fall} 64 {y - 4}V64H0Z"
