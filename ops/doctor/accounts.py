"""Each WeChat account's secrets, tokens and troubles, from what the stage itself wrote down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chalicelib.features import alarms
from chalicelib.services import Account

from .finding import Finding, Text, bad, good, odd, run
from .patient import Patient

LATE = 300  # seconds before its end by which a token should have been replaced
MANY_FORCED = 10  # a day; WeChat allows twenty
REFUSED_ADDRESS = re.compile(r"40164: IP ([0-9a-fA-F.:]+)\. ")
HALT: Text = ("没有令牌，给微信的一切调用都会停", "without a token no call to WeChat works")
WHITELIST: Text = (
    "微信公众平台：设置与开发 → 开发接口管理 → 基本配置 → IP 白名单",
    "WeChat's console: settings and development → API management → basic configuration → IP whitelist",
)
PER_REQUEST = 10  # parameters that SSM tells of at once


def secrets(patient: Patient) -> Iterator[Finding]:
    """That they are there and sealed; nobody reads them here."""
    own = [f"accounts/{account.alias}/{what}" for account in patient.accounts for what in _needed(account)]
    mends = {patient.target.parameter(name): _mend(name) for name in ("master_key", *own)}
    names = list(mends)
    kinds: dict[str, str] = {}
    for start in range(0, len(names), PER_REQUEST):
        answer = patient.target.client("ssm").get_parameters(Names=names[start : start + PER_REQUEST])
        kinds |= {one["Name"]: one["Type"] for one in answer["Parameters"]}
    wrong = [name for name in names if kinds.get(name) != "SecureString"]
    for name in wrong:
        yield bad(
            (f"SSM 里没有加密的 {name}", f"SSM has no sealed {name}"),
            ("回调、登录或取令牌会失败", "callbacks, sign-ins or tokens fail"),
            run(mends[name], patient.stage),
        )
    if not wrong:
        yield good(f"{len(names)} 个密钥都在，且已加密", f"secrets: {len(names)}, all of them sealed")


def _needed(account: Account) -> Iterator[str]:
    yield "callback"
    yield "token_source" if account.token_source else "app_secret"
    if account.relays:
        yield "relay"


def _mend(name: str) -> str:
    """Only what is there can be rotated; keys of a callback that are gone are given anew, with the account."""
    _, _, rest = name.partition("accounts/")
    alias, _, what = rest.partition("/")
    if not alias:
        return "resources"
    mends = {
        "app_secret": f"account rotate {alias} app-secret",
        "token_source": f"account token-source {alias} --key",
        "relay": f"account relay add {alias} NAME --replace …",
    }
    return mends.get(what, f"account add {alias} --replace …")


def tokens(patient: Patient) -> Iterator[Finding]:
    for account in patient.accounts:
        yield from _token(patient, account, account.tokens.read("access"))
    if not patient.accounts:
        yield odd(
            ("还没有公众号", "there is no WeChat account yet"),
            ("没有它，环境无事可做", "without one the stage has nothing to do"),
            run("account add ALIAS …", patient.stage),
        )


def troubles(patient: Patient) -> Iterator[Finding]:
    """The last error of each account that only a person can mend."""
    for account in patient.accounts:
        ringing = alarms.ringing(patient.svc, account)
        for what, text in ringing.items():
            refused = REFUSED_ADDRESS.match(text)
            yield _not_on_the_list(account, refused[1]) if refused else _trouble(patient, account, what, text)
        if not ringing:
            yield good(f"{account.alias}：没有要人处理的事", f"{account.alias}: nothing needs a person")


def _token(patient: Patient, account: Account, item: dict[str, Any]) -> Iterator[Finding]:
    alias, left = account.alias, int(item.get("good_until", 0)) - patient.svc.now()
    look = run("logs refresh_tokens", patient.stage)
    if not item.get("token_text"):
        yield bad((f"{alias} 还没有令牌", f"{alias} has no token yet"), HALT, look)
    elif left <= 0:
        yield bad((f"{alias} 的令牌已过期 {-left} 秒", f"{alias}'s token ended {-left} s ago"), HALT, look)
    elif item.get("rejected_serial", -1) >= item["serial"]:
        yield bad((f"{alias} 的令牌被微信拒绝", f"WeChat refused {alias}'s token"), HALT, look)
    elif left < LATE:
        why = ("刷新函数落后了", "the refresher is behind")
        yield odd((f"{alias} 的令牌只剩 {left} 秒", f"{alias}'s token has {left} s left"), why, look)
    else:
        yield good(f"{alias} 的令牌还有 {left // 60} 分钟", f"{alias}'s token is good for {left // 60} minutes")
    if item.get("forced_today", 0) >= MANY_FORCED and item.get("forced_day") == _today(patient):
        yield odd(
            (
                f"{alias} 今天强制刷新了 {item['forced_today']} 次",
                f"{alias}'s token was forced {item['forced_today']} times today",
            ),
            (
                "每天最多 20 次；多半有别的程序在用同一账号取令牌",
                "20 a day is the limit; another program asks for tokens too",
            ),
            ("停掉另一个程序，或改用 stable_token", "stop that program, or let it use stable_token"),
        )


def _today(patient: Patient) -> int:
    return (patient.svc.now() + 8 * 3600) // 86_400


def _not_on_the_list(account: Account, address: str) -> Finding:
    return bad(
        (
            f"{account.alias}：微信拒绝了我们的地址 {address}（40164）",
            f"{account.alias}: WeChat refuses our address {address} (40164)",
        ),
        ("取不到新令牌，两小时内一切停止", "no new token can be had, and within two hours everything stops"),
        (
            f"把 {address} 填进白名单（{WHITELIST[0]}）；地址常变就用固定出口：python -m ops egress",
            f"paste {address} into the whitelist ({WHITELIST[1]}); if it keeps changing, use `python -m ops egress`",
        ),
    )


def _trouble(patient: Patient, account: Account, what: str, text: str) -> Finding:
    return bad(
        (f"{account.alias} 的 {what} 要人处理", f"{account.alias}, {what}: {text}"),
        ("这件事只有人能处理", "only a person can mend this"),
        run("status", patient.stage),
    )
