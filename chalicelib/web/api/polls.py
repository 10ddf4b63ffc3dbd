"""/api/{account}/polls: make polls and quizzes, change them, and see how people voted."""

from __future__ import annotations

from typing import Any

import msgspec
from chalice.app import Blueprint, Response

from ...features import polls
from ...services import Services, services
from .. import http

bp = Blueprint(__name__)

OURS = ("poll_id", "account", "created", "changed", "page", "state")


class PollBody(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    title: str
    questions: tuple[polls.Question, ...]
    closes_at: int
    intro: str = ""
    opens_at: int = 0
    voters: str = "visitors"
    results: str = "after_vote"
    share: polls.Share = polls.Share()
    afterwards: polls.Afterwards = polls.Afterwards()
    scores: tuple[polls.ScoreText, ...] = ()
    # What an answer says besides: whoever changes one and sends it back is not refused for it.
    poll_id: Any = None
    account: Any = None
    created: Any = None
    changed: Any = None
    page: Any = None
    state: Any = None

    def told(self) -> dict[str, Any]:
        """What may be changed."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if name not in OURS}


@bp.route("/api/{account}/polls", methods=["GET"])
def listed(account: str) -> Response:
    """?cursor=: fifty at a time, newest first; the cursor of the last page is ""."""
    svc = services()
    cursor = http.query(bp.current_request).get("cursor", "")
    found, following = polls.listed(svc, svc.accounts[account], cursor)
    told = [msgspec.to_builtins(each) | {"page": _page(svc, each.kind, each.poll_id)} for each in found]
    return http.json({"polls": told, "cursor": following})


@bp.route("/api/{account}/polls", methods=["POST"])
def create(account: str) -> Response:
    svc = services()
    asked = http.json_body(bp.current_request, PollBody)
    return http.json(_shown(svc, polls.save(svc, svc.accounts[account], **asked.told())), 201)


@bp.route("/api/{account}/polls/{item}", methods=["GET"])
def find(account: str, item: str) -> Response:
    svc = services()
    return http.json(_shown(svc, polls.owned(svc, svc.accounts[account], item)))


@bp.route("/api/{account}/polls/{item}", methods=["PUT"])
def change(account: str, item: str) -> Response:
    """The whole poll anew; votes stay. Questions and kind cannot change once somebody has voted."""
    svc = services()
    asked = http.json_body(bp.current_request, PollBody)
    poll = polls.save(svc, svc.accounts[account], poll_id=item, **asked.told())
    return http.json(_shown(svc, poll))


@bp.route("/api/{account}/polls/{item}", methods=["DELETE"])
def remove(account: str, item: str) -> Response:
    svc = services()
    polls.remove(svc, svc.accounts[account], item)
    return Response("", status_code=204)


@bp.route("/api/{account}/polls/{item}/results", methods=["GET"])
def results(account: str, item: str) -> Response:
    """Whatever visitors may see; `scores` are those of a quiz that somebody has."""
    svc = services()
    poll = polls.owned(svc, svc.accounts[account], item)
    tally = polls.tally(svc, poll)
    questions = [
        {"text": question.text, "options": [_option(*each) for each in zip(question.options, counts, strict=True)]}
        for question, counts in zip(poll.questions, tally.counts, strict=True)
    ]
    scores = [{"score": score, "people": people} for score, people in sorted(tally.scores.items())]
    told = {"people": tally.people, "questions": questions, "scores": scores, "state": poll.state(svc.now())}
    return http.json(told)


def _option(text: str, votes: int) -> dict[str, Any]:
    return {"text": text, "votes": votes}


def _shown(svc: Services, poll: polls.Poll) -> dict[str, Any]:
    """With the address of its page, and whether it is open."""
    told = msgspec.to_builtins(poll)
    del told["edition"]  # our own way to tell forms of the same poll apart
    return {**told, "page": _page(svc, poll.kind, poll.poll_id), "state": poll.state(svc.now())}


def _page(svc: Services, kind: str, poll_id: str) -> str:
    return f"{http.site(bp.current_request, svc)}/h5/{'quizzes' if kind == 'quiz' else 'polls'}/{poll_id}"
