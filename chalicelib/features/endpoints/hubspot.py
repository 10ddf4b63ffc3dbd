"""HubSpot's CRM API v3, as its public documentation says: contacts, by a unique property of theirs.

A private app's token opens it (`crm.objects.contacts.read` and `.write`). A batch is refused as a whole because of one
contact, so it is halved until that one is found. They take a hundred in a batch; we send fifty, since we read 64 KiB of
an answer, and theirs repeats what it stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ...outbound import Answer
from ...services import Account, Services
from ..crm.mapping import Mapping
from ..crm.records import Out, Record
from ..crm.trouble import OK, Done, Theirs, Trouble, ask, content, retry_after, secret

KIND = "hubspot"
MOST_AT_ONCE = 50
CONTACTS = "/crm/v3/objects/contacts"
BAD, UNKNOWN, FORBIDDEN, MISSING, CONFLICT, LOCKED, TOO_MANY, MIGRATING = 400, 401, 403, 404, 409, 423, 429, 477
PARTLY = 207
A_LITTLE, TOMORROW = 10, 3600  # seconds to wait after 429 where they do not say: the limit of ten seconds, of a day
# About the mapping or the app, not about one contact: halving would find nobody.
OF_ALL = frozenset({"PROPERTY_DOESNT_EXIST", "MISSING_SCOPES", "READ_ONLY_VALUE"})


class HubSpot:
    most = MOST_AT_ONCE

    def __init__(self, svc: Services, account: Account, url: str, mapping: Mapping) -> None:
        self._svc, self._url, self._key = svc, url.rstrip("/"), mapping.key.theirs
        self._token = secret(svc, account, KIND, "token")["token"]

    def upsert(self, records: Sequence[Record]) -> Done:
        """At most fifty."""
        inputs = [
            {
                "id": record.key,
                "idProperty": self._key,
                "properties": {name: _text(value) for name, value in record.values.items()} | {self._key: record.key},
                "objectWriteTraceId": str(place),
            }
            for place, record in enumerate(records)
        ]
        answer = self._ask("POST", f"{CONTACTS}/batch/upsert", {"inputs": inputs})
        if answer.status < OK:
            return self._done(records, content(answer))
        why = _reason(answer)
        if len(records) == 1:
            return Done(refused={records[0].openid: why})
        half = len(records) // 2
        return self.upsert(records[:half]) + self.upsert(records[half:])

    def read(self, keys: Sequence[str], properties: Sequence[str]) -> dict[str, Theirs]:
        """By key; those that they do not have are missing."""
        asked = {
            "idProperty": self._key,
            "inputs": [{"id": key} for key in keys],
            "properties": [*properties, self._key],
        }
        answer = self._ask("POST", f"{CONTACTS}/batch/read", asked)
        if answer.status >= OK:
            raise Trouble(
                f"HubSpot 不接受读取：{_reason(answer)}。HubSpot refuses to be read: {_reason(answer)}.", False
            )
        found = content(answer).get("results", [])
        return {
            one["properties"][self._key]: Theirs(one["properties"], _moment(one.get("updatedAt", "")), str(one["id"]))
            for one in found
            if one.get("properties", {}).get(self._key)
        }

    def blank(self, key: str, properties: Sequence[str]) -> None:
        """Emptied of these, and of what says whose it is; fine if it is not there."""
        emptied = dict.fromkeys([*properties, self._key], "")
        path = f"{CONTACTS}/{quote(key, safe='')}?idProperty={quote(self._key)}"
        self._insist(self._ask("PATCH", path, {"properties": emptied}))

    def remove(self, key: str) -> None:
        """As their rules on privacy want it: for good. Fine if it is not there."""
        self._insist(self._ask("POST", f"{CONTACTS}/gdpr-delete", {"objectId": key, "idProperty": self._key}))

    def _insist(self, answer: Answer) -> None:
        if answer.status >= OK and answer.status != MISSING:
            raise Trouble(f"HubSpot 不接受：{_reason(answer)}。HubSpot refuses: {_reason(answer)}.")

    def _done(self, records: Sequence[Record], told: Any) -> Done:
        """Which one an error of a multi-status answer is about stands in its context."""
        by_key = {record.key: record.openid for record in records}
        ids = {
            by_key[key]: str(one["id"])
            for one in told.get("results", [])
            if (key := one.get("properties", {}).get(self._key)) in by_key
        }
        refused = {}
        for error in told.get("errors", []):
            for trace in error.get("context", {}).get("objectWriteTraceId", []):
                if trace.isdigit() and int(trace) < len(records):
                    refused[records[int(trace)].openid] = _words(error)
        return Done(record_ids=ids, refused=refused)

    def _ask(self, method: str, path: str, told: Any) -> Answer:
        """An answer that is about what was told; all else is Trouble."""
        answer = ask(self._svc, method, self._url + path, told, {"Authorization": f"Bearer {self._token}"})
        if answer.status in (UNKNOWN, FORBIDDEN):
            raise Trouble(
                "HubSpot 不认这个令牌或权限不够：ops account crm 重新保存。"
                "HubSpot does not take the token, or it lacks a scope: store another one with ops account crm."
            )
        if answer.status == TOO_MANY:
            day = b'"DAILY"' in answer.body
            raise Trouble(
                "HubSpot 的调用次数到限。HubSpot's limit is reached.",
                wait=retry_after(answer, TOMORROW if day else A_LITTLE),
            )
        if answer.status in (LOCKED, MIGRATING) or answer.status >= 500:  # noqa: PLR2004 (whatever is their own trouble)
            raise Trouble(
                f"HubSpot 出错（{answer.status}）。HubSpot fails ({answer.status}).", wait=retry_after(answer, 0)
            )
        if answer.status >= OK and _codes(answer) & OF_ALL:
            raise Trouble(
                f"HubSpot 不接受映射：{_reason(answer)}。HubSpot does not take the mapping: {_reason(answer)}.",
                retry=False,
            )
        return answer


def _codes(answer: Answer) -> set[str]:
    told = content(answer)
    errors = [told, *told.get("errors", [])] if isinstance(told, dict) else []
    return {str(one.get(name, "")) for one in errors if isinstance(one, dict) for name in ("code", "category")}


def _reason(answer: Answer) -> str:
    told = content(answer)
    return _words(told) if isinstance(told, dict) else str(answer.status)


def _words(told: Any) -> str:
    """Codes and names of properties; their sentences may quote what a person's property holds."""
    inner = [one for one in told.get("errors", []) if isinstance(one, dict)]
    codes = dict.fromkeys(str(one.get("code") or "") for one in inner)
    names = dict.fromkeys(
        name for one in inner for listed in [one.get("context", {}).get("propertyName", [])] for name in _list(listed)
    )
    words = [str(told.get("category", "")), *codes, *names]
    return " ".join(word for word in words if word)[:200] or "?"


def _list(told: Any) -> list[str]:
    return [str(one) for one in told] if isinstance(told, list) else [str(told)]


def _text(value: Out) -> str:
    """Their properties are text; "" empties one."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return 0
