"""Salesforce's REST API, as its public documentation says: records of one kind, by an external id.

The token comes by OAuth 2.0 client credentials from the brand's own domain, and lives in this container's memory until
they refuse it (401); then another one is asked for, once. They take two hundred records a request; we send a hundred,
since we read 64 KiB of an answer. Each record succeeds or fails by itself (`allOrNone` false).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from ...outbound import Answer
from ...services import Account, Services
from ..crm.mapping import Mapping
from ..crm.records import Record
from ..crm.trouble import OK, Done, Theirs, Trouble, ask, content, insist_on_home, secret

KIND = "salesforce"
MOST_AT_ONCE = 100
API = "/services/data/v60.0"
UNKNOWN, FORBIDDEN, MISSING = 401, 403, 404
AN_HOUR = 3600
LONGEST_QUERY = 1700  # characters, as an address writes it; outbound/http.py takes 2,000 in all
USUAL_OBJECT = "Contact"
SPENT = "REQUEST_LIMIT_EXCEEDED"
# A record that fails by one of these may well succeed the next time.
PASSING = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "REQUEST_RUNNING_TOO_LONG", "UNKNOWN_EXCEPTION"})


class Salesforce:
    most = MOST_AT_ONCE

    def __init__(self, svc: Services, account: Account, url: str, mapping: Mapping) -> None:
        self._svc, self._url, self._key = svc, url.rstrip("/"), mapping.key.theirs
        self._object = mapping.object or USUAL_OBJECT
        self._app = secret(svc, account, KIND, "client_id", "client_secret")
        self._slot = f"salesforce#{account.alias}#{self._url}"

    def upsert(self, records: Sequence[Record]) -> Done:
        """At most a hundred."""
        told = {
            "allOrNone": False,
            "records": [
                {"attributes": {"type": self._object}, **record.values, self._key: record.key} for record in records
            ],
        }
        results = content(self._insist(self._ask("PATCH", f"/composite/sobjects/{self._object}/{self._key}", told)))
        if not isinstance(results, list) or len(results) != len(records):
            raise Trouble("Salesforce 的答复不完整。Salesforce's answer is not complete.")
        done = Done()
        for record, result in zip(records, results, strict=True):
            done += _outcome(record.openid, result)
        return done

    def read(self, keys: Sequence[str], properties: Sequence[str]) -> dict[str, Theirs]:
        """By key; those that they do not have are missing. A few questions, since each stands in an address."""
        names = ", ".join(dict.fromkeys(["Id", "LastModifiedDate", self._key, *properties]))
        # Names are checked by the mapping, values are quoted.
        begin = f"SELECT {names} FROM {self._object} WHERE {self._key} IN ("  # noqa: S608
        found: list[Any] = []
        for some in _fitting(keys, LONGEST_QUERY - len(quote(begin))):
            query = begin + ",".join(some) + ")"
            path = f"/query?{urlencode({'q': query}, quote_via=quote)}"
            found += content(self._insist(self._ask("GET", path))).get("records", [])
        return {
            str(one[self._key]): Theirs(one, _moment(one.get("LastModifiedDate", "")), str(one["Id"])) for one in found
        }

    def blank(self, key: str, properties: Sequence[str]) -> None:
        """Emptied of these, and of what says whose it is; fine if it is not there. The key is emptied by their own id,
        since one cannot change what one asks by."""
        answer = self._ask("GET", self._place(key))
        if answer.status != MISSING:
            record_id = str(content(self._insist(answer))["Id"])
            emptied = dict.fromkeys([*properties, self._key])
            self._insist(self._ask("PATCH", f"/sobjects/{self._object}/{quote(record_id, safe='')}", emptied))

    def remove(self, key: str) -> None:
        """Fine if it is not there. Their recycle bin keeps it for fifteen days."""
        answer = self._ask("DELETE", self._place(key))
        if answer.status != MISSING:
            self._insist(answer)

    def _place(self, key: str) -> str:
        return f"/sobjects/{self._object}/{self._key}/{quote(key, safe='')}"

    def _insist(self, answer: Answer) -> Answer:
        if answer.status >= OK:
            why = " ".join(sorted(_codes(answer))) or str(answer.status)
            raise Trouble(f"Salesforce 不接受：{why}。Salesforce refuses: {why}.", retry=False)
        return answer

    def _ask(self, method: str, path: str, told: Any = None) -> Answer:
        answer = self._once(method, path, told)
        if answer.status == UNKNOWN:
            self._svc.forget(self._slot)
            answer = self._once(method, path, told)
        if answer.status in (UNKNOWN, FORBIDDEN):
            spent = SPENT in _codes(answer)
            raise Trouble(
                "Salesforce 今天的调用次数用完了。Salesforce's daily limit is reached." if spent else REFUSED,
                wait=AN_HOUR if spent else 0,
            )
        if answer.status >= 500:  # noqa: PLR2004 (whatever is their own trouble)
            raise Trouble(f"Salesforce 出错（{answer.status}）。Salesforce fails ({answer.status}).")
        return answer

    def _once(self, method: str, path: str, told: Any) -> Answer:
        token, instance = self._svc.cached(self._slot, AN_HOUR, self._sign_in)
        return ask(self._svc, method, instance + API + path, told, {"Authorization": f"Bearer {token}"})

    def _sign_in(self) -> tuple[str, str]:
        """A token, and the address that it is for."""
        form = {"grant_type": "client_credentials"} | self._app
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = ask(self._svc, "POST", f"{self._url}/services/oauth2/token", urlencode(form).encode(), headers)
        if answer.status >= 500:  # noqa: PLR2004 (whatever is their own trouble)
            raise Trouble(f"Salesforce 出错（{answer.status}）。Salesforce fails ({answer.status}).")
        if answer.status >= OK:
            raise Trouble(REFUSED)
        told = content(answer)
        instance = str(told.get("instance_url") or self._url).rstrip("/")
        insist_on_home(self._svc, KIND, instance)
        return str(told["access_token"]), instance


REFUSED = (
    "Salesforce 不认这个应用或权限不够：ops account crm 重新保存。"
    "Salesforce does not take the app, or it may not do this: store its keys again with ops account crm."
)


def _outcome(openid: str, result: Any) -> Done:
    if result.get("success"):
        return Done(record_ids={openid: str(result.get("id") or "")})
    errors = result.get("errors", [])
    codes = [str(error.get("statusCode", "")) for error in errors]
    names = [str(name) for error in errors for name in error.get("fields") or []]
    why = " ".join(filter(None, [*codes, *names]))[:200] or "?"
    return Done(later={openid: why}) if set(codes) & PASSING else Done(refused={openid: why})


def _codes(answer: Answer) -> set[str]:
    """Of an error: a list with one object for each."""
    told = content(answer) if answer.body else []
    return {str(one.get("errorCode", "")) for one in told if isinstance(one, dict)} if isinstance(told, list) else set()


def _fitting(keys: Sequence[str], room: int) -> Iterator[list[str]]:
    """As SOQL writes texts, so many at a time as there is room for."""
    some: list[str] = []
    left = room
    for key in keys:
        text = "'" + key.replace("\\", "\\\\").replace("'", "\\'") + "'"
        size = len(quote(text + ",", safe=""))
        if some and size > left:
            yield some
            some, left = [], room
        some, left = [*some, text], left - size
    if some:
        yield some


def _moment(text: str) -> int:
    """2026-11-23T12:00:00.000+0000"""
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp())
    except ValueError:
        return 0
