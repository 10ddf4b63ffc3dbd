"""A page of a front-end team, on an origin of its own: it sends its visitor to sign in and gets a ticket back."""

from __future__ import annotations

from html import escape
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, request

from simulator.doors import account_named, world

ALIAS = "tea"
bp = Blueprint("other_site", __name__, url_prefix="/other-site")


@bp.get("/")
def visit() -> Response:
    """The ticket is for the team's own server, which would exchange it; a page alone cannot."""
    ticket = request.args.get("ticket", "")
    here = f"{world().home}/other-site/"
    words = f"<p>已带回凭票 A ticket came back: <code>{escape(ticket)}</code></p>" if ticket else ""
    link = f'<p><a href="{escape(_start(here))}">用微信登录 Sign in with WeChat</a></p>'
    head = '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>另一个网站 Another site</title>'
    page = f"{head}<h1>另一个网站 Another site</h1>{words}{link}</html>"
    return Response(page, content_type="text/html; charset=utf-8")


def _start(here: str) -> str:
    """The brand's sign-in, at the address that WeChat's console knows the brand's server by."""
    brand = urlsplit(account_named(ALIAS).callback_url)
    return f"{brand.scheme}://{brand.netloc}/oauth/{ALIAS}/start?then={quote(here, safe='')}"
