"""Who asks, and what they may: an operator by role, a machine by its token's scopes."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("viewer", "editor", "admin")
# What a scope is about: `followers:read`, `followers:write` and so on.
AREAS = (
    "followers",
    "tags",
    "segments",
    "qrcodes",
    "rules",
    "templates",
    "menus",
    "automations",
    "campaigns",
    "polls",
    "identities",
    "events",
    "integrations",
    "home",
    "operators",
    "tokens",
    "audit",
)
# Who may look after operators could give themselves everything else.
FOR_ADMINS = frozenset({"operators", "tokens", "audit"})
# An endpoint takes data out of the house, so only admins make one; all may see which there are.
ADMINS_WRITE = frozenset({"integrations"})


@dataclass(frozen=True)
class Who:
    """`mark` names the operator or the token in the audit log, and is of no use as either."""

    name: str
    kind: str  # operator or token
    mark: str
    role: str = ""  # of an operator
    scopes: tuple[str, ...] = ()  # of a token; "*" is everything

    def may(self, needs: str) -> bool:
        """`needs` is a scope such as `tags:write`; "" is for everyone who is known. Who may write may also read."""
        area, _, does = needs.partition(":")
        if not needs or self.role == "admin":
            return True
        if self.kind == "operator":
            mine = {"viewer": ("read",), "editor": ("read", "write")}.get(self.role, ())
            return area not in FOR_ADMINS and does in mine and (does == "read" or area not in ADMINS_WRITE)
        return bool({"*", needs, f"{area}:write"} & set(self.scopes))


def is_scope(text: str) -> bool:
    area, _, does = text.partition(":")
    return text == "*" or (area in AREAS and does in {"read", "write"})
