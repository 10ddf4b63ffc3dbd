"""Something that an operator should know before a campaign starts."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`where` as in variants[0].fields.thing1; `words` in both languages; what `blocks` must be mended first."""

    where: str
    words: str
    blocks: bool = True
