"""/api/{account}/tags and /tag-rules: tags here and at WeChat, on people, and the rules that give them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...errors import NotFound
from ...features import tags
from ...features.segments import Estimate
from ...features.tags import Difference, Run, Tag, TagRule
from .door import Call, door

LONGEST_ID = 18  # digits
MOST_PEOPLE = 7000
TagId = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class TagList(msgspec.Struct):
    """All of them: an account has a hundred at most."""

    items: list[Tag]
    cursor: str = ""


class TagBody(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(description="最多 30 字节。At most 30 bytes.")]


class DriftList(msgspec.Struct):
    items: list[Difference]
    cursor: str = ""


class TaggedPeople(msgspec.Struct, forbid_unknown_fields=True):
    openids: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_PEOPLE)]
    remove: bool = False


class TagRuleBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    tag_id: TagId
    question: dict[str, Any]
    enabled: bool = True


class TagRuleList(msgspec.Struct):
    """All of them, so there is never a cursor."""

    items: list[TagRule]
    cursor: str = ""


class DryRun(msgspec.Struct, forbid_unknown_fields=True):
    tag_id: TagId
    question: dict[str, Any]


@door("GET", "/api/{account}/tags", needs="tags:read", gives=TagList, says="标签，按名字排。The tags, by name.")
def listed(call: Call, account: str) -> TagList:
    return TagList(tags.listed(call.svc, call.svc.accounts[account]))


@door(
    "POST",
    "/api/{account}/tags",
    needs="tags:write",
    takes=TagBody,
    gives=Tag,
    status=201,
    says="建标签，微信那边也建。Create a tag, at WeChat too.",
)
def create(call: Call, account: str) -> Tag:
    return tags.create(call.svc, call.svc.accounts[account], call.body.name)


@door(
    "PUT",
    "/api/{account}/tags/{item}",
    needs="tags:write",
    takes=TagBody,
    gives=Tag,
    says="改标签的名字。Rename a tag.",
)
def rename(call: Call, account: str, item: str) -> Tag:
    return tags.rename(call.svc, call.svc.accounts[account], _number(item), call.body.name)


@door(
    "DELETE",
    "/api/{account}/tags/{item}",
    needs="tags:write",
    says="删标签，从所有人身上取下；给这个标签的规则会停用。"
    "Delete a tag, off everybody; rules that give it are switched off.",
)
def remove(call: Call, account: str, item: str) -> None:
    tags.remove(call.svc, call.svc.accounts[account], _number(item))


@door(
    "POST",
    "/api/{account}/tags/{item}/people",
    needs="tags:write",
    takes=TaggedPeople,
    gives=Run,
    status=202,
    says="给许多人打上或取下标签：50 人以内马上完成，再多在后台做，看 tag-runs。"
    "Put a tag on many people, or take it off: up to 50 at once, more in the background; see tag-runs.",
)
def tag_people(call: Call, account: str, item: str) -> Run:
    body: TaggedPeople = call.body
    return tags.tag_people(call.svc, call.svc.accounts[account], _number(item), body.openids, body.remove)


@door(
    "GET",
    "/api/{account}/tag-runs/{item}",
    needs="tags:read",
    gives=Run,
    says="批量打标签的进度和结果，保留一天。How far tagging many people is, and who failed; kept for a day.",
)
def run(call: Call, account: str, item: str) -> Run:
    return tags.find_run(call.svc, call.svc.accounts[account], item)


@door(
    "GET",
    "/api/{account}/tags/drift",
    needs="tags:read",
    gives=DriftList,
    says="和微信不一致的地方：标签现在比，人数昨夜数的。"
    "Where we differ from WeChat: tags as of now, people as counted last night.",
)
def drift(call: Call, account: str) -> DriftList:
    return DriftList(tags.differences(call.svc, call.svc.accounts[account]))


@door(
    "POST",
    "/api/{account}/tags/refresh",
    needs="tags:write",
    gives=TagList,
    says="以微信为准：标签马上更新，人在后台改。Take WeChat's: the tags now, the people in the background.",
)
def refresh(call: Call, account: str) -> TagList:
    return TagList(tags.mend(call.svc, call.svc.accounts[account]))


@door(
    "GET",
    "/api/{account}/tag-rules",
    needs="tags:read",
    gives=TagRuleList,
    says="自动打标签的规则。The rules that give tags by themselves.",
)
def rules(call: Call, account: str) -> TagRuleList:
    return TagRuleList(tags.rules(call.svc, call.svc.accounts[account]))


@door(
    "POST",
    "/api/{account}/tag-rules",
    needs="tags:write",
    takes=TagRuleBody,
    gives=TagRule,
    status=201,
    says="添加规则；已经符合的人夜里打上。Add a rule; who fits already gets the tag in the night.",
)
def add_rule(call: Call, account: str) -> TagRule:
    return tags.save_rule(call.svc, call.svc.accounts[account], **msgspec.structs.asdict(call.body))


@door(
    "PUT",
    "/api/{account}/tag-rules/{item}",
    needs="tags:write",
    takes=TagRuleBody,
    gives=TagRule,
    says="修改规则。Change a rule.",
)
def change_rule(call: Call, account: str, item: str) -> TagRule:
    return tags.save_rule(call.svc, call.svc.accounts[account], rule_id=item, **msgspec.structs.asdict(call.body))


@door(
    "DELETE",
    "/api/{account}/tag-rules/{item}",
    needs="tags:write",
    says="删除规则，已打的标签还在。Remove a rule; the tags that it gave stay.",
)
def remove_rule(call: Call, account: str, item: str) -> None:
    tags.remove_rule(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/tag-rules/dry-run",
    needs="tags:read",
    takes=DryRun,
    gives=Estimate,
    says="现在会有多少人打上。How many people would get the tag now.",
)
def dry_run(call: Call, account: str) -> Estimate:
    return tags.dry_run(call.svc, call.svc.accounts[account], call.body.question, call.body.tag_id)


def _number(item: str) -> int:
    if not (item.isascii() and item.isdigit() and len(item) <= LONGEST_ID):
        raise NotFound("没有这个标签。There is no such tag.")
    return int(item)
