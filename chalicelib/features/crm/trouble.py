"""What can go wrong with a CRM, and how one asks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ...errors import Misconfigured
from ...outbound import AddressRefused, Answer, Unreachable
from ...services import Account, Services

# Whoever may write an endpoint may not read the keys of a CRM, so these go to the CRM's own hosts and to nobody else.
HOMES = {
    "hubspot": ("hubapi.com",),
    "salesforce": ("my.salesforce.com", "my.sfcrmproducts.cn"),
}
PATIENCE = 15.0  # seconds: a batch takes them some
LONGEST_WAIT = 86_400
OK = 300


class Trouble(Exception):
    """It did not work. `retry`: later it may; `wait`: not before so many seconds, 0 if they do not say."""

    def __init__(self, words: str, retry: bool = True, wait: int = 0) -> None:
        super().__init__(words)
        self.retry = retry
        self.wait = min(max(wait, 0), LONGEST_WAIT)


class Done(msgspec.Struct, frozen=True):
    """Of a batch, by openid: their numbers of the records, who was refused and why, and who may be tried again."""

    record_ids: dict[str, str] = {}
    refused: dict[str, str] = {}
    later: dict[str, str] = {}

    def __add__(self, other: Done) -> Done:
        return Done(self.record_ids | other.record_ids, self.refused | other.refused, self.later | other.later)


class Theirs(msgspec.Struct, frozen=True):
    """A record as they have it; `at` is when it last changed."""

    values: dict[str, Any]
    at: int
    record_id: str


def ask(svc: Services, method: str, url: str, told: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Their answer, whatever its status. `told` goes as JSON, bytes as they are."""
    body = told if isinstance(told, bytes) else b"" if told is None else msgspec.json.encode(told)
    kind = {} if told is None or isinstance(told, bytes) else {"Content-Type": "application/json"}
    try:
        return svc.outbound.send(method, url, body, kind | dict(headers or {}), PATIENCE)
    except (AddressRefused, Unreachable) as error:  # refused for where its name leads to just now
        raise Trouble(str(error)) from None


def insist_on_home(svc: Services, kind: str, url: str) -> None:
    """AddressRefused if the keys of such a CRM do not belong there."""
    svc.outbound.insist_on(url, HOMES[kind])


def content(answer: Answer) -> Any:
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Trouble("对方的答复读不懂。Their answer cannot be read.") from None


def retry_after(answer: Answer, otherwise: int) -> int:
    """Seconds, as the header says it; a date is not read."""
    text = answer.headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise  # noqa: PLR2004


def secret(svc: Services, account: Account, name: str, *fields: str) -> dict[str, str]:
    """What `ops account crm` stored; Misconfigured if nothing was, or not these fields."""
    stored = svc.secrets.read(f"accounts/{account.alias}/crm_{name}")
    try:
        found = msgspec.json.decode(stored, type=dict[str, str])
        return {field: found[field] for field in fields}
    except (msgspec.DecodeError, KeyError):
        # The original text could quote the secret.
        raise Misconfigured(
            f"CRM 密钥不完整：用 ops account crm {account.alias} 重新保存。"
            f"The keys of the CRM are not complete: store them again with ops account crm {account.alias}."
        ) from None
