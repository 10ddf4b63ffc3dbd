"""A Salesforce of one's own, as its public documentation of the REST API says: one object, `Contact`, and no more.

`{simulator}/other-systems/salesforce` stands for https://brand.my.salesforce.com. Strict where Salesforce is: OAuth 2.0
client credentials as a form, tokens that end (401), JSON, two hundred records in a request, external ids, fields that
exist, a last name for a new contact, requests in a day. Each record of a collection succeeds or fails by itself.

A tester's own doors beside it: GET `tester` what there is, POST `tester` {settings}, POST `tester/edit` what a person
does in Salesforce's own pages, of which a Flow tells the address that it was given.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from simulator.accounts import Json
from simulator.doors import told_json, world
from simulator.other_site.team import ask

bp = Blueprint("salesforce", __name__, url_prefix="/other-systems/salesforce")

MOST_RECORDS = 200
DATA = "/services/data/<version>"
QUERY = re.compile(r"SELECT ([\w, ]+) FROM (\w+) WHERE (\w+) IN \((.*)\)", re.DOTALL)
TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'")
USUAL = {
    "client_id": "consumer-key-of-the-stand-in",
    "client_secret": "consumer-secret-of-the-stand-in",
    "object": "Contact",
    # name -> most characters of a text; 0 for other kinds
    "fields": {
        "LastName": 80, "FirstName": 40, "Phone": 40, "WeChat_OpenId__c": 128, "WeChat_Tags__c": 1000,
        "WeChat_Since__c": 0, "WeChat_Orders__c": 0, "WeChat_Spent__c": 0, "WeChat_Following__c": 0,
        "Favourite_Tea__c": 40, "Member_Level__c": 20,
    },
    "external_ids": ["WeChat_OpenId__c"],
    "token_lives": 7200,  # seconds
    "per_day": 15_000,
    "down": False,
    "locked": [],  # values of the external id whose row somebody else has locked
    "flow": {},  # {"url", "token", "endpoint", "names"}: whom a Flow tells of changes
}  # fmt: skip


class Refusal(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@bp.errorhandler(Refusal)
def refused(error: Refusal) -> Response:
    answer = jsonify([{"message": str(error), "errorCode": error.code}])
    answer.status_code = error.status
    return answer


@bp.post("/services/oauth2/token")
def token() -> Response:
    state = here()
    if state["down"]:
        raise Refusal(503, "SERVER_UNAVAILABLE", "Service unavailable")
    if request.mimetype != "application/x-www-form-urlencoded":
        return _no_token("unsupported_grant_type", "grant type not supported")
    form = request.form
    if form.get("grant_type") != "client_credentials":
        return _no_token("unsupported_grant_type", "grant type not supported")
    if form.get("client_id") != state["client_id"]:
        return _no_token("invalid_client_id", "client identifier invalid")
    if form.get("client_secret") != state["client_secret"]:
        return _no_token("invalid_client", "invalid client credentials")
    made = f"00Dstandin!{secrets.token_urlsafe(40)}"
    with world().lock:
        state["tokens"][made] = world().clock.now() + state["token_lives"]
    return jsonify(
        access_token=made,
        signature="stand-in",
        scope="api",
        instance_url=f"{world().home}/other-systems/salesforce",
        id="https://login.salesforce.com/id/00Dstandin/005standin",
        token_type="Bearer",
        issued_at=str(int(world().clock.now() * 1000)),
    )


@bp.patch(f"{DATA}/composite/sobjects/<kind>/<external>")
def upsert(version: str, kind: str, external: str) -> Response:
    told = _asked(kind)
    _must_be_external(external)
    records = told.get("records")
    if not isinstance(records, list) or not isinstance(told.get("allOrNone", False), bool):
        raise Refusal(400, "JSON_PARSER_ERROR", "records is required")
    if len(records) > MOST_RECORDS:
        raise Refusal(400, "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST_RECORDS} records")
    for one in records:
        if one.get("attributes", {}).get("type") != kind:
            raise Refusal(400, "INVALID_TYPE", "Include a type in the attributes of each record")
        if {name.lower() for name in one} & {"id"}:
            raise Refusal(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.")
        _must_exist(name for name in one if name != "attributes")
    return jsonify([_upserted(one, external) for one in records])


@bp.get(f"{DATA}/query")
def query(version: str) -> Response:
    _asked(here()["object"])
    found = QUERY.fullmatch(request.args.get("q", ""))
    if not found:
        raise Refusal(400, "MALFORMED_QUERY", "unexpected token")
    names = [name.strip() for name in found[1].split(",")]
    if found[2] != here()["object"]:
        raise Refusal(400, "INVALID_TYPE", f"sObject type '{found[2]}' is not supported.")
    _must_exist(name for name in [*names, found[3]] if name not in {"Id", "LastModifiedDate"})
    keys = {re.sub(r"\\(.)", r"\1", text) for text in TEXT.findall(found[4])}
    rows = [one for one in here()["records"].values() if one.get(found[3]) in keys]
    shown = [
        {"attributes": {"type": found[2], "url": f"/services/data/{version}/sobjects/{found[2]}/{one['Id']}"}}
        | {name: one.get(name) for name in names}
        for one in rows
    ]
    return jsonify(totalSize=len(shown), done=True, records=shown)


@bp.get(f"{DATA}/sobjects/<kind>/<external>/<path:key>")
def retrieve(version: str, kind: str, external: str, key: str) -> Response:
    _asked(kind)
    return jsonify({"attributes": {"type": kind}, **_there(external, key)})


@bp.delete(f"{DATA}/sobjects/<kind>/<external>/<path:key>")
def remove(version: str, kind: str, external: str, key: str) -> Response:
    _asked(kind)
    record = _there(external, key)
    with world().lock:
        here()["records"].pop(record["Id"])
        here()["recycle_bin"].append(record["Id"])
    return Response(status=204)


@bp.patch(f"{DATA}/sobjects/<kind>/<record_id>")
def change(version: str, kind: str, record_id: str) -> Response:
    told = _asked(kind)
    record = here()["records"].get(record_id)
    if record is None:
        raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
    _must_exist(told)
    _write(record, told)
    return Response(status=204)


@bp.get("/tester")
def look() -> Json:
    return {**here(), "records": list(here()["records"].values())}


@bp.post("/tester")
def settle() -> Json:
    """`reset` begins anew, `end_tokens` ends all tokens; anything else is a setting."""
    told = told_json()
    if told.pop("reset", False):
        current_app.extensions.pop("salesforce", None)
    if told.pop("end_tokens", False):
        here()["tokens"].clear()
    here().update({name: value for name, value in told.items() if name in USUAL})
    return look()


@bp.post("/tester/edit")
def edit() -> Json:
    """A person changes a contact: {"by": external id, "is": value, "fields": {…}}; a Flow on the record tells of it."""
    told = told_json()
    record = next(one for one in here()["records"].values() if one.get(told["by"]) == told["is"])
    _write(record, told["fields"])
    flow = here()["flow"]
    if not flow:
        return {"status": 0}
    event = {
        "id": f"flow-{world().number()}",
        "kind": "attributes",
        "person": {"openid": record["WeChat_OpenId__c"]},
        "attributes": told["fields"],
        "at": int(world().clock.now()),
        "endpoint": flow["endpoint"],
    }
    headers = {"Authorization": f"Bearer {flow['token']}", "Content-Type": "application/json"}
    status, answer = ask("POST", flow["url"], event, headers)
    return {"status": status, "answer": answer, "event": event}


def here() -> Json:
    fresh = {**USUAL, "records": {}, "tokens": {}, "calls": [], "recycle_bin": []}
    found: Json = current_app.extensions.setdefault("salesforce", fresh)
    return found


def _asked(kind: str) -> Json:
    """The body, {} for none, of whoever may ask, within the limits."""
    state, now = here(), world().clock.now()
    if state["down"]:
        raise Refusal(503, "SERVER_UNAVAILABLE", "Service unavailable")
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or state["tokens"].get(shown, 0) < now:
        raise Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
    with world().lock:
        state["calls"] = [*state["calls"], {"at": now, "path": request.path.partition("/salesforce")[2]}]
    if sum(call["at"] > now - 86_400 for call in state["calls"]) > state["per_day"]:
        raise Refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    if kind != state["object"]:
        raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
    if request.method in {"GET", "DELETE"}:
        return {}
    if request.mimetype != "application/json":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json")
    told = request.get_json(silent=True)
    if not isinstance(told, dict):
        raise Refusal(400, "JSON_PARSER_ERROR", "Unexpected character")
    return told


def _no_token(error: str, words: str) -> Response:
    answer = jsonify(error=error, error_description=words)
    answer.status_code = 400
    return answer


def _must_be_external(name: str) -> None:
    if name not in here()["external_ids"]:
        raise Refusal(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}")


def _must_exist(names: Any) -> None:
    for name in names:
        if name not in here()["fields"]:
            raise Refusal(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {here()['object']}")


def _there(external: str, key: str) -> Json:
    _must_be_external(external)
    found: Json | None = next((one for one in here()["records"].values() if one.get(external) == key), None)
    if found is None:
        raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
    return found


def _upserted(told: Json, external: str) -> Json:
    with world().lock:
        found = next((one for one in here()["records"].values() if one.get(external) == told.get(external)), None)
        error = _wrong(told, external, is_new=found is None)
        if error:
            return {"success": False, "errors": [error]}
        is_new = found is None
        if found is None:
            number = f"003{len(here()['records']) + len(here()['recycle_bin']) + 1:012d}AAA"
            found = here()["records"][number] = {"Id": number}
        _write(found, {name: value for name, value in told.items() if name != "attributes"})
    return {"id": found["Id"], "success": True, "errors": [], "created": is_new}


def _wrong(told: Json, external: str, is_new: bool) -> Json | None:
    if not told.get(external):
        return _error("MISSING_ARGUMENT", f"{external} not specified", [external])
    if told[external] in here()["locked"]:
        return _error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", [])
    if is_new and not told.get("LastName"):
        return _error("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"])
    for name, most in here()["fields"].items():
        if most and isinstance(told.get(name), str) and len(told[name]) > most:
            return _error("STRING_TOO_LONG", f"{name}: data value too large", [name])
    return None


def _error(code: str, message: str, fields: list[str]) -> Json:
    return {"statusCode": code, "message": message, "fields": fields}


def _write(record: Json, told: Json) -> None:
    for name, value in told.items():
        if value is None:
            record.pop(name, None)
        else:
            record[name] = value
    record["LastModifiedDate"] = f"{datetime.fromtimestamp(world().clock.now(), UTC):%Y-%m-%dT%H:%M:%S.000+0000}"
