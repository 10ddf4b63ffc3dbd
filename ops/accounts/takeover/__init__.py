"""Taking over an account that answers already: look at what WeChat's console does for it, and bring that along.

    reading.py   what there is: menu, auto-replies, templates, tags
    replies.py   auto-replies as rules that are switched off
    rivals.py    does another system replace the tokens?
    telling.py   the report
    command.py   a look, and with --apply the import; again, it goes on where it stopped

A server URL ends the console's menu and auto-replies at once, so they are read and imported before it is entered there.
"""

from .command import WATCHED, bring, look

__all__ = ["WATCHED", "bring", "look"]
