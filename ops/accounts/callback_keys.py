"""The two slots of an account's callback keys: the current pair, and the one before while a change is under way.

SSM accounts/<alias>/callback holds {token, aes_key, previous_token, previous_aes_key}; messages are accepted with
either pair, so WeChat may go on with the old one until its console has been told of the new one. Until the change is
finished another one replaces the current pair alone: WeChat still has the previous one, and new keys may get lost.
"""

import json

from .. import stage
from ..target import Target

Keys = dict[str, str]


def first(token: str, aes_key: str) -> Keys:
    return {"token": token, "aes_key": aes_key, "previous_token": "", "previous_aes_key": ""}


def rotated(keys: Keys, change: Keys) -> Keys:
    """The new current pair; what was current becomes previous, unless a change is under way."""
    previous = {} if is_changing(keys) else {"previous_token": keys["token"], "previous_aes_key": keys["aes_key"]}
    return keys | previous | change


def is_changing(keys: Keys) -> bool:
    return bool(keys["previous_token"])


def finished(keys: Keys) -> Keys:
    """Only the current pair is accepted from now on."""
    return first(keys["token"], keys["aes_key"])


def read(target: Target, alias: str) -> Keys:
    kept: Keys = json.loads(stage.read_secret(target, f"accounts/{alias}/callback"))
    return kept


def write(target: Target, alias: str, keys: Keys) -> None:
    stage.write_secret(target, f"accounts/{alias}/callback", json.dumps(keys))
