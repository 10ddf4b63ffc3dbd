"""The JSON API of operators and of other systems: a file per feature, all behind the guard."""

from . import (
    followers,
    home,
    identities,
    openapi,
    operators,
    polls,
    qrcodes,
    rules,
    segments,
    spreadsheets,
    tags,
    templates,
)
from .door import doors

MODULES = (followers, home, identities, operators, polls, qrcodes, rules, segments, spreadsheets, tags, templates)
BLUEPRINTS = (*(module.bp for module in MODULES), openapi.bp)

openapi.publish([one for module in MODULES for one in doors(module)])
