"""Secrets come from a hidden prompt or, a line each, from standard input; never from an argument, never echoed."""

import sys
from collections.abc import Callable

import click

from ..say import Problem
from . import fields

MAKERS: dict[str, Callable[[], str]] = {"token": fields.new_token, "aes_key": fields.new_aes_key}
NAMES = {
    "token_key": "令牌服务的密钥 / the token service's key",
    "app_secret": "AppSecret",
    "token": "Token",
    "aes_key": "EncodingAESKey",
    "hubspot_token": "HubSpot 私有应用的令牌 / HubSpot private app's access token",
    "hubspot_client_secret": "HubSpot 应用的 client secret / HubSpot app's client secret",
    "salesforce_client_id": "Salesforce 应用的 consumer key / Salesforce consumer key",
    "salesforce_client_secret": "Salesforce 应用的 consumer secret / Salesforce consumer secret",
}


def secret(field: str) -> str:
    """One secret from the operator, checked."""
    name = NAMES[field]
    hidden = sys.stdin.isatty()
    given = click.prompt(f"{name}（不显示 / hidden）", hide_input=True) if hidden else sys.stdin.readline()
    if not given.strip():
        raise Problem(f"没有给出 {name}。", f"No {name} was given.")
    return fields.check_secret(field, given.strip())


def callback_secret(field: str, generate: bool) -> str:
    """A Token or EncodingAESKey: made here if wished, which somebody must then be able to see."""
    if not generate:
        return secret(field)
    if not on_terminal():
        raise Problem(
            "--generate 生成的密钥只显示在终端上一次；请不要重定向输出。",
            "What --generate makes is shown once, on a terminal only: do not redirect the output.",
        )
    return MAKERS[field]()


def on_terminal() -> bool:
    return sys.stdout.isatty()
