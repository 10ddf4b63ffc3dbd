"""Taking a stage live, and back: the package, what Chalice is told, and what is looked at before and after."""

from .commands import COMMANDS

__all__ = ["COMMANDS"]
