"""`python -m ops account tester …`: in whose name a mini-program has words checked (msg_sec_check).

WeChat wants somebody who opened the mini-program within two hours: an operator, who does so before they check.
"""

import click

from chalicelib.features import people
from chalicelib.services import Services

from .. import say
from ..say import Problem
from ..stage import stage_options
from ..target import Target


@click.command("tester", short_help="内容检查用谁的名义 / in whose name words are checked")
@click.argument("alias")
@click.argument("openid")
@stage_options
def tester_command(target: Target, svc: Services, alias: str, openid: str) -> None:
    """设置小程序的测试人：运营人员自己在这个小程序里的 openid。活动的内容检查以此人的名义进行。

    Set a mini-program's tester: the openid that an operator of yours has in it. Campaigns have their words checked in
    that name.
    """
    known = svc.accounts[alias]
    if not known.may("check_content"):
        raise Problem(f"{alias} 不是小程序。", f"{alias} is no mini-program; WeChat's content check is theirs alone.")
    if not people.OPENID.fullmatch(openid):
        raise Problem("openid 不对。", "This is not an openid.")
    svc.table.update("accounts", alias, {"tester": openid}, where="attribute_exists(pk)")
    say.done(f"{alias} 的内容检查以此人的名义进行", f"words are checked in that name, through {alias}")
