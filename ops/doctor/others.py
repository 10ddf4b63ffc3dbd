"""Other people's systems that an account depends on: the token service of its group, and those it relays to."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chalicelib.errors import AppError
from chalicelib.features import token_source
from chalicelib.services import Account
from chalicelib.wechat.credentials import Issued
from chalicelib.wechat.relaying import Relay

from .. import stage
from ..accounts import outside
from ..say import Problem
from .finding import Finding, Text, bad, good, odd, run
from .patient import Patient

SOON = 900  # seconds before its end by which a token has to be replaced
NO_TOKENS: Text = ("令牌到期后，给微信的一切调用都会停", "when its token ends no call to WeChat works")


def token_services(patient: Patient) -> Iterator[Finding]:
    """Asked as the stage asks it; that changes nothing there."""
    for account in patient.accounts:
        if account.token_source:
            yield _token_service(patient, account)
            yield from _sign_in(patient, account)


def relays(patient: Patient) -> Iterator[Finding]:
    """Whether each still knows its own token, as WeChat's console would find out."""
    for account in patient.accounts:
        for one in account.relays:
            yield _relay(patient, account, one)


def _token_service(patient: Patient, account: Account) -> Finding:
    alias, item = account.alias, account.tokens.read("access")
    mend = run(f"account token-source {alias} --key", patient.stage)
    try:
        outside.check_address(patient.target, account.token_source)
        key = stage.read_secret(patient.target, f"accounts/{alias}/token_source")
        out = outside.outbound(patient.target)
        issued = token_source.ask_at(out, account.token_source, key, account.app_id)
    except Problem as problem:
        return bad((f"{alias}：{problem.zh}", f"{alias}: {problem.en}"), NO_TOKENS, mend)
    except token_source.ServiceDown as error:
        left = int(item.get("good_until", 0)) - patient.svc.now()
        tell = ("告诉管令牌服务的人", "tell whoever runs the token service")
        return (bad if left < SOON else odd)(_said(alias, error), NO_TOKENS, tell)
    except AppError as error:
        return bad(_said(alias, error), NO_TOKENS, mend)
    return _compared(account, issued, str(item.get("token_text", "")))


def _compared(account: Account, issued: Issued, kept: str) -> Finding:
    if kept and kept != issued.token:
        return odd(
            (
                f"{account.alias}：令牌服务已有另一个令牌",
                f"{account.alias}: the token service has another token than the one in use",
            ),
            (
                "旧的五分钟后失效；第一个被拒绝的调用会去换",
                "the old one ends in five minutes; the first call that is refused fetches the new one",
            ),
            (
                "若常常如此，有人在强制刷新：让令牌服务不要提前换",
                "if that is often so somebody forces refreshes: let the service replace tokens at their end only",
            ),
        )
    return good(
        f"{account.alias}：令牌服务给出令牌（还有 {issued.expires_in // 60} 分钟）",
        f"{account.alias}: the token service gives a token, good for {issued.expires_in // 60} minutes",
    )


def _sign_in(patient: Patient, account: Account) -> Iterator[Finding]:
    """The exchange of a sign-in's code takes the AppSecret, whoever has the tokens."""
    if not account.may_sign_in:
        return
    try:
        stage.read_secret(patient.target, f"accounts/{account.alias}/app_secret")
    except Problem:
        yield odd(
            (f"{account.alias}：没有 AppSecret", f"{account.alias} has no AppSecret here"),
            ("访客不能在网页上用微信登录", "visitors cannot sign in on web pages"),
            run(f"account rotate {account.alias} app-secret", patient.stage),
        )


def _relay(patient: Patient, account: Account, one: Relay) -> Finding:
    name = f"{account.alias} → {one.name}"
    again = run(f"account relay add {account.alias} {one.name} --replace …", patient.stage)
    unheard = (
        ("它收不到消息；关注者的回答不受影响", "it gets no messages; followers get their answers all the same")
        if one.answers == "ours"
        else ("它答不了，由我们回答", "it cannot answer, so we do, a moment later")
    )
    try:
        kept = json.loads(stage.read_secret(patient.target, f"accounts/{account.alias}/relay"))
        if one.name not in kept:
            return bad((f"{name}：没有密钥", f"{name}: it has no keys in SSM"), unheard, again)
        outside.check_address(patient.target, one.url)
        outside.knows_token(patient.target, one.url, kept[one.name]["token"])
    except Problem as problem:
        return odd((f"{name}：{problem.zh}", f"{name}: {problem.en}"), unheard, again)
    return good(f"{name}：应答正确", f"{name}: it answers with the echo")


def _said(alias: str, error: AppError) -> Text:
    zh, _, en = str(error).partition("。")
    return f"{alias}：{zh}", f"{alias}: {en}"
