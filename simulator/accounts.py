"""What the platform knows of an account and of the people who use it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields
from typing import Any

Json = dict[str, Any]

TWO_HOURS = 7200
TWO_DAYS = 48 * 3600


@dataclass
class Person:
    """One follower (or not yet one) as one account sees them."""

    openid: str
    nickname: str = ""
    follows: bool = False
    followed_at: int = 0
    subscribe_scene: str = "ADD_SCENE_SEARCH"
    qr_scene: str = ""
    remark: str = ""
    tags: list[int] = field(default_factory=list)
    blacklisted: bool = False
    refuses_templates: str = ""  # "send": refused when sent (43101); "event": accepted, then "failed:user block"
    refuses_messages: bool = False
    snapshot: bool = False
    consent: str = ""  # to nickname and picture: "given" or "withdrawn"
    preview: str = ""  # the sign-in that showed a snapshot page; it can be passed again as the full person
    client_platform: str = "1"
    window_left: int = 0
    window_until: float = 0.0
    last_seen: float = 0.0
    typing_until: float = 0.0
    chat: list[Json] = field(default_factory=list)
    recent_templates: list[Json] = field(default_factory=list)
    consents: dict[str, int] = field(default_factory=dict)  # notices that may be sent, by template
    cookies: list[Json] = field(default_factory=list)

    @property
    def unionid(self) -> str:
        return "u" + hashlib.sha256(self.openid.encode()).hexdigest()[:27]

    @property
    def inbox(self) -> list[Json]:
        return [item for item in self.chat if item["channel"] != "mine"]

    def open_window(self, messages: int, seconds: float, now: float) -> None:
        """Allowances of several triggers do not add up: the larger one holds, and the later end."""
        left = self.window_left if now < self.window_until else 0
        self.window_left = max(left, messages)
        self.window_until = max(self.window_until, now + seconds)
        self.last_seen = now

    def follow(self, now: float, scene: str = "ADD_SCENE_SEARCH", qr_scene: str = "") -> None:
        self.follows, self.followed_at = True, int(now)
        self.subscribe_scene, self.qr_scene = scene, qr_scene

    def unfollow(self) -> None:
        self.follows, self.tags, self.remark = False, [], ""
        self.window_left, self.window_until = 0, 0.0

    @property
    def picture(self) -> str:
        """Where the picture is; a new nickname brings a new picture, and the old address dies."""
        mark = hashlib.sha256(self.nickname.encode()).hexdigest()[:12]
        return f"{self.openid}/{mark}"


@dataclass
class Token:
    """A platform token; `dead_at` is when its replacement ends it (0: it has none)."""

    value: str
    pool: str
    expires: float
    dead_at: float = 0.0


@dataclass
class Media:
    media_id: str
    kind: str
    name: str
    content: str  # base64
    mime: str
    created: int
    permanent: bool = False
    title: str = ""
    introduction: str = ""
    url: str = ""
    articles: list[Json] = field(default_factory=list)


@dataclass
class QrCode:
    ticket: str
    scene: str
    url: str
    expires: float = 0.0  # 0: permanent


@dataclass
class Template:
    template_id: str
    title: str
    content: str
    example: str = ""
    primary_industry: str = "IT科技"
    deputy_industry: str = "互联网|电子商务"
    category: int = 0  # of notice_library.py; 0: of none


@dataclass
class NoticeTemplate:
    """One that the account took from the library of notices; `type` 2: one consent is one notice, 3: long-term."""

    template_id: str
    title: str
    content: str
    example: str = ""
    type: int = 2
    category: int = 0
    choices: dict[str, list[str]] = field(default_factory=dict)  # what a const field may say


@dataclass
class Grant:
    """What a person allowed a web page: an authorisation code, or the tokens it became."""

    value: str
    openid: str
    scope: str
    expires: float
    used: bool = False
    access_token: str = ""
    access_expires: float = 0.0
    goes_to: str = ""
    asked: str = ""  # the query of the page that gave it
    virtual: bool = False


@dataclass
class Account:
    """From the config down to `migrated`; the rest is what happened since, and is kept between runs."""

    alias: str
    app_id: str
    original_id: str
    secret: str
    name: str = ""
    kind: str = "service"
    verified: bool = True
    token: str = ""
    aes_key: str = ""
    mode: str = "plain"
    callback_url: str = ""
    oauth_domains: list[str] = field(default_factory=list)
    js_domains: list[str] = field(default_factory=list)  # empty: the same as oauth_domains
    ip_whitelist: list[str] = field(default_factory=list)
    menu: Json = field(default_factory=dict)  # as made in WeChat's console
    mini_programs: list[str] = field(default_factory=list)  # linked ones; empty: any
    conditional_switch: bool = True
    most_conditional_menus: int = 100  # the platform names no number
    console: Json = field(default_factory=dict)  # see platform/console.py
    caller_ip: str = "127.0.0.1"
    retry_malformed: bool = False
    strict_compatible: bool = False
    double_redirect: bool = False
    silent_for_followers: bool = True
    open_platform: bool = False
    deadline_s: float = 5.0
    pause_s: float = 5.0
    event_delay_s: float = 0.2
    token_lifetime_s: int = TWO_HOURS
    ticket_lifetime_s: int = TWO_HOURS
    daily_limits: dict[str, int] = field(default_factory=dict)
    minute_limits: dict[str, int] = field(default_factory=dict)
    confirm_masses: bool = False  # what goes to all waits for the administrator
    mass_verdict: str = ""  # the Status with which the next mass message ends, such as err(10001)
    mass_losses: int = 0  # so many of those whom a mass message was for do not get it
    risky_words: list[str] = field(default_factory=lambda: ["赌博", "casino"])  # msg_sec_check: risky
    doubtful_words: list[str] = field(default_factory=lambda: ["最便宜"])  # review
    most_notices: int = 50  # the platform names no number
    migrated_from: str = ""  # the original id of an account that has moved into this one
    migrated: dict[str, str] = field(default_factory=dict)  # an openid there -> the same person's here

    people: dict[str, Person] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    forced_refreshes: list[float] = field(default_factory=list)
    tickets: dict[str, Json] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    notices: dict[str, NoticeTemplate] = field(default_factory=dict)
    categories: list[int] = field(default_factory=lambda: [616, 307])
    category_changes: list[float] = field(default_factory=list)
    media: dict[str, Media] = field(default_factory=dict)
    drafts: dict[str, Json] = field(default_factory=dict)
    published: dict[str, Json] = field(default_factory=dict)
    qrcodes: dict[str, QrCode] = field(default_factory=dict)
    codes: dict[str, Grant] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    kf_accounts: dict[str, str] = field(default_factory=dict)
    made_menu: Json | None = None
    conditional_menus: list[Json] = field(default_factory=list)
    masses: dict[str, Json] = field(default_factory=dict)
    mass_speed: int = 0
    industry: list[str] = field(default_factory=lambda: ["1", "4"])
    counted_day: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    minutes: dict[str, list[int]] = field(default_factory=dict)
    quota_clears: list[float] = field(default_factory=list)
    path_clears: list[float] = field(default_factory=list)

    def person(self, openid: str) -> Person:
        """Anybody may pick up a phone: an unknown openid becomes a person who does not follow."""
        if openid not in self.people:
            self.people[openid] = Person(openid, nickname=openid)
        return self.people[openid]

    def followers(self) -> list[Person]:
        """In the order in which they followed, as the platform lists them."""
        return sorted((p for p in self.people.values() if p.follows), key=lambda p: p.followed_at)

    def current_menu(self, person: Person) -> Json:
        """The newest conditional menu that fits, else the account's own, else the console's, else the seed."""
        for menu in reversed(self.conditional_menus):
            if _fits(menu["matchrule"], person):
                return menu
        if self.made_menu is None and "menu" in self.console:
            return {} if self.callback_url else _on_phone(self.console["menu"])
        return self.menu if self.made_menu is None else self.made_menu


_CLASSES: dict[str, type] = {
    "people": Person,
    "tokens": Token,
    "templates": Template,
    "notices": NoticeTemplate,
    "media": Media,
    "qrcodes": QrCode,
    "codes": Grant,
    "grants": Grant,
}
_NAMES = [f.name for f in fields(Account)]
KEPT = _NAMES[_NAMES.index("people") :]


def kept(account: Account) -> Json:
    """What outlives a clean stop, as JSON; no copies, so write it out before anything changes."""
    return {
        name: {key: vars(item) for key, item in getattr(account, name).items()}
        if name in _CLASSES
        else getattr(account, name)
        for name in KEPT
    }


def restore(account: Account, data: Json) -> None:
    for name in set(KEPT) & set(data):
        made = _CLASSES.get(name)
        value = {key: made(**item) for key, item in data[name].items()} if made else data[name]
        setattr(account, name, value)


def from_config(config: Json, now: float) -> Account:
    """An account on its first day: its templates, and the followers it starts with."""
    plain = {name: value for name, value in config.items() if name in _NAMES and name not in KEPT}
    account = Account(**plain)
    account.templates = {t["template_id"]: _template(t) for t in config.get("templates", [])}
    account.notices = {t["template_id"]: NoticeTemplate(**t) for t in config.get("notices", [])}
    account.categories = list(config.get("categories", account.categories))
    for told in config.get("followers", []):
        account.people[told["openid"]] = _first_day(told, now)
    return account


def _template(told: Json) -> Template:
    names = ("template_id", "title", "content", "example")
    return Template(**{name: told.get(name, "") for name in names})


def _first_day(told: Json, now: float) -> Person:
    """`talked` leaves the customer-service window open, as after a message a moment ago."""
    person = Person(told["openid"], nickname=str(told.get("nickname") or told["openid"]))
    if told.get("follows", True):
        person.follow(now)
    if told.get("talked"):
        person.open_window(5, TWO_DAYS, now)
    return person


def _on_phone(menu: Json) -> Json:
    """The console's menu, whose second level hangs one level deeper than a phone shows it."""
    told = [(button, button.get("sub_button", {}).get("list")) for button in menu["button"]]
    return {"button": [{"name": one["name"], "sub_button": below} if below else one for one, below in told]}


def _fits(rule: Json, person: Person) -> bool:
    """The last tag a person was given decides, as on the platform."""
    tag, client = str(rule.get("tag_id") or ""), str(rule.get("client_platform_type") or "")
    last = str(person.tags[-1]) if person.tags else ""
    return (not tag or tag == last) and (not client or client == person.client_platform)
