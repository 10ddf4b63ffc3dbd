"""`python -m ops account …`: what an operator types; what it then does is in the files beside this one."""

from typing import Any

import click

from chalicelib.features import template_names
from chalicelib.services import Services

from .. import say, stage
from ..say import Problem
from ..stage import stage_options
from ..target import Target, stage_name
from . import (
    asking,
    callback_keys,
    console,
    copying,
    crm,
    deploy_due,
    fields,
    relays,
    removal,
    rotation,
    takeover,
    tester,
    token_sources,
)

OPEN_PLATFORM = "是否已绑定微信开放平台账号（有 UnionID）/ whether an Open Platform account binds it, for unionids"


@click.group(short_help="公众号：添加、更换密钥、复制、移除 / WeChat accounts and their secrets")
def account() -> None:
    """这个环境所服务的公众号：添加、列出、更换密钥、复制、移除。

    The WeChat accounts of a stage: add, list, change, rotate their keys, copy, remove.
    """


@account.command("add")
@click.argument("alias")
@click.option("--kind", type=click.Choice(fields.KINDS), required=True, help="账号类型 / what WeChat calls it")
@click.option("--verified/--unverified", default=None, help="是否已认证 / whether WeChat has verified it")
@click.option("--app-id", required=True, help="AppID (wx…)")
@click.option("--original-id", default="", help="原始 ID / original id (gh_…)")
@click.option("--label", default="", help="显示的名称 / its name in texts")
@click.option("--mode", "modes", type=click.Choice(fields.MODES), multiple=True, default=("safe",), show_default=True)
@click.option("--then-origin", "then_origins", multiple=True, help="登录后可返回的网站 / site a sign-in may lead to")
@click.option("--open-platform", type=bool, default=False, metavar="yes|no", help=OPEN_PLATFORM)
@click.option("--generate", is_flag=True, help="生成 Token 与 EncodingAESKey / make them, show them once")
@click.option("--replace", is_flag=True, help="覆盖已有的同名账号 / write over the account of that alias")
@click.option(
    "--token-source", default="", help="集团令牌服务的地址，代替 AppSecret / the group's token service instead"
)
@click.option(
    "--take-over", is_flag=True, help="接管在用的账号：先看后台的菜单与自动回复 / look at a live account first"
)
@click.option(
    "--apply", "applied", is_flag=True, help="与 --take-over 一起：添加并导入草稿 / with it: add, import drafts"
)
@click.option("--watch", default=takeover.WATCHED, show_default=True, help="看令牌有没有被换的秒数 / seconds to watch")
@stage_options
def add(  # noqa: PLR0913, PLR0917 (a command's options)
    target: Target,
    svc: Services,
    alias: str,
    generate: bool,
    replace: bool,
    take_over: bool,
    applied: bool,
    watch: float,
    **told: Any,
) -> None:
    """添加公众号。AppSecret、Token、EncodingAESKey 会逐个询问（不显示），或从标准输入按行读取。

    接管在用的账号：--take-over 只看不存；再加 --apply 才添加，并把菜单与自动回复导入为草稿。可重复运行。

    Add an account. AppSecret, Token and EncodingAESKey are asked for, hidden, or read from standard input, a line each.
    With --token-source the key of that service is asked for instead of the AppSecret.

    A live account: --take-over looks and keeps nothing; with --apply it is added, and its menu and auto-replies are
    imported as drafts. Run it again after a stop: it goes on.
    """
    item = _item(target, alias, told)
    if applied and not take_over:
        raise Problem("--apply 与 --take-over 一起用。", "--apply goes with --take-over.")
    if take_over:
        fields.check_live(item["kind"])
    known = svc.table.get("accounts", alias, fresh=True) if take_over else None
    is_same = known is not None and known["app_id"] == item["app_id"]
    _must_be_free(svc, alias, item["app_id"], replace or is_same)
    if take_over and not applied:
        takeover.look(target, svc, alias, item, is_same, watch)
        return
    if not is_same or replace:
        _keep(target, svc, alias, item, generate)
    if take_over:
        takeover.bring(target, svc, alias, watch)


def _keep(target: Target, svc: Services, alias: str, item: dict[str, Any], generate: bool) -> None:
    """The account with its secrets; the item last, so that nothing is answered without them."""
    source = item.pop("token_source")
    if source:
        token_sources.keep_key(target, alias, token_sources.ask_key(target, item["app_id"], source))
        item["token_source"] = source
    else:
        stage.write_secret(target, f"accounts/{alias}/app_secret", asking.secret("app_secret"))
    keys = {field: asking.callback_secret(field, generate) for field in ("token", "aes_key")}
    callback_keys.write(target, alias, callback_keys.first(**keys))
    svc.table.put({"pk": "accounts", "sk": alias, **item})
    svc.forget("accounts")
    svc.forget(f"account#{alias}")
    say.done(f"公众号 {alias} 已保存到环境 {target.stage}", f"account {alias} is kept in stage {target.stage}")
    console.explain(target, alias, keys if generate else {})
    deploy_due.tell(target, svc, alias)


def _item(target: Target, alias: str, told: dict[str, Any]) -> dict[str, Any]:
    """The account's item of the table, every field of it checked."""
    if told["kind"] == "wecom":
        told["original_id"] = told["original_id"] or told["app_id"]
    fields.check_alias(alias)
    fields.check_ids(told["kind"], told["app_id"], told["original_id"])
    fields.check_modes(target.stage, told["kind"], told["modes"])
    fields.check_origins(told["then_origins"])
    if told["verified"] is None:
        raise Problem(
            "请写明 --verified 或 --unverified：它决定这个账号能做什么。",
            "Say --verified or --unverified: it decides what the account may do.",
        )
    return told | {"label": told["label"] or alias}


def _must_be_free(svc: Services, alias: str, app_id: str, replace: bool) -> None:
    for item in svc.table.under("accounts", fresh=True):
        if item["sk"] == alias and not replace:
            raise Problem(
                f"公众号 {alias} 已经存在：换密钥用 account rotate，整个覆盖加 --replace。",
                f"There is an account {alias} already: change its keys with `account rotate`, or add --replace.",
            )
        if item["sk"] != alias and item["app_id"] == app_id:
            raise Problem(
                f"这个 AppID 已经以 {item['sk']} 的名字存在；一个公众号只有一个回调地址。",
                f"This AppID is here already as {item['sk']}; an account has exactly one callback URL.",
            )


@account.command("list")
@stage_options
def list_them(target: Target, svc: Services) -> None:
    """列出公众号（从不显示密钥）。

    List the accounts; never their secrets.
    """
    for one in svc.table.under("accounts"):
        verified = "verified" if one["verified"] else "unverified"
        modes = ",".join(one["modes"])
        bound = f"open-platform={'yes' if one.get('open_platform') else 'no'}"
        shown = (one["sk"], one["kind"], verified, one["app_id"], one["original_id"], modes, bound, one["label"])
        click.echo("  ".join((*shown, *_beside(one))))


def _beside(one: dict[str, Any]) -> list[str]:
    """Other systems that it depends on, or that depend on it."""
    relayed = ",".join(str(relay["name"]) for relay in one.get("relays", ()))
    source = one.get("token_source", "")
    return [f"relays={relayed}"] * bool(relayed) + [f"token-source={source}"] * bool(source)


@account.command("change")
@click.argument("alias")
@click.option("--label", default=None, help="显示的名称 / its name in texts")
@click.option("--verified/--unverified", default=None, help="是否已认证 / whether WeChat has verified it")
@click.option("--then-origin", "then_origins", multiple=True, help="登录后可返回的网站（每次写全）/ all sites, anew")
@click.option("--no-then-origins", is_flag=True, help="不再返回任何其他网站 / no other site any more")
@click.option("--open-platform", type=bool, default=None, metavar="yes|no", help=OPEN_PLATFORM)
@stage_options
def change(target: Target, svc: Services, alias: str, no_then_origins: bool, **told: Any) -> None:
    """修改名称、认证状态、登录后可返回的网站（每次写全，没有写的就移除）或是否绑定开放平台；一分钟内生效。

    Change the label, the verification, the sites a sign-in may lead to (all of them, each time: what is not named is
    taken off), or whether the account is bound to an Open Platform account; in force within a minute.
    """
    fields.check_origins(told["then_origins"])
    if no_then_origins and told["then_origins"]:
        raise Problem(
            "--then-origin 与 --no-then-origins 只能用一个。", "Use --then-origin or --no-then-origins, not both."
        )
    wanted = {name: value for name, value in told.items() if value not in (None, ())}
    wanted |= {"then_origins": []} if no_then_origins else {}
    known = svc.accounts[alias]
    if wanted:
        svc.table.update("accounts", known.alias, wanted, where="attribute_exists(pk)")
    say.done(f"{alias} 已修改", f"{alias} is changed")
    if told["verified"]:
        deploy_due.tell(target, svc, alias)


@account.command("rotate")
@click.argument("alias")
@click.argument("what", type=click.Choice(rotation.WHAT), nargs=-1, required=True)
@click.option("--generate", is_flag=True, help="生成新值 / make the new values, show them once")
@click.option("--finish", is_flag=True, help="让旧密钥失效 / end the old keys")
@stage_options
def rotate(target: Target, svc: Services, alias: str, what: tuple[str, ...], generate: bool, finish: bool) -> None:
    """更换 token、aes-key（新旧同时有效，直到 --finish）或 app-secret。token 与 aes-key 可以一起换。

    Change token and aes-key (one or both; old and new are accepted until --finish), or swap app-secret.
    """
    rotation.check(what, finish)
    known = svc.accounts[alias]
    if finish:
        rotation.finish(target, alias)
    elif rotation.APP_SECRET in what:
        rotation.swap_app_secret(target, svc, known)
    else:
        rotation.begin(target, alias, [rotation.FIELDS[one] for one in dict.fromkeys(what)], generate)


@account.command("template")
@click.argument("alias")
@click.argument("name", default="")
@click.argument("template_id", default="")
@click.option("--remove", is_flag=True, help="去掉这个名字 / take the name away")
@stage_options
def template(target: Target, svc: Services, alias: str, name: str, template_id: str, remove: bool) -> None:
    """模板的名字：代码与接口用名字，每个公众号对应自己的模板 ID。只写 ALIAS 则列出全部。

    Names of templates: code and API say the name, each account has its own id for it. With ALIAS alone: list them.
    """
    known = svc.accounts[alias]
    if remove:
        template_names.remove(svc, known, name)
    elif name:
        template_names.save(svc, known, name, template_id)
    for one, its_id in template_names.listed(svc, known).items():
        click.echo(f"{one}  {its_id or '（待设置 / not set yet）'}")


@account.command("copy")
@click.argument("start", metavar="FROM")
@click.argument("alias", metavar="TO")
@click.option(
    "--from-stage",
    default=None,
    callback=stage_name,
    help="FROM 所在的环境，默认同一个 / stage of FROM, if another one",
)
@stage_options
def copy(target: Target, svc: Services, start: str, alias: str, from_stage: str | None) -> None:
    """把规则、模板名字、可返回的网站和开放平台标记复制到另一个公众号；从不复制用户数据。

    Copy rules, template names, sign-in origins and the mark of the Open Platform to another account; never people.
    """
    there = Target(from_stage or target.stage, target.region, target.profile)
    source = stage.services_of(there) if from_stage else svc
    with stage.explained(there):
        known = source.accounts[start]
    copied = copying.copy(source, known, svc, svc.accounts[alias])
    say.done(f"{alias} 现在有 {copied.rules} 条规则", f"{alias} has {copied.rules} rules now")
    for origin in copied.origins:
        say.done(f"登录后可返回 {origin}", f"a sign-in may lead to {origin}")
    if copied.bound:
        say.warn(
            f"{alias} 也标记为已绑定开放平台；若没有绑定：account change {alias} --open-platform no",
            f"{alias} is marked as bound to an Open Platform account too; if it is not: "
            f"account change {alias} --open-platform no",
        )
    for name in copied.names_without_id:
        say.warn(
            f"模板 {name} 在 {alias} 里还没有 ID：account template {alias} {name} TEMPLATE_ID",
            f"template {name} wants its id in {alias}: account template {alias} {name} TEMPLATE_ID",
        )


@account.command("remove")
@click.argument("alias")
@click.option("--with-data", is_flag=True, help="连同粉丝、对话与规则 / people, conversations and rules too")
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
@stage_options
def remove(target: Target, svc: Services, alias: str, with_data: bool, yes: bool) -> None:
    """移除公众号及其密钥；除非加 --with-data，粉丝、对话、规则都保留。

    Take an account and its secrets off the stage; people, conversations and rules stay unless --with-data.
    """
    known = svc.accounts[alias]
    if not yes and not say.confirm(*(_ALL if with_data else _ACCOUNT_ONLY)):
        raise Problem("没有移除任何东西。", "Nothing was removed.")
    removal.remove(target, svc, known)
    say.done(f"公众号 {alias} 与它的密钥已移除", f"account {alias} and its secrets are removed")
    if with_data:
        gone = removal.erase_data(target, alias)
        say.done(f"{alias} 的 {gone} 条数据已删除", f"{gone} items of {alias}'s data are deleted")
    else:
        say.step(
            "保留：粉丝、对话（到期自动删除）、规则、模板名字；同名重新添加后仍在",
            "kept: followers, conversations (until they expire), rules, template names; add the alias to find them",
        )


_ACCOUNT_ONLY = ("移除这个公众号和它的密钥（数据保留）？", "Remove the account and its secrets (its data stays)?")
_ALL = (
    "移除这个公众号、它的密钥，以及所有粉丝、对话、规则？无法恢复。",
    "Remove the account, its secrets and all its followers, conversations and rules? There is no way back.",
)

account.add_command(crm.crm)
account.add_command(relays.relay)
account.add_command(tester.tester_command)
account.add_command(token_sources.token_source_command)
