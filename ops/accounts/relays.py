"""`python -m ops account relay …`: which other systems get an account's messages too, and whose answer counts.

What is no secret is on the account's item; the systems' keys, by name, are in SSM accounts/<alias>/relay.
"""

import json
import re
from typing import Any

import click

from chalicelib.features import alarms
from chalicelib.services import Services
from chalicelib.wechat.relaying import MODES

from .. import say, stage
from ..say import Problem
from ..stage import stage_options
from ..target import Target
from . import asking, outside

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")
MOST = 5  # systems of one account: their keys are one parameter of 4 KB, and each message goes to all
OURS, THEIRS = "ours", "theirs"
PLAIN = "plain"
Json = dict[str, Any]


@click.group("relay", short_help="旧系统：把消息也转给它 / other systems that get the messages too")
def relay() -> None:
    """微信只有一个回调地址；旧系统要同样的消息，就由我们转给它，用它自己的 Token 与 EncodingAESKey。

    WeChat has one callback URL. An older system that wants the same messages gets them from us, signed and sealed with
    its own Token and EncodingAESKey, as if WeChat had sent them.
    """


@relay.command("add")
@click.argument("alias")
@click.argument("name")
@click.option("--url", required=True, help="它的回调地址 / its callback URL")
@click.option("--mode", type=click.Choice(MODES), default="safe", show_default=True, help="它的加解密方式 / encryption")
@click.option("--answers", type=click.Choice((OURS, THEIRS)), default=OURS, show_default=True, help="谁来回答 / whose")
@click.option("--app-id", default="", help="它按哪个 AppID 解密，默认同账号 / if it knows another AppID")
@click.option("--untried", is_flag=True, help="不先试它 / keep it without asking it for the echo")
@click.option("--replace", is_flag=True, help="覆盖同名的 / write over the one of that name")
@stage_options
def add(target: Target, svc: Services, alias: str, name: str, untried: bool, replace: bool, **told: Any) -> None:
    """添加转发目标。它的 Token 与 EncodingAESKey 会询问（不显示），或从标准输入按行读取；先按微信的办法试一次。

    Add a system. Its Token and EncodingAESKey are asked for, hidden, or read from standard input, a line each; then it
    is tried as WeChat's console would. With `--answers theirs` followers see its answer, and ours when it has none.
    """
    known = svc.accounts[alias]
    others = [one for one in _listed(svc, alias) if one["name"] != name]
    _check(name, told, others, taken=len(others) < len(_listed(svc, alias)) and not replace)
    outside.check_address(target, told["url"])
    keys = {"token": asking.secret("token"), "aes_key": ""}
    if told["mode"] != PLAIN:
        keys["aes_key"] = asking.secret("aes_key")
    if not untried:
        outside.knows_token(target, told["url"], keys["token"])
        say.done("它应答了回显", "it answers with the echo")
    # The keys first: the messages of a relay without keys would not be relayed.
    _write(target, alias, _kept(target, alias) | {name: keys})
    _store(svc, known.alias, [*others, {"name": name, **told}])
    who_zh, who_en = ("它先回答", "it answers first") if told["answers"] == THEIRS else ("我们回答", "we answer")
    say.done(
        f"{alias} 的消息一分钟内也转给 {name}，{who_zh}",
        f"{name} gets the messages of {alias} within a minute; {who_en}",
    )


@relay.command("list")
@click.argument("alias")
@stage_options
def list_them(target: Target, svc: Services, alias: str) -> None:
    """列出转发目标（从不显示密钥），以及它们是否在出错。

    List the systems, never their keys, and whether one is in trouble.
    """
    ringing = alarms.ringing(svc, svc.accounts[alias])
    for one in _listed(svc, alias):
        click.echo("  ".join((one["name"], one["url"], one["mode"], f"answers={one['answers']}")))
        if f"relay_{one['name']}" in ringing:
            zh, _, en = ringing[f"relay_{one['name']}"].partition("。")
            say.warn(zh, en)


@relay.command("remove")
@click.argument("alias")
@click.argument("name")
@stage_options
def remove(target: Target, svc: Services, alias: str, name: str) -> None:
    """不再转发给它；一分钟内生效。

    Relay nothing to it any more; within a minute.
    """
    known = svc.accounts[alias]
    others = [one for one in _listed(svc, alias) if one["name"] != name]
    if len(others) == len(_listed(svc, alias)):
        raise Problem(f"{alias} 没有名为 {name} 的转发目标。", f"{alias} relays to no {name}.")
    _store(svc, known.alias, others)
    left = {one: keys for one, keys in _kept(target, alias).items() if one != name}
    if left:
        _write(target, alias, left)
    else:
        stage.delete_secret(target, f"accounts/{alias}/relay")
    alarms.clear(svc, known, f"relay_{name}")
    say.done(f"{alias} 的消息不再转给 {name}", f"{name} gets no more messages of {alias}")


def _check(name: str, told: Json, others: list[Json], taken: bool) -> None:
    if not NAME.fullmatch(name):
        raise Problem(
            "名字要有 1 到 20 个小写字母、数字或短横，例如 crm。",
            "A name has 1 to 20 lower-case letters, digits or -, such as crm.",
        )
    if taken:
        raise Problem(f"已经有 {name}：要覆盖就加 --replace。", f"There is a {name} already; --replace writes over it.")
    if len(others) >= MOST:
        raise Problem(f"一个账号最多 {MOST} 个。", f"An account relays to {MOST} systems at most.")
    first = next((one["name"] for one in others if one["answers"] == THEIRS), "")
    if first and told["answers"] == THEIRS:
        raise Problem(
            f"{first} 已经先回答；一条消息只有一个答案。", f"{first} answers first already; a message has one answer."
        )


def _listed(svc: Services, alias: str) -> list[Json]:
    found: list[Json] = (svc.table.get("accounts", alias, fresh=True) or {}).get("relays", [])
    return found


def _store(svc: Services, alias: str, relays: list[Json]) -> None:
    svc.table.update("accounts", alias, {"relays": relays}, where="attribute_exists(pk)")


def _kept(target: Target, alias: str) -> Json:
    try:
        kept: Json = json.loads(stage.read_secret(target, f"accounts/{alias}/relay"))
    except Problem:
        return {}  # the first one
    return kept


def _write(target: Target, alias: str, keys: Json) -> None:
    stage.write_secret(target, f"accounts/{alias}/relay", json.dumps(keys))
