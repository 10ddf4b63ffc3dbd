"""Hosted polls and quizzes: one page each, made on the server for WeChat's in-app browser, with or without script."""

from __future__ import annotations

from urllib.parse import urlsplit

from chalice.app import Blueprint, Response

from ...errors import AppError, BadInput, Conflict, Forbidden
from ...features import polls
from ...features.identities import Visitor
from ...features.polls import Poll, votes
from ...services import Services, services
from .. import http, oauth, pages
from . import form, view
from .scene import scene

bp = Blueprint(__name__)


@bp.route("/h5/polls/{poll}", content_types=["*/*"])
def poll_page(poll: str) -> Response:
    return _opened(poll, "poll")


@bp.route("/h5/quizzes/{poll}", content_types=["*/*"])
def quiz_page(poll: str) -> Response:
    return _opened(poll, "quiz")


@bp.route("/h5/polls/{poll}", methods=["POST"], content_types=["*/*"])
def vote_in_poll(poll: str) -> Response:
    return _sent(poll)


@bp.route("/h5/quizzes/{poll}", methods=["POST"], content_types=["*/*"])
def vote_in_quiz(poll: str) -> Response:
    return _sent(poll)


def _opened(poll_id: str, kind: str) -> Response:
    svc = services()
    poll = polls.find(svc, poll_id)
    if poll.kind != kind:
        return http.redirect(f"../{view.folder(poll)}/{poll.poll_id}", [])
    who = oauth.visitor(poll.account)
    ticked = form.picked(poll, http.query(bp.current_request).get("pick", ""))
    return _shown(svc, poll, who, ticked)


def _sent(poll_id: str) -> Response:
    """Votes, and shows the page anew; whoever is not signed in does that first, and their choices go with them."""
    svc, request = services(), bp.current_request
    http.refuse_strangers(request, http.site(request, svc), ())
    poll = polls.find(svc, poll_id)
    given = form.answers(request, poll)
    who = oauth.visitor(poll.account)
    try:
        if who is None:
            votes.fitting(poll, given)
            return http.redirect(view.sign_in(poll, given), [], status=303)
        polls.vote(svc, svc.accounts[poll.account], poll, who.openid, given, virtual=who.virtual)
    except (BadInput, Conflict, Forbidden) as error:
        return _shown(svc, poll, who, given, error)
    return http.redirect(f"../{view.folder(poll)}/{poll.poll_id}", [], status=303)


def _shown(
    svc: Services, poll: Poll, who: Visitor | None, ticked: form.Answers, error: AppError | None = None
) -> Response:
    body = view.body(scene(svc, poll, who, ticked, str(error or "")))
    return pages.document(poll.title, body, error.status if error else 200, _look(svc, poll))


def _look(svc: Services, poll: Poll) -> pages.Look:
    """Besides its own style and script: `gaiwan.js` of ours, and the JS-SDK that it loads for the share card."""
    jssdk, wechat = (_origin(address) for address in (svc.settings.wechat_jssdk, svc.settings.wechat_open))
    return pages.Look(
        style=pages.asset("polls.css"),
        script=pages.asset("polls.js"),
        sources={
            "script-src": f"'self' {jssdk}",
            "connect-src": "'self'",
            "img-src": "'self' data: https:" if poll.share.picture else "'self' data:",
            # Chromium asks for every address that a form is led to, so also the one where WeChat signs people in.
            "form-action": wechat,
            # WeChat's bridge between page and app speaks through frames with addresses of its own.
            "frame-src": "weixin:",
        },
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
