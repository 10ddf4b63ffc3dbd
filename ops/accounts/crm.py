"""`python -m ops account crm …`: the keys of a brand's CRM, kept in SSM accounts/<alias>/crm_<kind> and nowhere else.

What is no secret (address, mapping, whether it is switched on) is an endpoint of the account, in the console.
"""

import json

import click
from botocore.exceptions import ClientError

from chalicelib.services import Services

from .. import addresses, say, stage
from ..stage import stage_options
from ..target import Target
from . import asking

# kind -> its fields, as they are asked for, and how the parameter calls them.
KINDS: dict[str, dict[str, str]] = {
    "hubspot": {"hubspot_token": "token"},
    "hubspot-hook": {"hubspot_client_secret": "client_secret"},
    "salesforce": {"salesforce_client_id": "client_id", "salesforce_client_secret": "client_secret"},
}
NEXT = {
    "hubspot": (
        "在控制台建 hubspot 端点，写好映射，再开始同步",
        "make an endpoint of kind hubspot in the console, with a mapping, and begin the sync",
    ),
    "hubspot-hook": ("在 HubSpot 把 webhook 地址填为 {site}/crm/{alias}/端点编号", "HubSpot's webhook URL is as above"),
    "salesforce": (
        "在控制台建 salesforce 端点，写好映射，再开始同步",
        "make an endpoint of kind salesforce in the console, with a mapping, and begin the sync",
    ),
}


def secret_names() -> tuple[str, ...]:
    """As they are below accounts/<alias>/."""
    return tuple(_parameter(kind) for kind in KINDS)


@click.command("crm", short_help="CRM 的密钥：HubSpot、Salesforce / keys of a CRM")
@click.argument("alias")
@click.argument("kind", type=click.Choice(tuple(KINDS)), required=False)
@click.option("--remove", "removed", is_flag=True, help="删除这个密钥 / delete it")
@stage_options
def crm(target: Target, svc: Services, alias: str, kind: str | None, removed: bool) -> None:
    """保存 CRM 的密钥：会询问（不显示），或从标准输入按行读取。hubspot-hook 是验证 HubSpot webhook 的 client secret。
    只写 ALIAS 则列出已有哪些。一分钟内生效。

    Keep the keys of a CRM: asked for, hidden, or read from standard input, a line each. `hubspot-hook` is the client
    secret that HubSpot signs its webhooks with. With ALIAS alone: which are there. In force within a minute.
    """
    known = svc.accounts[alias].alias
    if kind is None:
        for one in KINDS:
            click.echo(f"{one}  {'已保存 / kept' if _is_there(target, known, one) else '没有 / none'}")
    elif removed:
        stage.delete_secret(target, _name(known, kind))
        say.done(f"{known} 的 {kind} 密钥已删除", f"the {kind} keys of {known} are deleted")
    else:
        _keep(target, known, kind)


def _keep(target: Target, alias: str, kind: str) -> None:
    told = {name: asking.secret(field) for field, name in KINDS[kind].items()}
    stage.write_secret(target, _name(alias, kind), json.dumps(told))
    say.done(f"{alias} 的 {kind} 密钥已保存", f"the {kind} keys of {alias} are kept")
    zh, en = NEXT[kind]
    say.step(zh.format(site=addresses.public_url(target), alias=alias), en)


def _is_there(target: Target, alias: str, kind: str) -> bool:
    try:
        target.client("ssm").get_parameter(Name=target.parameter(_name(alias, kind)))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return False
    return True


def _name(alias: str, kind: str) -> str:
    return f"accounts/{alias}/{_parameter(kind)}"


def _parameter(kind: str) -> str:
    return f"crm_{kind.replace('-', '_')}"
