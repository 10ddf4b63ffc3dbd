"""/api/{account}/automations: what happens by itself, how it goes, who is in it, and what it would have done."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...features import automations, tags
from ...features.automations import (
    Automation,
    Change,
    Counts,
    DryRun,
    Inside,
    Journey,
    Mistake,
    Sentence,
)
from .door import Call, door

MOST_LISTED = 1000
LONGEST_CURSOR = 300
Version = Annotated[int, msgspec.Meta(ge=1, le=999_999)]
ENTER = "person、cause 或 each。person, cause or each: once per person, once per cause, or each time."


class AutomationBody(msgspec.Struct, forbid_unknown_fields=True):
    """Documented in docs/automations.md. What is wrong is told with its place: `steps[2].then[0].minutes`."""

    name: str
    when: dict[str, Any]
    steps: list[dict[str, Any]]
    question: dict[str, Any] | None = None
    enter: Annotated[str, msgspec.Meta(description=ENTER)] = "person"


class ChangedAutomation(AutomationBody, kw_only=True, forbid_unknown_fields=True):
    """`version`: the one that was seen. If there is a newer one by now: 409, with what is different in `details`."""

    version: Version


class AutomationRow(msgspec.Struct):
    """`sentence` says when it begins."""

    automation_id: str
    name: str
    phase: str
    version: int
    sentence: str
    entered: int
    inside: int
    changed_at: int
    changed_by: str


class AutomationList(msgspec.Struct):
    """All of them, by name, so there is never a cursor."""

    items: list[AutomationRow]
    cursor: str = ""


class Shown(msgspec.Struct):
    """As it is now, in words, and with its figures."""

    automation: Automation
    sentences: list[Sentence]
    counts: Counts


class Checked(msgspec.Struct):
    """All that is wrong; with nothing wrong, the whole in words."""

    mistakes: list[Mistake]
    sentences: list[Sentence]


class InsideList(msgspec.Struct):
    """A page may be short, even empty, and yet have a cursor: go on until that is ""."""

    items: list[Inside]
    cursor: str


class ChangeList(msgspec.Struct):
    items: list[Change]
    cursor: str = ""


class JourneyList(msgspec.Struct):
    """The newest first; all of them."""

    items: list[Journey]
    cursor: str = ""


class PageQuery(msgspec.Struct):
    cursor: Annotated[str, msgspec.Meta(max_length=LONGEST_CURSOR)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 50


class Versions(msgspec.Struct):
    old: Version
    new: Version


@door(
    "GET",
    "/api/{account}/automations",
    needs="automations:read",
    gives=AutomationList,
    says="自动化，按名字排。The automations, by name.",
)
def listed(call: Call, account: str) -> AutomationList:
    svc, place = call.svc, call.svc.accounts[account]
    found = automations.listed(svc, place)
    names = tags.names(svc, place) if found else {}
    return AutomationList([_row(call, account, one, names) for one in found])


@door(
    "POST",
    "/api/{account}/automations",
    needs="automations:write",
    takes=AutomationBody,
    gives=Automation,
    status=201,
    says="新建自动化，先是草稿。Create an automation; it is a draft until it is started.",
)
def create(call: Call, account: str) -> Automation:
    return automations.create(call.svc, call.svc.accounts[account], msgspec.structs.asdict(call.body), call.who.name)


@door(
    "POST",
    "/api/{account}/automations/check",
    needs="automations:read",
    takes=AutomationBody,
    gives=Checked,
    says="检查一份还没保存的：全部错误，或者全文读出来。"
    "Check one that is not saved yet: all mistakes, or the whole in words.",
)
def check(call: Call, account: str) -> Checked:
    svc, place = call.svc, call.svc.accounts[account]
    document, mistakes = automations.mistakes_of(svc, place, msgspec.structs.asdict(call.body))
    told = [] if mistakes else automations.sentences(document, tags.names(svc, place))
    return Checked(mistakes, told)


@door(
    "POST",
    "/api/{account}/automations/dry-run",
    needs="automations:write",
    takes=AutomationBody,
    gives=DryRun,
    status=202,
    says="用过去一周发生的事试跑，什么都不发；看 automation-runs。"
    "Try it on what happened last week, without doing anything; see automation-runs.",
)
def dry_run(call: Call, account: str) -> DryRun:
    svc, place = call.svc, call.svc.accounts[account]
    document = automations.check(svc, place, msgspec.structs.asdict(call.body))
    return automations.dry_runs.begin(svc, place, document)


@door(
    "GET",
    "/api/{account}/automation-runs/{item}",
    needs="automations:read",
    gives=DryRun,
    says="试跑的进度和结果，保留一周。How far a dry run is, and what it came to; kept for a week.",
)
def run(call: Call, account: str, item: str) -> DryRun:
    return automations.dry_runs.find(call.svc, call.svc.accounts[account], item)


@door(
    "GET",
    "/api/{account}/automations/{item}",
    needs="automations:read",
    gives=Shown,
    says="一个自动化：内容、读法、每步的数字。One automation: what it says, in words, and the figures of each step.",
)
def one(call: Call, account: str, item: str) -> Shown:
    svc, place = call.svc, call.svc.accounts[account]
    known = automations.find(svc, place, item)
    steps = list(automations.plan(known.document).steps)
    return Shown(
        known,
        automations.sentences(known.document, tags.names(svc, place)),
        automations.counts(svc, place, item, steps),
    )


@door(
    "PUT",
    "/api/{account}/automations/{item}",
    needs="automations:write",
    takes=ChangedAutomation,
    gives=Automation,
    says="修改：之后进来的人走新版本，在里面的人走完原来的。"
    "Change it: for whoever enters from now on; those inside finish the version they entered.",
)
def change(call: Call, account: str, item: str) -> Automation:
    told = msgspec.structs.asdict(call.body)
    version = told.pop("version")
    return automations.change(call.svc, call.svc.accounts[account], item, told, version, call.who.name)


@door(
    "DELETE",
    "/api/{account}/automations/{item}",
    needs="automations:write",
    says="删除：在里面的人都停下。Remove it: whoever is inside stops.",
)
def remove(call: Call, account: str, item: str) -> None:
    automations.remove(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/automations/{item}/start",
    needs="automations:write",
    gives=Automation,
    says="启动，或暂停之后继续。Start it, or go on after a pause.",
)
def start(call: Call, account: str, item: str) -> Automation:
    return automations.start(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/automations/{item}/pause",
    needs="automations:write",
    gives=Automation,
    says="暂停：没有人进来，里面的人不再往下走。Pause it: nobody enters, and nobody inside goes on.",
)
def pause(call: Call, account: str, item: str) -> Automation:
    return automations.pause(call.svc, call.svc.accounts[account], item)


@door(
    "GET",
    "/api/{account}/automations/{item}/people",
    needs="automations:read",
    asks=PageQuery,
    gives=InsideList,
    says="现在在里面的人，在哪一步，什么时候往下走。Who is inside now, at which step, and when they go on.",
)
def people(call: Call, account: str, item: str) -> InsideList:
    query: PageQuery = call.query
    found, cursor = automations.inside(call.svc, call.svc.accounts[account], item, query.cursor, query.limit)
    return InsideList(found, cursor)


@door(
    "GET",
    "/api/{account}/automations/{item}/difference",
    needs="automations:read",
    asks=Versions,
    gives=ChangeList,
    says="两个版本的差别。What is different between two versions.",
)
def difference(call: Call, account: str, item: str) -> ChangeList:
    query: Versions = call.query
    return ChangeList(automations.compare(call.svc, call.svc.accounts[account], item, query.old, query.new))


@door(
    "GET",
    "/api/{account}/followers/{item}/journeys",
    needs="automations:read",
    gives=JourneyList,
    says="一个人进过的自动化，做了什么。The automations that one person is or was in, and what was done.",
)
def journeys(call: Call, account: str, item: str) -> JourneyList:
    return JourneyList(automations.of_person(call.svc, call.svc.accounts[account], item))


def _row(call: Call, account: str, known: Automation, names: dict[int, str]) -> AutomationRow:
    numbers = automations.counts(call.svc, call.svc.accounts[account], known.automation_id, [])
    return AutomationRow(
        automation_id=known.automation_id,
        name=known.name,
        phase=known.phase,
        version=known.version,
        sentence=automations.sentences(known.document, names)[0].text,
        entered=numbers.entered,
        inside=numbers.inside,
        changed_at=known.changed_at,
        changed_by=known.changed_by,
    )
