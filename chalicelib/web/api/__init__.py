"""The JSON API of operators and of other systems: a file per feature, all behind the guard.

A file is read when somebody knocks at one of its doors (routes.py): messages and sign-ins start without any of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType

from chalice.app import Blueprint, Response

from .routes import ROUTES

bp = Blueprint(__name__)


def modules() -> list[ModuleType]:
    """All files that have doors."""
    return [importlib.import_module(f".{name}", __name__) for name in ROUTES]


@bp.route("/api/openapi.json", methods=["GET"])
def describe() -> Response:
    from . import openapi  # noqa: PLC0415 (read when somebody asks)

    return openapi.document(modules())


def _knock(name: str, method: str, path: str) -> Callable[..., Response]:
    def view(**names: str) -> Response:
        from . import door  # noqa: PLC0415 (as above)

        module = importlib.import_module(f".{name}", __name__)
        return door.open_to(bp.current_request, door.find(module, method, path), names)

    return view


for _name, _routes in ROUTES.items():
    for _method, _, _path in (route.partition(" ") for route in _routes):
        # Whatever the content type says: bodies are read as JSON, and a wrong one is told in our words.
        bp.route(_path, methods=[_method], content_types=["*/*"])(_knock(_name, _method, _path))
