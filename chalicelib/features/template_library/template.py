"""One template of an account, as the features see it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from . import fields as kinds
from .fields import Field, Problem

ONE_TIME, LONG_TERM = 2, 3  # WeChat's `type` of a notice's template


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: template, or notice (for those who agreed). `state`: ready; refused (WeChat refused a message because of
    it, `why` says for what reason); gone (deleted at WeChat, or with its category)."""

    template_id: str
    title: str
    content: str
    kind: str = "template"
    name: str = ""  # ours, template_names.py; the same in every account
    example: str = ""
    fields: list[Field] = []
    state: str = "ready"
    why: str = ""
    long_term: bool = False  # of a notice: one consent is for as many as wanted
    category: str = ""  # its trade, as far as WeChat tells
    added_at: int = 0  # when we first saw it, unix seconds


def check_fields(template: Template, fields: Mapping[str, str], filled: bool = True) -> list[Problem]:
    """What WeChat would refuse of these words: for fields that are missing, unknown, or do not fit their kind.
    `filled`: variables stand for themselves no more; else words with variables are only measured without them."""
    return kinds.check(template.fields, fields, filled)
