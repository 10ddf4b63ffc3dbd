"""`python -m ops account token-source …`: where an account's platform token comes from.

Its own AppSecret, or the token service of the brand's group (docs/integrations/token-service.md), whose key is in SSM
accounts/<alias>/token_source. The service is tried before anything is kept.
"""

import click

from chalicelib.errors import AppError
from chalicelib.features import token_source
from chalicelib.services import Services
from chalicelib.wechat.credentials import Issued

from .. import say, stage
from ..say import Problem
from ..stage import stage_options
from ..target import Target
from . import asking, outside

SHOWN = 12  # of a fingerprint


@click.command("token-source", short_help="令牌从哪里来 / where its platform token comes from")
@click.argument("alias")
@click.option("--url", default="", help="集团令牌服务的地址 / address of the group's token service")
@click.option("--key", "new_key", is_flag=True, help="只换它的密钥 / change its key alone")
@click.option("--own", is_flag=True, help="改回用自己的 AppSecret / back to the account's own AppSecret")
@stage_options
def token_source_command(target: Target, svc: Services, alias: str, url: str, new_key: bool, own: bool) -> None:
    """查看或修改令牌的来源：自己的 AppSecret，或品牌集团的令牌服务（只问它，从不自己刷新）。密钥会询问，不显示。

    See or change where the token comes from: the own AppSecret, or the token service of the brand's group, which is
    asked and never bypassed. Its key is asked for, hidden.
    """
    known = svc.accounts[alias]
    if bool(url) + new_key + own > 1:
        raise Problem("--url、--key、--own 只能用一个。", "Use one of --url, --key and --own.")
    if own:
        _own(target, svc, alias)
    elif url or new_key:
        if not url and not known.token_source:
            raise Problem(f"{alias} 没有令牌服务。", f"{alias} has no token service; give --url.")
        begin(target, svc, alias, known.app_id, url or known.token_source)
    else:
        say.step(
            f"{alias} 的令牌来自 {known.token_source or '自己的 AppSecret'}",
            f"the token of {alias} comes from {known.token_source or 'its own AppSecret'}",
        )


def begin(target: Target, svc: Services, alias: str, app_id: str, url: str) -> None:
    """Ask the operator for the key, try the service, and keep both; the account must be kept already."""
    key = ask_key(target, app_id, url)
    keep_key(target, alias, key)
    svc.table.update("accounts", alias, {"token_source": url}, where="attribute_exists(pk)")
    say.done(
        f"{alias} 的令牌从下一次更换起来自令牌服务（五分钟内或现有的到期前）",
        f"the token of {alias} comes from the token service from its next replacement on",
    )


def ask_key(target: Target, app_id: str, url: str) -> str:
    """The key of a service that works with it."""
    outside.check_address(target, url)
    key = asking.secret("token_key")
    issued = tried(target, app_id, url, key)
    mark = token_source.fingerprint(issued.token)[:SHOWN]
    say.done(
        f"令牌服务给出了令牌（指纹 {mark}，还有 {issued.expires_in} 秒）",
        f"the token service gives a token (fingerprint {mark}, good for {issued.expires_in} s)",
    )
    return key


def keep_key(target: Target, alias: str, key: str) -> None:
    stage.write_secret(target, f"accounts/{alias}/token_source", key)


def tried(target: Target, app_id: str, url: str, key: str) -> Issued:
    try:
        return token_source.ask_at(outside.outbound(target), url, key, app_id)
    except AppError as error:
        zh, _, en = str(error).partition("。")
        raise Problem(f"{zh}。", en) from None


def _own(target: Target, svc: Services, alias: str) -> None:
    """Nothing changes while there is no AppSecret to go on with."""
    stage.read_secret(target, f"accounts/{alias}/app_secret")
    svc.table.update("accounts", alias, {}, remove=("token_source",), where="attribute_exists(pk)")
    stage.delete_secret(target, f"accounts/{alias}/token_source")
    say.done(f"{alias} 的令牌又来自自己的 AppSecret", f"the token of {alias} comes from its own AppSecret again")
