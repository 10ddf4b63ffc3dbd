"""What other systems call a person: facts that an account has marked as ids, each belonging to one person only.

    pk account#<alias>   sk ids   {marked}
    pk ids#<account>#<attribute>#<hash>   sk id   {openid}      an hour, until the fact itself is stored; then never
    pk person#<account>#<openid>   sk id#<attribute>#<hash>   {noted}      the same, so that erasing finds the other one

The hash is keyed. An id is claimed before the fact is stored, by a conditional write, so two people never have the same
one: the second is told (Conflict). It counts only while the profile says so too, so what a killed worker left behind
names nobody, and goes by itself. Erasing a person takes both items along (`release`); so does any change of the fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...errors import BadInput, Conflict
from ...observe import log
from ...services import Account, Services
from .. import alarms, people
from .card import Value
from .change import Item
from .listing import page

REMEMBER = 60  # seconds
UNSURE = 3600  # seconds that a claim lives without its fact
MOST_MARKED = 10
AT_ONCE = 200  # people that one job looks at
PREFIX = "id#"
ALARM = "ids"
DOUBLE = (
    "有两位关注者的 {name} 相同，后一位不能用它匹配。Two followers have the same {name}; the second is not found by it."
)
TAKEN = "{name} 的这个值已经属于另一位关注者。Another follower has this {name} already."


def marked(svc: Services, account: Account) -> tuple[str, ...]:
    """The attributes that are ids here. Read once a minute."""
    return svc.cached(f"ids#{account.alias}", REMEMBER, lambda: _read(svc, account))


def mark(svc: Services, account: Account, names: Sequence[str]) -> tuple[str, ...]:
    """These and no others are ids from now on; what followers have of them already is gathered in the background."""
    from .facts import NAME, ONLY_WITH_CONSENT  # noqa: PLC0415 (which needs us)

    if len(set(names)) > MOST_MARKED:
        raise BadInput(f"最多 {MOST_MARKED} 个编号属性。At most {MOST_MARKED} attributes can be ids.")
    for name in names:
        if not NAME.fullmatch(name) or name in ONLY_WITH_CONSENT:
            raise BadInput(f"{name[:40]} 不能作为编号。{name[:40]} cannot be an id.")
    before, after = set(_read(svc, account)), sorted(set(names))
    svc.table.put({"pk": f"account#{account.alias}", "sk": "ids", "marked": after})
    svc.forget(f"ids#{account.alias}")
    for name in sorted(set(after) - before):
        svc.in_bulk(gather, account, attribute=name)
    return tuple(after)


def claim(svc: Services, account: Account, openid: str, values: Mapping[str, Value]) -> list[str]:
    """The names among these values that are ids, each now this person's; Conflict if one is somebody else's."""
    names = [name for name in values if name in marked(svc, account)] if values else []
    for name in names:
        _claim(svc, account, openid, name, values[name])
    return names


def settle(svc: Services, account: Account, openid: str, facts: Mapping[str, Item], names: Iterable[str]) -> None:
    """After the profile has changed: what it says is kept for good, what it says no more is anybody's again."""
    pk = people.key(account, openid)
    for name in names:
        valid = _hash(svc, account, name, facts[name]["value"]) if name in facts else ""
        for item in list(svc.table.under(pk, f"{PREFIX}{name}#", fresh=True)):
            if item["sk"].rpartition("#")[2] != valid:
                _drop(svc, pk, [item["sk"]])
            elif "expires" in item:
                _keep(svc, account, openid, item["sk"])


def whose(svc: Services, account: Account, name: str, value: Value) -> Item | None:
    """The profile of the follower whose id this is, with `openid` in it; None for nobody, or if this is no id here."""
    if name not in marked(svc, account):
        return None
    found = svc.table.get(*_place(svc, account, name, value))
    profile = svc.table.get(people.key(account, found["openid"]), "profile") if found else None
    if found is None or not _says(profile, name, value):
        return None
    return {**(profile or {}), "openid": found["openid"]}


def release(svc: Services, pk: str, keys: Iterable[str]) -> None:
    """Before these items of a person are erased: nobody is found by their ids any more."""
    _, alias, openid = pk.split("#", 2)
    for sk in keys:
        if sk.startswith(PREFIX):
            svc.table.delete_if(_other(alias, sk), "id", "#openid = :openid", openid=openid)


def hand_over(svc: Services, account: Account, old: str, new: str, sk: str) -> None:
    """After a migration the same person goes by another openid."""
    svc.table.update(_other(account.alias, sk), "id", {"openid": new}, where="#openid = :old", old=old)


def gather(svc: Services, account: Account, attribute: str, cursor: str = "") -> None:
    """A job: what followers have as this attribute already becomes their id, some at a time. A second person with the
    same value is left without, and an alarm tells of it."""
    rows, more = page(svc, account, cursor, AT_ONCE)
    keys = {people.key(account, row.openid): row.openid for row in rows}
    for item in svc.table.get_many([(pk, "profile") for pk in keys], "facts"):
        facts = item.get("facts", {})
        if attribute in facts and attribute in _read(svc, account):
            _gather_one(svc, account, keys[item["pk"]], attribute, facts)
    if more:
        svc.in_bulk(gather, account, attribute=attribute, cursor=more)


def _gather_one(svc: Services, account: Account, openid: str, name: str, facts: Mapping[str, Item]) -> None:
    try:
        _claim(svc, account, openid, name, facts[name]["value"])
    except Conflict:
        log.warning("account %s: two followers have the same %s", account.alias, name)
        alarms.ring(svc, account, ALARM, DOUBLE.format(name=name))
    else:
        settle(svc, account, openid, facts, [name])


def _claim(svc: Services, account: Account, openid: str, name: str, value: Value) -> None:
    if not str(value).strip() or isinstance(value, bool):
        raise BadInput(f"{name} 是编号，要有内容。{name} is an id and needs a value.")
    pk, sk = _place(svc, account, name, value)
    own = PREFIX + pk.split("#", 2)[2]
    soon = {"expires": svc.now() + UNSURE}
    # Theirs first: whoever is killed in between leaves nothing that erasing would not find.
    svc.table.put_new({"pk": people.key(account, openid), "sk": own, "noted": svc.now(), **soon})
    earlier = svc.table.put_new({"pk": pk, "sk": sk, "openid": openid, **soon})
    if earlier is None or earlier["openid"] == openid:
        return
    holder = svc.table.get(people.key(account, earlier["openid"]), "profile", fresh=True)
    in_the_making = not _says(holder, name, value) and earlier.get("expires", 0) > svc.now()
    if _says(holder, name, value) or in_the_making or not _take_over(svc, pk, earlier["openid"], openid):
        svc.table.delete(people.key(account, openid), own)
        raise Conflict(TAKEN.format(name=name))


def _take_over(svc: Services, pk: str, before: str, openid: str) -> bool:
    told = {"openid": openid, "expires": svc.now() + UNSURE}
    return svc.table.update(pk, "id", told, where="#openid = :before", before=before) is not None


def _keep(svc: Services, account: Account, openid: str, sk: str) -> None:
    ours = svc.table.update(
        _other(account.alias, sk), "id", {}, where="#openid = :openid", remove=("expires",), openid=openid
    )
    if ours is not None:
        svc.table.update(people.key(account, openid), sk, {}, where="attribute_exists(pk)", remove=("expires",))


def _drop(svc: Services, pk: str, keys: list[str]) -> None:
    release(svc, pk, keys)
    for sk in keys:
        svc.table.delete(pk, sk)


def _says(profile: Item | None, name: str, value: Value) -> bool:
    facts = (profile or {}).get("facts", {})
    return name in facts and str(facts[name]["value"]).strip() == str(value).strip()


def _place(svc: Services, account: Account, name: str, value: Value) -> tuple[str, str]:
    return f"ids#{account.alias}#{name}#{_hash(svc, account, name, value)}", "id"


def _other(alias: str, sk: str) -> str:
    """The key of the item that leads to the person, from that of the one that stands under the person."""
    return f"ids#{alias}#{sk.removeprefix(PREFIX)}"


def _hash(svc: Services, account: Account, name: str, value: Value) -> str:
    return svc.keys.digest("id", f"{account.alias}#{name}#{str(value).strip()}")


def _read(svc: Services, account: Account) -> tuple[str, ...]:
    found = svc.table.get(f"account#{account.alias}", "ids", fresh=True)
    return tuple(found["marked"]) if found else ()
