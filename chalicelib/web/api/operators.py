"""/api/me, /api/operators, /api/tokens, /api/audit: who may look after the accounts, and what they did."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from ...errors import BadInput
from ...features import operators
from ...features.operators import AREAS, ROLES, Grant, Holder, Operator
from .. import http
from .door import Call, door

MOST_LISTED = 100
MOST_SCOPES = 100
AUDIT_CURSOR = r"^([0-9]{6}\|([0-9]{14}#[0-9a-f]{8})?)?$"
Role = Literal["viewer", "editor", "admin"]


class OneAccount(msgspec.Struct):
    alias: str
    label: str
    kind: str
    verified: bool


class Me(msgspec.Struct):
    """Who asks, what they may, and the accounts there are."""

    name: str
    kind: str
    role: str
    may: list[str]
    accounts: list[OneAccount]
    stage: str


class OneOperator(msgspec.Struct):
    operator_id: str
    name: str
    role: Role
    disabled: bool
    created: int
    wechat: tuple[str, ...]  # aliases of accounts whose codes they may scan to sign in


class OperatorList(msgspec.Struct):
    items: list[OneOperator]
    cursor: str = ""


class OperatorBody(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    role: Role
    disabled: bool = False


class SignInLink(msgspec.Struct):
    url: str
    expires: int


class Offer(msgspec.Struct):
    """A QR code as a PNG in a data: URL, good for so many seconds; `code` names it when the digits are told."""

    picture: str
    seconds: int
    code: str


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """`digits`: what the chat of the WeChat that scanned says."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    digits: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$")]


class OneToken(msgspec.Struct):
    """`token` is there once, in the answer that made it."""

    mark: str
    label: str
    since: int
    scopes: list[str]
    token: str = ""
    created_by: str = ""  # the token outlives them


class TokenList(msgspec.Struct):
    items: list[OneToken]
    cursor: str = ""


class TokenBody(msgspec.Struct, forbid_unknown_fields=True):
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    scopes: Annotated[list[str], msgspec.Meta(max_length=MOST_SCOPES)]


class AuditEntry(msgspec.Struct):
    at: str  # ISO 8601, UTC
    name: str
    kind: str
    did: str
    about: str
    account: str
    outcome: str


class AuditPage(msgspec.Struct):
    items: list[AuditEntry]
    cursor: str


class AuditQuery(msgspec.Struct):
    cursor: Annotated[str, msgspec.Meta(pattern=AUDIT_CURSOR)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 50
    who: str = ""
    did: str = ""


@door("GET", "/api/me", needs="", gives=Me, says="我是谁，能做什么。Who I am and what I may do.")
def me(call: Call) -> Me:
    svc, who = call.svc, call.who
    accounts = [OneAccount(one.alias, one.label, one.kind, one.verified) for one in svc.accounts]
    may = [f"{area}:{does}" for area in AREAS for does in ("read", "write") if who.may(f"{area}:{does}")]
    return Me(who.name, who.kind, who.role, may, accounts, svc.settings.stage)


@door(
    "POST",
    "/api/me/wechat",
    needs="",
    gives=Offer,
    status=201,
    says="要一个码，用自己的微信扫，会收到数字。A code to scan with my WeChat, which is then told digits.",
)
def tie(call: Call) -> Offer:
    """For everyone, viewers too: it is about nobody but themselves."""
    _insist_on_operator(call)
    asked = operators.begin_scan(call.svc, call.who)
    return Offer(operators.picture(asked.address), asked.seconds, asked.mark)


@door(
    "PUT",
    "/api/me/wechat",
    needs="",
    takes=Told,
    says="填微信里收到的数字，绑定完成。The digits that my WeChat was told: from now on it may sign in as me.",
)
def tied(call: Call) -> None:
    _insist_on_operator(call)
    call.about.extend(operators.finish_tie(call.svc, call.who, call.body.code, call.body.digits))


@door("DELETE", "/api/me/wechat", needs="", says="解除我的微信绑定。My WeChat may not sign in any more.")
def untie(call: Call) -> None:
    _insist_on_operator(call)
    operators.untie(call.svc, call.who.mark)


@door("GET", "/api/operators", needs="operators:read", gives=OperatorList, says="运营人员。The operators.")
def listed(call: Call) -> OperatorList:
    return OperatorList([_shown(one) for one in operators.operators(call.svc)])


@door(
    "POST",
    "/api/operators",
    needs="operators:write",
    takes=OperatorBody,
    gives=OneOperator,
    status=201,
    says="添加运营人员，再给他一个登录链接。Add an operator; then give them a sign-in link.",
)
def add(call: Call) -> OneOperator:
    return _shown(_said(call, operators.add(call.svc, call.body.name, call.body.role)))


@door(
    "PUT",
    "/api/operators/{item}",
    needs="operators:write",
    takes=OperatorBody,
    gives=OneOperator,
    says="改名、改角色或停用。Change a name or a role, or disable.",
)
def change(call: Call, item: str) -> OneOperator:
    """Whoever is disabled is signed out everywhere, and stays so when they are let in again."""
    body = call.body
    return _shown(_said(call, operators.change(call.svc, item, body.name, body.role, body.disabled)))


@door("DELETE", "/api/operators/{item}", needs="operators:write", says="移除运营人员。Remove an operator.")
def remove(call: Call, item: str) -> None:
    _said(call, operators.remove(call.svc, item))


@door(
    "DELETE",
    "/api/operators/{item}/wechat",
    needs="operators:write",
    says="解除此人的微信绑定，例如手机丢了。Their WeChat may not sign in any more, say because the phone is lost.",
)
def untie_other(call: Call, item: str) -> None:
    operators.untie(call.svc, _said(call, operators.find(call.svc, item)).operator_id)


@door(
    "POST",
    "/api/operators/{item}/sign-in-link",
    needs="operators:write",
    gives=SignInLink,
    status=201,
    says="一次性的登录链接，十分钟有效。A sign-in link that works once, for ten minutes.",
)
def sign_in_link(call: Call, item: str) -> SignInLink:
    code = operators.link(call.svc, _said(call, operators.find(call.svc, item)))
    url = operators.address(http.site(call.request, call.svc), code)
    return SignInLink(url, call.svc.now() + operators.TEN_MINUTES)


@door("GET", "/api/tokens", needs="tokens:read", gives=TokenList, says="谁持有 API 令牌。Who holds an API token.")
def tokens(call: Call) -> TokenList:
    held = ((one, operators.grant(call.svc, one.mark)) for one in operators.listed(call.svc))
    # The list is a moment late: what was just revoked is not there any more.
    return TokenList([_token(one, may) for one, may in held if may])


@door(
    "POST",
    "/api/tokens",
    needs="tokens:write",
    takes=TokenBody,
    gives=OneToken,
    status=201,
    says="发一个 API 令牌，只显示这一次。Issue an API token; it is shown this once.",
)
def issue(call: Call) -> OneToken:
    """Nobody can give away what they do not have."""
    beyond = [scope for scope in call.body.scopes if not _has(call, scope)]
    if beyond:
        raise BadInput(
            f"您自己没有这些权限：{'、'.join(beyond)[:200]}。"
            f"You do not have these rights yourself: {', '.join(beyond)[:200]}."
        )
    label, scopes = call.body.label.strip(), list(dict.fromkeys(call.body.scopes))
    token = operators.issue_token(call.svc, label, scopes, created_by=call.who.name)
    call.about.append(f"{label}: {' '.join(scopes)}")
    return OneToken(call.svc.keys.fingerprint(token), label, call.svc.now(), scopes, token, call.who.name)


@door("DELETE", "/api/tokens/{item}", needs="tokens:write", says="收回令牌。Revoke a token.")
def revoke(call: Call, item: str) -> None:
    call.about.append(operators.revoke(call.svc, item))


@door(
    "GET",
    "/api/audit",
    needs="audit:read",
    asks=AuditQuery,
    gives=AuditPage,
    says="谁做了什么，新的在前。Who did what, the newest first.",
)
def audit(call: Call) -> AuditPage:
    """`who` and `did` narrow a page after it is read, so a page may be short and have a cursor all the same."""
    asked: AuditQuery = call.query
    found, cursor = operators.audit_page(call.svc, asked.cursor, asked.limit)
    fits = [one for one in found if asked.who in ("", one.name) and asked.did in one.did]
    return AuditPage([_entry(one) for one in fits], cursor)


def _insist_on_operator(call: Call) -> None:
    if call.who.kind != "operator":
        raise BadInput("令牌没有微信可以绑定。A token has no WeChat to tie.")


def _said(call: Call, one: Operator) -> Operator:
    """Their name for the audit log, which outlives them."""
    call.about.append(f"{one.name} {one.role}{' disabled' if one.disabled else ''}")
    return one


def _has(call: Call, scope: str) -> bool:
    if scope == "*":
        return call.who.role == "admin" or "*" in call.who.scopes
    return call.who.may(scope)


def _token(one: Holder, may: Grant) -> OneToken:
    return OneToken(one.mark, one.label, one.since, list(may.scopes), created_by=may.created_by)


def _shown(one: Operator) -> OneOperator:
    assert one.role in ROLES
    return OneOperator(one.operator_id, one.name, one.role, one.disabled, one.created, one.wechat)  # type: ignore[arg-type]


def _entry(one: operators.Entry) -> AuditEntry:
    at = datetime.fromtimestamp(one.at_ms / 1000, UTC).isoformat(timespec="seconds")
    return AuditEntry(at, one.name, one.kind, one.did, one.about, one.account, one.outcome)
