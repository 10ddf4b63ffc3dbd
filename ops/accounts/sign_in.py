"""`python -m ops sign-in`: lets a person into the console by a link, or a machine into the API by a token."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from chalicelib.errors import AppError
from chalicelib.features import operators
from chalicelib.features.operators import ROLES, Who
from chalicelib.services import Services

from .. import addresses, say
from ..say import Problem
from ..stage import stage_options
from ..target import Target

SHOWN = 8  # characters of a mark: enough to tell tokens apart
LONGEST_NAME = 40


@click.command("sign-in", short_help="控制台登录链接与 API 令牌 / links to the console, API tokens")
@click.argument("what", type=click.Choice(("new", "link", "list", "revoke")), default="new")
@click.argument("who", default="")
@click.option("--role", type=click.Choice(ROLES), default="admin", help="新运营人员的角色 / a new operator's role")
@click.option(
    "--scope", "scopes", multiple=True, help="令牌的权限，默认全部 / what the token may; everything by default"
)
@click.option(
    "--for", "label", default="", help="给谁用，默认是您在 AWS 的名字 / whose it is; your name at AWS by default"
)
@stage_options
def sign_in(  # noqa: PLR0913, PLR0917 (a command's options)
    target: Target, svc: Services, what: str, who: str, role: str, scopes: tuple[str, ...], label: str
) -> None:
    """link：给运营人员一个只用一次的登录链接；new：发 API 令牌，只显示一次；list 列出令牌，revoke WHO 收回。

    `link`: let an operator into the console, once; `new`: a token for the API, shown once; `list` who holds one;
    `revoke` WHO's (label or mark).
    """
    caller = target.caller.replace("/", ":").rpartition(":")[2]
    name = label.strip() or caller
    by = Who(caller, "ops", "")
    if what == "list":
        _list(svc)
    elif what == "revoke":
        _revoke(svc, by, who)
    elif what == "link":
        _link(target, svc, by, who.strip() or name[:LONGEST_NAME], role)
    else:
        _issue(svc, by, name, scopes or operators.EVERYTHING)


def _link(target: Target, svc: Services, by: Who, name: str, role: str) -> None:
    """The link alone goes to standard output. Who is an operator already keeps their role."""
    site = addresses.public_url(target)
    if site == addresses.UNKNOWN:
        raise Problem(
            f"环境 {target.stage} 还没有部署，没有控制台可登录。",
            f"Stage {target.stage} is not deployed yet, so there is no console to sign in to.",
        )
    with _in_words():
        operator = operators.by_name(svc, name) or operators.add(svc, name, role)
        click.echo(operators.address(site, operators.link(svc, operator)))
    operators.note_deed(svc, by, "operators_sign_in_link", f"{operator.name} {operator.role}")
    say.warn(
        f"{operator.name}（{operator.role}）的登录链接，十分钟内用一次",
        f"the sign-in link of {operator.name} ({operator.role}): once, within ten minutes",
    )


def _issue(svc: Services, by: Who, label: str, scopes: tuple[str, ...]) -> None:
    """The token alone goes to standard output, so that a script can take it."""
    with _in_words():
        click.echo(operators.issue_token(svc, label, scopes, created_by=by.name))
    operators.note_deed(svc, by, "operators_issue", f"{label}: {' '.join(scopes)}")
    say.warn(
        f"这是 {label} 的令牌，请现在收好：不会再显示", f"the token of {label}; keep it now, it is not shown again"
    )


def _list(svc: Services) -> None:
    for one in operators.listed(svc):
        click.echo(f"{one.mark[:SHOWN]}  {datetime.fromtimestamp(one.since, UTC):%Y-%m-%d %H:%M} UTC  {one.label}")


def _revoke(svc: Services, by: Who, who: str) -> None:
    found = [one for one in operators.listed(svc) if who in (one.label, one.mark[:SHOWN])]
    if len(found) != 1:
        raise Problem(
            f"有 {len(found)} 个令牌叫这个名字；请用 sign-in list 里的编号。",
            f"{len(found)} tokens go by that; use the mark that `sign-in list` shows.",
        )
    operators.revoke(svc, found[0].mark)
    operators.note_deed(svc, by, "operators_revoke", found[0].label)
    say.done(f"{found[0].label} 的令牌已收回", f"the token of {found[0].label} opens nothing any more")


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except AppError as error:
        chinese, _, english = str(error).partition("。")
        raise Problem(f"{chinese}。", english) from None
