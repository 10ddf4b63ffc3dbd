"""Closed unless listed open, and every refusal in the caller's own dialect."""

from __future__ import annotations

import pytest
import urllib3

import app
from chalicelib.features import operators
from chalicelib.web import guard
from tests.house import HTTP, House, logged

ROUTES = sorted((path, method) for path, methods in app.app.routes.items() for method in methods)
CLOSED = [(path, method) for path, method in ROUTES if path not in guard.OPEN]


def ask(house: House, path: str, method: str, **headers: str) -> urllib3.BaseHTTPResponse:
    real = path.replace("{account}", "tea").replace("{item}", "x")
    return HTTP.request(method, house.app + real, headers={"Content-Type": "application/json"} | headers)


def test_there_are_closed_routes() -> None:
    assert ("/api/{account}/rules", "POST") in CLOSED
    assert {path for path, _ in ROUTES} >= guard.OPEN


def test_no_closed_route_opens_without_a_valid_token(house: House) -> None:
    gone = operators.issue_token(house.svc, "gone")
    operators.revoke_token(house.svc, gone)
    wrong = ["", "Bearer", "Bearer ", "Bearer x", "Bearer gaiwan_", f"Bearer {gone}", f"Basic {gone}", gone, "Bearer é"]

    for path, method in CLOSED:
        for authorization in wrong:
            answer = ask(house, path, method, Authorization=authorization)
            assert answer.status == 401, (path, method, authorization)
            if method != "HEAD":
                assert answer.json()["error"]["code"] == "NotSignedIn"


def test_a_valid_token_opens_them_and_is_in_no_log(house: House) -> None:
    token = operators.issue_token(house.svc, "the till")

    with logged() as lines:
        assert ask(house, "/api/{account}/rules", "GET", Authorization=f"Bearer {token}").status == 200
        assert ask(house, "/api/{account}/rules", "GET", Authorization=f"bearer  {token} ").status == 200

    assert token not in lines.getvalue()
    assert operators.identify(house.svc, token).name == "the till"
    assert token not in str(list(house.svc.table.under(f"api_token#{house.svc.keys.fingerprint(token)}")))


def test_a_refusal_is_json_for_machines_and_a_page_for_people(house: House) -> None:
    assert house.get("/oauth/nobody/me").json()["error"]["code"] == "NotFound"
    assert house.get("/wechat/nobody").json()["error"]["code"] == "NotFound"

    page = house.get("/h5/nobody/hello")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "没有名为 nobody 的公众号" in page.data.decode()


def test_a_bug_is_a_page_for_people_and_json_for_machines(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.svc, "settings", None)
    with logged() as lines:
        page, answer = house.get("/oauth/tea/start"), house.get("/oauth/tea/me")

    assert (page.status, page.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert "我们这里出了错" in page.data.decode()
    assert (answer.status, answer.headers["Content-Type"]) == (500, "application/json")
    assert "AttributeError" in lines.getvalue()
    assert "AttributeError" not in page.data.decode() + answer.data.decode()


def test_signing_out_answers_forms_with_pages_and_scripts_with_json(house: House) -> None:
    by_form = house.post("/oauth/tea/sign-out", Origin="https://evil.example", Accept="text/html,*/*")
    by_script = house.post("/oauth/tea/sign-out", Origin="https://evil.example", Accept="*/*")

    assert (by_form.status, by_form.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert by_script.json()["error"]["code"] == "Forbidden"


def test_pages_run_no_script_and_load_nothing(house: House) -> None:
    for path in ("/h5/tea/hello", "/h5/nobody/hello", "/oauth/tea/start?then=//x"):
        answer = house.get(path)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "<script" not in answer.data.decode()


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/api", "/api/tea", "/wechat", "/consoles", "/wechat/tea/x", "/.env"]
)
def test_what_is_not_there_is_not_there(house: House, path: str) -> None:
    assert house.get(path).status in (403, 404)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_other_methods_are_refused(house: House, method: str) -> None:
    for path in ("/wechat/tea", "/oauth/tea/start", "/h5/tea/hello"):
        assert 400 <= HTTP.request(method, house.app + path).status < 500


def test_what_the_api_cannot_explain_has_the_shape_of_what_it_can(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = {"Authorization": f"Bearer {operators.issue_token(house.svc, 'the till')}"}
    for method, path in (("PATCH", "/api/me"), ("POST", "/api/openapi.json"), ("GET", "/console/sign-in")):
        answer = HTTP.request(method, house.app + path, headers=token)
        assert (answer.status, answer.headers["Cache-Control"]) == (405, "no-store")
        assert "。This address" in answer.json()["error"]["message"]
    monkeypatch.setattr(operators, "listed", None)
    answer = HTTP.request("GET", f"{house.app}/api/tokens", headers=token)
    assert answer.status == 500
    assert "on our side" in answer.json()["error"]["message"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_a_browser_that_is_refused_by_chalice_itself_sees_a_page(house: House, method: str) -> None:
    for path in ("/oauth/tea/start", "/h5/tea/hello", "/h5/polls/000000000000"):
        page = HTTP.request(method, house.app + path, headers={"Accept": "text/html,*/*"})
        assert (page.status, page.headers["Content-Type"]) == (405, "text/html; charset=utf-8")
        assert "这个页面不能这样打开" in page.data.decode()
        assert (
            HTTP.request(method, house.app + path, headers={"Accept": "*/*"}).json()["Code"] == "MethodNotAllowedError"
        )
    asked_by_script = HTTP.request(method, f"{house.app}/oauth/tea/me", headers={"Accept": "text/html"})
    assert asked_by_script.headers["Content-Type"] == "application/json"
