"""A template's name here, the same in every account: what automations, campaigns and code say instead of an id."""

from __future__ import annotations

import msgspec

from ...errors import BadInput, Conflict
from ...services import Account, Services
from .. import template_names
from . import mirror, uses
from .fields import Problem
from .template import Template


def name(svc: Services, account: Account, template_id: str, new: str, instead: bool = False) -> Template:
    """Give it a name, or another, or none (""). Whatever says the name sends this template from then on. Conflict with
    `details` if that changes what others send, unless it is meant to be put `instead`."""
    template = mirror.find(svc, account, template_id)
    if template.state == "gone":
        raise Conflict("微信那边已经没有这个模板。WeChat does not have this template any more.")
    if new == template.name:
        return template
    if not instead:
        _insist_on_no_surprise(svc, account, template, new)
    if new:
        template_names.save(svc, account, new, template_id)
    if template.name:
        _let_go(svc, account, template)
    mirror.forget(svc, account)
    return mirror.find(svc, account, template_id)


def check_free(svc: Services, account: Account, new: str) -> None:
    """A name that fits the rules and belongs to no template, or to one that is gone."""
    if not template_names.NAME.fullmatch(new):
        raise BadInput("模板名只能用小写字母、数字和下划线，最多 32 个。A name has 1 to 32 of a-z, 0-9 and _.")
    if template_names.listed(svc, account).get(new):
        raise Conflict(f"已有模板叫 {new}，请换一个名字。Another template is called {new}; please choose another name.")


def waiting(svc: Services, account: Account, templates: list[Template]) -> list[str]:
    """Names that have no template now: what says them cannot be sent."""
    there = {one.template_id for one in templates if one.state != "gone"}
    return [new for new, template_id in template_names.listed(svc, account).items() if template_id not in there]


def fitting(template: Template, using: list[uses.Use]) -> list[Problem]:
    """Fields that others fill in and this template lacks, or wants and is not given."""
    names = [field.name for field in template.fields]
    problems = []
    for use in using:
        lacking = [wanted for wanted in names if wanted not in use.fields]
        strange = [given for given in use.fields if given not in names]
        if lacking or strange:
            zh, en = "、".join(lacking + strange), ", ".join(lacking + strange)
            words = f"「{use.label}」的字段对不上：{zh}。The fields of “{use.label}” do not fit: {en}."
            problems.append(Problem(where=f"{use.kind}#{use.use_id}", words=words, blocks=bool(lacking)))
    return problems


def _insist_on_no_surprise(svc: Services, account: Account, template: Template, new: str) -> None:
    found = uses.everywhere(svc, account)
    taken = template_names.listed(svc, account).get(new, "") if new else ""
    losing, gaining = uses.of_name(found, template.name), uses.of_name(found, new)
    if not (losing or (taken and taken != template.template_id) or gaining):
        return
    problems = fitting(template, gaining)
    raise Conflict(
        f"这会改变 {len(losing) + len(gaining)} 处发的内容，请确认。"
        f"This changes what {len(losing) + len(gaining)} of your automations and campaigns send; please confirm.",
        details={
            "instead_of": taken,
            "losing": msgspec.to_builtins(losing),
            "gaining": msgspec.to_builtins(gaining),
            "problems": msgspec.to_builtins(problems),
        },
    )


def _let_go(svc: Services, account: Account, template: Template) -> None:
    """The old name stays without a template while something still says it."""
    if uses.of_name(uses.everywhere(svc, account), template.name):
        template_names.empty(svc, account, template.name)
    else:
        template_names.remove(svc, account, template.name)
