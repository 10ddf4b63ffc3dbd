"""The two slots of an account's callback keys: the current pair, and the one before while a change is under way.

SSM accounts/<alias>/callback holds {token, aes_key, previous_token, previous_aes_key}; messages are accepted with
either pair, so WeChat may go on with the old one until its console has been told of the new one.
"""

import json

from .. import stage
from ..say import Problem
from ..target import Target

Keys = dict[str, str]


def first(token: str, aes_key: str) -> Keys:
    return {"token": token, "aes_key": aes_key, "previous_token": "", "previous_aes_key": ""}


def rotated(keys: Keys, change: Keys) -> Keys:
    """The new current pair; what was current becomes previous."""
    if keys["previous_token"]:
        raise Problem(
            "上一次更换还没有结束：先在微信后台改好，再加 --finish 结束它。",
            "The last change is not finished: enter it in WeChat's console, then end it with --finish.",
        )
    previous = {"previous_token": keys["token"], "previous_aes_key": keys["aes_key"]}
    return {"token": keys["token"], "aes_key": keys["aes_key"], **change, **previous}


def finished(keys: Keys) -> Keys:
    """Only the current pair is accepted from now on."""
    return first(keys["token"], keys["aes_key"])


def read(target: Target, alias: str) -> Keys:
    kept: Keys = json.loads(stage.read_secret(target, f"accounts/{alias}/callback"))
    return kept


def write(target: Target, alias: str, keys: Keys) -> None:
    stage.write_secret(target, f"accounts/{alias}/callback", json.dumps(keys))
