"""Template messages: cgi-bin/message/template/send, cgi-bin/template/*; the event that tells how each ended."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from simulator.accounts import Account, Json, Person, Template
from simulator.faults import DELIVERY_FAULTS, Fault
from simulator.platform.call import OK, Call
from simulator.platform.errors import Refused, insist
from simulator.world import World, random_text

FIRST_MSGID = 3_300_000_000_000
TEN_MINUTES = 600
SAME_CONTENT = 60
HELD_FOR = 2.0
HELD = 40252
MOST_TEMPLATES = 25
LONGEST_VALUE = 200
PLACE = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
NUMBERED = re.compile(r"([a-z_]+?)\d+")
_CLOCK = r"\d{1,2}:\d{2}(:\d{2})?"
_DAY = r"\d{4}(年\d{1,2}月\d{1,2}日|[-/.]\d{1,2}[-/.]\d{1,2})"
_MOMENT = rf"({_DAY}|{_CLOCK}|{_DAY}\s*{_CLOCK})"
KINDS = {
    "thing": r".{1,20}",
    "number": r"-?[\d.]{1,32}",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": r"[\x21-\x7e]{1,32}",
    "time": rf"{_MOMENT}(\s*[~-]\s*{_MOMENT})?",
    "date": rf"{_MOMENT}(\s*[~-]\s*{_MOMENT})?",
    "amount": r"[¥￥$€£]?\d{1,10}(\.\d+)?元?",
    "phone_number": r"[\d+\-() ]{1,17}",
    "car_number": r".{1,8}",
    "name": r"[\u4e00-\u9fff·]{1,10}|[A-Za-z .]{1,20}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "const": r".{1,20}",
}
_RULES = {kind: re.compile(rule, re.DOTALL) for kind, rule in KINDS.items()}


def send(call: Call) -> Json:
    person = call.known(call.body.get("touser"))
    insist(person.follows, 43004)
    template = _template(call)
    data = call.part("data")
    check_fields(template.content, data)
    insist(person.refuses_templates != "send", 43101)
    return _send_once(call, person, template, data)


def _send_once(call: Call, person: Person, template: Template, data: Json) -> Json:
    """The same client_msg_id within ten minutes: the same msgid, and nothing new on the phone."""
    given, digest = str(call.body.get("client_msg_id") or ""), _digest(call.body)
    recent = [sent for sent in person.recent_templates if call.now - sent["at"] < TEN_MINUTES]
    same = next((sent for sent in recent if given and sent["client_msg_id"] == given), None)
    if same:
        return OK | {"msgid": same["msgid"]}
    alike = (s for s in recent if s["digest"] == digest and call.now - s["at"] < SAME_CONTENT)
    insist(given or not any(alike), 40241)
    msgid = FIRST_MSGID + call.world.number()
    shown = _shown(call, template, data, msgid)
    person.recent_templates = [*recent, {"at": call.now, "client_msg_id": given, "digest": digest, "msgid": msgid}]
    return _take(call, person, shown, msgid)


def _take(call: Call, person: Person, shown: Json, msgid: int) -> Json:
    """Held for a look by the platform (40252): it is delivered by itself, later, and nobody need send it again."""
    world, account = call.world, call.account
    blocked = person.refuses_templates == "event"
    status = "failed:user block" if blocked else "success"
    if call.held:
        world.courier.later(HELD_FOR, lambda: _arrive(world, account, person, shown, status))
        raise Refused(HELD, more={"msgid": msgid})
    _show(world, person, shown, status)
    _finish(call, person, msgid, status)
    return OK | {"msgid": msgid}


def _arrive(world: World, account: Account, person: Person, shown: Json, status: str) -> None:
    _show(world, person, shown, status)
    world.courier.deliver_later(account, person.openid, _finished(world, account, person, shown["msgid"], status), 0)


def _show(world: World, person: Person, shown: Json, status: str) -> None:
    if status == "success":
        world.show(person, "template", shown)


def _finish(call: Call, person: Person, msgid: int, status: str) -> None:
    """TEMPLATESENDJOBFINISH 200 ms later, unless a tester broke it."""
    world, account = call.world, call.account
    fields = _finished(world, account, person, msgid, status)
    fault = world.faults.for_event(account.alias, DELIVERY_FAULTS)
    odd = fault.event if fault else ""
    if odd == "before":
        call.before_answer.append(lambda: world.courier.deliver(account, person.openid, fields))
        return
    for _ in range({"lost": 0, "doubled": 2}.get(odd, 1)):
        world.courier.deliver_later(account, person.openid, fields, delay(account, fault))


def delay(account: Account, fault: Fault | None) -> float:
    return fault.delay_s if fault and fault.event == "late" else account.event_delay_s


def _finished(world: World, account: Account, person: Person, msgid: int, status: str) -> Json:
    return {
        "ToUserName": account.original_id,
        "FromUserName": person.openid,
        "CreateTime": world.clock.seconds(),
        "MsgType": "event",
        "Event": "TEMPLATESENDJOBFINISH",
        "MsgID": msgid,
        "Status": status,
    }


def _digest(body: Json) -> str:
    told = {name: body.get(name) for name in ("template_id", "data", "url", "miniprogram")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]


def _shown(call: Call, template: Template, data: Json, msgid: int) -> Json:
    mini = call.part("miniprogram") if call.body.get("miniprogram") else {}
    return {
        "type": "template",
        "msgid": msgid,
        "template_id": template.template_id,
        "title": template.title,
        "content": PLACE.sub(lambda place: value(data, place[1]), template.content),
        "data": {name: value(data, name) for name in data},
        "url": "" if mini.get("appid") else str(call.body.get("url") or ""),
        "miniprogram": mini,
    }


def _template(call: Call) -> Template:
    template = call.account.templates.get(str(call.body.get("template_id")))
    if template is None:
        raise Refused(40037)
    return template


def check_fields(content: str, data: Json, choices: Mapping[str, tuple[str, ...]] | None = None) -> None:
    """By the kind that the name says (thing1, amount3); names without a known kind take anything. `choices`: what a
    const may say."""
    for name in PLACE.findall(content):
        kind = NUMBERED.fullmatch(name)
        rule = _RULES.get(kind[1]) if kind else None
        listed = (choices or {}).get(name)
        if (rule and not rule.fullmatch(value(data, name))) or (listed and value(data, name) not in listed):
            raise Refused(47003, field=f"data.{name}.value")
    for name, told in data.items():
        if not isinstance(told, dict) or len(value(data, name)) > LONGEST_VALUE:
            raise Refused(47003, field=f"data.{name}.value")


def value(data: Json, name: str) -> str:
    told = data.get(name)
    return str(told.get("value", "")) if isinstance(told, dict) else ""


def add(call: Call) -> Json:
    short = call.text("template_id_short", 40037)
    keywords = call.body.get("keyword_name_list") or ["keyword1", "keyword2"]
    insist(isinstance(keywords, list) and all(isinstance(k, str) and k for k in keywords), 40246)
    insist(len(call.account.templates) < MOST_TEMPLATES, 45026)
    template_id = random_text(43)
    free = "{{first.DATA}}\n{{keyword1.DATA}}\n{{keyword2.DATA}}\n{{remark.DATA}}"
    typed = "\n".join(f"{word}：{{{{thing{n}.DATA}}}}" for n, word in enumerate(keywords, 1))
    content = typed if short.isdigit() else free
    call.account.templates[template_id] = Template(template_id, f"模板 {short}", content, category=_category(call))
    return OK | {"template_id": template_id}


def _category(call: Call) -> int:
    """It goes when this category of the account's does."""
    return call.account.categories[0] if call.account.categories else 0


def list_all(call: Call) -> Json:
    names = ("template_id", "title", "content", "example", "primary_industry", "deputy_industry")
    rows = [{name: getattr(template, name) for name in names} for template in call.account.templates.values()]
    return {"template_list": rows}


def delete(call: Call) -> Json:
    template = _template(call)
    del call.account.templates[template.template_id]
    return OK


def set_industry(call: Call) -> Json:
    call.account.industry = [call.text("industry_id1"), call.text("industry_id2")]
    return OK


def industry(call: Call) -> Json:
    first = {"first_class": "IT科技", "second_class": "互联网|电子商务"}
    second = {"first_class": "餐饮", "second_class": "餐饮"}
    return {"primary_industry": first, "secondary_industry": second}
