"""Rules that give a tag by themselves: a question as segments ask it, and the tag for whomever it fits.

    pk tags#<account>   sk rule#<id>   {rule_id, label, tag_id, question, enabled, created, changed}

`question` is JSON text. All rules of an account are read together and remembered for a minute.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from ...errors import BadInput, NotFound
from ...services import Account, Services
from .. import segments
from ..segments import Compare, Estimate, Group, Happened, Node
from . import mirror

REMEMBER = 60  # seconds
TOLD = frozenset({"scanned", "said", "clicked", "voted", "visited"})  # what we are surely told of when it happens
LONGEST_NAME = 40
MOST_RULES = 50
# What may make a condition on such a field true at once; for all others the night is soon enough.
WAKES = {
    "since": "followed",
    "first_seen": "followed",
    "scene": "followed",
    "qr_scene": "followed",
    "returned": "followed",
    "orders": "ordered",
    "spent": "ordered",
    "last_order": "ordered",
}


class TagRule(msgspec.Struct, frozen=True, kw_only=True):
    rule_id: str
    name: str
    tag_id: int
    question: dict[str, Any]
    enabled: bool = True
    created: int
    changed: int

    @property
    def node(self) -> Node:
        return segments.read(self.question)

    @property
    def wakes(self) -> frozenset[str]:
        """What has to happen for the rule to be looked at by day: scanned, said, clicked, followed, ordered, …"""
        return frozenset(_wakes(leaf) for leaf in segments.leaves(self.node)) - {""}

    @property
    def is_told(self) -> bool:
        """Whether only what we are told of can make it true: then no night needs to read everybody's log."""
        return _is_told(self.node)


def rules(svc: Services, account: Account) -> list[TagRule]:
    """All of them, the oldest first; those switched off too."""
    found = [_rule(item) for item in svc.table.under(_pk(account), "rule#", fresh=True)]
    return sorted(found, key=lambda rule: (rule.created, rule.rule_id))


def in_force(svc: Services, account: Account) -> list[TagRule]:
    """Those that are switched on, from memory: asked for with every message."""
    return svc.cached(
        f"tag_rules#{account.alias}", REMEMBER, lambda: [rule for rule in rules(svc, account) if rule.enabled]
    )


def save_rule(  # noqa: PLR0913 (the fields of a rule's form)
    svc: Services,
    account: Account,
    *,
    name: str,
    tag_id: int,
    question: Any,
    enabled: bool = True,
    rule_id: str = "",
) -> TagRule:
    """New unless `rule_id` names one; in force everywhere within a minute, and for who fits already in the night."""
    _check(name, question)
    there = {rule.rule_id: rule for rule in rules(svc, account)}
    if rule_id and rule_id not in there:
        raise NotFound("没有这条规则。There is no such rule.")
    if not rule_id and len(there) >= MOST_RULES:
        raise BadInput(f"最多 {MOST_RULES} 条规则。An account may have {MOST_RULES} tag rules at most.")
    mirror.known(svc, account, tag_id)
    before = there.get(rule_id)
    rule = TagRule(
        rule_id=rule_id or uuid.uuid4().hex[:12],
        name=name.strip(),
        tag_id=tag_id,
        question=question,
        enabled=enabled,
        created=before.created if before else svc.now(),
        changed=svc.now(),
    )
    _store(svc, account, rule)
    return rule


def remove_rule(svc: Services, account: Account, rule_id: str) -> None:
    """Tags that it gave stay."""
    if svc.table.take(_pk(account), f"rule#{rule_id}") is None:
        raise NotFound("没有这条规则。There is no such rule.")
    svc.forget(f"tag_rules#{account.alias}")


def switch_off(svc: Services, account: Account, tag_id: int) -> None:
    """The tag is gone; the rules that gave it wait for another one."""
    for rule in rules(svc, account):
        if rule.tag_id == tag_id and rule.enabled:
            _store(svc, account, msgspec.structs.replace(rule, enabled=False, changed=svc.now()))


def dry_run(svc: Services, account: Account, question: Any, tag_id: int) -> Estimate:
    """How many would get the tag now, who do not have it."""
    _check("dry run", question)
    without = Compare("tags", "has_not", tag_id)
    return segments.estimate(svc, account, Group("all", (segments.read(question), without)))


def _wakes(leaf: Compare | Happened) -> str:
    return leaf.event if isinstance(leaf, Happened) else WAKES.get(leaf.field, "")


def _is_told(node: Node) -> bool:
    if isinstance(node, Group):
        return all(map(_is_told, node.parts))
    return isinstance(node, Happened) and node.event in TOLD


def _check(name: str, question: Any) -> None:
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise BadInput(f"规则名要有 1 到 {LONGEST_NAME} 个字。A rule's name has 1 to {LONGEST_NAME} characters.")
    if not any(segments.leaves(segments.read(question))):
        raise BadInput("规则要有条件，不然所有人都会打上。A rule needs a condition, else everybody would get its tag.")


def _store(svc: Services, account: Account, rule: TagRule) -> None:
    told = msgspec.structs.asdict(rule) | {"question": msgspec.json.encode(rule.question).decode()}
    told["label"] = told.pop("name")
    svc.table.put({"pk": _pk(account), "sk": f"rule#{rule.rule_id}", **told})
    svc.forget(f"tag_rules#{account.alias}")


def _rule(item: dict[str, Any]) -> TagRule:
    read = {"name": item["label"], "question": msgspec.json.decode(item["question"])}
    return msgspec.convert({**item, **read}, TagRule)


def _pk(account: Account) -> str:
    return f"tags#{account.alias}"
