"""WeChat's library of templates: what there is for the account's categories, taking one, giving one back.

Only notices can be looked through from outside; a template message's template is taken by the number that WeChat's own
console shows. An account has room for 25 of the one kind and 50 of the other.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence

import msgspec

from ...errors import BadInput, Conflict, NotFound, Unavailable, wrong_cursor
from ...observe import log
from ...services import Account, Services
from .. import abilities, alarms, template_names
from . import mirror, naming, refusals, uses
from .fields import KINDS, LONGEST_FREE
from .template import LONG_TERM, Template

MOST = {"template": 25, "notice": 50}  # WeChat's; that of notices is what others have met, no page says it
MOST_CATEGORIES, CHANGES_A_MONTH = 5, 5  # in WeChat's console; taking a category away deletes its templates
PAGE = 30  # WeChat's limit
MOST_PAGES = 5  # of WeChat's that one search looks through; the cursor goes on
FEWEST_KEYWORDS, MOST_KEYWORDS = 2, 5  # of a notice
LONGEST_SCENE = 15
NUMBER = re.compile(r"[A-Za-z0-9_]{1,32}")


class Category(msgspec.Struct, frozen=True):
    category_id: int
    name: str


class Categories(msgspec.Struct, frozen=True):
    """`trades`: the two of the older regime, which decide what templates say they belong to. `most` and
    `changes_a_month` are WeChat's limits; categories are changed in its console only."""

    items: list[Category]
    trades: list[str]
    most: int = MOST_CATEGORIES
    changes_a_month: int = CHANGES_A_MONTH
    cursor: str = ""


class Title(msgspec.Struct, frozen=True):
    """One of the library; `have`: the account has taken one of this title."""

    number: str
    title: str
    category_id: int
    long_term: bool
    have: bool = False


class Keyword(msgspec.Struct, frozen=True):
    """`kind` and `longest`: what its field will take, as for Field."""

    keyword_id: int
    name: str
    example: str
    kind: str
    longest: int


class Slots(msgspec.Struct, frozen=True):
    """How many templates of a kind there are, of how many there may be; `unused`: those that nothing sends."""

    used: int
    most: int
    unused: int


def categories(svc: Services, account: Account) -> Categories:
    if not account.may("notices"):
        abilities.insist(account, "templates")
    trades = refusals.told(account.wechat.templates.industry) if account.may("templates") else {}
    named = [trades.get(name) or {} for name in ("primary_industry", "secondary_industry")]
    rows = refusals.told(account.wechat.notices.categories) if account.may("notices") else []
    return Categories(
        items=[Category(int(row["id"]), str(row["name"])) for row in rows],
        trades=[" · ".join(filter(None, (t.get("first_class"), t.get("second_class")))) for t in named if t],
    )


def page(
    svc: Services, account: Account, category_id: int = 0, words: str = "", cursor: str = ""
) -> tuple[list[Title], str]:
    """Notices of a category (0: of all of the account's), those whose title has `words` in it. A page may be short, or
    empty, while there are more: WeChat cannot be asked for words."""
    abilities.insist(account, "notices")
    start = _start(cursor)
    ids = [category_id] if category_id else [one.category_id for one in categories(svc, account).items]
    mine = {one.title for one in mirror.remembered(svc, account) if one.kind == "notice" and one.state != "gone"}
    found: list[Title] = []
    for _ in range(MOST_PAGES):
        rows, total = refusals.told(lambda at=start: account.wechat.notices.titles(ids, at, PAGE))  # type: ignore[misc]
        start += PAGE
        titles = [_title(row, mine) for row in rows]
        found += [one for one in titles if words.strip().casefold() in one.title.casefold()]
        if not rows or start >= total:
            return found, ""
        if len(found) >= PAGE or not words.strip():
            break
    return found, str(start)


def keywords(svc: Services, account: Account, number: str) -> list[Keyword]:
    """What a notice of the library may be made of."""
    abilities.insist(account, "notices")
    if not NUMBER.fullmatch(number):
        raise NotFound("模板库里没有这个编号。The library has no template of this number.")
    return [_keyword(row) for row in refusals.told(lambda: account.wechat.notices.keywords(number))]


def slots(templates: Sequence[Template], found: list[uses.Found]) -> dict[str, Slots]:
    """Per kind: template and notice."""
    told = {}
    for kind, most in MOST.items():
        kept = [one for one in templates if one.kind == kind and one.state != "gone"]
        told[kind] = Slots(len(kept), most, sum(not uses.among(found, one) for one in kept))
    return told


def add(  # noqa: PLR0913 (what one fills in to take a template)
    svc: Services,
    account: Account,
    *,
    kind: str,
    number: str,
    keywords: Sequence[str] = (),
    keyword_ids: Sequence[int] = (),
    scene: str = "",
    name: str = "",
) -> Template:
    """Take one of the library, in a free slot, and give it a name here if that is wanted."""
    if kind not in MOST:
        raise BadInput("kind 只能是 template 或 notice。kind must be template or notice.")
    if not NUMBER.fullmatch(number):
        raise BadInput("模板编号只有字母和数字，如 TM00015 或 43216。A number has letters and digits, such as TM00015.")
    abilities.insist(account, f"{kind}s")
    if kind == "notice":
        _check_notice(keyword_ids, scene)
    if name:
        naming.check_free(svc, account, name)
    _insist_on_room(svc, account, kind)
    if kind == "notice":
        template_id = refusals.told(lambda: account.wechat.notices.add(number, keyword_ids, scene.strip()), writes=True)
    else:
        template_id = refusals.told(lambda: account.wechat.templates.add(number, keywords), writes=True)
    if name and template_names.TEMPLATE_ID.fullmatch(template_id):
        template_names.save(svc, account, name, template_id)
    # It is taken: whoever is told to try again, because WeChat does not list it now, takes another.
    with contextlib.suppress(NotFound, Unavailable):
        mirror.sync(svc, account)
        return mirror.find(svc, account, template_id)
    return Template(template_id=template_id, title=number, content="", kind=kind, name=name)  # WeChat lists it later


def remove(svc: Services, account: Account, template_id: str, anyway: bool = False) -> None:
    """Give it back to WeChat, for good: its slot is free, its id never comes back. Conflict with what still sends it in
    `details.uses`, unless that is `anyway`; its name here stays, and waits for another template."""
    template = mirror.find(svc, account, template_id)
    using = uses.of(svc, account, template)
    if using and not anyway:
        raise Conflict(
            f"还有 {len(using)} 处在用「{template.title}」，删了就发不出去。"
            f"Still sent by {len(using)}: without “{template.title}” they cannot send.",
            details={"uses": msgspec.to_builtins(using)},
        )
    if template.state != "gone":
        _give_back(account, template)
    mirror.mark_gone(svc, account, template_id)
    if template.name:
        template_names.empty(svc, account, template.name)
    alarms.clear(svc, account, f"template#{template_id[:64]}")
    log.info("account %s gave back a template; %d still name it", account.alias, len(using))


def _give_back(account: Account, template: Template) -> None:
    calls = account.wechat.notices if template.kind == "notice" else account.wechat.templates
    # Not found: deleted in WeChat's console, or by our first try, whose answer was lost.
    with contextlib.suppress(NotFound):
        refusals.told(lambda: calls.delete(template.template_id), writes=True)


def _check_notice(keyword_ids: Sequence[int], scene: str) -> None:
    if not FEWEST_KEYWORDS <= len(keyword_ids) <= MOST_KEYWORDS:
        raise refusals.words_of(200020)
    if len(set(keyword_ids)) < len(keyword_ids):
        raise refusals.words_of(200022)
    if not 0 < len(scene.strip()) <= LONGEST_SCENE:
        raise refusals.words_of(200021)


def _insist_on_room(svc: Services, account: Account, kind: str) -> None:
    """Looked at anew when it seems full: perhaps somebody has deleted one in WeChat's console."""
    if _used(mirror.look(svc, account), kind) < MOST[kind]:
        return
    mirror.sync(svc, account)
    if _used(mirror.look(svc, account), kind) >= MOST[kind]:
        raise refusals.words_of(200012 if kind == "notice" else 45026)


def _used(copy: mirror.Copy, kind: str) -> int:
    if copy.trouble:
        raise Unavailable(copy.trouble)
    return sum(one.kind == kind and one.state != "gone" for one in copy.templates)


def _start(cursor: str) -> int:
    if cursor and not re.fullmatch(r"[0-9]{1,6}", cursor):
        raise wrong_cursor()
    return int(cursor or 0)


def _title(row: dict[str, object], mine: set[str]) -> Title:
    title, category = str(row.get("title") or ""), str(row.get("categoryId") or "0")
    return Title(
        number=str(row.get("tid") or ""),
        title=title,
        category_id=int(category) if category.isdigit() else 0,
        long_term=row.get("type") == LONG_TERM,
        have=title in mine,
    )


def _keyword(row: dict[str, object]) -> Keyword:
    rule = str(row.get("rule") or "")
    kind = rule if rule in KINDS else ""
    longest = KINDS[kind].longest if kind else LONGEST_FREE
    return Keyword(int(str(row["kid"])), str(row.get("name") or ""), str(row.get("example") or ""), kind, longest)
