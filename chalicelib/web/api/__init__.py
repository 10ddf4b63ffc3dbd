"""The JSON API of operators and of other systems: a file per feature, all behind the guard."""

from . import rules, templates

BLUEPRINTS = (rules.bp, templates.bp)
