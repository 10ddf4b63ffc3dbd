"""What the visitor of the other site sees: a stranger, a guest, a trouble, and the page that has no server."""

from __future__ import annotations

import secrets
from html import escape

from simulator.accounts import Json

THREE_LINES = """import {{ me, signIn }} from "{brand}/h5/gaiwan.js?account=tea";
const visitor = await me();
button.onclick = () => signIn({{ profile: true }});"""


ALONE = ("只有一个页面，用 gaiwan.js 和 PKCE 登录。", "Only a page: gaiwan.js and PKCE.")


def fresh_nonce() -> str:
    return secrets.token_urlsafe(16)


LOOKED_AT = ("带回来的凭票显示在这里，由您自己去换。", "The ticket is shown, for you to exchange.")
SERVED = ("由另一个团队自己的服务器提供。", "Served by another team's own server.")


def looker(start: str, ticket: str) -> str:
    return _page("另一个网站 Another site", _unknown(start, ticket, LOOKED_AT), _kinds("/other-site/"))


def stranger(start: str, ticket: str) -> str:
    return _page("另一个网站 Another site", _unknown(start, ticket, SERVED), _kinds("/other-site/server/"))


def _unknown(start: str, ticket: str, about: tuple[str, str]) -> str:
    came = f'<p class="fact">已带回凭票 A ticket came back:<code>{escape(ticket)}</code></p>' if ticket else ""
    return _lead("另一个网站", "Another site", about) + came + _button(start)


def welcome(guest: Json, start: str) -> str:
    more = "" if guest.get("nickname") or guest.get("virtual") else _more(start)
    out = (
        '<form method="post" action="/other-site/server/sign-out"><button class="plain">退出登录 '
        '<i lang="en">Sign out</i></button></form>'
    )
    return _page("另一个网站 Another site", _guest(guest) + more + out, _kinds("/other-site/server/"))


def _guest(guest: Json) -> str:
    picture, name = str(guest.get("picture", "")), str(guest.get("nickname", ""))
    face = f'<img src="{escape(picture)}" alt="" width="72" height="72">' if picture else '<span class="face"></span>'
    hello = f"{escape(name)}，你好" if name else "你好，茶客"
    kind = "快照页游客 Snapshot visitor" if guest.get("virtual") else "已登录 Signed in"
    facts = "".join(
        f"<div><dt>{label}</dt><dd>{escape(str(guest[claim]))}</dd></div>"
        for label, claim in (("openid", "sub"), ("unionid", "unionid"), ("iss", "iss"), ("aud", "aud"))
        if guest.get(claim)
    )
    head = f'<div class="guest">{face}<div><h1>{hello}</h1><p class="soft">{kind}</p></div></div>'
    proof = '<p class="proof">ID token 已由本站自己验证（ES256）<i lang="en">Checked by this site itself</i></p>'
    return f"{head}<dl>{facts}</dl>{proof}"


def _more(start: str) -> str:
    return f'<a class="button" href="{escape(start)}">显示昵称和头像 <i lang="en">Show my profile</i></a>'


def refused(words: str, start: str) -> str:
    body = _lead("没有登录成功", "Not signed in", None) + f'<p class="fact wrong">{escape(words)}</p>' + _button(start)
    return _page("没有登录成功 Not signed in", body, _kinds("/other-site/server/"))


def alone(brand: str) -> str:
    """Static: whatever it shows later, its script puts there."""
    lines = escape(THREE_LINES.format(brand=brand))
    body = (
        f"{_lead('没有服务器的网站', 'A site without a server', ALONE)}"
        '<div id="guest" class="guest" hidden><img id="picture" alt="" width="72" height="72" hidden>'
        '<span class="face" id="face" hidden></span><div><h2 id="name"></h2>'
        '<p class="soft" id="kind"></p><p class="soft" id="openid"></p></div></div>'
        '<p class="fact" id="status" role="status">正在看你是谁… Looking who you are…</p>'
        f'<button class="button" id="sign-in" hidden>{_words("用微信登录", "Sign in with WeChat")}</button>'
        f'<button class="plain" id="sign-out" hidden>{_words("退出登录", "Sign out")}</button>'
        '<p class="fact">JS-SDK<code id="jssdk">…</code></p>'
        f'<pre tabindex="0">{lines}</pre><script type="module" src="/other-site/page-only/page.js"></script>'
        '<noscript><p class="fact wrong">请打开 JavaScript。Please turn JavaScript on.</p></noscript>'
    )
    return _page("没有服务器的网站 A site without a server", body, _kinds("/other-site/page-only/"))


def _lead(chinese: str, english: str, more: tuple[str, str] | None) -> str:
    words = f'<p class="soft">{more[0]}<br><i lang="en">{more[1]}</i></p>' if more else ""
    return f'<h1>{chinese}<i lang="en">{english}</i></h1>{words}'


def _button(start: str) -> str:
    return f'<a class="button" href="{escape(start)}">{_words("用微信登录", "Sign in with WeChat")}</a>'


def _words(chinese: str, english: str) -> str:
    return f'{chinese} <i lang="en">{english}</i>'


def _kinds(here: str) -> str:
    """Which of the kinds of site this is."""
    kinds = (
        ("/other-site/", "看凭票", "Ticket"),
        ("/other-site/server/", "有服务器", "Server"),
        ("/other-site/page-only/", "只有页面", "Page only"),
    )
    links = (
        f'<a href="{path}"{" aria-current=page" if path == here else ""}>{_words(chinese, english)}</a>'
        for path, chinese, english in kinds
    )
    return f"<nav>{''.join(links)}</nav>"


def _page(title: str, body: str, kinds: str) -> str:
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title>'
        '<link rel="icon" href="/page/static/gaiwan.svg"><link rel="stylesheet" href="/other-site/static/site.css">'
    )
    sign = '<header><span class="sign" aria-hidden="true">茶</span>山房茶会 <i lang="en">Hillside Tea</i></header>'
    return f'<!doctype html><html lang="zh-CN"><head>{head}</head><body>{sign}<main>{body}</main>{kinds}</body></html>'
