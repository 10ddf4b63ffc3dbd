"""The callback, asked as WeChat asks it: the right signature is echoed, a wrong one is refused."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Iterator

from ..deploy import smoke
from .finding import Finding, Text, bad, good, odd, run
from .patient import Patient

SLOW = 2.0  # seconds; WeChat waits five, and a cold start is within that
FORBIDDEN, MOVED, BROKEN = 403, 300, 500
UNHEARD: Text = ("微信送不到消息，关注者得不到回复", "WeChat cannot deliver, and followers get no answers")


def callback(patient: Patient) -> Iterator[Finding]:
    if not patient.address:
        yield bad(("还没有部署", "the stage is not deployed"), UNHEARD, run("deploy", patient.stage))
        return
    for account in patient.accounts:
        if account.kind == "wecom":
            yield good(
                f"{account.alias} 是企业微信，不探测", f"{account.alias} is WeCom's, whose probe is sealed: skipped"
            )
        else:
            token = smoke.token(patient.target, account.alias)
            yield from _probe(patient, f"{patient.address}/wechat/{account.alias}", token)


def _probe(patient: Patient, url: str, token: str) -> Iterator[Finding]:
    echo, now, began = secrets.token_hex(16), patient.svc.now(), time.monotonic()
    right = smoke.ask(url, smoke.signed(token, now, secrets.token_hex(8)) | {"echostr": echo})
    took = time.monotonic() - began
    if not hmac.compare_digest(right.text.encode(), echo.encode()):
        yield _wrong(patient, url, right.status)
        return
    wrong = smoke.ask(url, smoke.signed(secrets.token_hex(16), now, secrets.token_hex(8)) | {"echostr": echo})
    if wrong.status != FORBIDDEN:
        yield bad(
            (f"{url} 对错误签名答 {wrong.status}", f"{url} answers {wrong.status} to a wrong signature, not 403"),
            ("谁都能冒充微信", "anybody could play WeChat"),
            run("rollback", patient.stage),
        )
        return
    if took > SLOW:
        yield odd(
            (f"{url} 用了 {took:.1f} 秒", f"{url} took {took:.1f} s"),
            ("微信只等五秒", "WeChat waits five seconds"),
            run("logs api_handler", patient.stage),
        )
    yield good(f"{url} 应答正确，拒绝错误签名", f"{url} answers right and refuses a wrong signature")


def _wrong(patient: Patient, url: str, status: int) -> Finding:
    what, todo = _diagnosis(patient, url, status)
    return bad(what, UNHEARD, todo)


def _diagnosis(patient: Patient, url: str, status: int) -> tuple[Text, Text]:
    if not status:
        reach = ("检查域名解析与证书", "check DNS and certificate of the domain")
        return (f"{url} 连不上或五秒内不应答", f"{url} cannot be reached, or not within five seconds"), reach
    if status == FORBIDDEN:
        alias = url.rpartition("/")[2]
        keys = run(f"account rotate {alias} token aes-key", patient.stage)
        return (f"{url} 不认得 SSM 里的 Token", f"{url} does not know the Token that is in SSM"), keys
    if MOVED <= status < BROKEN - 100:
        direct = ("让域名直接指向 API，不要跳转", "let the domain lead to the API without a redirect")
        return (
            f"{url} 跳转（{status}），微信不跟随",
            f"{url} redirects ({status}), which WeChat does not follow",
        ), direct
    return (f"{url} 答 {status}，不是回显", f"{url} answers {status} and no echo"), run(
        "logs api_handler", patient.stage
    )
