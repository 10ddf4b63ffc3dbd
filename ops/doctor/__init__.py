"""`ops doctor`: is the stage as it should be, and if not, what is to be done?"""

from .command import doctor

__all__ = ["COMMANDS", "doctor"]

COMMANDS = (doctor,)
