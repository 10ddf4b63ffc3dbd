"""What can go wrong, in words that help whoever asked.

    AppError                  something we can explain
    ├── BadInput        400   the request makes no sense
    ├── NotSignedIn     401   nobody is signed in, or the token is unknown
    ├── Forbidden       403   known, but not allowed here
    ├── NotFound        404   no such thing
    ├── Conflict        409   it is being done right now, or changed while you looked
    ├── TooBig          413   more than we read
    └── Unavailable     503   WeChat or AWS does not answer; asking again later helps
        └── Misconfigured     something is not set up right; an operator must mend it

Each text is Chinese first, then English: followers and operators read it. Anything else that escapes a view is a bug.
"""

from collections.abc import Mapping
from typing import Any

from chalice.app import ChaliceUnhandledError


class AppError(ChaliceUnhandledError):
    # Chalice turns any other exception into a 500 before middleware can see it;
    # this base class is its documented way through to web/guard.py.
    status = 500

    def __init__(self, text: str = "", way_on: str = "", details: Mapping[str, Any] | None = None) -> None:
        """`way_on`: an address of ours that helps; a page shows it as its button. `details`: for the API's answer."""
        super().__init__(text)
        self.way_on = way_on
        self.details = dict(details or {})


class BadInput(AppError):
    status = 400


class NotSignedIn(AppError):
    status = 401


class Forbidden(AppError):
    status = 403


class NotFound(AppError):
    status = 404


class Conflict(AppError):
    status = 409


class TooBig(AppError):
    status = 413


class Unavailable(AppError):
    status = 503


class Misconfigured(Unavailable):
    pass


def wrong_cursor() -> BadInput:
    """Of a list that is told page by page."""
    return BadInput("cursor 不对，请从头翻起。This cursor is none of ours; begin with the first page.")
