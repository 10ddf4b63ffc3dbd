"""/api/{account}/rules: what the account answers."""

from __future__ import annotations

from typing import Any

import msgspec

from ...features import rules
from ...features.rules import Rule
from .door import Call, door


class RuleBody(msgspec.Struct, forbid_unknown_fields=True):
    match: str
    pattern: str
    reply: dict[str, Any]
    label: str = ""
    priority: int = 0
    enabled: bool = True


class RuleList(msgspec.Struct):
    """In the order in which they are asked; all of them, so there is never a cursor."""

    items: list[Rule]
    cursor: str = ""


@door("GET", "/api/{account}/rules", needs="rules:read", gives=RuleList, says="自动回复的规则。The rules.")
def listed(call: Call, account: str) -> RuleList:
    return RuleList(rules.listed(call.svc, call.svc.accounts[account]))


@door(
    "POST",
    "/api/{account}/rules",
    needs="rules:write",
    takes=RuleBody,
    gives=Rule,
    status=201,
    says="添加规则。Add a rule.",
)
def create(call: Call, account: str) -> Rule:
    return rules.save(call.svc, call.svc.accounts[account], **msgspec.structs.asdict(call.body))


@door(
    "PUT",
    "/api/{account}/rules/{item}",
    needs="rules:write",
    takes=RuleBody,
    gives=Rule,
    says="修改规则。Change a rule.",
)
def change(call: Call, account: str, item: str) -> Rule:
    return rules.save(call.svc, call.svc.accounts[account], rule_id=item, **msgspec.structs.asdict(call.body))


@door("DELETE", "/api/{account}/rules/{item}", needs="rules:write", says="删除规则。Remove a rule.")
def remove(call: Call, account: str, item: str) -> None:
    rules.remove(call.svc, call.svc.accounts[account], item)
