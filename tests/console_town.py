"""The tea shop as the console finds it: people, codes, tags and questions, all made through the doors people use."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ops.doors import Controls, Json, Phone, ask, eventually
from ops.local.shop import ORDER_READY, TEA_READY
from ops.local.stack import Stack

A_DAY = 86_400
TAGS = ("老客", "爱喝龙井", "爱喝普洱", "会员", "茶会常客", "柜台扫码")
# scene, name, place, kind, days, the tag that its scanners get
CODES = (
    ("12", "西湖店柜台", "收银台右侧", "permanent", None, "柜台扫码"),
    ("stand-7", "茶博会展位 7", "杭州国际茶博会", "temporary", 20, ""),
    ("poster-spring", "春茶海报", "地铁龙翔桥站", "temporary", 2, ""),
    ("parcel", "快递卡片", "每个包裹一张", "permanent", None, ""),
)
# Who they are to the shop, by what they came, what they carry, what they said.
NAMED: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("王阿姨", "12", ("老客", "会员"), ("今天的茶单？", "几点营业")),
    ("李掌柜", "stand-7", ("爱喝普洱",), ("那款熟普还有货吗",)),
    ("陈老师", "12", ("老客", "爱喝龙井", "茶会常客"), ("今天的茶单？",)),
    ("周小姐", "parcel", ("会员",), ()),
    ("孙先生", "", ("爱喝龙井",), ("多少钱一杯",)),
    ("赵叔", "poster-spring", (), ("营业到几点",)),
    ("林同学", "stand-7", ("茶会常客",), ("menu please",)),
    ("", "12", (), ()),
)
GUESTS: tuple[tuple[int, int], ...] = ((26, 5), (14, 4), (64, 1))  # so many came, and after so many days the next
if "GAIWAN_SCREENSHOTS" in os.environ:  # a month of days, for the eye
    GUESTS = tuple(
        (n, 1) for n in (9, 5, 7, 12, 4, 6, 21, 17, 8, 3, 6, 9, 5, 11, 26, 14, 7, 4, 8, 6, 10, 13, 19, 9, 7, 12)
    )
POLL = {
    "kind": "poll",
    "title": "春茶上新，听您的",
    "questions": [{"text": "今年春茶，您最想先喝哪一款？", "options": ["西湖龙井", "碧螺春", "茉莉花茶"]}],
}
SEGMENTS: tuple[tuple[str, Json], ...] = (
    (
        "柜台来的老客",
        {
            "all": [
                {"field": "tags", "is": "has", "value": "老客"},
                {"event": "scanned", "what": "12", "within_days": 30, "at_least": 1},
            ]
        },
    ),
    ("最近七天新关注", {"all": [{"field": "since", "is": "within_days", "value": 7}]}),
)


@dataclass
class Town:
    """What was made, by the names used above."""

    stack: Stack
    tags: dict[str, int] = field(default_factory=dict)
    people: dict[str, Phone] = field(default_factory=dict)
    segments: dict[str, str] = field(default_factory=dict)
    automations: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    campaigns: dict[str, str] = field(default_factory=dict)

    def api(self, method: str, path: str, told: Json | None = None) -> Json:
        return ask(method, f"{self.stack.app}/api/{path}", told, token=self.stack.api_token)

    def phone(self, name: str) -> Phone:
        """Always the same for a name; its openid looks as WeChat's do."""
        digest = hashlib.sha256(name.encode()).digest()
        return Phone(self.stack.simulator, "tea", f"o{base64.urlsafe_b64encode(digest).decode()[:27]}")

    def link(self, name: str, role: str) -> str:
        """A sign-in link for somebody of this name, who may have been here before."""
        known = {one["name"]: one for one in self.api("GET", "operators")["items"]}
        one = known.get(name) or self.api("POST", "operators", {"name": name, "role": role})
        return str(self.api("POST", f"operators/{one['operator_id']}/sign-in-link", {})["url"])

    def back_office(self, path: str, told: Json | None = None) -> Json:
        """What WeChat's own pages show, or change without telling us."""
        account = self.stack.account("tea")
        asked = {"grant_type": "client_credential", "appid": account["app_id"], "secret": account["secret"]}
        token = ask("POST", f"{self.stack.simulator}/api.weixin.qq.com/cgi-bin/stable_token", asked)["access_token"]
        method, address = "POST" if told else "GET", f"{self.stack.simulator}/api.weixin.qq.com/cgi-bin/{path}"
        return ask(method, f"{address}?access_token={token}", told)

    def newest_code(self) -> str:
        """The scene of the code that was asked of WeChat last, which is on somebody's screen."""
        made = self.controls.calls(path="/cgi-bin/qrcode/create")["calls"][-1]
        return str(json.loads(made["body"])["action_info"]["scene"]["scene_str"])

    @property
    def controls(self) -> Controls:
        return Controls(self.stack.simulator)


def found(stack: Stack) -> Town:
    """Made in some seconds; the clock is a few weeks later than it was."""
    town = Town(stack)
    for name in TAGS:
        town.tags[name] = town.api("POST", "tea/tags", {"name": name})["tag_id"]
    _guests(town)
    for scene, name, place, kind, days, tag in CODES:
        told = {"scene": scene, "name": name, "place": place, "kind": kind, "tag_id": town.tags.get(tag)}
        town.api("POST", "tea/qrcodes", told | ({"days": days} if days else {}))
    with ThreadPoolExecutor(4) as crew:
        list(crew.map(lambda told: _somebody(town, *told), NAMED))
    _questions(town)
    _menus(town)
    _automations(town)
    _endpoints(town)
    _regular(town, town.people["王阿姨"])
    _campaigns(town)
    return town


def sync(town: Town) -> Json:
    """To its end."""
    town.api("POST", "tea/followers/sync", {})
    done: Json = eventually(lambda: (now := town.api("GET", "tea/followers/sync"))["state"] == "done" and now)
    return done


def _guests(town: Town) -> None:
    """People that nobody knows by name, on days of their own; the nights between count them."""
    for wave, (count, days) in enumerate(GUESTS):
        told = {"account": "tea", "count": count, "prefix": f"oGuest{wave}x"}
        ask("POST", f"{town.stack.simulator}/controls/people", told)
        sync(town)
        town.controls.advance(days * A_DAY)


def _somebody(town: Town, remark: str, scene: str, tags: tuple[str, ...], said: tuple[str, ...]) -> None:
    phone = town.people[remark] = town.phone(remark)
    _ = phone.scan(scene) if scene else phone.follow()
    for words in said:
        phone.say(words)
    if remark:
        town.api("PUT", f"tea/followers/{phone.openid}/remark", {"remark": remark})
    if tags:
        town.api("PUT", f"tea/followers/{phone.openid}/tags", {"add": [town.tags[tag] for tag in tags]})


def _questions(town: Town) -> None:
    for name, question in SEGMENTS:
        parts = [
            part | ({"value": town.tags["老客"]} if part.get("field") == "tags" else {}) for part in question["all"]
        ]
        made = town.api("POST", "tea/segments", {"name": name, "question": {"all": parts}})
        town.segments[name] = made["segment_id"]
    town.api(
        "POST",
        "tea/tag-rules",
        {
            "name": "扫过柜台码",
            "tag_id": town.tags["柜台扫码"],
            "question": {"all": [{"event": "scanned", "what": "12", "within_days": 30, "at_least": 1}]},
        },
    )


def _menus(town: Town) -> None:
    """Two versions that were tapped on, and a draft that changes something and has a fault. Names from before stay."""
    today, hours = {"name": "今日茶单", "type": "click", "key": "TODAY"}, {"type": "click", "key": "HOURS"}
    club = {"name": "会员中心", "type": "view", "url": f"{town.stack.app}/h5/tea/hello"}
    stamp = {"name": "扫码集章", "type": "scancode_waitmsg", "key": "STAMP"}
    near = {"name": "附近门店", "type": "location_select", "key": "NEARBY"}
    more = {"name": "更多", "sub_button": [{"name": "营业时间", **hours}, stamp, near]}
    publish_menu(town, {"button": [today, club, more]})
    for name in ("王阿姨", "李掌柜", "陈老师"):
        town.people[name].tap("今日茶单")
    cheap = {**club, "name": "熟客价"}
    regulars = {"label": "熟客", "when": {"tag_id": town.tags["老客"]}, "button": [today, cheap, more]}
    android = {"when": {"platform": "android"}, "button": [today, club]}
    told = {"button": [today, club, more], "conditional": [regulars, android]}
    publish_menu(town, told)
    for name, tapped in (("李掌柜", "今日茶单"), ("周小姐", "今日茶单"), ("赵叔", "营业时间"), ("赵叔", "附近门店")):
        town.people[name].tap(tapped)
    shop = {"name": "逛茶铺", "type": "view", "url": ""}
    changed = {**more, "name": "茶铺", "sub_button": [shop, near, {"name": "几点开门", **hours}, stamp]}
    draft_menu(town, {**told, "button": [today, {**club, "name": "茶友会员"}, changed]})


def draft_menu(town: Town, menu: Json) -> int:
    """Over whatever there is."""
    seen = town.api("GET", "tea/menus")["draft"]["version"]
    return int(town.api("PUT", "tea/menus/draft", {"menu": menu, "version": seen})["draft"]["version"])


def publish_menu(town: Town, menu: Json) -> int:
    """Its number."""
    return int(town.api("POST", "tea/menus/publish", {"version": draft_menu(town, menu)})["number"])


def _automations(town: Town) -> None:
    """One that runs with people in it, one that is still a draft. Whoever was there before has entered neither."""
    regular = {"field": "tags", "is": "has", "value": town.tags["老客"]}
    thanks = {"thing1": "{name|茶友}，谢谢光顾", "time2": "{today}", "thing3": "常来坐坐"}
    told: tuple[Json, ...] = (
        {
            "name": "下单后道谢",
            "when": {"kind": "ordered"},
            "enter": "cause",
            "steps": [
                {"do": "webhook", "fields": {"order": "{event.order_id}"}, "step_id": "told"},
                {"do": "wait", "minutes": 28_800, "step_id": "rest"},
                {
                    "do": "branch",
                    "step_id": "known",
                    "if": {"all": [regular]},
                    "then": [{"do": "template", "template_id": TEA_READY, "fields": thanks, "step_id": "thanks"}],
                    "else": [{"do": "message", "reply": {"type": "text", "content": "{name|茶友}，茶还合口味吗？"}}],
                },
            ],
        },
        {
            "name": "三十天没来，问候一声",
            "when": {"kind": "silent", "days": 30},
            "steps": [{"do": "wait", "clock": "10:00"}, {"do": "tag", "tag_id": town.tags["茶会常客"]}],
        },
    )
    for one in told:
        made = town.api("POST", "tea/automations", one)
        town.automations[one["name"]] = made["automation_id"]
    town.api("POST", f"tea/automations/{town.automations['下单后道谢']}/start", {})
    town.controls.advance(61)  # an automation is known everywhere within a minute
    bought = [(town.people[name], f"T-{fen}", fen) for name, fen in (("王阿姨", 16_800), ("李掌柜", 8900))]
    for phone, order, fen in bought:
        buys(town, phone, order, fen)


def buys(town: Town, phone: Phone, order_id: str, fen: int) -> None:
    """As the shop's own system tells us."""
    bought = {"kind": "purchase", "id": order_id, "person": {"openid": phone.openid}, "order_id": order_id, "fen": fen}
    town.api("POST", "tea/events", {"events": [bought]})


def _endpoints(town: Town) -> None:
    """A webhook that takes what it is told, one that refuses it, a bus that is off, and a CRM that knows everybody."""
    others = f"{town.stack.simulator}/other-systems"
    shared = {"ours": "favourite_tea", "theirs": "favourite_tea", "direction": "both"}
    inward = {"ours": "member_level", "theirs": "member_level", "direction": "in"}
    fields = [("remark", "lastname", "微信关注者"), ("tags", "wechat_tags", ""), ("orders", "wechat_orders", "")]
    outward = [{"ours": ours, "theirs": theirs, "otherwise": words} for ours, theirs, words in fields]
    mapping = {
        "key": {"ours": "openid", "theirs": "wechat_openid"},
        "leaving": "blank",
        "map": [*outward, shared, inward],
    }
    bought: Json = {"ordered": []}
    said: Json = {"said": ["茶", "几点"], "ordered": [], "tagged": [str(town.tags["老客"])]}
    told: tuple[Json, ...] = (
        # A door of the shop's that takes any JSON, and one that takes none.
        {"kind": "webhook", "label": "会员系统", "url": f"{others}/shop/settings", "wants": said},
        {"kind": "webhook", "label": "老仓库", "url": f"{others}/shop/", "wants": bought},
        {"kind": "hubspot", "label": "HubSpot", "url": f"{others}/hubspot", "wants": bought, "fields": mapping},
        {"kind": "bus", "label": "数据仓库", "wants": {"followed": [], "left": []}, "enabled": False},
    )
    for one in told:
        town.endpoints[one["label"]] = town.api("POST", "tea/endpoints", one)["endpoint_id"]
    town.api("PUT", "tea/ids", {"ids": ["crm_id"]})
    town.api("POST", f"tea/endpoints/{town.endpoints['HubSpot']}/sync", {})
    town.api("POST", f"tea/endpoints/{town.endpoints['会员系统']}/test", {})
    dead = f"tea/endpoints/{town.endpoints['老仓库']}/dead"
    town.controls.advance(61)  # who is told is known everywhere within a minute
    for fen in (23_800, 4600, 9900):
        buys(town, town.people["周小姐"], f"T-{fen}", fen)
    town.people["王阿姨"].say("几点营业")
    eventually(lambda: len(town.api("GET", dead)["items"]) >= 3)  # noqa: PLR2004 (orders)


def _regular(town: Town, phone: Phone) -> None:
    """One of whom everything is known: signed in, voted, scanned again, was told that the tea is ready."""
    now = town.controls.now()
    poll = town.api("POST", "tea/polls", {**POLL, "closes_at": now + 3 * A_DAY})
    phone.open(f"{town.stack.app}/oauth/tea/start?then=/h5/tea/hello")
    phone.open(poll["page"], method="POST", form={"q0": "0"})
    phone.scan("12")
    phone.tap("营业时间")
    consent = {"at": now, "text": "会员登记"}
    facts = {"城市": "杭州", "爱喝": "明前龙井"}
    town.api("PUT", f"tea/followers/{phone.openid}/facts", {"facts": facts, "consent": consent})
    data = {"character_string1": "A007", "thing2": "明前龙井", "time3": "2026年1月1日 15:30"}
    told = {"openid": phone.openid, "template_id": ORDER_READY, "data": data, "once": "console-A007"}
    town.api("POST", "tea/templates/messages", told)


def _campaigns(town: Town) -> None:
    """One that everybody got and some clicked on, one that waits for tomorrow, a draft of two wordings."""
    words = {"thing1": "{name|茶友}，明前龙井到了", "time2": "{today}", "thing3": "到店先尝一杯"}
    said = {"template": "notice", "fields": words, "link": f"{town.stack.app}/h5/tea/hello"}
    base: Json = {"kind": "template", "quiet": False, "variants": [said]}
    other = {**said, "label": "B", "share": 50, "fields": words | {"thing1": "今年第一锅龙井"}}
    told: tuple[Json, ...] = (
        {**base, "name": "春茶到店", "segment_id": town.segments["柜台来的老客"], "goal": {"kind": "ordered"}},
        {**base, "name": "夏季茶单", "per_day": 3},
        {**base, "name": "清明前的一点心意", "variants": [{**said, "share": 50}, other], "holdout": 10},
    )
    for one in told:
        made = town.api("POST", "tea/campaigns", {"document": one})
        town.campaigns[one["name"]] = made["campaign_id"]
    for name in ("春茶到店", "夏季茶单"):
        start(town, name)
    link = town.people["王阿姨"].inbox()[-1]["url"]
    town.people["王阿姨"].open(link)


def start(town: Town, name: str) -> None:
    """Until it has gone as far as it goes by itself."""
    path = f"tea/campaigns/{town.campaigns[name]}"
    town.api("POST", f"{path}/start", {})
    eventually(lambda: went(town, path), within=60)


def went(town: Town, path: str) -> bool:
    """Whether all are sent to, or it waits; the clock is helped on, for it looks once a minute."""
    now = town.api("GET", f"{path}/results")
    if now["phase"] == "running":
        town.controls.advance(61)
    return now["phase"] in ("waiting", "settling", "done")
