"""A HubSpot of one's own, as its public documentation of CRM API v3 and of webhooks says: contacts, and no more.

`{simulator}/other-systems/hubspot` stands for https://api.hubapi.com. Strict where HubSpot is: a private app's token,
its scopes, JSON, a hundred contacts in a batch, unique properties, types, calls in ten seconds and in a day. A batch is
refused as a whole because of one contact, unless `multi_status` is on.

A tester's own doors beside it: GET `tester` what there is, POST `tester` {settings}, POST `tester/edit` what a person
does in HubSpot's own pages, of which the subscribed webhook hears, signed as HubSpot signs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, jsonify, request

from simulator.accounts import Json
from simulator.doors import told_json, world

bp = Blueprint("hubspot", __name__, url_prefix="/other-systems/hubspot")

MOST_IN_A_BATCH = 100
TEN_SECONDS = 10
LONGEST_VALUE = 65_536  # characters
CONTACTS = "/crm/v3/objects/contacts"
READ, WRITE = "crm.objects.contacts.read", "crm.objects.contacts.write"
USUAL = {
    "token": "pat-na1-stand-in",
    "client_secret": "client-secret-of-the-stand-in",
    "scopes": [READ, WRITE],
    # name -> type; `unique` beside it
    "properties": {
        "email": "string", "firstname": "string", "lastname": "string", "phone": "string",
        "wechat_openid": "unique", "wechat_tags": "string", "wechat_since": "datetime", "wechat_orders": "number",
        "wechat_spent": "number", "wechat_following": "bool", "favourite_tea": "string", "member_level": "string",
        "lifecyclestage": "lead|customer|evangelist",
    },
    "per_ten_seconds": 100,
    "per_day": 250_000,
    "multi_status": False,
    "down": False,
    "webhook": "",  # where changes are told; "" for nowhere
    "subscribed": [],  # names of properties
}  # fmt: skip


class Refusal(Exception):
    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status, self.headers = status, more.pop("headers", {})
        self.told = {
            "status": "error", "message": message, "category": category, "correlationId": secrets.token_hex(8), **more
        }  # fmt: skip


@bp.errorhandler(Refusal)
def refused(error: Refusal) -> Response:
    answer = jsonify(error.told)
    answer.status_code = error.status
    answer.headers.update(error.headers)
    return answer


@bp.post(f"{CONTACTS}/batch/upsert")
def upsert() -> Response:
    told = _asked(WRITE)
    inputs = _inputs(told)
    good, errors = [], []
    for one in inputs:
        try:
            good.append((one, _checked(one)))
        except Refusal as refusal:
            if not here()["multi_status"]:
                raise
            trace = {"objectWriteTraceId": [str(one.get("objectWriteTraceId", ""))]}
            errors.append({**refusal.told, "context": trace})
    # Nothing is written before all is checked: a refused batch leaves no trace.
    results = [_upserted(one, properties) for one, properties in good]
    body = {"status": "COMPLETE", "results": results, "startedAt": _now(), "completedAt": _now()}
    answer = jsonify(body | ({"numErrors": len(errors), "errors": errors} if errors else {}))
    answer.status_code = 207 if errors else 200
    return answer


@bp.post(f"{CONTACTS}/batch/read")
def read() -> Response:
    told = _asked(READ)
    names, unique = told.get("properties", []), str(told.get("idProperty", ""))
    found, missing = [], []
    for one in _inputs(told):
        contact = _find(unique, str(one.get("id", "")))
        if contact is None:
            missing.append(one.get("id"))
        else:
            found.append(_shown(contact, names))
    body: Json = {"status": "COMPLETE", "results": found, "startedAt": _now(), "completedAt": _now()}
    if missing:
        body["errors"] = [
            {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some CONTACT objects",
             "context": {"ids": missing}}
        ]  # fmt: skip
    answer = jsonify(body)
    answer.status_code = 207 if missing else 200
    return answer


@bp.patch(f"{CONTACTS}/<key>")
def change(key: str) -> Response:
    told = _asked(WRITE)
    contact = _find(request.args.get("idProperty", "hs_object_id"), key)
    if contact is None:
        raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
    properties = told.get("properties", {})
    _check_properties(properties)
    _write(contact, properties, "INTEGRATION")
    return jsonify(_shown(contact, list(properties)))


@bp.post(f"{CONTACTS}/gdpr-delete")
def gdpr_delete() -> Response:
    told = _asked(WRITE)
    contact = _find(str(told.get("idProperty", "hs_object_id")), str(told.get("objectId", "")))
    if contact is None:
        raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
    with world().lock:
        del here()["contacts"][contact["id"]]
    return Response(status=204)


@bp.get("/tester")
def look() -> Json:
    return {**here(), "contacts": list(here()["contacts"].values())}


@bp.post("/tester")
def settle() -> Json:
    """`reset` begins anew; anything else is a setting."""
    told = told_json()
    if told.pop("reset", False):
        current_app.extensions.pop("hubspot", None)
    here().update({name: value for name, value in told.items() if name in USUAL})
    return look()


@bp.post("/tester/edit")
def edit() -> Json:
    """A person changes a contact in its pages: {"by": property, "is": value, "properties": {…}, "told": false}."""
    told = told_json()
    contact = _find(told["by"], told["is"])
    if contact is None:
        return {"status": 0}
    changes = _write(contact, told["properties"], "CRM_UI")
    return {"status": send_webhook(changes) if told.get("told", True) else 0, "changes": changes}


@bp.post("/tester/webhook")
def deliver() -> Json:
    """Deliver these changes, perhaps once more, or in another order: {"changes": […], "late_by": seconds}."""
    told = told_json()
    return {"status": send_webhook(told["changes"], told.get("late_by", 0))}


def send_webhook(changes: list[Json], late_by: int = 0) -> int:
    """The status of the answer, 0 for none. The signature is of method, address, body and time (v3)."""
    target = here()["webhook"]
    wanted = [one for one in changes if one["propertyName"] in here()["subscribed"]]
    if not target or not wanted:
        return 0
    body = json.dumps(wanted).encode()
    stamp = str(int((world().clock.now() - late_by) * 1000))
    signed = f"POST{target}".encode() + body + stamp.encode()
    mark = base64.b64encode(hmac.new(here()["client_secret"].encode(), signed, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "X-HubSpot-Signature-v3": mark,
        "X-HubSpot-Request-Timestamp": stamp,
    }
    parts = urlsplit(target)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("POST", parts.path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def here() -> Json:
    fresh = {**USUAL, "properties": dict(USUAL["properties"]), "contacts": {}, "calls": [], "numbers": 500}  # type: ignore[call-overload]
    found: Json = current_app.extensions.setdefault("hubspot", fresh)
    return found


def _asked(scope: str) -> Json:
    """The body, of whoever may ask, within the limits."""
    state = here()
    if state["down"]:
        raise Refusal(503, "SERVICE_UNAVAILABLE", "Service unavailable")
    if request.headers.get("Authorization") != f"Bearer {state['token']}":
        raise Refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
    if scope not in state["scopes"]:
        raise Refusal(
            403, "MISSING_SCOPES", "This app hasn't been granted all required scopes",
            errors=[{"code": "MISSING_SCOPES", "context": {"requiredGranularScopes": [scope]}}],
        )  # fmt: skip
    _count(state)
    if request.mimetype != "application/json":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json")
    told = request.get_json(silent=True)
    if not isinstance(told, dict):
        raise Refusal(400, "VALIDATION_ERROR", "Invalid input JSON")
    return told


def _count(state: Json) -> None:
    now = world().clock.now()
    with world().lock:
        state["calls"] = [*state["calls"], {"at": now, "path": request.path.partition("/hubspot")[2]}]
        recent = sum(call["at"] > now - TEN_SECONDS for call in state["calls"])
        today = sum(call["at"] > now - 86_400 for call in state["calls"])
    if today > state["per_day"]:
        raise Refusal(429, "RATE_LIMITS", "You have reached your daily limit.", errorType="RATE_LIMIT",
                      policyName="DAILY")  # fmt: skip
    if recent > state["per_ten_seconds"]:
        raise Refusal(429, "RATE_LIMITS", "You have reached your ten_secondly_rolling limit.", errorType="RATE_LIMIT",
                      policyName="TEN_SECONDLY_ROLLING", headers={"Retry-After": "10"})  # fmt: skip


def _inputs(told: Json) -> list[Json]:
    inputs = told.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise Refusal(400, "VALIDATION_ERROR", "Some required fields were not set: [inputs]")
    if len(inputs) > MOST_IN_A_BATCH:
        raise Refusal(400, "VALIDATION_ERROR", f"The maximum batch size is {MOST_IN_A_BATCH}")
    ids = [one.get("id") for one in inputs]
    if len(set(ids)) != len(ids):
        raise Refusal(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
    return inputs


def _checked(one: Json) -> Json:
    unique = one.get("idProperty")
    if here()["properties"].get(unique) != "unique":
        raise Refusal(400, "VALIDATION_ERROR", f"{unique} is not a unique property", errors=[
            {"code": "INVALID_ID_PROPERTY", "context": {"propertyName": [str(unique)]}}])  # fmt: skip
    properties = one.get("properties")
    if not one.get("id") or not isinstance(properties, dict):
        raise Refusal(400, "VALIDATION_ERROR", "Some required fields were not set")
    _check_properties(properties)
    return {**properties, unique: one["id"]}


def _check_properties(properties: Json) -> None:
    for name, value in properties.items():
        kind = here()["properties"].get(name)
        if kind is None:
            raise Refusal(400, "VALIDATION_ERROR", f'Property "{name}" does not exist', errors=[
                {"code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": [name]}}])  # fmt: skip
        if not isinstance(value, str) or (value and not _fits(kind, value)):
            raise Refusal(400, "VALIDATION_ERROR", f"Property values were not valid: {name} {value}", errors=[
                {"code": "INVALID_OPTION" if "|" in kind else "INVALID_VALUE", "context": {"propertyName": [name]}}
            ])  # fmt: skip


def _fits(kind: str, value: str) -> bool:
    if "|" in kind:
        return value in kind.split("|")
    if kind == "bool":
        return value in {"true", "false"}
    try:
        if kind == "number":
            float(value)
        if kind == "datetime":
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return len(value) <= LONGEST_VALUE


def _upserted(one: Json, properties: Json) -> Json:
    with world().lock:
        contact = _find(one["idProperty"], one["id"])
        is_new = contact is None
        if contact is None:
            here()["numbers"] += 1
            number = str(here()["numbers"])
            contact = here()["contacts"][number] = {
                "id": number,
                "properties": {},
                "createdAt": _now(),
                "archived": False,
            }
        _write(contact, properties, "INTEGRATION")
    return {**_shown(contact, list(properties)), "new": is_new}


def _write(contact: Json, properties: Json, source: str) -> list[Json]:
    """What changed, as a webhook tells it."""
    news = {name: value for name, value in properties.items() if contact["properties"].get(name, "") != value}
    contact["properties"] = {name: value for name, value in (contact["properties"] | news).items() if value != ""}
    contact["updatedAt"] = _now()
    at = int(world().clock.now() * 1000)
    return [
        {
            "eventId": world().number(), "subscriptionId": 1, "portalId": 62515, "appId": 54321, "occurredAt": at,
            "subscriptionType": "contact.propertyChange", "attemptNumber": 0, "objectId": int(contact["id"]),
            "changeSource": source, "propertyName": name, "propertyValue": value,
        }
        for name, value in news.items()
    ]  # fmt: skip


def _find(unique: str, value: str) -> Json | None:
    contacts = here()["contacts"]
    if unique in {"hs_object_id", "id"}:
        found: Json | None = contacts.get(value)
        return found
    return next((one for one in contacts.values() if one["properties"].get(unique) == value), None)


def _shown(contact: Json, names: list[str]) -> Json:
    usual = ("createdate", "email", "firstname", "lastname")
    shown = {name: contact["properties"].get(name) for name in (*usual, *names)}
    return {**contact, "properties": {**shown, "hs_object_id": contact["id"]}}


def _now() -> str:
    return f"{datetime.fromtimestamp(world().clock.now(), UTC):%Y-%m-%dT%H:%M:%S.000Z}"
