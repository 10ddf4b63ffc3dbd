"""Subscription notices: wxaapi/newtmpl/*, cgi-bin/message/subscribe/bizsend, the popup on a phone, and its events."""

from __future__ import annotations

from typing import Any

from simulator.accounts import Account, Json, NoticeTemplate, Person
from simulator.faults import DELIVERY_FAULTS
from simulator.platform.call import OK, Call
from simulator.platform.errors import Refused, insist
from simulator.platform.notice_library import CATEGORIES, LONG_TERM, TITLES, Title
from simulator.platform.templates import PLACE, check_fields, delay, value
from simulator.world import World, random_text

FIRST_MSGID = 1_700_000_000_000_000_000
LONGEST_SCENE = 15
FEWEST_KEYWORDS, MOST_KEYWORDS = 2, 5
MOST_TITLES = 30
MOST_CATEGORIES, CHANGES_A_MONTH = 5, 5
A_MONTH = 30 * 86400
REFUSED = 43101


def send(call: Call) -> Json:
    """Following is not needed, but a consent is: it is spent when the call is accepted."""
    person = call.known(call.body.get("touser"))
    notice = call.account.notices.get(str(call.body.get("template_id")))
    if notice is None:
        raise Refused(40037)
    data = call.part("data")
    check_fields(notice.content, data, {name: tuple(words) for name, words in notice.choices.items()})
    insist(person.refuses_templates != "send" and _spend(person, notice), REFUSED)
    msgid = FIRST_MSGID + call.world.number()
    blocked = person.refuses_templates == "event"
    if not blocked:
        call.world.show(person, "subscription", _shown(call, notice, data, msgid))
    _finish(call, person, notice, msgid, REFUSED if blocked else 0)
    return OK


def _spend(person: Person, notice: NoticeTemplate) -> bool:
    left = person.consents.get(notice.template_id, 0)
    if left and notice.type != LONG_TERM:
        person.consents[notice.template_id] = left - 1
    return left > 0


def _shown(call: Call, notice: NoticeTemplate, data: Json, msgid: int) -> Json:
    mini = call.part("miniprogram") if call.body.get("miniprogram") else {}
    return {
        "type": "subscription",
        "msgid": msgid,
        "template_id": notice.template_id,
        "title": notice.title,
        "content": PLACE.sub(lambda place: value(data, place[1]), notice.content),
        "data": {name: value(data, name) for name in data},
        "url": "" if mini.get("appid") else str(call.body.get("page") or ""),
        "miniprogram": mini,
    }


def _finish(call: Call, person: Person, notice: NoticeTemplate, msgid: int, code: int) -> None:
    """subscribe_msg_sent_event 200 ms later, unless a tester broke it: the same faults as for templates."""
    world, account = call.world, call.account
    status = "user refuse to accept the msg" if code else "success"
    told = {"TemplateId": notice.template_id, "MsgID": msgid, "ErrorCode": code, "ErrorStatus": status}
    fields = event(world, account, person, "subscribe_msg_sent_event", "SubscribeMsgSentEvent", [told])
    fault = world.faults.for_event(account.alias, DELIVERY_FAULTS)
    odd = fault.event if fault else ""
    if odd == "before":
        call.before_answer.append(lambda: world.courier.deliver(account, person.openid, fields))
        return
    for _ in range({"lost": 0, "doubled": 2}.get(odd, 1)):
        world.courier.deliver_later(account, person.openid, fields, delay(account, fault))


def answer_popup(person: Person, answers: dict[str, str]) -> None:
    """An accept is one notice more, without an end; of a long-term template it is as many as wanted."""
    for template_id, said in answers.items():
        if said == "accept":
            person.consents[template_id] = person.consents.get(template_id, 0) + 1


def switch_off(person: Person, template_id: str) -> None:
    """In the account's settings: whatever they had agreed to is over."""
    person.consents.pop(template_id, None)


def event(world: World, account: Account, person: Person, name: str, wrapper: str, told: list[Json]) -> Json:
    return {
        "ToUserName": account.original_id,
        "FromUserName": person.openid,
        "CreateTime": world.clock.seconds(),
        "MsgType": "event",
        "Event": name,
        wrapper: {"List": told},
    }


def categories(call: Call) -> Json:
    return OK | {"data": [{"id": number, "name": CATEGORIES[number]} for number in call.account.categories]}


def titles(call: Call) -> Json:
    asked = call.query.get("ids", "")
    insist(asked, 200018)
    ids = {int(part) for part in asked.split(",") if part.isdigit()}
    insist(ids and ids <= set(call.account.categories), 200019)
    start, limit = _number(call, "start", 200016), _number(call, "limit", 200017)
    insist(1 <= limit <= MOST_TITLES, 200017)
    found = [one for one in TITLES.values() if one.category in ids]
    rows = [{"tid": t.tid, "title": t.title, "type": t.type, "categoryId": str(t.category)} for t in found]
    return OK | {"count": len(rows), "data": rows[start : start + limit]}


def keywords(call: Call) -> Json:
    title = _title(call, call.query.get("tid", ""))
    rows = [{"kid": k.kid, "name": k.name, "example": k.example, "rule": k.rule} for k in title.keywords]
    return OK | {"count": len(rows), "data": rows}


def add(call: Call) -> Json:
    title = _title(call, call.word("tid"))
    chosen = _chosen(call, title)
    insist(0 < len(call.word("sceneDesc")) <= LONGEST_SCENE, 200021)
    insist(len(call.account.notices) < call.account.most_notices, 200012)
    template_id = random_text(43)
    fields = {f"{k.rule}{k.kid}": k for k in chosen}
    call.account.notices[template_id] = NoticeTemplate(
        template_id,
        title.title,
        "\n".join(f"{k.name}:{{{{{name}.DATA}}}}" for name, k in fields.items()),
        "\n".join(f"{k.name}:{k.example}" for k in chosen),
        title.type,
        title.category,
        {name: list(k.choices) for name, k in fields.items() if k.choices},
    )
    return OK | {"priTmplId": template_id}


def _chosen(call: Call, title: Title) -> list[Any]:
    kids = call.list("kidList", 200020)
    known = {one.kid: one for one in title.keywords}
    insist(FEWEST_KEYWORDS <= len(kids) <= MOST_KEYWORDS and all(kid in known for kid in kids), 200020)
    insist(len(set(kids)) == len(kids), 200022)
    return [known[kid] for kid in kids]


def list_all(call: Call) -> Json:
    return OK | {"data": [_row(one) for one in call.account.notices.values()]}


def delete(call: Call) -> Json:
    insist(call.account.notices.pop(call.word("priTmplId"), None), 40037)
    return OK


def change_categories(account: Account, chosen: list[int], now: float) -> str:
    """In the account's console: at most five, five changes a month; what belonged to one that is taken away is
    deleted. Why it may not be, or ""."""
    recent = [at for at in account.category_changes if now - at < A_MONTH]
    if len(chosen) > MOST_CATEGORIES or not set(chosen) <= set(CATEGORIES):
        return f"最多 {MOST_CATEGORIES} 个已知的类目 at most {MOST_CATEGORIES} of {sorted(CATEGORIES)}"
    if len(recent) >= CHANGES_A_MONTH:
        return f"一个月最多改 {CHANGES_A_MONTH} 次 at most {CHANGES_A_MONTH} changes a month"
    lost = set(account.categories) - set(chosen)
    account.notices = {key: one for key, one in account.notices.items() if one.category not in lost}
    account.templates = {key: one for key, one in account.templates.items() if one.category not in lost}
    account.categories, account.category_changes = chosen, [*recent, now]
    return ""


def _row(one: NoticeTemplate) -> Json:
    listed = [{"keywordCode": f"{name}.DATA", "enumValueList": words} for name, words in one.choices.items()]
    told: Json = {name: getattr(one, name) for name in ("title", "content", "example", "type")}
    return {"priTmplId": one.template_id} | told | ({"keywordEnumValueList": listed} if listed else {})


def _title(call: Call, tid: str) -> Title:
    title = TITLES.get(tid)
    if title is None or title.category not in call.account.categories:
        raise Refused(200014)
    return title


def _number(call: Call, name: str, code: int) -> int:
    told = call.query.get(name, "")
    insist(told.isascii() and told.isdigit(), code)
    return int(told)
