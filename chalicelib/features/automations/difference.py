"""What makes two versions of an automation different: field by field and step by step, in sentences."""

from __future__ import annotations

import msgspec

from ..segments.sentences import Names
from .definition import BRANCHES, Document, Told, plan
from .sentences import ENTERS, sentences, step, when


class Change(msgspec.Struct, frozen=True):
    """`what` is changed, added, removed or moved; `before` and `after` are sentences, "" where there was nothing."""

    what: str
    part: str  # name, when, question, enter, or a step's id
    place: str
    before: str = ""
    after: str = ""


def changes(old: Document, new: Document, names: Names) -> list[Change]:
    """From `old` to `new`, in the order of reading."""
    return [*_fields(old, new, names), *_steps(old, new, names)]


def _fields(old: Document, new: Document, names: Names) -> list[Change]:
    asked = [
        next((one.text for one in sentences(document, names) if one.part == "question"), "") for document in (old, new)
    ]
    pairs = {
        "name": (old.name, new.name),
        "when": (str(when(old.when, names)), str(when(new.when, names))),
        "question": (asked[0], asked[1]),
        "enter": (str(ENTERS[old.enter]), str(ENTERS[new.enter])),
    }
    differs = {
        "name": old.name != new.name,
        "when": old.when != new.when,
        "question": old.question != new.question,
        "enter": old.enter != new.enter,
    }
    return [Change("changed", part, part, *pairs[part]) for part in pairs if differs[part]]


def _steps(old: Document, new: Document, names: Names) -> list[Change]:
    before, after = plan(old).steps, plan(new).steps
    order = [step_id for step_id in before if step_id in after]
    stays = _longest_in_order(order, [step_id for step_id in after if step_id in before])
    found = []
    for step_id, now in after.items():
        said = str(step(now.told, names))
        was = before.get(step_id)
        if was is None:
            found.append(Change("added", step_id, now.place, "", said))
        elif _alone(was.told) != _alone(now.told):
            found.append(Change("changed", step_id, now.place, str(step(was.told, names)), said))
        elif step_id not in stays or was.depth != now.depth or _way(was.place) != _way(now.place):
            found.append(Change("moved", step_id, now.place, said, said))
    gone = [was for step_id, was in before.items() if step_id not in after]
    return found + [Change("removed", was.step_id, was.place, str(step(was.told, names)), "") for was in gone]


def _alone(told: Told) -> Told:
    return {name: value for name, value in told.items() if name not in BRANCHES}


def _way(place: str) -> str:
    """The side of the branch in which it is."""
    return place.rpartition("[")[0].rpartition(".")[2]


def _longest_in_order(old: list[str], new: list[str]) -> set[str]:
    """The most steps that kept their order among each other; with forty of them the plain way will do."""
    best: list[list[str]] = [[] for _ in range(len(new) + 1)]
    for one in old:
        before = best[0]
        for number, other in enumerate(new, start=1):
            kept = best[number]
            longer = [*before, one] if one == other else max(kept, best[number - 1], key=len)
            before, best[number] = kept, longer if len(longer) >= len(kept) else kept
    return set(best[-1])
