"""Hosted polls and quizzes: one page each, made on the server for WeChat's in-app browser, with or without script."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from chalice.app import Blueprint, Response

from ...errors import AppError, BadInput, Conflict, Forbidden, TooBig
from ...features import polls
from ...features.identities import Visitor
from ...features.polls import Poll, votes
from ...services import Services, services
from .. import http, oauth, pages
from . import form, view
from .scene import Asked, scene

bp = Blueprint(__name__)

CHANGED = "题目刚刚改过，请重新选择。The questions have just changed; please choose again."
ONLY_THE_FIRST = "您已投过票，以第一次为准。You had voted already; the first vote counts."


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
    query = http.query(bp.current_request)
    pick = query.get("pick", "")
    notice = CHANGED if form.is_of_other_questions(poll, pick) else ""
    asked = Asked(form.picked(poll, pick), notice, results_first="results" in query)
    return _shown(svc, poll, oauth.visitor(poll.account), asked)


def _sent(poll_id: str) -> Response:
    """Votes, and shows the page anew; whoever is not signed in does that first, and their choices go with them."""
    svc, request = services(), bp.current_request
    http.refuse_strangers(request, http.site(request, svc), ())
    poll = polls.find(svc, poll_id)
    who, given = oauth.visitor(poll.account), form.empty(poll)
    try:
        told = form.sent(request)
        poll = polls.find_edition(svc, poll_id, told.edition)
        given = form.empty(poll)
        if told.edition not in ("", poll.edition):
            raise Conflict(CHANGED)
        given = form.answers(poll, told)
        return http.redirect(_next(svc, poll, who, given), [], status=303)
    except (BadInput, Conflict, Forbidden, TooBig) as error:
        return _shown(svc, poll, who, Asked(given, str(error)), error)


def _next(svc: Services, poll: Poll, who: Visitor | None, given: form.Answers) -> str:
    """To the sign-in, or back to the page; that one says so if another vote was there and is the one that counts."""
    if who is None:
        votes.fitting(poll, given)
        return view.sign_in(poll, given)
    vote = polls.vote(svc, svc.accounts[poll.account], poll, who.openid, given, virtual=who.virtual)
    counts = vote.fresh or form.same(vote.answers, given)
    page = f"../{view.folder(poll)}/{poll.poll_id}"
    return page if counts else f"{page}?pick={form.pick(poll, given)}"


def _shown(svc: Services, poll: Poll, who: Visitor | None, asked: Asked, error: AppError | None = None) -> Response:
    here = scene(svc, poll, who, asked)
    others = any(asked.ticked) and here.vote is not None and not form.same(here.vote.answers, asked.ticked)
    if here.vote and (others or here.notice):
        here = replace(here, notice=ONLY_THE_FIRST)
    return pages.document(poll.title, view.body(here), error.status if error else 200, _look(svc, poll))


def _look(svc: Services, poll: Poll) -> pages.Look:
    """Besides its own style and script: `gaiwan.js` of ours, and the JS-SDK that it loads for the share card."""
    jssdk, wechat = (_origin(address) for address in (svc.settings.wechat_jssdk, svc.settings.wechat_open))
    return pages.Look(
        style=pages.asset("polls.css"),
        script=pages.script("polls.js"),
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
