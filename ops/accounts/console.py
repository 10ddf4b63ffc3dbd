"""What goes into which field of WeChat's own console, once an account is kept here or its keys have changed."""

from collections.abc import Mapping

import click

from .. import addresses
from ..target import Target
from .asking import NAMES

GIVEN = "刚才输入的那个 · the one you entered"


def explain(target: Target, alias: str, shown: Mapping[str, str]) -> None:
    """`shown` holds the keys that were made here: this is the one time that they are seen."""
    click.echo("\n请到微信公众平台「设置与开发 · 开发接口管理 · 基本配置 · 服务器配置」填写：")
    click.echo("In WeChat's console, under basic configuration, server configuration, enter:\n")
    click.echo(f"  URL             {addresses.public_url(target)}/wechat/{alias}")
    for field in ("token", "aes_key"):
        click.echo(f"  {NAMES[field]:<16}{shown.get(field, GIVEN)}")
    click.echo("  消息加解密方式  安全模式 · encryption: safe mode")
    click.echo("  数据格式        XML · data format: XML\n")
