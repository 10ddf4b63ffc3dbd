"""The JSON API of operators and of other systems: a file per feature, all behind the guard."""

from . import identities, polls, rules, templates

BLUEPRINTS = (identities.bp, polls.bp, rules.bp, templates.bp)
