"""Small pages for WeChat's in-app browser: one style, no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from chalice.app import Response

from . import http

STYLE = """
:root{color-scheme:light dark;--ink:#1f2421;--soft:#69706b;--paper:#f4f3ef;--card:#fff;--tea:#2f6b4f}
@media (prefers-color-scheme:dark){:root{--ink:#e9ebe8;--soft:#9aa39d;--paper:#151816;--card:#1f2421;--tea:#6fb995}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);
font:17px/1.6 -apple-system,"PingFang SC","Noto Sans CJK SC",system-ui,sans-serif}
main{width:min(100% - 2.5rem,26rem);background:var(--card);border-radius:1.25rem;padding:2rem 1.5rem;text-align:center}
h1{font-size:1.35rem;margin:.5rem 0 .25rem}
p{margin:.5rem 0;overflow-wrap:anywhere}
.soft{color:var(--soft);font-size:.875rem}
.button{display:block;width:100%;margin:1.25rem 0 0;padding:.8rem;border:0;border-radius:.75rem;background:var(--tea);
color:var(--card);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
svg{width:3.5rem;height:3.5rem;color:var(--tea)}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'self' http://127.0.0.1:*"
CUP = (
    '<svg viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" '
    'aria-hidden="true"><path d="M10 18c3-7 8-9 14-9s11 2 14 9z"/><path d="M21 9c0-4 6-4 6 0"/>'
    '<path d="M9 22h30c0 9-5 15-11 16h-8C14 37 9 31 9 22z"/><path d="M12 42h24"/></svg>'
)


def page(title: str, content: str, status: int = 200) -> Response:
    """`content` is HTML: whatever came from outside is escaped by the caller."""
    html = (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{CUP}{content}</main></body></html>"
    )
    response = http.text(html, "text/html", status)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def problem(text: str, status: int) -> Response:
    """What went wrong, and what to do, for somebody who reads it on a phone."""
    chinese, _, english = text.partition("。")
    return page(
        "出了点问题 · Something went wrong",
        f"<h1>{escape(chinese)}</h1><p class=soft>{escape(english.strip())}</p>"
        "<p class=soft>请回到公众号再试一次。Please go back to the account and try again.</p>",
        status,
    )
