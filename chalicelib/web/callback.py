"""WeChat calls us here: once to check the address, then with every message."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from ..errors import AppError
from ..features import inbox
from ..observe import log
from ..services import services
from ..wechat.envelope import BadSignature, TooBig
from ..wechat.messages import BadMessage
from . import http

bp = Blueprint(__name__)


# Any content type, on the GET too: WeChat sends text/xml with both, and Chalice would answer others with 415.
@bp.route("/wechat/{account}", methods=["GET"], content_types=["*/*"])
def prove_address(account: str) -> Response:
    svc = services()
    try:
        return http.text(svc.accounts[account].envelope.echo(http.query(bp.current_request), svc.now()))
    except BadSignature:
        return http.text("bad signature", status=403)


@bp.route("/wechat/{account}", methods=["POST"], content_types=["*/*"])
def receive(account: str) -> Response:
    """The answer in WeChat's dialect. Refused is what is not from WeChat; a bug of ours is silence, never an error."""
    svc = services()
    envelope = svc.accounts[account].envelope
    try:
        opened = envelope.open(http.query(bp.current_request), http.body(bp.current_request), svc.now())
    except BadSignature:
        return http.text("bad signature", status=403)
    except TooBig:
        return http.text("too big", status=413)
    except BadMessage as error:
        log.warning("account %s: a message could not be read: %s", account, error)
        return http.text("not a message", status=400)
    try:
        arrived = http.arrived(bp.current_request, svc.clock.time())
        answer = inbox.receive(svc, svc.accounts[account], opened.message, arrived)
    except AppError:
        # Not a bug: AWS is away, or WeChat has hung up. It delivers again, and what was claimed is taken over.
        raise
    except Exception:
        # WeChat shows followers an error for anything it cannot read, so a bug of ours becomes silence for them
        # and a log line for us.
        log.exception("a message to account %s was not handled", account)
        answer = inbox.NOTHING
    return http.text(opened.seal(answer, svc.now()), "text/plain" if answer == inbox.NOTHING else "text/xml")
