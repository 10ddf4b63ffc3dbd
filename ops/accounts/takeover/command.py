"""A look at an account that answers already, and with `apply` its import: drafts only, nothing that followers see.

What was done is noted on the account (`taken_over`), so that a second run brings nothing back that an operator threw
away meanwhile, and one that was stopped goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import AppError, Unavailable
from chalicelib.features import rules
from chalicelib.features.menus import drafts as menu_drafts
from chalicelib.services import Account, Services
from chalicelib.settings import Settings
from chalicelib.wechat.credentials import Issued
from chalicelib.wechat.errors import Unreachable, WeChatError
from chalicelib.wechat.http import Http

from ... import say, stage
from ...deploy import environment
from ...say import Problem
from ...target import Target, code_of
from .. import asking, token_sources
from . import reading, replies, rivals, telling

WATCHED = 5.0  # seconds between two looks at the token
NO_ADDRESS = 40164
Json = dict[str, Any]
Ask = Callable[[], Issued]


def look(target: Target, svc: Services, alias: str, item: Json, is_kept: bool, wait: float) -> None:
    """The report alone; nothing is kept."""
    if is_kept:
        ask = _asker(target, svc, svc.accounts[alias])
    elif item["token_source"]:
        key = token_sources.ask_key(target, item["app_id"], item["token_source"])
        ask = partial(token_sources.tried, target, item["app_id"], item["token_source"], key)
    else:
        ask = partial(_stable_token, target, item["app_id"], asking.secret("app_secret"))
    _report(target, alias, ask, wait)
    say.done(
        "只是看看，什么都没有保存；加 --apply 添加账号并导入为草稿",
        "this was a look, and nothing is kept; --apply adds the account and imports all this as drafts",
    )


def bring(target: Target, svc: Services, alias: str, wait: float) -> None:
    """The account is kept; what its console does is imported as drafts."""
    account = svc.accounts[alias]
    found, taken = _report(target, alias, _asker(target, svc, account), wait)
    _import(svc, account, found, taken)
    if found.unread:
        say.warn("有的没有读到；再运行一次会接着做", "some could not be read; run this again to go on")
    say.step(
        "先在我们的控制台启用规则、发布菜单，再到微信后台启用服务器配置：一启用，后台的菜单与自动回复就停",
        "enable the rules and publish the menu in our console, and only then switch the server URL on in WeChat's: its "
        "own menu and auto-replies stop that moment",
    )


def _report(target: Target, alias: str, ask: Ask, wait: float) -> tuple[reading.Found, replies.Taken]:
    with _in_words():
        signs = rivals.watch(_http(target), ask, wait)
        found = reading.read(_http(target), ask().token)
    taken = replies.taken(found.replies, found.menu)
    telling.report(alias, found, taken, signs)
    return found, taken


def _http(target: Target) -> Http:
    chosen = environment.settings(target).get("wechat_api")
    return Http(chosen or Settings.from_env({**target.environment(), "GAIWAN_STAGE": target.stage}).wechat_api)


def _asker(target: Target, svc: Services, account: Account) -> Ask:
    """How to learn a kept account's token: never by force, and where WeChat refuses this machine, from the stage."""
    if account.token_source:
        key = stage.read_secret(target, f"accounts/{account.alias}/token_source")
        return partial(token_sources.tried, target, account.app_id, account.token_source, key)
    secret = stage.read_secret(target, f"accounts/{account.alias}/app_secret")

    def ask() -> Issued:
        try:
            return _stable_token(target, account.app_id, secret)
        except WeChatError as error:
            if error.code != NO_ADDRESS:
                raise
            return _from_the_stage(svc, account, error)

    return ask


def _stable_token(target: Target, app_id: str, secret: str) -> Issued:
    body = {"grant_type": "client_credential", "appid": app_id, "secret": secret, "force_refresh": False}
    answer = _http(target).post("/cgi-bin/stable_token", {}, body)
    return Issued(str(answer["access_token"]), int(answer["expires_in"]))


def _from_the_stage(svc: Services, account: Account, refused: WeChatError) -> Issued:
    """Its refresher has an address that WeChat knows; it is woken if there is no token yet."""
    try:
        token = account.tokens.current()
    except (Unavailable, ClientError) as error:
        if isinstance(error, ClientError) and code_of(error) != "ResourceNotFoundException":
            raise
        raise refused from None
    return Issued(token, max(1, int(account.tokens.read("access").get("good_until", 0)) - svc.now()))


def _import(svc: Services, account: Account, found: reading.Found, taken: replies.Taken) -> None:
    done: Json = dict((svc.table.get("accounts", account.alias, fresh=True) or {}).get("taken_over") or {})
    for what in (reading.REPLIES, reading.MENU):
        if done.get(what):
            say.step(f"{reading.NAMES[what][0]}以前已导入", f"{reading.NAMES[what][1]}: imported before")
        elif what not in found.unread:
            if what == reading.REPLIES:
                _import_replies(svc, account, taken)
            else:
                _import_menu(svc, account, found)
            done[what] = svc.now()
            svc.table.update("accounts", account.alias, {"taken_over": done}, where="attribute_exists(pk)")


def _import_replies(svc: Services, account: Account, taken: replies.Taken) -> None:
    known = {one.rule_id for one in rules.listed(svc, account)}
    brought = 0
    for one in taken.drafts:
        if one.rule_id in known:
            continue
        try:
            rules.save(
                svc,
                account,
                match=one.match,
                pattern=one.pattern,
                reply=one.reply,
                label=one.label,
                enabled=False,
                rule_id=one.rule_id,
            )
        except AppError as error:
            say.warn(f"带不走：{one.label}：{error}", f"cannot be taken: {one.pattern[:40]}")
        else:
            brought += 1
    say.done(f"{brought} 条规则已导入，都停用着", f"rules imported, all switched off: {brought}")


def _import_menu(svc: Services, account: Account, found: reading.Found) -> None:
    if not found.menu.get("button"):
        return
    try:
        draft = menu_drafts.import_draft(svc, account, found.menu)
    except AppError as error:
        say.warn(f"菜单没有导入：{error}", "the menu was not imported")
        return
    say.done("菜单已导入为草稿", f"the menu is imported as a draft (version {draft.version})")
    for note in draft.notes:
        say.warn(*_halves(note.says))


def _halves(text: str) -> tuple[str, str]:
    zh, _, en = text.rpartition("。")
    return zh, en.strip()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except WeChatError as error:
        if error.code == NO_ADDRESS:
            raise Problem(
                f"微信拒绝了本机地址 {error.refused_address}（40164）：把它加进 IP 白名单再试；"
                "或先部署，由 refresh_tokens 取令牌，再加 --apply 运行。",
                f"WeChat refuses this machine's address {error.refused_address} (40164): put it on the IP whitelist; "
                "or deploy first, so that refresh_tokens asks for the token, and run this with --apply.",
            ) from None
        entry = error.entry
        raise Problem(
            f"微信答 {error.code}：{entry.meaning_zh}。{entry.advice_zh}",
            f"WeChat says {error.code}: {entry.meaning_en}. {entry.advice_en}",
        ) from None
    except Unreachable as error:
        raise Problem(f"微信没有回应（{error}）。", f"WeChat does not answer ({error}).") from None
