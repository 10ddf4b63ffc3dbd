"""What the table must have: expiry, backups, protection from deletion. Applied by direct calls, and looked at after."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ..say import Problem, done
from ..target import Target, code_of

TRIES, PAUSE = 10, 3.0  # a new table cannot do everything in its first seconds
NOT_YET = ("ContinuousBackupsUnavailableException", "ResourceInUseException", "LimitExceededException")


@dataclass(frozen=True)
class Safeguard:
    zh: str
    en: str
    is_on: Callable[[Any, str], bool]
    turn_on: Callable[[Any, str], Any]


def _expires(dynamodb: Any, table: str) -> bool:
    found = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    return found["TimeToLiveStatus"] in ("ENABLED", "ENABLING") and found.get("AttributeName") == "expires"


def _let_expire(dynamodb: Any, table: str) -> None:
    wanted = {"Enabled": True, "AttributeName": "expires"}
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)


def _is_backed_up(dynamodb: Any, table: str) -> bool:
    found = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    return bool(found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED")


def _back_up(dynamodb: Any, table: str) -> None:
    wanted = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=wanted)


def _is_protected(dynamodb: Any, table: str) -> bool:
    return bool(dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"))


def _protect(dynamodb: Any, table: str) -> None:
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)


ALL = (
    Safeguard("过期自动删除（expires）", "items end by themselves (expires)", _expires, _let_expire),
    Safeguard("时间点恢复", "point-in-time recovery", _is_backed_up, _back_up),
    Safeguard("删除保护", "protection from deletion", _is_protected, _protect),
)


def apply(target: Target) -> None:
    for safeguard in ALL:
        if not safeguard.is_on(target.client("dynamodb"), target.name()):
            _turn_on(target, safeguard)
        done(safeguard.zh, safeguard.en)


def missing(target: Target) -> Iterable[Safeguard]:
    """Those that somebody turned off since."""
    return [one for one in ALL if not one.is_on(target.client("dynamodb"), target.name())]


def _turn_on(target: Target, safeguard: Safeguard) -> None:
    dynamodb, table = target.client("dynamodb"), target.name()
    for _ in range(TRIES):
        try:
            safeguard.turn_on(dynamodb, table)
        except ClientError as error:
            if code_of(error) not in NOT_YET:
                raise
        if safeguard.is_on(dynamodb, table):
            return
        time.sleep(PAUSE)
    raise Problem(
        f"{table} 的“{safeguard.zh}”没有生效：请过一会儿再运行一次。",
        f"{safeguard.en} did not take effect on {table}: run this again in a while.",
    )
