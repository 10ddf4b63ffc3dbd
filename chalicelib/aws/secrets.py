"""Secrets from SSM Parameter Store, read when needed and remembered for a minute."""

from __future__ import annotations

import time

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import Misconfigured, Unavailable
from . import session

ONE_MINUTE = 60


class Secrets:
    """All names are below the stage's path; values are SecureStrings."""

    # Not Powertools Parameters: it imports boto3 and all its providers, which makes a cold start a seventh longer.
    def __init__(self, path: str) -> None:
        self._path = path
        self._known: dict[str, tuple[float, str]] = {}  # name -> when it was read, what it was

    def read(self, name: str, fresh: bool = False) -> str:
        """Misconfigured, naming the parameter, if it does not exist or may not be read."""
        read_at, value = self._known.get(name, (-ONE_MINUTE, ""))
        if fresh or time.monotonic() - read_at >= ONE_MINUTE:
            value = _fetch(f"{self._path}/{name}")
            self._known[name] = (time.monotonic(), value)
        return value


def _fetch(full: str) -> str:
    try:
        answer = session.client("ssm").get_parameter(Name=full, WithDecryption=True)
    except ClientError as error:
        # The original text may quote a request; only AWS's own short code is told.
        why, passing = error.response["Error"]["Code"], error.response["Error"]["Code"] in session.PASSING
    except BotoCoreError as error:
        why, passing = type(error).__name__, True
    else:
        return str(answer["Parameter"]["Value"])
    if passing:
        raise Unavailable(f"暂时读不到密钥。A secret cannot be read right now: {why}.")
    raise Misconfigured(f"密钥读不到：{full}。The secret cannot be read: {why}.")
