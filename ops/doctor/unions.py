"""Does WeChat tell unionids, by which a person is known across the brand's accounts?

One follower of each account is looked up, with the token that is in the table; and if they come, whether they are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from chalicelib.features.identities import unions
from chalicelib.services import Account
from chalicelib.wechat.errors import WeChatError

from .finding import Finding, Text, advice, good, odd, run
from .patient import Patient

SHARDS = "0123456789abcdef"
TRIED = 3  # followers, because the first may just have left
LOOKED_AT = 20  # whether a unionid is kept of them, half a read each
FEW = 2  # accounts from which on there is something to join
PLATFORM = "open.weixin.qq.com"
STRANGERS: Text = ("同一个人在每个公众号都是陌生人", "one and the same person is a stranger in each account")


def unionids(patient: Patient) -> Iterator[Finding]:
    able = [account for account in patient.accounts if _may_tell(account)]
    coming = {account.alias: _comes(patient, account) for account in able}
    for account in able:
        yield from _of_one(patient, account, coming[account.alias])
    if len(able) >= FEW and not any(account.open_platform or coming[account.alias] for account in able):
        names = ", ".join(account.alias for account in able)
        yield advice(
            (
                f"没有 UnionID：{names} 没有标记为已绑定开放平台",
                f"no unionids: not marked as bound to an Open Platform account: {names}",
            ),
            STRANGERS,
            _bind(patient),
        )


def _may_tell(account: Account) -> bool:
    """Verified accounts with followers or visitors, and mini-programs, which tell it when somebody signs in."""
    return account.may_list_followers or account.may_sign_in or account.kind == "miniprogram"


def _of_one(patient: Patient, account: Account, comes: bool | None) -> Iterator[Finding]:
    """`comes`: whether a follower has a unionid; None where nobody could be asked."""
    alias = account.alias
    if comes is None and account.open_platform:
        yield good(
            f"{alias}：有 UnionID 标记，暂无粉丝可查", f"{alias} is marked for unionids; no follower to try it on"
        )
    elif comes and account.open_platform and not _are_kept(patient, account):
        yield odd(
            (
                f"{alias}：微信给出 UnionID，但这里还没有粉丝的 UnionID",
                f"{alias}: WeChat tells unionids, and none of its followers has one here yet",
            ),
            STRANGERS,
            _wait(patient),
        )
    elif comes and account.open_platform:
        yield good(f"{alias}：微信给出 UnionID", f"{alias}: WeChat tells unionids")
    elif comes:
        yield odd(
            (f"{alias}：微信给出 UnionID，但没有标记", f"{alias}: WeChat tells unionids, and it is not marked"),
            STRANGERS,
            run(f"account change {alias} --open-platform yes", patient.stage),
        )
    elif account.open_platform:
        yield odd(
            (f"{alias}：标记了开放平台，但粉丝没有 UnionID", f"{alias} is marked, but its followers have no unionid"),
            STRANGERS,
            _bind(patient),
        )


def _bind(patient: Patient) -> Text:
    zh, en = run("account change ALIAS --open-platform yes", patient.stage)
    return (
        f"在微信开放平台（{PLATFORM}）的管理中心绑定每个账号，再逐个{zh}",
        f"bind every account in the management centre of the Open Platform ({PLATFORM}), then for each {en}",
    )


def _wait(patient: Patient) -> Text:
    zh, en = run("logs run_bulk --since 1d", patient.stage)
    return (
        f"等到夜里：北京时间两点会逐个查询所有粉丝；早上若仍没有，{zh}",
        f"wait for the night: at 02:00 in Shanghai all followers are asked about; if none has one in the morning, {en}",
    )


def _are_kept(patient: Patient, account: Account) -> bool:
    """Whether any of the first few followers has a unionid here: they have been asked about all, or none."""
    return any(unions.kept(patient.svc, account, openid) for openid in islice(_followers(patient, account), LOOKED_AT))


def _comes(patient: Patient, account: Account) -> bool | None:
    token = patient.token(account) if account.may_list_followers else ""
    if not token:
        return None
    for openid in islice(_followers(patient, account), TRIED):
        try:
            told = patient.wechat.get("/cgi-bin/user/info", {"access_token": token, "openid": openid})
        except WeChatError:
            continue  # gone meanwhile; whatever holds for the account, `troubles` tells
        if told.get("subscribe") or told.get("unionid"):
            return bool(told.get("unionid"))
    return None


def _followers(patient: Patient, account: Account) -> Iterator[str]:
    shelves = (f"followers#{account.alias}#{shard}" for shard in SHARDS)
    entries = chain.from_iterable(patient.svc.table.shelved(shelf) for shelf in shelves)
    return (str(entry["pk"]).split("#", 2)[2] for entry in entries)
