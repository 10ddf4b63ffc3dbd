"""`egress`: look at, make and take down the fixed address that WeChat's IP whitelist needs."""

from typing import Any

import click
from botocore.exceptions import ClientError

from .. import say
from ..target import Target, target_options
from . import stack

RECIPES = ("nat-instance", "nat-gateway")
NOWHERE: dict[str, list[str]] = {"SubnetIds": [], "SecurityGroupIds": []}


@click.group(short_help="取令牌的固定出口地址 / a fixed address for the token call")
def egress() -> None:
    """取令牌的固定出口地址：微信报 40164 时才需要。价格与取舍见 docs/egress.md。

    A fixed address for the token call, only needed when WeChat says 40164. Prices and choices: docs/egress.md.
    """


@egress.command(short_help="哪个地址要填进白名单 / which address belongs on the whitelist")
@target_options
def show(target: Target) -> None:
    """现在从哪里出去，哪个地址要填进白名单。

    Which way the token call takes now, and which address belongs on the whitelist.
    """
    found = stack.find(target)
    if found is None:
        say.done("没有固定出口地址，从 AWS 的任意地址出去。", "No fixed address: calls leave from any address of AWS.")
    elif not stack.is_settled(found):
        say.warn(
            f"堆栈状态是 {found['StackStatus']}：请再运行一次 apply 或 remove。",
            f"The stack is {found['StackStatus']}: run apply or remove again.",
        )
    else:
        _tell(target, stack.outputs(found))


@egress.command(short_help="建立或更新 / make it, or bring it up to date")
@click.argument("recipe", type=click.Choice(RECIPES))
@click.option(
    "--zone", default="", help="可用区，默认用区域的第一个 / availability zone, by default the region's first"
)
@target_options
def apply(target: Target, recipe: str, zone: str) -> None:
    """建立固定出口，或更新它（小型 NAT 主机会换成最新的系统镜像，地址不变）。

    Make the fixed way out, or bring it up to date: the small machine gets the newest image and keeps its address.
    """
    _must_not_switch(target, recipe)
    _must_have_the_function(target)
    say.step("正在建立网络，约需两到五分钟……", "Making the network; this takes two to five minutes.")
    _tell(target, stack.outputs(stack.apply(target, recipe, zone)))


@egress.command(short_help="拆掉 / take it down")
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
@target_options
def remove(target: Target, yes: bool) -> None:
    """拆掉固定出口；之后取令牌又从 AWS 的任意地址出去。

    Take it down; the token call then leaves from any address of AWS again.
    """
    if stack.find(target) is None:
        say.done("没有需要拆的。", "There is nothing to take down.")
        return
    if not yes and not say.confirm(
        "地址会还给 AWS，再也拿不回来；白名单里若只有它，令牌将无法续期。继续吗？",
        "The address goes back to AWS for good; if the whitelist holds no other, tokens will end. Go on?",
    ):
        raise click.Abort
    take_down(target)


def take_down(target: Target) -> None:
    """Also for who takes down the whole stage, while its function is there: that leaves the network first."""
    if stack.find(target) is None:
        return
    _leave_network(target)
    say.step(
        "正在拆除；Lambda 归还网卡可能要二十分钟……", "Taking it down; Lambda may keep its network card for 20 minutes."
    )
    stack.remove(target)
    say.done("固定出口已拆除。", "The fixed way out is gone.")


def _tell(target: Target, made: dict[str, str]) -> None:
    say.done(f"{made['Recipe']}：{made['ElasticIp']}", "the address that the token call comes from")
    say.step(
        f"填进微信后台：设置与开发 > 开发接口管理 > 基本配置 > IP白名单：{made['ElasticIp']}",
        "paste it into the IP whitelist (IP白名单) of WeChat's console",
    )
    if _subnets(target) == made["SubnetIds"].split(","):
        say.done("refresh_tokens 已在此网络里。", "refresh_tokens is in this network.")
    else:
        say.warn(
            f"refresh_tokens 还没有进入此网络：请运行 python -m ops deploy --stage {target.stage}",
            f"refresh_tokens is not in this network yet: run python -m ops deploy --stage {target.stage}",
        )


def _must_not_switch(target: Target, recipe: str) -> None:
    found = stack.find(target)
    if found is not None and stack.is_settled(found) and stack.outputs(found)["Recipe"] != recipe:
        raise say.Problem(
            f"现在用的是 {stack.outputs(found)['Recipe']}。请先 remove 再 apply；地址会变，记得更新白名单。",
            f"{stack.outputs(found)['Recipe']} is in place. Remove it first, then apply; the address will change, "
            "so put the new one on the whitelist.",
        )


def _must_have_the_function(target: Target) -> None:
    if _function(target) is None:
        raise say.Problem(
            f"还没有 refresh_tokens 函数：请先运行 python -m ops deploy --stage {target.stage}",
            f"There is no refresh_tokens function yet: run python -m ops deploy --stage {target.stage} first.",
        )


def _leave_network(target: Target) -> None:
    if _subnets(target):
        say.step("refresh_tokens 离开此网络……", "refresh_tokens leaves the network.")
        functions, name = target.client("lambda"), target.name("refresh_tokens")
        functions.update_function_configuration(FunctionName=name, VpcConfig=NOWHERE)
        functions.get_waiter("function_updated_v2").wait(FunctionName=name)


def _subnets(target: Target) -> list[str]:
    found = _function(target) or {}
    return list(found.get("VpcConfig", {}).get("SubnetIds", []))


def _function(target: Target) -> dict[str, Any] | None:
    try:
        found = target.client("lambda").get_function_configuration(FunctionName=target.name("refresh_tokens"))
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return dict(found)


COMMANDS = (egress,)
