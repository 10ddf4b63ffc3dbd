"""Functions by their place in features/, whose file is read when they are first called.

A cold start pays for what it reads. Jobs and what the clock starts are many, and a container that answers messages
meets few of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def function(place: str) -> Callable[..., Any]:
    """`tags.tagging.tag_one` -> a function that reads features/tags/tagging.py and calls its `tag_one`."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return find(place)(*args, **kwargs)

    return call


def find(place: str) -> Callable[..., Any]:
    """The function itself. ModuleNotFoundError or AttributeError: nothing is there."""
    module, _, name = place.rpartition(".")
    found: Callable[..., Any] = getattr(importlib.import_module(f".{module}", __package__), name)
    return found
