"""The stand-ins of a shop and of two CRMs are as strict as those are: whoever passes here may hope to pass there."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import urllib3

from tests.house import HTTP, House, Json

HUBSPOT, SALESFORCE, SHOP = "hubspot", "salesforce", "shop"
CONTACTS = "crm/v3/objects/contacts"
DATA = "services/data/v60.0"
BEARER = {"Authorization": "Bearer pat-na1-stand-in"}


def ask(house: House, system: str, method: str, path: str, **told: Any) -> urllib3.BaseHTTPResponse:
    return HTTP.request(method, f"{house.simulator}/other-systems/{system}/{path}", **told)


def upserts(house: House, *inputs: Json, headers: Json | None = None) -> urllib3.BaseHTTPResponse:
    told = {"inputs": list(inputs)}
    return ask(
        house, HUBSPOT, "POST", f"{CONTACTS}/batch/upsert", json=told, headers=BEARER if headers is None else headers
    )


def contact(key: str = "alice", **properties: str) -> Json:
    return {"id": key, "idProperty": "wechat_openid", "properties": properties}


def test_hubspot_makes_a_contact_once_and_then_changes_it(house: House) -> None:
    first = upserts(house, contact(lastname="王")).json()["results"][0]
    second = upserts(house, contact(lastname="李")).json()["results"][0]
    assert (first["new"], second["new"], first["id"]) == (True, False, second["id"])
    assert second["properties"]["lastname"] == "李"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer another"}, {"Authorization": "pat-na1-stand-in"}])
def test_hubspot_knows_no_stranger(house: House, headers: Json) -> None:
    answer = upserts(house, contact(), headers=headers)
    assert (answer.status, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")


@pytest.mark.parametrize(
    "one",
    [
        contact(no_such_property="x"),
        contact(wechat_orders="many"),
        contact(lifecyclestage="dreaming"),
        {"id": "alice", "idProperty": "lastname", "properties": {}},
        {"id": "", "idProperty": "wechat_openid", "properties": {}},
        {"id": "alice", "idProperty": "wechat_openid", "properties": {"wechat_orders": 1}},
    ],
)
def test_hubspot_refuses_a_whole_batch_because_of_one_and_writes_nothing(house: House, one: Json) -> None:
    answer = upserts(house, contact("bob", lastname="好"), one)
    assert answer.status == 400
    assert ask(house, HUBSPOT, "GET", "tester").json()["contacts"] == []


def test_hubspot_takes_a_hundred_of_different_people_as_json(house: House) -> None:
    assert upserts(house, *(contact(f"p{number}") for number in range(100))).status == 200
    assert upserts(house, *(contact(f"p{number}") for number in range(101))).status == 400
    assert upserts(house, contact(), contact()).status == 400
    form = ask(house, HUBSPOT, "POST", f"{CONTACTS}/batch/upsert", body=b"inputs=1", headers=BEARER)
    assert form.status == 415


def test_hubspot_has_limits_of_ten_seconds_and_of_a_day(house: House) -> None:
    ask(house, HUBSPOT, "POST", "tester", json={"per_ten_seconds": 1})
    assert upserts(house, contact()).status == 200
    answer = upserts(house, contact())
    assert (answer.status, answer.headers["Retry-After"]) == (429, "10")
    ask(house, HUBSPOT, "POST", "tester", json={"per_day": 1})
    assert upserts(house, contact()).json()["policyName"] == "DAILY"


def test_hubspot_forgets_for_good(house: House) -> None:
    upserts(house, contact())
    gone = {"objectId": "alice", "idProperty": "wechat_openid"}
    for status in (204, 404):
        assert ask(house, HUBSPOT, "POST", f"{CONTACTS}/gdpr-delete", json=gone, headers=BEARER).status == status


def token(house: House, **other: str) -> urllib3.BaseHTTPResponse:
    form = {
        "grant_type": "client_credentials",
        "client_id": "consumer-key-of-the-stand-in",
        "client_secret": "consumer-secret-of-the-stand-in",
    } | other
    return ask(house, SALESFORCE, "POST", "services/oauth2/token", fields=form, encode_multipart=False)


def signed(house: House) -> Json:
    return {"Authorization": f"Bearer {token(house).json()['access_token']}"}


def records(house: House, *told: Json, headers: Json | None = None, **more: Any) -> urllib3.BaseHTTPResponse:
    path = f"{DATA}/composite/sobjects/Contact/WeChat_OpenId__c"
    body = {"allOrNone": False, "records": [{"attributes": {"type": "Contact"}} | one for one in told]} | more
    return ask(house, SALESFORCE, "PATCH", path, json=body, headers=headers or signed(house))


def test_salesforce_gives_a_token_for_the_right_keys_alone(house: House) -> None:
    assert token(house).json()["instance_url"] == f"{house.simulator}/other-systems/salesforce"
    for other in ({"grant_type": "password"}, {"client_id": "x"}, {"client_secret": "x"}):
        answer = token(house, **other)
        assert answer.status == 400
        assert "error" in answer.json()
    as_json = ask(house, SALESFORCE, "POST", "services/oauth2/token", json={"grant_type": "client_credentials"})
    assert as_json.status == 400


def test_salesforce_ends_its_tokens(house: House) -> None:
    headers = signed(house)
    house.advance(7300)
    answer = records(house, {"WeChat_OpenId__c": "alice", "LastName": "王"}, headers=headers)
    assert (answer.status, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_salesforce_lets_each_record_succeed_or_fail_alone(house: House) -> None:
    answer = records(
        house,
        {"WeChat_OpenId__c": "alice", "LastName": "王"},
        {"WeChat_OpenId__c": "bob"},
        {"WeChat_OpenId__c": "carol", "LastName": "x" * 81},
    )
    assert answer.status == 200
    assert [one["success"] for one in answer.json()] == [True, False, False]
    codes = [one["errors"][0]["statusCode"] for one in answer.json()[1:]]
    assert codes == ["REQUIRED_FIELD_MISSING", "STRING_TOO_LONG"]


@pytest.mark.parametrize(
    "one",
    [
        {"WeChat_OpenId__c": "a", "LastName": "b", "No_Such__c": "x"},
        {"WeChat_OpenId__c": "a", "LastName": "b", "Id": "003"},
        {"WeChat_OpenId__c": "a", "LastName": "b", "attributes": {"type": "Lead"}},
    ],
)
def test_salesforce_refuses_a_request_that_is_not_well_formed(house: House, one: Json) -> None:
    assert records(house, one).status == 400


def test_salesforce_takes_two_hundred_and_counts_a_day(house: House) -> None:
    one = {"LastName": "王"}
    headers = signed(house)
    many = [one | {"WeChat_OpenId__c": f"p{number}"} for number in range(201)]
    assert records(house, *many[:200], headers=headers).status == 200
    assert records(house, *many, headers=headers).status == 400
    ask(house, SALESFORCE, "POST", "tester", json={"per_day": 1})
    assert records(house, many[0], headers=headers).json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"


def test_salesforce_answers_a_question_and_no_nonsense(house: House) -> None:
    headers = signed(house)
    records(house, {"WeChat_OpenId__c": "o'hara", "LastName": "O"}, headers=headers)

    def query(text: str) -> urllib3.BaseHTTPResponse:
        return ask(house, SALESFORCE, "GET", f"{DATA}/query?q={quote(text)}", headers=headers)

    found = query("SELECT Id, LastName FROM Contact WHERE WeChat_OpenId__c IN ('x', 'o\\'hara')").json()
    assert [one["LastName"] for one in found["records"]] == ["O"]
    for text in ("DROP TABLE Contact", "SELECT Nothing FROM Contact WHERE WeChat_OpenId__c IN ('x')"):
        assert query(text).status == 400


def test_the_shop_tells_again_what_was_not_taken(house: House) -> None:
    lost = ask(house, SHOP, "POST", "buy", json={"openid": "alice", "fen": 100}).json()
    assert lost["status"] == 0
    told = ask(house, SHOP, "POST", "retry", json={}).json()["told"]
    assert [one["event"] for one in told] == [lost["event"]]
    assert ask(house, SHOP, "GET", "").json()["waiting"] == 1
    assert ask(house, SHOP, "POST", "refund", json={"order_id": "no such"}).status == 404
