"""What WeChat itself says: can it reach us, and how much of today's quotas is used?

Asked with the token in the table. A new one is never asked for: that would end the one in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.services import Account
from chalicelib.wechat.errors import Unreachable, WeChatError

from .finding import Finding, Text, bad, good, odd
from .patient import Patient

NOT_SET = 40201
NEAR, ALL = 80, 100  # percent of a day's quota
TOKENS = "/cgi-bin/stable_token"
TEMPLATES, CUSTOM, FOLLOWERS = "/cgi-bin/message/template/send", "/cgi-bin/message/custom/send", "/cgi-bin/user/get"
CONSOLE: Text = (
    "微信公众平台：设置与开发 → 开发接口管理 → 基本配置 → 服务器配置",
    "WeChat's console: settings and development → API management → basic configuration → server configuration",
)

Json = dict[str, Any]
Ask = Callable[[str, Json], Json]


def reaches_us(patient: Patient) -> Iterator[Finding]:
    """WeChat's own network check of the callback address: name and ping."""
    for account, ask in _askable(patient):
        try:
            answer = ask("/cgi-bin/callback/check", {"action": "all", "check_operator": "DEFAULT"})
        except WeChatError as error:
            yield _no_callback(patient, account) if error.code == NOT_SET else _refused(account, error)
        except Unreachable as error:
            yield _unreachable(account, error)
        else:
            yield from _checked(account, answer)


def quotas(patient: Patient) -> Iterator[Finding]:
    for account, ask in _askable(patient):
        used = []
        try:
            for path in _paths(account):
                quota = ask("/cgi-bin/openapi/quota/get", {"cgi_path": path})["quota"]
                used.append((path, int(quota["used"]), int(quota["daily_limit"])))
        except WeChatError as error:
            yield _refused(account, error)
        except Unreachable as error:
            yield _unreachable(account, error)
        yield from _used(account, used)


def _askable(patient: Patient) -> Iterator[tuple[Account, Ask]]:
    """Accounts with a token that still lives; the others are `tokens`' to tell of."""
    for account in patient.accounts:
        token = patient.token(account)
        if token:
            yield account, _asking(patient, token)


def _asking(patient: Patient, token: str) -> Ask:
    return lambda path, body: patient.wechat.post(path, {"access_token": token}, body)


def _paths(account: Account) -> Iterator[str]:
    yield TOKENS
    if account.may_send_templates:
        yield TEMPLATES
    if account.may_send_custom:
        yield CUSTOM
    if account.may_list_followers:
        yield FOLLOWERS


def _checked(account: Account, answer: Json) -> Iterator[Finding]:
    names, pings = answer.get("dns", []), answer.get("ping", [])
    lost = [one for one in pings if str(one.get("package_loss", "")).rstrip("%") not in ("0", "0.0", "0.00")]
    if not names:
        yield bad(
            (f"{account.alias}：微信解析不到回调域名", f"{account.alias}: WeChat cannot resolve the callback's domain"),
            ("微信送不到消息", "WeChat cannot deliver"),
            ("检查域名的 DNS 记录", "check the DNS records of the domain"),
        )
    # AWS need not answer pings: loss alone says nothing while the name resolves, and `callback` asks properly.
    elif lost:
        yield good(
            f"{account.alias}：微信能解析回调域名（ping 没有回应，AWS 可以不答）",
            f"{account.alias}: WeChat resolves the callback's domain (pings are lost, which AWS may do)",
        )
    else:
        yield good(f"{account.alias}：微信说回调可达", f"{account.alias}: WeChat says that it reaches the callback")


def _no_callback(patient: Patient, account: Account) -> Finding:
    url = f"{patient.address or 'https://YOUR-DOMAIN'}/wechat/{account.alias}"
    return bad(
        (f"{account.alias}：微信后台没有填回调地址（40201）", f"{account.alias}: WeChat has no callback URL (40201)"),
        ("没有它收不到消息", "without it no message arrives"),
        (f"填 {url}（{CONSOLE[0]}）", f"enter {url} ({CONSOLE[1]})"),
    )


def _refused(account: Account, error: WeChatError) -> Finding:
    entry = error.entry
    return bad(
        (
            f"{account.alias}：微信答 {error.code}，{entry.meaning_zh}",
            f"{account.alias}: WeChat says {error.code}, {entry.meaning_en}",
        ),
        (f"rid {error.rid or '-'}", f"from {error.path}"),
        (entry.advice_zh, entry.advice_en),
    )


def _unreachable(account: Account, error: Unreachable) -> Finding:
    return odd(
        (
            f"{account.alias}：从本机问不到微信（{error}）",
            f"{account.alias}: WeChat cannot be asked from here ({error})",
        ),
        ("这项没有检查", "this was not checked"),
        ("检查本机网络后再试", "check this machine's network and try again"),
    )


def _used(account: Account, used: list[tuple[str, int, int]]) -> Iterator[Finding]:
    for path, count, limit in used:
        share = 100 * count // limit if limit else ALL
        if share >= NEAR:
            yield (bad if share >= ALL else odd)(
                (
                    f"{account.alias}：{path} 今天用了 {count}/{limit}",
                    f"{account.alias}: {path} used {count} of {limit} today",
                ),
                ("用完后到北京时间零点前都不能再调", "once spent, nothing goes until midnight in Shanghai"),
                ("放慢群发，或在微信后台清零", "slow campaigns down, or clear the quota in WeChat's console"),
            )
    if used:
        told = ", ".join(f"{path.removeprefix('/cgi-bin/')} {count}/{limit}" for path, count, limit in used)
        yield good(f"{account.alias}：今日调用 {told}", f"{account.alias}: calls used today: {told}")
