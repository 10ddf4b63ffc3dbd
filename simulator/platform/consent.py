"""The pages of open.weixin.qq.com: allow or refuse, choose who you are, and what went wrong."""

from __future__ import annotations

from html import escape

from flask import Response

from simulator import faces
from simulator.accounts import Account, Person

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
PROFILE = ("获得你的公开信息（昵称、头像等）", "your public profile: nickname, picture")
SIGN_IN = ("获得你的身份标识（openid）", "your openid; no nickname, no picture")


def ask(account: Account, person: Person, way: str) -> Response:
    """As the in-app browser shows it to the one person who holds it."""
    me = (
        f'<div class="person">{_face(account, person)}<span class="name">{escape(person.nickname)}'
        '<small>微信昵称头像 <i lang="en">Nickname and picture</i></small></span><span class="tick"></span></div>'
    )
    links = (
        '<a class="button no" href="refuse" aria-label="拒绝 Refuse">拒绝<small lang="en">Refuse</small></a>'
        f'<a class="button yes" href="{escape(way)}" aria-label="允许 Allow">允许<small lang="en">Allow</small></a>'
    )
    return _page(
        "微信授权 WeChat sign-in", f'{_app(account)}{_wish(PROFILE)}{me}<div class="space"></div><nav>{links}</nav>'
    )


def choose(account: Account, profile: bool, ways: list[tuple[Person, str]]) -> Response:
    """A real browser is nobody in particular, so it says which follower it plays."""
    rows = "".join(_row(account, person, way) for person, way in ways)
    who = '<h2>你是哪位关注者？<small lang="en">Which follower are you?</small></h2>'
    none = '<p class="none">还没有关注者 <i lang="en">No followers yet</i></p>'
    refuse = '<a class="button no" href="refuse" aria-label="拒绝 Refuse">拒绝<small lang="en">Refuse</small></a>'
    wish = _wish(PROFILE if profile else SIGN_IN)
    return _page("微信授权 WeChat sign-in", f"{_app(account)}{wish}{who}{rows or none}<nav>{refuse}</nav>")


def _row(account: Account, person: Person, way: str) -> str:
    name = escape(person.nickname)
    return (
        f'<a class="person" href="{escape(way)}" aria-label="允许 Allow · {name}">{_face(account, person)}'
        f'<span class="name">{name}</span><span class="pill">允许 <i lang="en">Allow</i></span></a>'
    )


def _app(account: Account) -> str:
    name = escape((account.name or account.alias).partition(" · ")[0])
    seal = escape(f"/page/seal/{account.alias}")
    return f'<header><img src="{seal}" alt="" width="26" height="26"><span>{name}</span></header>'


def _wish(words: tuple[str, str]) -> str:
    chinese, english = words
    title = '<h1>申请获取以下权限<small lang="en">This account asks for</small></h1>'
    return f'{title}<p class="wish">{chinese}<i lang="en">{english}</i></p>'


def _face(account: Account, person: Person) -> str:
    return f'<img src="{escape(faces.address("", account, person))}" alt="" width="44" height="44">'


def refused() -> Response:
    """Refusing closes the page; the website is not told."""
    return _notice(
        "已拒绝 Refused", "页面已关闭，网站没有得到任何信息。", "The page was closed; the site learnt nothing."
    )


def error(text: str, code: int) -> Response:
    return _notice("出错了 Error", text, f"错误码 error code: {code}", wrong=True)


def _notice(title: str, first: str, second: str, wrong: bool = False) -> Response:
    mark = '<div class="mark wrong"></div>' if wrong else '<div class="mark"></div>'
    words = f'<h1>{title}</h1><p>{escape(first)}</p><p class="soft">{escape(second)}</p>'
    return _page(title, f'<div class="notice">{mark}{words}</div>')


def _page(title: str, body: str) -> Response:
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title>'
        '<link rel="icon" href="/page/static/gaiwan.svg"><link rel="stylesheet" href="/page/static/wechat.css">'
    )
    html = f'<!doctype html><html lang="zh-CN"><head>{head}</head><body><main>{body}</main></body></html>'
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Response(html, content_type="text/html; charset=utf-8", headers=headers)
