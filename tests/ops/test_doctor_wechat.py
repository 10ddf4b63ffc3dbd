"""What the doctor says of accounts, the callback and the domain: each ill with the very thing to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import urllib3

from chalicelib.features import proofs, tokens
from ops.deploy import smoke
from ops.doctor import domain, platform
from ops.doctor.accounts import WHITELIST
from ops.doctor.finding import BAD, OK, WARN
from tests.ops import deployed
from tests.ops.certificate import certificate, serving
from tests.ops.visit import Visit, visit

Json = dict[str, Any]


__all__ = ["visit"]


def test_a_token_that_nears_its_end_is_odd_and_one_that_ended_is_bad(visit: Visit) -> None:
    assert visit.is_content("tokens")

    visit.house.advance(7200 - 200)
    assert "s left | run `python -m ops logs refresh_tokens" in visit.says("tokens", WARN)[0]
    visit.house.advance(300)
    assert "'s token ended" in visit.says("tokens", BAD)[0]


def test_an_account_without_a_token_is_bad(visit: Visit) -> None:
    visit.house.svc.table.delete("account#tea", "token#access")

    assert visit.says("tokens", BAD)[0].startswith("tea has no token yet")


def test_a_token_that_wechat_refused_is_bad_and_one_forced_too_often_is_odd(visit: Visit) -> None:
    today = (visit.house.svc.now() + 8 * 3600) // 86_400
    change = {"rejected_serial": 1, "forced_today": 12, "forced_day": today}
    visit.house.svc.table.update("account#tea", "token#access", change)

    assert visit.says("tokens", BAD)[0].startswith("WeChat refused tea's token")
    assert "forced 12 times today" in visit.says("tokens", WARN)[0]


def test_40164_names_the_very_address_to_paste(visit: Visit) -> None:
    visit.house.control("settings", account="tea", ip_whitelist=["203.0.113.9"], caller_ip="198.51.100.7")
    visit.house.svc.table.delete("account#tea", "token#access")
    tokens.refresh(visit.house.svc, visit.house.tea)

    told = visit.says("troubles", BAD)[0]
    assert "WeChat refuses our address 198.51.100.7 (40164)" in told
    assert f"paste 198.51.100.7 into the whitelist ({WHITELIST[1]})" in told
    assert "python -m ops egress" in told


def test_the_last_error_of_an_account_is_shown(visit: Visit) -> None:
    deployed_secret = visit.target.parameter("accounts/tea/app_secret")
    visit.target.client("ssm").put_parameter(
        Name=deployed_secret, Value="another-secret", Type="SecureString", Overwrite=True
    )
    visit.house.svc.table.delete("account#tea", "token#access")
    visit.house.svc.secrets.read("accounts/tea/app_secret", fresh=True)
    tokens.refresh(visit.house.svc, visit.house.tea)

    told = visit.says("troubles", BAD)[0]
    assert "tea, token: 40125" in told and "another-secret" not in told


def test_a_secret_that_is_missing_or_in_clear_is_bad(visit: Visit) -> None:
    ssm = visit.target.client("ssm")
    ssm.delete_parameter(Name=visit.target.parameter("accounts/tea/app_secret"))
    ssm.delete_parameter(Name=visit.target.parameter("master_key"))
    ssm.put_parameter(Name=visit.target.parameter("master_key"), Value="x", Type="String")

    master, secret = visit.says("secrets", BAD)
    assert visit.target.parameter("master_key") in master and "ops resources" in master
    assert visit.target.parameter("accounts/tea/app_secret") in secret
    assert "run `python -m ops account rotate tea app-secret --stage" in secret


def test_keys_of_a_callback_that_are_gone_are_given_anew_with_the_account(visit: Visit) -> None:
    visit.target.client("ssm").delete_parameter(Name=visit.target.parameter("accounts/tea/callback"))

    assert "run `python -m ops account add tea --replace …" in visit.says("secrets", BAD)[0]


def test_a_callback_that_knows_another_token_is_bad(visit: Visit) -> None:
    other = json.dumps({"token": "another", "aes_key": "", "previous_token": "", "previous_aes_key": ""})
    name = visit.target.parameter("accounts/tea/callback")
    visit.house.get("/wechat/tea")  # the app has read its own token by now
    visit.target.client("ssm").put_parameter(Name=name, Value=other, Type="SecureString", Overwrite=True)

    told = visit.says("callback", BAD)[0]
    assert "does not know the Token that is in SSM" in told and "ops account rotate tea token aes-key" in told


def test_a_callback_that_nobody_answers_is_bad(visit: Visit) -> None:
    deployed.setting(visit.target, "public_url", "http://127.0.0.1:9")

    assert "cannot be reached, or not within five seconds" in visit.says("callback", BAD)[0]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"right": (302, ""), "wrong": (302, "")}, "redirects (302), which WeChat does not follow"),
        ({"right": (500, "{}"), "wrong": (403, "")}, "answers 500 and no echo"),
        ({"right": (200, "echo"), "wrong": (200, "echo")}, "answers 200 to a wrong signature, not 403"),
    ],
)
def test_a_callback_that_answers_wrong_is_bad(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, answers: dict[str, tuple[int, str]], told: str
) -> None:
    asked: dict[str, int] = {}

    def ask(url: str, query: dict[str, str]) -> smoke.Answer:
        asked[url] = asked.get(url, 0) + 1
        status, text = answers["right" if asked[url] == 1 else "wrong"]
        return smoke.Answer(status, query["echostr"] if text == "echo" else text)

    monkeypatch.setattr(smoke, "ask", ask)

    assert told in visit.says("callback", BAD)[0]


def test_wechats_own_check_and_todays_quotas_are_asked_with_the_token_that_is_there(visit: Visit) -> None:
    asked = visit.house.count("/cgi-bin/stable_token")

    assert visit.is_content("reaches_us")
    assert "message/template/send 0/" in visit.says("quotas")[1]
    assert visit.house.count("/cgi-bin/stable_token") == asked
    assert visit.house.count("/cgi-bin/token") == 0


def test_no_token_is_asked_for_where_there_is_none(visit: Visit) -> None:
    for alias in ("tea", "leaf"):
        visit.house.svc.table.delete(f"account#{alias}", "token#access")
    asked = visit.house.count("/cgi-bin/stable_token")

    assert visit.says("reaches_us") == visit.says("quotas") == []
    assert visit.house.count("/cgi-bin/stable_token") == asked


def test_an_account_without_a_callback_url_gets_the_address_to_enter(visit: Visit) -> None:
    visit.house.control("settings", account="tea", callback_url="")

    assert f"enter {visit.house.app}/wechat/tea (WeChat's console" in visit.says("reaches_us", BAD)[0]


def test_a_spent_quota_is_bad_and_one_nearly_spent_is_odd(visit: Visit) -> None:
    path = "/cgi-bin/openapi/quota/get"

    assert _share(visit, used=85, limit=100) == [WARN] * 4
    assert _share(visit, used=100, limit=100) == [BAD] * 4
    assert visit.house.count(path) == 0


def _share(visit: Visit, used: int, limit: int) -> list[str]:
    """The levels of tea's four quotas, at such numbers."""
    paths = [(f"/cgi-bin/{number}", used, limit) for number in range(4)]
    return [one.level for one in platform._used(visit.house.tea, paths) if one.level != OK]


def test_what_wechat_refuses_is_told_with_the_catalogues_advice(visit: Visit) -> None:
    visit.house.control("faults", path="/cgi-bin/callback/check", errcode=48001, times=9)

    told = visit.says("reaches_us", BAD)[0]
    assert "WeChat says 48001" in told


def test_an_address_without_https_is_bad_and_api_gateways_own_is_odd(visit: Visit) -> None:
    assert "is not HTTPS | run `python -m ops domain set" in visit.says("domain", BAD)[0]

    deployed.setting(visit.target, "public_url", "https://abc.execute-api.nowhere.invalid/v1")
    assert "is not the root of a domain of your own" in visit.says("domain", WARN)[0]


@pytest.mark.parametrize(("days", "level"), [(-2, BAD), (5, WARN), (80, OK)])
def test_a_certificate_that_ends_soon_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, level: str
) -> None:
    file = certificate(tmp_path, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with serving(file) as port:
        assert domain._certificate("localhost", port).level == level


def test_a_certificate_that_nobody_vouches_for_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with serving(certificate(tmp_path, 80)) as port:
        found = domain._certificate("localhost", port)

    assert found.level == BAD and "is not valid" in found.what[1]


def test_what_belongs_into_wechats_console_is_said(visit: Visit) -> None:
    told = visit.says("console")
    assert len(told) == 1  # the leaf has no sign-in
    assert "web-auth domain 127.0.0.1 (1 of 2)" in told[0] and "ICP" in told[0]

    origins = [f"https://shop{number}.example.com" for number in range(5)]
    visit.house.svc.table.update("accounts", "tea", {"then_origins": origins})
    visit.house.svc.forget("accounts")
    visit.house.svc.forget("account#tea")

    many = visit.says("console", BAD)[0]
    assert many.startswith("tea: 6 domains want the JS-SDK") and "ops account change tea --then-origin" in many


def test_a_proof_file_must_come_byte_for_byte_and_without_a_redirect(visit: Visit) -> None:
    assert "there are no proof files" in visit.says("proof_files", WARN)[0]
    proofs.keep(visit.house.svc, "MP_verify_abcdefgh12345678.txt", b"abcdefgh12345678")

    assert visit.is_content("proof_files")

    # The app remembers for a minute what it serves.
    visit.house.svc.table.update("proofs", "MP_verify_abcdefgh12345678.txt", {"proof_text": "another"})
    assert "is not served as it should be (other bytes)" in visit.says("proof_files", BAD)[0]
    assert domain._what_is_wrong(urllib3.HTTPResponse(status=302), b"") == "redirect, HTTP 302"
    page = urllib3.HTTPResponse(b"proof", {"Content-Type": "text/html"}, 200)
    assert domain._what_is_wrong(page, b"proof") == "Content-Type text/html"
