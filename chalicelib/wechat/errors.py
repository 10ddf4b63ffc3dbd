"""What WeChat refused, and what we could not ask it.

WeChatError              an answer with an errcode; the catalogue says what to do about it
├── TokenRejected        NEW_TOKEN               ask once more with another access token
├── LimitReached         WAIT_MINUTE, WAIT_DAY   stop calling this path until then
├── Busy                 BACK_OFF                try again a little later
├── PersonRefused        SKIP_PERSON             give up on this person, go on with the others
├── AccountStopped       STOP                    stop everything of this kind and tell the operators
├── BadCall              FIX_CALL                our mistake: repeating it changes nothing
└── AlreadyDone          FINE                    nothing is wrong: it has happened, or will by itself
Unreachable              no usable answer came
"""

from __future__ import annotations

import re
from typing import Any

from .catalogue import CATALOGUE, UNKNOWN, Action, Entry

__all__ = [
    "CATALOGUE",
    "AccountStopped",
    "Action",
    "AlreadyDone",
    "BadCall",
    "Busy",
    "Entry",
    "LimitReached",
    "PersonRefused",
    "TokenRejected",
    "Unreachable",
    "WeChatError",
    "error_for",
]

RID = re.compile(r"[\s,]*\brid: ?([\w-]+)\s*$")
UNKNOWN_CODE = -99999  # an errcode that is no number; WeChat has none like it
ADDRESS = re.compile(r"\binvalid ip ([0-9a-fA-F.:]+)")

# These take the AppSecret and no access token, so a rejected credential is a wrong secret: asking again cannot help.
SECRET_PATHS = frozenset(
    {
        "/cgi-bin/token",
        "/cgi-bin/stable_token",
        "/cgi-bin/gettoken",
        "/sns/oauth2/access_token",
        "/sns/jscode2session",
    }
)
PERSONS_PATHS = "/sns/"  # the tokens here are a person's own; only signing in again gives a new one


class WeChatError(Exception):
    """`rid` is what WeChat's support asks for; `answer` is whole, and may name people: never log it."""

    def __init__(self, path: str, code: int, message: str, action: Action, answer: dict[str, Any]) -> None:
        found = RID.search(message)
        self.path = path
        self.code = code
        self.rid = found[1] if found else ""
        self.message = message[: found.start()] if found else message
        self.action = action
        self.answer = answer
        super().__init__(f"{path}: {code} {self.message}" + (f" (rid {self.rid})" if self.rid else ""))

    @property
    def entry(self) -> Entry:
        """What the code means and what to do, in both languages."""
        return CATALOGUE.get(self.code, UNKNOWN)

    @property
    def advice(self) -> str:
        """For an operator; a 40164 names the address to put on the whitelist."""
        found = f"IP {self.refused_address}. " if self.refused_address else ""
        return f"{self.code}: {found}{self.entry.advice_zh} {self.entry.advice_en}"

    @property
    def refused_address(self) -> str:
        """Of 40164: the address of ours that belongs on the whitelist."""
        found = ADDRESS.search(self.message)
        return found[1] if found else ""


class TokenRejected(WeChatError):
    pass


class LimitReached(WeChatError):
    @property
    def until(self) -> str:
        """ "minute": over in sixty seconds. "day": ask openapi/quota/get, or wait for midnight in Shanghai."""
        return "minute" if self.action is Action.WAIT_MINUTE else "day"


class Busy(WeChatError):
    pass


class PersonRefused(WeChatError):
    pass


class AccountStopped(WeChatError):
    pass


class BadCall(WeChatError):
    pass


class AlreadyDone(WeChatError):
    pass


class Unreachable(Exception):
    """A time-out, a broken connection, or a page that is not JSON. `sent`: it may have had its effect."""

    def __init__(self, path: str, why: str, sent: bool) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.sent = sent


ERRORS: dict[Action, type[WeChatError]] = {
    Action.NEW_TOKEN: TokenRejected,
    Action.WAIT_MINUTE: LimitReached,
    Action.WAIT_DAY: LimitReached,
    Action.BACK_OFF: Busy,
    Action.SKIP_PERSON: PersonRefused,
    Action.STOP: AccountStopped,
    Action.FIX_CALL: BadCall,
    Action.FINE: AlreadyDone,
}


def error_for(path: str, answer: dict[str, Any]) -> WeChatError:
    """The error that an answer with an errcode stands for."""
    code = _code(answer)
    action = _action(path, code)
    return ERRORS[action](path, code, str(answer.get("errmsg", "")), action, answer)


def _action(path: str, code: int) -> Action:
    action = CATALOGUE.get(code, UNKNOWN).action
    if action is not Action.NEW_TOKEN:
        return action
    if path in SECRET_PATHS:
        return Action.STOP
    return Action.SKIP_PERSON if path.startswith(PERSONS_PATHS) else action


def _code(answer: dict[str, Any]) -> int:
    try:
        return int(answer["errcode"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return UNKNOWN_CODE
