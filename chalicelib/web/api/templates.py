"""/api/{account}/templates: those the account has, WeChat's library of them, and a message to one person.

Who agreed to notices is asked at /api/{account}/followers/{item}/grants.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...errors import NotFound
from ...features import notices, people, template_library, template_names, templates
from ...features.notices import Grant
from ...features.template_library import Categories, Keyword, Slots, Template, Title, Use
from ...services import Account, Services
from .door import Call, door

PATH = "/api/{account}/templates/messages"
Words = Annotated[str, msgspec.Meta(max_length=100)]


class OrderBody(msgspec.Struct, forbid_unknown_fields=True):
    """`template_id`, or `template`: its name here, which is the same in every account."""

    openid: str
    data: dict[str, str]
    once: str
    template_id: str = ""
    template: str = ""
    url: str = ""
    miniprogram: dict[str, str] | None = None
    at: int = 0


class Ordered(msgspec.Struct):
    once: str
    stage: str


class Fate(msgspec.Struct, omit_defaults=True):
    """How far a message got; `reason` says why, where it went no further."""

    once: str
    stage: str
    msgid: str = ""
    reason: str = ""
    send_at: int = 0


class FindQuery(msgspec.Struct):
    openid: str = ""
    once: str = ""


@door(
    "POST",
    PATH,
    needs="templates:write",
    takes=OrderBody,
    gives=Ordered,
    status=202,
    says="发模板消息，同一个 once 只发一次。Send a template message, once for each `once`.",
)
def order(call: Call, account: str) -> Ordered:
    svc, asked = call.svc, call.body
    content = msgspec.structs.asdict(asked)
    content["template_id"] = template_names.resolve(
        svc, svc.accounts[account], asked.template_id, content.pop("template")
    )
    return Ordered(asked.once, templates.order(svc, svc.accounts[account], **content))


@door(
    "GET",
    PATH,
    needs="templates:read",
    asks=FindQuery,
    gives=Fate,
    says="这条消息发到哪一步了。How far this message got.",
)
def find(call: Call, account: str) -> Fate:
    asked: FindQuery = call.query
    return msgspec.convert(templates.find(call.svc, call.svc.accounts[account], asked.openid, asked.once), Fate)


class Listed(Template, frozen=True, kw_only=True):
    """`uses`: automations and campaigns that send it, by its id or its name here."""

    uses: list[Use] = []


class TemplateList(msgspec.Struct):
    """All of them, so there is never a cursor. `slots` by kind; `waiting`: names here that have no template now;
    `trouble`: why WeChat could not be asked anew; `able`: the kinds that this account may send."""

    items: list[Listed]
    slots: dict[str, Slots]
    waiting: list[str]
    able: list[str]
    synced_at: int = 0
    trouble: str = ""
    cursor: str = ""


class NewTemplate(msgspec.Struct, forbid_unknown_fields=True):
    """`number`: in WeChat's library. `keywords` belong to a template, `keyword_ids` and `scene` to a notice; `name`:
    what it is called here."""

    kind: str
    number: Words
    keywords: Annotated[list[Words], msgspec.Meta(max_length=20)] = []
    keyword_ids: Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=10**6)]], msgspec.Meta(max_length=20)] = []
    scene: Words = ""
    name: Words = ""


class RemoveQuery(msgspec.Struct):
    """`anyway`: also if automations or campaigns send it."""

    anyway: bool = False


class AliasBody(msgspec.Struct, forbid_unknown_fields=True):
    """`name` "" takes it away; `instead`: also if that changes what automations and campaigns send."""

    name: Words
    instead: bool = False


class LibraryQuery(msgspec.Struct):
    """`category_id` 0: all of the account's."""

    category_id: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    words: Words = ""
    cursor: str = ""


class TitleList(msgspec.Struct):
    """A page may be short, or empty, while there is a cursor."""

    items: list[Title]
    cursor: str = ""


class KeywordList(msgspec.Struct):
    items: list[Keyword]
    cursor: str = ""


class GrantList(msgspec.Struct):
    items: list[Grant]
    cursor: str = ""


@door(
    "GET",
    "/api/{account}/templates",
    needs="templates:read",
    gives=TemplateList,
    says="公众号的模板和订阅通知，和微信最多差一天。The account's templates and notices, a day old at most.",
)
def listed(call: Call, account: str) -> TemplateList:
    return _list(call.svc, call.svc.accounts[account])


@door(
    "POST",
    "/api/{account}/templates/sync",
    needs="templates:write",
    gives=TemplateList,
    says="现在向微信要一遍。Ask WeChat for them now.",
)
def sync(call: Call, account: str) -> TemplateList:
    template_library.sync(call.svc, call.svc.accounts[account])
    return _list(call.svc, call.svc.accounts[account])


@door(
    "POST",
    "/api/{account}/templates",
    needs="templates:write",
    takes=NewTemplate,
    gives=Listed,
    status=201,
    says="从模板库添加。Take one from WeChat's library.",
)
def add(call: Call, account: str) -> Listed:
    made = template_library.add(call.svc, call.svc.accounts[account], **msgspec.structs.asdict(call.body))
    return _listed(call.svc, call.svc.accounts[account], made)


@door(
    "DELETE",
    "/api/{account}/templates/{item}",
    needs="templates:write",
    asks=RemoveQuery,
    says="在微信删除模板，不能恢复；还有人用时 409，details.uses 说是谁。"
    "Delete it at WeChat, for good; 409 with details.uses while something sends it.",
)
def remove(call: Call, account: str, item: str) -> None:
    template_library.remove(call.svc, call.svc.accounts[account], item, call.query.anyway)


@door(
    "PUT",
    "/api/{account}/templates/{item}/alias",
    needs="templates:write",
    takes=AliasBody,
    gives=Listed,
    says="给模板起名字，各公众号通用；会改变别处发的内容时 409。"
    "Name a template, the same in every account; 409 if that changes what others send.",
)
def alias(call: Call, account: str, item: str) -> Listed:
    named = template_library.name(call.svc, call.svc.accounts[account], item, call.body.name, call.body.instead)
    return _listed(call.svc, call.svc.accounts[account], named)


@door(
    "DELETE",
    "/api/{account}/template-names/{item}",
    needs="templates:write",
    says="去掉一个名字；用它的自动化会发不出去。Take a name away; automations that say it can then not send.",
)
def remove_name(call: Call, account: str, item: str) -> None:
    template_names.remove(call.svc, call.svc.accounts[account], item)


@door(
    "GET",
    "/api/{account}/template-categories",
    needs="templates:read",
    gives=Categories,
    says="公众号的服务类目，在微信后台改。The account's service categories; they are changed in WeChat's console.",
)
def categories(call: Call, account: str) -> Categories:
    return template_library.categories(call.svc, call.svc.accounts[account])


@door(
    "GET",
    "/api/{account}/template-library",
    needs="templates:read",
    asks=LibraryQuery,
    gives=TitleList,
    says="微信模板库里的订阅通知。The notices of WeChat's library.",
)
def library(call: Call, account: str) -> TitleList:
    asked: LibraryQuery = call.query
    account_ = call.svc.accounts[account]
    return TitleList(*template_library.page(call.svc, account_, asked.category_id, asked.words, asked.cursor))


@door(
    "GET",
    "/api/{account}/template-library/{item}",
    needs="templates:read",
    gives=KeywordList,
    says="模板库里一个编号的关键词。The keywords of one number of the library.",
)
def keywords(call: Call, account: str, item: str) -> KeywordList:
    return KeywordList(template_library.keywords(call.svc, call.svc.accounts[account], item))


@door(
    "GET",
    "/api/{account}/followers/{item}/grants",
    needs="followers:read",
    gives=GrantList,
    says="此人同意过哪些订阅通知，还剩几次。Which notices this person agreed to, and how many are left.",
)
def grants(call: Call, account: str, item: str) -> GrantList:
    if not people.OPENID.fullmatch(item):
        raise NotFound("没有这位粉丝。There is no such follower.")
    return GrantList(notices.of_person(call.svc, call.svc.accounts[account], item))


def _list(svc: Services, account: Account) -> TemplateList:
    copy, found = template_library.look(svc, account), template_library.everywhere(svc, account)
    return TemplateList(
        items=[_with_uses(one, template_library.among(found, one)) for one in copy.templates],
        slots=template_library.slots(copy.templates, found),
        waiting=template_library.waiting(svc, account, copy.templates),
        able=[kind for kind in template_library.MOST if account.may(f"{kind}s")],
        synced_at=copy.synced_at,
        trouble=copy.trouble,
    )


def _listed(svc: Services, account: Account, template: Template) -> Listed:
    return _with_uses(template, template_library.of(svc, account, template))


def _with_uses(template: Template, uses: list[Use]) -> Listed:
    return Listed(**{name: getattr(template, name) for name in template.__struct_fields__}, uses=uses)
