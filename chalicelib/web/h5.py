"""A small H5 page that shows the sign-in at work, and can send its visitor a template message."""

from __future__ import annotations

from html import escape

from chalice.app import Blueprint, Response

from ..errors import BadInput, NotSignedIn
from ..features import followers, samples
from ..services import services
from . import http, oauth, pages

bp = Blueprint(__name__)

SENT = "<p>通知已放进队列，马上就到。<br><span class=soft>Your notice is on its way.</span></p>"


@bp.route("/h5/{account}/hello")
def hello(account: str) -> Response:
    svc = services()
    label = escape(svc.accounts[account].label)
    who = oauth.visitor(account)
    if who is None:
        begin = f"../../oauth/{account}/start?then=/h5/{account}/hello"
        return pages.page(
            svc.accounts[account].label,
            f"<h1>{label}</h1><p>登录后可以领取取茶通知。</p>"
            "<p class=soft>Sign in to get a notice when your tea is ready.</p>"
            f'<a class=button href="{begin}">微信登录 · Log in with WeChat</a>',
        )
    sent = SENT if http.query(bp.current_request).get("sent") else ""
    return pages.page(
        svc.accounts[account].label,
        f"<h1>您好，{_greeting(account, who.openid)}</h1><p class=soft>You are signed in with WeChat.</p>{sent}"
        '<form method=post action="notice"><button class=button>给我发取茶通知 · Send me a notice</button></form>',
    )


@bp.route("/h5/{account}/notice", methods=["POST"], content_types=["*/*"])
def notice(account: str) -> Response:
    """Puts a template message to the visitor into the queue. SameSite keeps other sites from pressing the button."""
    svc = services()
    who = oauth.visitor(account)
    if who is None:
        raise NotSignedIn("请先登录。Please sign in first.")
    if who.virtual:
        raise BadInput("请在微信里打开完整页面。Please open the full page in WeChat.")
    samples.order_notice(svc, svc.accounts[account], who.openid)
    return http.redirect("hello?sent=1", [], status=303)


def _greeting(account: str, openid: str) -> str:
    svc = services()
    return "茶友" if followers.is_following(svc, svc.accounts[account], openid) else "访客"
