"""The public address as WeChat and its consoles want it: HTTPS, at the root, with the proof files in place."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import urllib3

from chalicelib.features import proofs

from .finding import Finding, Text, bad, good, odd, run
from .patient import Patient

PATIENCE = 5.0  # seconds
HTTPS_PORT = 443
A_DAY = 86_400
SOON = 21  # days; ACM renews sixty days before the end
OK, MOVED, WRONG = 200, 300, 400
JS_SAFE, SIGN_IN = 5, 2  # domains that WeChat's console takes
OWN: Text = (
    "登录、JS-SDK、校验文件都要自己的域名，且在根路径",
    "sign-in, JS-SDK and proof files need a domain of your own, at its root",
)


def domain(patient: Patient) -> Iterator[Finding]:
    if not patient.address:
        return
    parts = urlsplit(patient.address)
    if parts.scheme != "https":
        yield bad(
            (f"{patient.address} 不是 HTTPS", f"{patient.address} is not HTTPS"),
            ("登录与 JS-SDK 只认 HTTPS", "sign-in and JS-SDK take nothing else"),
            run("domain set NAME --certificate ARN", patient.stage),
        )
    else:
        yield _certificate(parts.hostname or "", parts.port or HTTPS_PORT)
    if ".execute-api." in patient.address or parts.path:
        what = (f"{patient.address} 不是自己域名的根", f"{patient.address} is not the root of a domain of your own")
        yield odd(what, OWN, run("domain set NAME --certificate ARN", patient.stage))


def console(patient: Patient) -> Iterator[Finding]:
    """What belongs into which field of WeChat's console, as far as it can be counted from here."""
    host = urlsplit(patient.address).hostname
    if not host:
        return
    for account in patient.accounts:
        if account.may_sign_in:
            others = {urlsplit(origin).hostname or "" for origin in account.then_origins}
            yield _fields(patient, account.alias, host, sorted({host, *others}))


def proof_files(patient: Patient) -> Iterator[Finding]:
    if not patient.address:
        return
    kept = proofs.listed(patient.svc)
    for proof in kept:
        yield _proof(patient, f"{patient.address}/{proof.file}", proof.text)
    if not kept:
        yield odd(
            ("没有校验文件", "there are no proof files"),
            ("在微信后台填域名时会要求放置它们", "WeChat's console asks for them when a domain is entered"),
            run("domain verify FILE", patient.stage),
        )


def _certificate(host: str, port: int) -> Finding:
    renew: Text = ("在 ACM 续期或更换证书", "renew or replace the certificate in ACM")
    why: Text = ("证书失效后微信与浏览器都拒绝访问", "without a valid one neither WeChat nor browsers come in")
    try:
        days = (_ends(host, port) - time.time()) // A_DAY
    except ssl.SSLError as error:
        return bad(
            (f"{host} 的证书无效：{error.reason}", f"the certificate of {host} is not valid: {error.reason}"),
            why,
            renew,
        )
    except OSError as error:
        what = (f"{host} 连不上：{type(error).__name__}", f"{host} cannot be reached: {type(error).__name__}")
        return bad(what, why, ("检查 DNS 记录", "check its DNS records"))
    if days < SOON:
        what = (f"{host} 的证书只剩 {days:.0f} 天", f"the certificate of {host} ends in {days:.0f} days")
        return odd(what, why, renew)
    return good(f"{host} 的证书还有 {days:.0f} 天", f"the certificate of {host} is good for {days:.0f} days")


def _ends(host: str, port: int) -> float:
    with (
        socket.create_connection((host, port), PATIENCE) as line,
        ssl.create_default_context().wrap_socket(line, server_hostname=host) as sealed,
    ):
        told = sealed.getpeercert() or {}
    return ssl.cert_time_to_seconds(str(told["notAfter"]))


def _fields(patient: Patient, alias: str, host: str, pages: list[str]) -> Finding:
    if len(pages) > JS_SAFE:
        return bad(
            (f"{alias}：{len(pages)} 个域名用 JS-SDK", f"{alias}: {len(pages)} domains want the JS-SDK"),
            (f"微信只收 {JS_SAFE} 个 JS 安全域名", f"WeChat's console takes {JS_SAFE} JS-safe domains"),
            run(f"account change {alias} --then-origin https://…", patient.stage),
        )
    told = ", ".join(pages)
    return good(
        f"{alias}：网页授权域名填 {host}（1/{SIGN_IN}），JS 安全域名 {told}（{len(pages)}/{JS_SAFE}），"
        f"支付目录 {patient.address}/h5/{alias}/；内地后台要求域名已备案",
        f"{alias}: web-auth domain {host} (1 of {SIGN_IN}), JS-safe {told} ({len(pages)} of {JS_SAFE}), "
        f"payment directory {patient.address}/h5/{alias}/; mainland consoles ask for an ICP filing",
    )


def _proof(patient: Patient, url: str, text: str) -> Finding:
    """As WeChat fetches it: once, following nothing, and comparing bytes."""
    try:
        found = urllib3.request("GET", url, timeout=PATIENCE, retries=False, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        wrong = type(error).__name__
    else:
        wrong = _what_is_wrong(found, text.encode("ascii"))
    if not wrong:
        return good(f"{url} 原样可取", f"{url} is served byte for byte")
    return bad(
        (f"{url} 取不到原文（{wrong}）", f"{url} is not served as it should be ({wrong})"),
        ("微信会判定域名校验失败", "WeChat will not accept the domain"),
        run("deploy", patient.stage),
    )


def _what_is_wrong(found: urllib3.BaseHTTPResponse, content: bytes) -> str:
    if found.status != OK:
        return f"{'redirect, ' if MOVED <= found.status < WRONG else ''}HTTP {found.status}"
    if found.data != content:
        return "other bytes"
    kind = found.headers.get("Content-Type", "")
    return "" if kind.startswith("text/plain") else f"Content-Type {kind}"
