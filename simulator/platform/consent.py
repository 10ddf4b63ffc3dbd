"""The pages of open.weixin.qq.com: choose who you are, allow or refuse, and what went wrong."""

from __future__ import annotations

from html import escape

from flask import Response

from simulator.accounts import Account

STYLE = (
    "body{font:16px/1.6 -apple-system,'PingFang SC','Noto Sans CJK SC',sans-serif;margin:0 auto;max-width:26rem;"
    "padding:2rem 1.25rem;background:#f7f7f7;color:#191919}h1{font-size:1.25rem}p{color:#666}"
    "a{display:block;margin:.6rem 0;padding:.7rem;border-radius:.5rem;text-align:center;text-decoration:none;"
    "background:#07c160;color:#fff}a.no{background:#e5e5e5;color:#07c160}"
)


def choose(account: Account, profile: bool, ways: list[tuple[str, str]]) -> Response:
    """A real browser is nobody in particular, so it says which follower it plays; `ways` are nicknames and returns."""
    wish = "获取你的昵称、头像 learn your nickname and picture" if profile else "登录 sign you in"
    links = "".join(f'<a href="{escape(way)}">允许 Allow · {escape(nickname)}</a>' for nickname, way in ways)
    refuse = '<a class="no" href="about:blank">拒绝 Refuse</a>'
    return _page(f"{escape(account.name)} 申请 requests", f"<p>{wish}</p>{links}{refuse}")


def refused() -> Response:
    """Refusing closes the page; the website is not told."""
    return _page("已拒绝 Refused", "<p>页面已关闭 The page was closed</p>")


def error(text: str, code: int) -> Response:
    return _page("出错了 Error", f"<p>{escape(text)}</p><p>错误码 error code: {code}</p>")


def _page(title: str, body: str) -> Response:
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    html = f'<!doctype html><html lang="zh-CN">{head}<style>{STYLE}</style><h1>{title}</h1>{body}</html>'
    return Response(html, content_type="text/html; charset=utf-8")
