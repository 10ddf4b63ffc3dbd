"""What a stage costs in a month: idle, and with so many messages and so large a campaign."""

from .command import cost

__all__ = ["COMMANDS", "cost"]

COMMANDS = (cost,)
