"""Changes of a profile that others want to know of: tags, attributes, consents.

What is to be told stands in the profile itself, written together with the change, until it is told. So whoever is
killed in between loses nothing: the next who comes by this profile tells it, as the same event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...services import Account, Services
from .. import events, people

UNTOLD = "untold"
OF_TAGS, OF_FACTS = ("tagged", "untagged"), ("attribute_changed", "consent_changed")

Item = dict[str, Any]


def news(svc: Services, account: Account, before: Item, after: Item) -> list[Item]:
    """[{kind, about, cause, at}] of what somebody asks for; from memory. Only of those who followed and still do."""
    if not (before.get("following") and after["following"]):
        return []
    found = [*_of_tags(svc, account, before, after), *_of_facts(svc, account, before, after)]
    now, version = svc.now(), before.get("version", 0) + 1
    return [
        {"kind": kind, "about": about, "cause": f"{version}#{now}#{number}", "at": now}
        for number, (kind, about) in enumerate(found)
        if events.is_asked(svc, account, kind)
    ]


def tell(svc: Services, account: Account, openid: str, profile: Item) -> None:
    for one in profile[UNTOLD]:
        about = one["about"]
        data = about | {"tag": _tag(svc, account, about["tag_id"])} if "tag_id" in about else about
        events.publish(svc, account, one["kind"], openid, data, cause=one["cause"], at=one["at"])
    # Unless somebody has changed it meanwhile: then it is they who tell, and take off, what stands there.
    seen, remove = profile.get("version", 0), (UNTOLD,)
    svc.table.update(people.key(account, openid), "profile", {}, where="#version = :seen", remove=remove, seen=seen)


def _of_tags(svc: Services, account: Account, before: Item, after: Item) -> Iterator[tuple[str, Item]]:
    had, has = set(before.get("tag_ids", ())), set(after.get("tag_ids", ()))
    yield from (("tagged", {"tag_id": tag_id}) for tag_id in sorted(has - had))
    yield from (("untagged", {"tag_id": tag_id}) for tag_id in sorted(had - has))


def _of_facts(svc: Services, account: Account, before: Item, after: Item) -> Iterator[tuple[str, Item]]:
    had, has = before.get("facts", {}), after.get("facts", {})
    if had == has:
        return
    for name in dict.fromkeys([*had, *has]):
        old, new = had.get(name, {}), has.get(name, {})
        if old.get("value") != new.get("value"):
            told = {"attribute": name, "value": new.get("value"), "source": new.get("source", "")}
            yield "attribute_changed", told
        if _consent(old) != _consent(new):
            yield "consent_changed", {"what": name, "given": bool(_consent(new))}


def _consent(fact: Mapping[str, Any]) -> Mapping[str, Any]:
    told: Mapping[str, Any] = fact.get("consent", {})
    return told


def _tag(svc: Services, account: Account, tag_id: int) -> str:
    from .. import tags  # noqa: PLC0415 (tags are put on followers)

    return tags.mirror.remembered(svc, account).get(tag_id, "")
