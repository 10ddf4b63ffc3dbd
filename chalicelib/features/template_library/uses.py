"""What sends a template: automations and campaigns, by its id or by its name here.

Code of a brand's own (the H5 pages, integrators' calls) may say a name too, and nobody can know that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from ...services import Account, Services
from .. import late
from .template import Template

# A campaign that is over sends nothing any more.
OPEN = frozenset({"draft", "scheduled", "planning", "running", "paused", "waiting"})
PAGE = 200


class Use(msgspec.Struct, frozen=True):
    """`kind` is automation or campaign; `phase` is theirs: draft, running, paused …; `fields`: those it fills in."""

    kind: str
    use_id: str
    label: str
    phase: str
    fields: list[str] = []


class Found(NamedTuple):
    name: str
    template_id: str
    use: Use


def of(svc: Services, account: Account, template: Template) -> list[Use]:
    return among(everywhere(svc, account), template)


def everywhere(svc: Services, account: Account) -> list[Found]:
    """All that is set to send anything; read anew, since a template is about to be deleted."""
    return [*_automations(svc, account), *_campaigns(svc, account)]


def among(found: list[Found], template: Template) -> list[Use]:
    """Each automation or campaign once."""
    hits = [one.use for one in found if _is(one, template)]
    return list({(use.kind, use.use_id): use for use in hits}.values())


def of_name(found: list[Found], name: str) -> list[Use]:
    hits = [one.use for one in found if name and one.name == name]
    return list({(use.kind, use.use_id): use for use in hits}.values())


def _is(one: Found, template: Template) -> bool:
    return one.template_id == template.template_id or bool(template.name and one.name == template.name)


def _automations(svc: Services, account: Account) -> Iterator[Found]:
    for one in late.find("automations.listed")(svc, account):
        for step in _steps(one.steps):
            use = Use("automation", one.automation_id, one.name, one.phase, sorted(step.get("fields") or {}))
            yield Found(str(step.get("template") or ""), str(step.get("template_id") or ""), use)


def _steps(part: Any) -> Iterator[Mapping[str, Any]]:
    """Those that send a template, also inside of branches."""
    if isinstance(part, Mapping):
        if part.get("do") == "template":
            yield part
        else:
            for inner in part.values():
                yield from _steps(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _steps(inner)


def _campaigns(svc: Services, account: Account) -> Iterator[Found]:
    cursor, more = "", True
    while more:
        items, cursor = late.find("campaigns.store.listed")(svc, account, cursor, PAGE)
        more = bool(cursor)
        for one in items:
            if one.phase in OPEN:
                for variant in one.document.variants:
                    use = Use("campaign", one.campaign_id, one.document.name, one.phase, sorted(variant.fields))
                    yield Found(variant.template, "", use)
