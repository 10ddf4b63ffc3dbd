"""Pages for WeChat's in-app browser: one look, everything inline, and only what a page names may run or load."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path

from chalice.app import Response

from . import http

BROWSER = Path(__file__).parent.parent / "browser"  # styles, scripts and drawings, as files that an editor understands
BESIDE_THE_POINT = re.compile(r"^ *//.*\n|^ +", re.MULTILINE)
PROBLEM = "出了点问题 · Something went wrong"
RELOAD = ("再试一次", "Try again")
BACK = ("请回到公众号，从菜单再进一次。", "Please go back to the account and enter again from its menu.")
IN_WECHAT = (
    "请在微信里打开这个链接，或回到公众号从菜单再进一次。",
    "Please open this link in WeChat, or enter again from the account's menu.",
)
# What to do next, by status; whatever is not listed is BACK.
ADVICE: Mapping[int, tuple[str, str]] = {
    400: IN_WECHAT,
    401: IN_WECHAT,
    404: ("也许它已经收起来了，或者链接不完整。", "It may have been put away, or the link is not complete."),
    409: ("稍等片刻，再试一次就好。", "Give it a moment, then try again."),
    500: ("已经记下了。过一会儿再试一次。", "It has been noted. Please try again in a moment."),
    503: ("不是您的问题。过一会儿再试一次就好。", "It is not your fault. Please try again in a moment."),
}
SHORT = 14  # characters of a heading that may stand large
PASSES = (409, 500, 503)  # asking the same address once more may help


@dataclass(frozen=True)
class Look:
    """What a page has besides the common style: its own, one inline module, and what its policy adds by directive."""

    style: str = ""
    script: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)


PLAIN = Look()


@cache
def asset(name: str) -> str:
    return (BROWSER / name).read_text(encoding="utf-8")


@cache
def script(name: str) -> str:
    """As it goes out: without its comments and its indentation, which are a quarter of it."""
    return BESIDE_THE_POINT.sub("", asset(name))


def page(title: str, content: str, status: int = 200) -> Response:
    """A single card. `content` is HTML: whatever came from outside is escaped by the caller."""
    return document(
        title, f"<body>{asset('hills.svg')}<main class=card>{asset('cup.svg')}{content}</main></body>", status
    )


def problem(text: str, status: int, way_on: str = "") -> Response:
    """What went wrong, and what to do, for somebody who reads it on a phone; `way_on` is an address of ours."""
    chinese, _, english = text.partition("。")
    large = "" if len(chinese) <= SHORT else " class=long"
    what, to_do = ADVICE.get(status, BACK)
    button = ""
    if way_on or status in PASSES:
        # An empty address is this page's own, asked for anew.
        button = f'<a class=button href="{escape(way_on)}">{RELOAD[0]} <span lang=en>{RELOAD[1]}</span></a>'
    return page(
        PROBLEM,
        f"<h1{large}>{escape(chinese)}</h1><p class=soft lang=en>{escape(english.strip())}</p>"
        f"<p class=advice>{what}<span lang=en>{to_do}</span></p>{button}",
        status,
    )


def document(title: str, body: str, status: int = 200, look: Look = PLAIN) -> Response:
    """A whole page around `body`, which begins with its tag."""
    style = asset("pages.css") + look.style
    script = f"<script type=module>{look.script}</script>" if look.script else ""
    html = (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover">'
        f"<style>{style}</style></head>{body}{script}</html>"
    )
    response = http.text(html, "text/html", status)
    response.headers["Content-Security-Policy"] = _policy(style, look)
    return response


def _policy(style: str, look: Look) -> str:
    """Nothing but what is named here by its hash, and what the page adds."""
    allowed = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(look.script) if look.script else "",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'self' http://127.0.0.1:*",
    }
    for directive, sources in look.sources.items():
        allowed[directive] = f"{allowed.get(directive, '')} {sources}".strip()
    return "; ".join(f"{directive} {sources}" for directive, sources in allowed.items() if sources)


@cache
def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
