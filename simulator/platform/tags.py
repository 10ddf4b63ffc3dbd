"""Tags and the blacklist: cgi-bin/tags/*, and the groups of old (cgi-bin/groups/*), which are tags by another name."""

from __future__ import annotations

from simulator.accounts import Account, Json, Person
from simulator.platform.call import OK, Call
from simulator.platform.errors import Refused, insist
from simulator.platform.users import page

SYSTEM = {0: "默认组", 1: "屏蔽组", 2: "星标组"}
FIRST_ID = 100
MOST_TAGS = 100
MOST_ON_A_PERSON = 20
MOST_TAGGED = 50
MOST_BLACKLISTED = 20
LONGEST_NAME = 30


def create(call: Call) -> Json:
    insist(len(call.account.tags) < MOST_TAGS, 45056)
    name = _new_name(call, call.part("tag"))
    number = max((int(key) for key in call.account.tags), default=FIRST_ID - 1) + 1
    call.account.tags[str(number)] = name
    return {"tag": {"id": number, "name": name}}


def list_all(call: Call) -> Json:
    return {"tags": _all(call.account)}


def _all(account: Account) -> list[Json]:
    followers = account.followers()
    named = SYSTEM | {int(key): name for key, name in account.tags.items()}
    return [
        {"id": number, "name": name, "count": sum(number in person.tags for person in followers)}
        for number, name in named.items()
        if number
    ]


def update(call: Call) -> Json:
    told = call.part("tag")
    key = _key(call, told.get("id"))
    if told.get("name") != call.account.tags[key]:
        call.account.tags[key] = _new_name(call, told)
    return OK


def delete(call: Call) -> Json:
    _forget(call.account, _key(call, call.part("tag").get("id")))
    return OK


def _forget(account: Account, key: str) -> None:
    del account.tags[key]
    for person in account.people.values():
        person.tags = [tag for tag in person.tags if str(tag) != key]


def _new_name(call: Call, told: Json) -> str:
    name = told.get("name")
    if not isinstance(name, str) or not name or name in {*call.account.tags.values(), *SYSTEM.values()}:
        raise Refused(45157)
    # Thirty bytes, though the documents say characters.
    insist(len(name.encode()) <= LONGEST_NAME, 45158)
    return name


def _key(call: Call, told: object) -> str:
    insist(str(told) not in {str(number) for number in SYSTEM}, 45058)
    insist(str(told) in call.account.tags, 45159)
    return str(told)


def _tag(call: Call) -> int:
    told = call.word("tagid")
    insist(told in {*call.account.tags, "1", "2"}, 45159)
    return int(told)


def _people(call: Call, most: int) -> list[Person]:
    openids = call.list("openid_list", 40031)
    insist(0 < len(openids) <= most, 40032)
    return [call.known(openid) for openid in openids]


def tag_people(call: Call) -> Json:
    tag, people = _tag(call), _people(call, MOST_TAGGED)
    for person in people:
        insist(person.follows, 43004)
        insist(tag in person.tags or len(person.tags) < MOST_ON_A_PERSON, 45059)
    for person in people:
        person.tags = [*(t for t in person.tags if t != tag), tag]
    return OK


def untag_people(call: Call) -> Json:
    tag = _tag(call)
    for person in _people(call, MOST_TAGGED):
        person.tags = [t for t in person.tags if t != tag]
    return OK


def of_person(call: Call) -> Json:
    return {"tagid_list": list(call.known(call.body.get("openid")).tags)}


def people_page(call: Call) -> Json:
    """Old clients ask with GET, and put the JSON into the query or nowhere."""
    told = call.body or call.query
    tag, after = str(told.get("tagid")), str(told.get("next_openid") or "")
    insist(tag in call.account.tags or tag in {"1", "2"}, 45159)
    return page([p.openid for p in call.account.followers() if int(tag) in p.tags], after)


def blacklist(call: Call) -> Json:
    openids = [person.openid for person in call.account.people.values() if person.blacklisted]
    return page(openids, str(call.body.get("begin_openid") or ""), len(openids))


def blacklist_people(call: Call) -> Json:
    for person in _people(call, MOST_BLACKLISTED):
        person.blacklisted = True
    return OK


def unblacklist_people(call: Call) -> Json:
    for person in _people(call, MOST_BLACKLISTED):
        person.blacklisted = False
    return OK


def create_group(call: Call) -> Json:
    call.body = {"tag": call.part("group")}
    return {"group": create(call)["tag"]}


def list_groups(call: Call) -> Json:
    return {"groups": _all(call.account)}


def update_group(call: Call) -> Json:
    call.body = {"tag": call.part("group")}
    return update(call)


def delete_group(call: Call) -> Json:
    call.body = {"tag": call.part("group")}
    return delete(call)


def group_of_person(call: Call) -> Json:
    person = call.known(call.body.get("openid"))
    return {"groupid": person.tags[0] if person.tags else 0}


def move_to_group(call: Call) -> Json:
    """A person is in one group; the other tags stay."""
    person, group = call.known(call.body.get("openid")), call.number("to_groupid")
    insist(str(group) in call.account.tags or group in SYSTEM, 40050)
    person.tags = [*([group] if group else []), *(t for t in person.tags[1:] if t != group)]
    return OK
