"""`python -m ops domain …`: a domain of the brand's own in front of the stage, and WeChat's proof files on it."""

import re
from pathlib import Path
from typing import Any

import click

from chalicelib.features import proofs
from chalicelib.services import Services

from . import addresses, say
from .deploy import state
from .say import Problem
from .stage import read_setting, stage_options, write_setting
from .target import Target

HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
CERTIFICATE = re.compile(r"arn:aws(?:-cn)?:acm:([a-z0-9-]+):[0-9]{12}:certificate/[\w-]+")
API_STAGE = "v1"
ROOT = "(none)"  # API Gateway's word for a mapping at /

Json = dict[str, Any]


@click.group(short_help="自己的域名与校验文件 / a custom domain, and WeChat's proof files")
def domain() -> None:
    """自己的域名，以及微信要求放在域名上的校验文件。

    A domain of your own in front of the stage, and the proof files that WeChat wants to find there.
    """


@domain.command("set")
@click.argument("name")
@click.option("--certificate", required=True, help="同一区域的 ACM 证书 ARN / ARN of an ACM certificate in this region")
@stage_options
def set_domain(target: Target, svc: Services, name: str, certificate: str) -> None:
    """把域名接到这个环境的 API 上（映射在 /）；可以反复运行。

    Put a domain in front of the stage's API, mapped at /; running it again changes nothing.
    """
    _check(target, name, certificate)
    api = _deployed(target)
    found = _domain(target, name, certificate)
    _map_root(target, name, api)
    write_setting(target, "public_url", f"https://{name}")
    say.done(f"{name} 指向环境 {target.stage}", f"{name} leads to stage {target.stage}")
    say.step(
        f"在 DNS 里添加：{name} CNAME {found['regionalDomainName']}",
        f"add to your DNS: {name} CNAME {found['regionalDomainName']}",
    )
    say.step(
        f"然后运行 python -m ops deploy --stage {target.stage}，让登录与页面使用新地址",
        f"then run `python -m ops deploy --stage {target.stage}`, so that sign-ins and pages use the new address",
    )


@domain.command("verify")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@stage_options
def verify(target: Target, svc: Services, files: tuple[Path, ...]) -> None:
    """放上微信后台下载的校验文件（MP_verify_….txt、WW_verify_….txt、业务域名文件）。

    Keep the proof files that WeChat's consoles gave you; they are served at the root and under any path.
    """
    base = addresses.public_url(target)
    for file in files:
        proofs.keep(svc, file.name, file.read_bytes())
        say.done(f"一分钟内可访问 {base}/{file.name}", f"served within a minute: {base}/{file.name}")


@domain.command("list")
@stage_options
def list_them(target: Target, svc: Services) -> None:
    """列出域名和校验文件。

    The domain, and the proof files on it.
    """
    click.echo(
        read_setting(target, "public_url") or f"{addresses.public_url(target)}（没有自己的域名 / no domain of its own）"
    )
    for proof in proofs.listed(svc):
        click.echo(f"  /{proof.file}  {proof.text.strip()}")


@domain.command("forget")
@click.argument("file")
@stage_options
def forget(target: Target, svc: Services, file: str) -> None:
    """不再提供一个校验文件。

    Serve a proof file no more.
    """
    proofs.forget(svc, file)
    say.done(f"{file} 一分钟内消失", f"{file} is gone within a minute")


def _check(target: Target, name: str, certificate: str) -> None:
    found = CERTIFICATE.fullmatch(certificate)
    if not HOST.fullmatch(name):
        raise Problem(
            f"{name[:80]} 不是域名：应像 wx.example.com。", f"{name[:80]} is no domain: write wx.example.com."
        )
    if found is None:
        raise Problem("--certificate 要写 ACM 证书的 ARN。", "--certificate wants the ARN of an ACM certificate.")
    if found[1] != target.region:
        raise Problem(
            f"证书在 {found[1]}，而 API 在 {target.region}：请在 {target.region} 申请或导入证书。",
            f"The certificate is in {found[1]} and the API in {target.region}: request one there.",
        )


def _deployed(target: Target) -> str:
    api = state.api_id(target)
    if not api:
        raise Problem(
            f"环境 {target.stage} 还没有部署：先运行 python -m ops deploy --stage {target.stage}。",
            f"Stage {target.stage} is not deployed yet: run `python -m ops deploy --stage {target.stage}` first.",
        )
    return api


def _domain(target: Target, name: str, certificate: str) -> Json:
    """API Gateway's domain, with this certificate."""
    client = target.client("apigateway")
    try:
        found: Json = client.get_domain_name(domainName=name)
    except client.exceptions.NotFoundException:
        made: Json = client.create_domain_name(
            domainName=name,
            regionalCertificateArn=certificate,
            endpointConfiguration={"types": ["REGIONAL"]},
            securityPolicy="TLS_1_2",
        )
        return made
    if "regionalDomainName" not in found:
        raise Problem(
            f"{name} 在 API Gateway 里已是边缘优化域名：请先删除它。",
            f"API Gateway has {name} as an edge-optimized domain: delete that first; this needs a regional one.",
        )
    if found.get("regionalCertificateArn") != certificate:
        client.update_domain_name(domainName=name, patchOperations=[_replace("/regionalCertificateArn", certificate)])
        say.done("证书已更换", "the certificate is changed")
    return found


def _map_root(target: Target, name: str, api: str) -> None:
    client = target.client("apigateway")
    mapped = client.get_base_path_mappings(domainName=name, limit=500).get("items", [])
    root = next((one for one in mapped if one["basePath"] == ROOT), None)
    if root is None:
        client.create_base_path_mapping(domainName=name, restApiId=api, stage=API_STAGE)
    elif root["restApiId"] != api:
        _must_be_gone(target, name, root["restApiId"])
        change = [_replace("/restapiId", api), _replace("/stage", API_STAGE)]
        client.update_base_path_mapping(domainName=name, basePath=ROOT, patchOperations=change)


def _must_be_gone(target: Target, name: str, other: str) -> None:
    """A domain that leads to a living API is somebody's: another stage's, or not ours at all."""
    client = target.client("apigateway")
    try:
        found = client.get_rest_api(restApiId=other)
    except client.exceptions.NotFoundException:
        return
    raise Problem(
        f"{name} 已经指向另一个 API（{found['name']}，{other}）：每个环境要用自己的域名。",
        f"{name} leads to another API already ({found['name']}, {other}): each stage has a domain of its own.",
    )


def _replace(path: str, value: str) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": value}


COMMANDS = (domain,)
