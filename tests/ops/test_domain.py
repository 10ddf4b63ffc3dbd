"""A brand's own domain in front of a stage, and the proof files that an operator puts on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops.deploy import state
from ops.domain import domain
from ops.target import Target
from tests.house import House
from tests.ops.operator import Operator

NAME = "wx.example.com"
CERTIFICATE = "arn:aws:acm:ap-northeast-1:000000000000:certificate/11111111-2222-3333-4444-555555555555"
RENEWED = CERTIFICATE[:-1] + "6"
FILE = "MP_verify_Ab3dEf6hIj9kLm1n.txt"

Json = dict[str, Any]


@pytest.fixture
def ops(house: House) -> Operator:
    return Operator(domain, house.svc.settings.stage)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A deployed stage's API, as far as a domain is concerned; and no domain yet."""
    gateway = boto3.client("apigateway")
    made = gateway.create_rest_api(name="gaiwan")["id"]
    monkeypatch.setattr(state, "api_id", lambda target: made)
    yield str(made)
    gateway.delete_rest_api(restApiId=made)
    for one in gateway.get_domain_names()["items"]:
        gateway.delete_domain_name(domainName=one["domainName"])


def mappings() -> list[Json]:
    items: list[Json] = boto3.client("apigateway").get_base_path_mappings(domainName=NAME).get("items", [])
    return items


def setting(house: House) -> str:
    full = f"{house.svc.settings.secrets_path}/settings/public_url"
    found = boto3.client("ssm").get_parameter(Name=full)["Parameter"]
    assert found["Type"] == "String"
    return str(found["Value"])


def test_a_domain_leads_to_the_stage_and_setting_it_again_changes_nothing(
    ops: Operator, house: House, api: str
) -> None:
    said = ops("set", NAME, "--certificate", CERTIFICATE)
    assert ops("set", NAME, "--certificate", CERTIFICATE) == said

    made = boto3.client("apigateway").get_domain_name(domainName=NAME)
    assert (made["regionalCertificateArn"], made["endpointConfiguration"]["types"]) == (CERTIFICATE, ["REGIONAL"])
    assert mappings() == [{"basePath": "(none)", "restApiId": api, "stage": "v1"}]
    assert f"CNAME {made['regionalDomainName']}" in said
    assert setting(house) == f"https://{NAME}"
    assert f"https://{NAME}" in ops("list")


@pytest.mark.parametrize(
    ("name", "certificate", "sentence"),
    [
        ("https://wx.example.com", CERTIFICATE, "is no domain"),
        ("localhost", CERTIFICATE, "is no domain"),
        ("x-.example.com", CERTIFICATE, "is no domain"),
        (NAME, "my-certificate", "ARN of an ACM certificate"),
        (NAME, CERTIFICATE.replace("ap-northeast-1", "us-east-1"), "The certificate is in us-east-1"),
    ],
)
def test_a_wrong_domain_or_certificate_is_one_clear_sentence(
    ops: Operator, api: str, name: str, certificate: str, sentence: str
) -> None:
    assert sentence in ops.fails("set", name, "--certificate", certificate)
    assert boto3.client("apigateway").get_domain_names()["items"] == []


def test_a_stage_that_is_not_deployed_gets_no_domain(ops: Operator, api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "api_id", lambda target: "")
    assert "is not deployed yet" in ops.fails("set", NAME, "--certificate", CERTIFICATE)


def test_a_domain_of_another_api_is_left_alone(ops: Operator, house: House, api: str) -> None:
    gateway = boto3.client("apigateway")
    other = gateway.create_rest_api(name="somebody's")["id"]
    gateway.create_domain_name(domainName=NAME, regionalCertificateArn=CERTIFICATE)
    gateway.create_base_path_mapping(domainName=NAME, restApiId=other, stage="v1")

    assert "somebody's" in ops.fails("set", NAME, "--certificate", CERTIFICATE)

    assert mappings()[0]["restApiId"] == other
    gateway.delete_rest_api(restApiId=other)


class Stub:
    """API Gateway's changes, which the emulator does not know; what is asked is kept."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.changes: list[Json] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def update_domain_name(self, **asked: Any) -> None:
        self.changes.append(asked)

    def update_base_path_mapping(self, **asked: Any) -> None:
        self.changes.append(asked)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Stub:
    stub, client = Stub(boto3.client("apigateway")), Target.client
    monkeypatch.setattr(Target, "client", lambda self, name: stub if name == "apigateway" else client(self, name))
    return stub


def test_a_renewed_certificate_replaces_the_old_one(ops: Operator, api: str, gateway: Stub) -> None:
    ops("set", NAME, "--certificate", CERTIFICATE)
    ops("set", NAME, "--certificate", RENEWED)
    change = {"op": "replace", "path": "/regionalCertificateArn", "value": RENEWED}
    assert gateway.changes == [{"domainName": NAME, "patchOperations": [change]}]


def test_a_stage_that_was_made_anew_gets_its_domain_back(ops: Operator, api: str, gateway: Stub) -> None:
    gone = gateway.create_rest_api(name="gaiwan")["id"]
    gateway.create_domain_name(domainName=NAME, regionalCertificateArn=CERTIFICATE)
    gateway.create_base_path_mapping(domainName=NAME, restApiId=gone, stage="v1")
    gateway.delete_rest_api(restApiId=gone)

    ops("set", NAME, "--certificate", CERTIFICATE)

    (change,) = gateway.changes
    assert (change["domainName"], change["basePath"]) == (NAME, "(none)")
    assert {one["path"]: one["value"] for one in change["patchOperations"]} == {"/restapiId": api, "/stage": "v1"}


def test_a_proof_file_is_served_listed_and_forgotten(ops: Operator, house: House, api: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"Ab3dEf6hIj9kLm1n")
    (tmp_path / "YYx3pTFmvF.txt").write_bytes(b"0123456789abcdef0123456789abcdef\n")

    said = ops("verify", str(tmp_path / FILE), str(tmp_path / "YYx3pTFmvF.txt"))

    assert f"/{FILE}" in said
    assert house.get(f"/{FILE}").data == b"Ab3dEf6hIj9kLm1n"
    assert house.get("/shop/YYx3pTFmvF.txt").data == b"0123456789abcdef0123456789abcdef\n"
    assert f"/{FILE}  Ab3dEf6hIj9kLm1n" in ops("list")
    ops("forget", FILE)
    assert FILE not in ops("list")
    assert "no such file" in ops.fails("forget", FILE)


@pytest.mark.parametrize(
    ("name", "content"),
    [("robots.txt", b"User-agent: *"), ("index.html", b"<p>"), (FILE, b"<html>" * 400), (FILE, b"\x89PNG")],
)
def test_what_is_no_proof_file_is_refused(
    ops: Operator, house: House, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    said = ops.fails("verify", str(tmp_path / name))
    assert ("1 to 1024 bytes" if name == FILE else "not the name of a proof file") in said
    assert house.svc.table.get("proofs", name) is None
