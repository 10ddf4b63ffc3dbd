"""`python -m ops sign-in`: lets a person or a machine use the API, with a token that is shown once."""

from datetime import UTC, datetime

import click

from chalicelib.features import operators
from chalicelib.services import Services

from .. import say
from ..say import Problem
from ..stage import stage_options
from ..target import Target

SHOWN = 8  # characters of a mark: enough to tell tokens apart
LONGEST_LABEL = 80


@click.command("sign-in", short_help="API 令牌：发放、列出、收回 / API tokens")
@click.argument("what", type=click.Choice(("new", "list", "revoke")), default="new")
@click.argument("who", default="")
@click.option(
    "--for", "label", default="", help="给谁用，默认是您在 AWS 的名字 / whose it is; your name at AWS by default"
)
@stage_options
def sign_in(target: Target, svc: Services, what: str, who: str, label: str) -> None:
    """给操作员或机器发一个 API 令牌，只显示一次；list 列出持有者，revoke WHO 收回（名字或编号）。

    Give an operator or a machine a token for the API, shown once; `list` who holds one; `revoke` WHO's (label or mark).
    """
    if what == "list":
        _list(svc)
    elif what == "revoke":
        _revoke(svc, who)
    else:
        _issue(svc, label.strip() or target.caller.replace("/", ":").rpartition(":")[2])


def _issue(svc: Services, label: str) -> None:
    """The token alone goes to standard output, so that a script can take it."""
    if not label.isprintable() or len(label) > LONGEST_LABEL:
        raise Problem("名字要有 1 到 80 个可见字符。", "A label has 1 to 80 visible characters.")
    click.echo(operators.issue_token(svc, label))
    say.warn(
        f"这是 {label} 的令牌，请现在收好：不会再显示", f"the token of {label}; keep it now, it is not shown again"
    )


def _list(svc: Services) -> None:
    for one in operators.listed(svc):
        click.echo(f"{one.mark[:SHOWN]}  {datetime.fromtimestamp(one.since, UTC):%Y-%m-%d %H:%M} UTC  {one.label}")


def _revoke(svc: Services, who: str) -> None:
    found = [one for one in operators.listed(svc) if who in (one.label, one.mark[:SHOWN])]
    if len(found) != 1:
        raise Problem(
            f"有 {len(found)} 个令牌叫这个名字；请用 sign-in list 里的编号。",
            f"{len(found)} tokens go by that; use the mark that `sign-in list` shows.",
        )
    operators.revoke(svc, found[0].mark)
    say.done(f"{found[0].label} 的令牌已收回", f"the token of {found[0].label} opens nothing any more")
