"""What stands in the way of a campaign, and what to mind, said before anything is sent.

What blocks would be refused by WeChat or reach nobody; the others an operator may decide to live with. The quota of the
day is asked of WeChat; the content check, which costs a call for each text, only where nothing else is in the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import msgspec

from ...errors import AppError, NotFound
from ...services import Account, Services
from .. import abilities, segments, template_library, template_names, variables
from ..segments import Estimate
from ..template_library import Template
from . import content_check, mass_checks, quotas, reading
from .campaign import Document, Told, Variant, quiet_until
from .problem import Problem

ABILITIES = {"template": "templates", "notice": "notices", "custom": "custom", "mass": "mass"}
UNREAD = ("kind", "segment_id", "question")  # what could not be read of these tells nothing of the rest
CUSTOM = (
    "客服消息只到得了 48 小时内说过话的人，其他人会跳过。"
    "Customer-service messages reach those who wrote within 48 hours; the others are left out."
)
NOTICE = "订阅通知只发给同意过的人，其他人会跳过。Subscription notices go to those who agreed; the others are left out."
NOT_COUNTED = (
    "没有设 GAIWAN_PUBLIC_URL，点击数不了，链接会原样发出。"
    "GAIWAN_PUBLIC_URL is not set, so clicks cannot be counted; the link goes out as it is."
)
AT_NIGHT = "那时是夜里（22:00 到 8:00），会等到早上 8 点。It is night then (22:00 to 08:00); it waits until 8."


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """`estimate` null where nobody can say (a tag's people are at WeChat). `quota_left`: how many people today's quota
    still reaches; null where WeChat does not say, or one call reaches all."""

    problems: list[Problem]
    estimate: Estimate | None
    quota_left: int | None


def check(svc: Services, account: Account, told: Told) -> Checked:
    """Of a document that may still be half written."""
    document, mistakes = reading.mistakes_of(svc, account, told)
    found = [Problem(where=one.place, words=one.message) for one in mistakes]
    found += [Problem(where=one.place, words=one.message) for one in reading.unfinished(document)]
    look = _Look(svc, account, document)
    found += [] if any(one.place.startswith(UNREAD) for one in mistakes) else look.problems()
    return Checked(problems=_first_of_each(found), estimate=look.estimate, quota_left=look.quota_left)


def problems(svc: Services, account: Account, document: Document) -> list[Problem]:
    """Of a whole document, before it starts."""
    return _Look(svc, account, document).problems()


def _first_of_each(found: list[Problem]) -> list[Problem]:
    """What blocks first; and the same sentence once."""
    once = {(one.where, one.words): one for one in found}
    return sorted(once.values(), key=lambda one: not one.blocks)


class _Look:
    """One look at one document: what was asked once is not asked again."""

    def __init__(self, svc: Services, account: Account, document: Document) -> None:
        self._svc, self._account, self._document = svc, account, document

    @cached_property
    def _why_not(self) -> str:
        return abilities.why_not(self._account, ABILITIES[self._document.kind])

    @cached_property
    def estimate(self) -> Estimate | None:
        document = self._document
        if document.tag_id:
            return None
        try:
            question = (
                segments.find(self._svc, self._account, document.segment_id).question
                if document.segment_id
                else document.question or {"all": []}
            )
            return segments.estimate(self._svc, self._account, segments.read(question))
        except AppError:
            return None

    @cached_property
    def quota_left(self) -> int | None:
        return None if self._why_not else quotas.people_left(self._svc, self._account, self._document)

    def problems(self) -> list[Problem]:
        if self._why_not:
            return [Problem(where="kind", words=self._why_not)]
        found = [*self._content(), *self._audience(), *self._quota(), *self._time()]
        if self._document.kind == "mass":
            found += mass_checks.problems(self._svc, self._account, self._document, self.estimate)
        if self._document.check_content and not any(one.blocks for one in found):
            found += content_check.problems(self._svc, self._account, self._document)
        return _first_of_each(found)

    def _audience(self) -> Iterator[Problem]:
        where = "segment_id" if self._document.segment_id else "question"
        if self.estimate is not None and self.estimate.exact and not self.estimate.about:
            yield Problem(where=where, words="现在没有人符合。Nobody fits right now.", blocks=False)

    def _content(self) -> Iterator[Problem]:
        document = self._document
        for number, variant in enumerate(document.variants):
            where = f"variants[{number}]"
            if document.kind in ("template", "notice") and variant.template:
                yield from self._template(variant, where)
            yield from self._link(variant, where)
        if document.kind in FOR_SOME:
            yield Problem(where="kind", words=FOR_SOME[document.kind], blocks=False)

    def _template(self, variant: Variant, where: str) -> Iterator[Problem]:
        try:
            template_id = template_names.find(self._svc, self._account, variant.template)
            template = template_library.find(self._svc, self._account, template_id)
        except NotFound as error:
            yield Problem(where=f"{where}.template", words=str(error))
            return
        except AppError as error:  # WeChat is silent: what it refuses is then seen with the first message
            yield Problem(where=f"{where}.template", words=str(error), blocks=False)
            return
        if template.kind != self._document.kind:
            words = "这个模板不是这种消息的。This template is for another kind of message."
            yield Problem(where=f"{where}.template", words=words)
        if template.state != "ready":
            words = f"这个模板现在不能用：{template.why}。This template cannot be used now ({template.state})."
            yield Problem(where=f"{where}.template", words=words, blocks=template.state == "gone")
        for name, words, blocks in _fields(template, variant, variables.of_person(self._svc, self._account, {})):
            yield Problem(where=f"{where}.fields.{name}", words=words, blocks=blocks)

    def _link(self, variant: Variant, where: str) -> Iterator[Problem]:
        if not variant.link:
            return
        if self._document.track and not self._svc.settings.public_url:
            yield Problem(where=f"{where}.link", words=NOT_COUNTED, blocks=False)
        if variant.link.startswith("http://"):
            words = "链接不是 https，手机可能会警告。The link is not https; phones may warn."
            yield Problem(where=f"{where}.link", words=words, blocks=False)

    def _quota(self) -> Iterator[Problem]:
        left = self.quota_left
        about = self.estimate.about if self.estimate else 0
        if left == 0:
            words = "今天的次数已用完，明天接着发。Today's quota is spent; it goes on tomorrow."
            yield Problem(where="kind", words=words, blocks=False)
        elif left is not None and about > left:
            words = f"今天还能发 {left} 条，约 {about} 人要分几天。{left} may go out today, for about {about} people."
            yield Problem(where="kind", words=words, blocks=False)

    def _time(self) -> Iterator[Problem]:
        at = max(self._document.send_at, self._svc.now())
        if self._document.quiet and not self._document.best_hour and quiet_until(at):
            yield Problem(where="quiet", words=AT_NIGHT, blocks=False)


def _fields(template: Template, variant: Variant, unknown: variables.Values) -> Iterator[tuple[str, str, bool]]:
    """What WeChat would refuse as it stands; and, of words that depend on the person, of somebody who is unknown."""
    found = template_library.check_fields(template, variant.fields, filled=False)
    wrong = {one.where for one in found}
    yield from ((one.where, one.words, one.blocks) for one in found)
    filled = {name: variables.fill(words, unknown) for name, words in variant.fields.items()}
    for one in template_library.check_fields(template, filled):
        if one.where in filled and one.where not in wrong:
            yield one.where, f"用默认值时，{one.words}", one.blocks


FOR_SOME = {"custom": CUSTOM, "notice": NOTICE}
