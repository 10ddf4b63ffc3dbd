"""The JSON API of operators and of other systems: a file per feature, all behind the guard."""

from . import (
    arrivals,
    automations,
    crm,
    endpoints,
    followers,
    home,
    identities,
    menus,
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

MODULES = (
    arrivals,
    automations,
    crm,
    endpoints,
    followers,
    home,
    identities,
    menus,
    operators,
    polls,
    qrcodes,
    rules,
    segments,
    spreadsheets,
    tags,
    templates,
)
BLUEPRINTS = (*(module.bp for module in MODULES), openapi.bp)

openapi.publish([one for module in MODULES for one in doors(module)])
