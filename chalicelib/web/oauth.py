"""Log in with WeChat: out to WeChat and back, who is here, and the ways by which other sites learn it.

Browsers come to `start` and `return` and get pages; scripts ask `me`, `exchange` and `sign-out` and get JSON.
"""

from __future__ import annotations

import msgspec
from chalice.app import Blueprint, Response

from ..errors import Forbidden, NotSignedIn
from ..features import followers, identities, operators, tags
from ..services import Account, Services, services
from . import http

bp = Blueprint(__name__)

# Our cookies, each with __Host- before its name. `begun` and `visit` are followed by what they are for.
BEGUN, ROUNDS, VISIT = "begun-", "rounds", "visit-"
TEN_MINUTES = 600
# Of a browser at once: API Gateway takes no more than 10 KB of headers, and other cookies of the brand's come along.
MOST_BEGUN, MOST_BYTES = 4, 4096
NOT_OURS = "登录凭证无效、已过期或属于别的网站，请重新登录。This ID token is not valid here; please sign in again."

NOT_THE_PAGE = (
    "凭票只能由它所属网站的页面来换：请求须带相同的 Origin。Only a page of the site that this ticket was made for may "
    "exchange it: the request must carry that Origin."
)


class Exchange(msgspec.Struct):
    ticket: str
    code_verifier: str = ""


@bp.route("/oauth/{account}/start")
def start(account: str) -> Response:
    svc, known, site = _here(account)
    asked = http.query(bp.current_request)
    wish = identities.Wish(
        goes_to=asked.get("then", "/"),
        scope=asked.get("scope", "snsapi_base"),
        nonce=asked.get("nonce", ""),
        challenge=asked.get("code_challenge", ""),
        method=asked.get("code_challenge_method", ""),
    )
    beginning = identities.begin(svc, known, site, wish)
    identities.rounds.stop_circles(http.cookie(bp.current_request, f"__Host-{ROUNDS}"), beginning.goes_to, svc.now())
    begun = http.set_cookie(BEGUN + beginning.mark, beginning.cookie, TEN_MINUTES)
    return http.redirect(beginning.url, [begun, *_too_many(svc, len(begun))])


@bp.route("/oauth/{account}/return")
def finish(account: str) -> Response:
    svc, known, site = _here(account)
    request = bp.current_request
    came = http.query(request)
    begun = http.cookie(request, f"__Host-{BEGUN}{identities.mark_of(came.get('state', ''))}")
    held = http.cookie(request, f"__Host-{VISIT}{account}")
    browser = request.headers.get("user-agent", "")
    done = identities.finish(
        svc, known, site, identities.Return(came.get("code", ""), came.get("state", ""), begun, held, browser)
    )
    if done.openid:
        tags.wake(svc, known, done.openid, ["visited"])
    cookies = [http.set_cookie(VISIT + account, done.cookie, done.seconds)] if done.cookie else []
    if done.cookie and not done.repeated:
        rounds = identities.rounds.count(http.cookie(request, f"__Host-{ROUNDS}"), done.goes_to, done.began)
        cookies.append(http.set_cookie(ROUNDS, rounds, identities.rounds.A_MINUTE))
    return http.redirect(done.goes_to, cookies)


@bp.route("/oauth/{account}/me")
def me(account: str) -> Response:
    """A page's own script may ask who is here: by the visitor's cookie, or by the ID token of an exchange."""
    svc, known, _ = _here(account)
    token = http.bearer(bp.current_request)
    who = identities.visit(svc, known, *_of_token(token, account)) if token else visitor(account)
    if who is None:
        return http.json({"signed_in": False})
    return http.json({"signed_in": True, "scope": who.scope, "since": who.since} | _told(svc, known, who))


@bp.route("/oauth/{account}/exchange", methods=["POST"], content_types=["*/*"])
def exchange(account: str) -> Response:
    """A ticket for an identity: to a server with an API token, or to a page of its site with the challenge's secret."""
    svc, known, site = _here(account)
    asked = http.json_body(bp.current_request, Exchange)
    ticket = identities.look_at(svc, known, asked.ticket)
    by_page = bool(ticket.challenge) if ticket else bool(asked.code_verifier)
    if not by_page:
        operators.identify(svc, http.bearer(bp.current_request))
    if ticket and by_page and bp.current_request.headers.get("origin", "") != ticket.origin:
        raise Forbidden(NOT_THE_PAGE)
    if ticket:
        http.refuse_strangers(bp.current_request, ticket.origin, ())
    got = identities.exchange(svc, known, site, ticket, asked.code_verifier)
    return http.json({"id_token": got.id_token, "expires_in": got.expires_in} | _told(svc, known, got.visitor))


@bp.route("/oauth/{account}/sign-out", methods=["POST"], content_types=["*/*"])
def sign_out(account: str) -> Response:
    """End the visit of the cookie, or of the ID token, ended or not. A form may say where to go `then`."""
    svc, known, site = _here(account)
    request = bp.current_request
    http.refuse_strangers(request, site, known.then_origins)
    then = http.query(request).get("then", "")
    goes_to = identities.allowed_page(then, site, known.then_origins) if then else ""
    token = http.bearer(request)
    if token:
        identities.end(svc, known, *_of_token(token, account, ended_too=True))
    else:
        identities.sign_out(svc, known, http.cookie(request, f"__Host-{VISIT}{account}"))
    gone = [http.end_cookie(VISIT + account), http.end_cookie(ROUNDS)]
    return http.redirect(goes_to, gone, status=303) if goes_to else http.empty(gone)


@bp.route("/oauth/{account}/me", methods=["OPTIONS"], content_types=["*/*"])
def may_ask_me(account: str) -> Response:
    return http.preflight(bp.current_request, services().accounts[account].then_origins, "GET")


@bp.route("/oauth/{account}/exchange", methods=["OPTIONS"], content_types=["*/*"])
@bp.route("/oauth/{account}/sign-out", methods=["OPTIONS"], content_types=["*/*"])
def may_post(account: str) -> Response:
    return http.preflight(bp.current_request, services().accounts[account].then_origins, "POST")


def visitor(account: str) -> identities.Visitor | None:
    """Who is here by the cookie; for pages of our own site."""
    svc = services()
    cookie = http.cookie(bp.current_request, f"__Host-{VISIT}{account}")
    return identities.visitor(svc, svc.accounts[account], cookie)


def _here(account: str) -> tuple[Services, Account, str]:
    svc = services()
    return svc, svc.accounts[account], http.site(bp.current_request, svc)


def _too_many(svc: Services, fresh: int) -> list[str]:
    """Cookies that end those sign-ins of this browser that are over, and the oldest ones that are too many or, with a
    `fresh` one of so many bytes, too long."""
    found = http.cookies(bp.current_request, BEGUN)
    begun = {mark: identities.begun_at(svc, cookie) for mark, cookie in found.items()}
    kept, used = set[str](), fresh
    for mark in sorted((mark for mark in begun if begun[mark]), key=lambda mark: begun[mark], reverse=True):
        used += len(BEGUN) + len(mark) + len(found[mark])
        if len(kept) < MOST_BEGUN - 1 and used <= MOST_BYTES:
            kept.add(mark)
    return [http.end_cookie(BEGUN + mark) for mark in found if mark not in kept and mark.isascii() and mark.isalnum()]


def _of_token(token: str, account: str, ended_too: bool = False) -> tuple[str, str]:
    """(openid, visit) of an ID token; it must have been given to the very origin that asks."""
    svc, known, site = _here(account)
    origin = bp.current_request.headers.get("origin", "")
    found = identities.of_id_token(svc, known, site, (token, origin), ended_too)
    if found is None:
        raise NotSignedIn(NOT_OURS)
    return found


def _told(svc: Services, account: Account, who: identities.Visitor) -> dict[str, str | bool]:
    follows = not who.virtual and followers.is_following(svc, account, who.openid)
    return {
        "openid": who.openid,
        "unionid": who.unionid,
        "follower": follows,
        "virtual": who.virtual,
        "nickname": who.nickname,
        "picture": who.picture,
    }
