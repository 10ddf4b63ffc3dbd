"""What one account's operators made, carried to another account, also of another stage; never anything about people.

Copying again brings the same things up to date: rules keep their ids, and what only the other account has stays.
"""

from dataclasses import dataclass

import msgspec

from chalicelib.features import rules, template_names
from chalicelib.services import Account, Services


@dataclass(frozen=True)
class Copied:
    rules: int
    names_without_id: list[str]  # template names that still want an id of the account they came to
    origins: list[str]
    bound: bool  # whether the mark of the Open Platform came along, and was not there before


def copy(source: Services, start: Account, svc: Services, account: Account) -> Copied:
    for rule in rules.listed(source, start):
        told = {name: value for name, value in msgspec.to_builtins(rule).items() if name != "changed"}
        rules.save(svc, account, **told)
    return Copied(
        rules=len(rules.listed(svc, account)),
        names_without_id=_template_names(source, start, svc, account),
        origins=_origins(svc, start, account),
        bound=_open_platform(svc, start, account),
    )


def _template_names(source: Services, start: Account, svc: Services, account: Account) -> list[str]:
    """The names alone: the same template has another id in each account."""
    for name in template_names.listed(source, start):
        template_names.announce(svc, account, name)
    return [name for name, template_id in template_names.listed(svc, account).items() if not template_id]


def _origins(svc: Services, start: Account, account: Account) -> list[str]:
    """Those that are served securely; a developer's own machine stays behind."""
    carried = [origin for origin in start.then_origins if origin.startswith("https://")]
    together = list(dict.fromkeys([*account.then_origins, *carried]))
    if together != list(account.then_origins):
        svc.table.update("accounts", account.alias, {"then_origins": together}, where="attribute_exists(pk)")
    return [origin for origin in carried if origin not in account.then_origins]


def _open_platform(svc: Services, start: Account, account: Account) -> bool:
    """A brand binds all its accounts or none. The mark is carried and never taken away."""
    if not start.open_platform or account.open_platform:
        return False
    svc.table.update("accounts", account.alias, {"open_platform": True}, where="attribute_exists(pk)")
    return True
