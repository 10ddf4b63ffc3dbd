"""What a stage uses in a month of thirty days: of what it does anyway, and of what followers and campaigns make it do.

Durations, calls and units come from `measured.json`; timeouts, memory and schedules from the app's own configuration.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

MEASURED = Path(__file__).parent / "measured.json"
CONFIG = Path(__file__).parent.parent.parent / ".chalice" / "config.json"

DAYS = 30
MINUTES = DAYS * 1440
TICKS, REFRESHES, NIGHTS = MINUTES, MINUTES // 5, 2 * DAYS
NEW_TOKENS = 13 * DAYS  # a token lives two hours and is replaced ten minutes early
TOKEN_KINDS = 2
WRITES_OF_A_NEW_TOKEN = 3  # the lease, the token, the lease's end
# Lambda keeps two pollers on an idle queue, each asking every twenty seconds; the dead-letter queues are not polled.
QUEUES, POLLERS, POLLS_A_MINUTE = 2, 2, 3
ALARM_METRICS = 6  # of five alarms: each metric that an alarm looks at is billed
METRICS = 3
METRICS_WRITTEN_WHILE_IDLE = 0  # a metric is billed for the hours in which it is written
IDLE_TABLE_GB = 0.001
PROFILE_GB, MESSAGE_GB = 0.5e-6, 1e-6
WRITES_OF_A_REPORT = 1
SECRETS_READ_A_MINUTE = 2  # at most, by a container that answers messages: the master key and the callback's

GB = 1e9


@dataclass(frozen=True)
class Plan:
    """A month: messages of followers, recipients of campaigns, followers there are, accounts served."""

    messages: int = 0
    campaign: int = 0
    followers: int = 0
    accounts: int = 1


class Use(NamedTuple):
    """So much of a thing that AWS bills, and what for."""

    item: str
    quantity: float
    zh: str
    en: str


class Recipient(NamedTuple):
    """What one recipient of a campaign takes: a worker's time, of it a processor's; and the rest up to the report of
    delivery, whose writes are among them."""

    ms: float
    cpu_ms: float
    reads: float
    writes: float
    sqs_requests: float


def idle(accounts: int = 1, dashboards: int = 1) -> Iterator[Use]:
    """Nobody writes, nobody is written to."""
    told = ("定时任务（每分钟、每五分钟、每夜）", "schedules: each minute, five minutes, night")
    yield from _runs("tick", "tick", TICKS, *told)
    yield from _runs("refresh_tokens", "refresh_tokens", REFRESHES, *told, times=accounts)
    yield from _runs("nightly", "tick", NIGHTS, *told)
    polls = QUEUES * POLLERS * POLLS_A_MINUTE * MINUTES
    yield Use("sqs_requests", polls, "空闲队列的轮询", "polls of the idle queues")
    news = accounts * TOKEN_KINDS * NEW_TOKENS
    yield Use("dynamodb_writes", news * WRITES_OF_A_NEW_TOKEN, "新令牌", "new tokens")
    yield Use("kms_requests", accounts * NEW_TOKENS, "读取 AppSecret", "reading AppSecrets")
    yield Use("alarm_metrics", ALARM_METRICS, "告警", "alarms")
    yield Use(
        "custom_metrics", METRICS_WRITTEN_WHILE_IDLE, "自定义指标（空闲时不写）", "custom metrics, none while idle"
    )
    yield Use("dashboards", dashboards, "仪表盘", "dashboards")
    yield from _kept(IDLE_TABLE_GB)


def busy(plan: Plan) -> Iterator[Use]:
    """What comes on top of idling."""
    yield from _messages(plan.messages)
    yield from campaign(plan.campaign)
    kept = plan.followers * PROFILE_GB + plan.messages * MESSAGE_GB
    yield from _kept(kept)
    nightly = plan.followers * DAYS * 0.5
    yield Use("dynamodb_reads", nightly, "每夜核对关注者", "nightly comparison of followers")
    if plan.messages or plan.campaign:
        yield Use("custom_metrics", METRICS, "自定义指标", "custom metrics")


def _messages(number: int) -> Iterator[Use]:
    told = ("关注者的消息", "messages of followers")
    yield from _requests(number, *told)
    yield from _runs("api_handler", "message", number, *told)
    reads = SECRETS_READ_A_MINUTE * min(number, MINUTES)
    yield Use("kms_requests", reads, "读取回调密钥", "reading callback keys")


def campaign(recipients: int, each: Recipient | None = None) -> Iterator[Use]:
    """Sent to by workers that take a hundred at a time; what `each` takes is by default what was measured.

    The planning is not counted: it takes a minute of Lambda for a million people.
    """
    each = each or Recipient(**_measured()["recipient"])
    told = "群发：发送", "campaign: sending"
    requests = recipients * each.sqs_requests
    yield Use("sqs_requests", requests, *told)
    yield Use("lambda_requests", requests, *told)
    yield Use("lambda_gb_seconds", recipients * _sending_gb_seconds(each), *told)
    yield Use("dynamodb_writes", recipients * (each.writes - WRITES_OF_A_REPORT), *told)
    yield Use("dynamodb_reads", recipients * each.reads, *told)
    yield from _logs(requests, *told)
    yield from reports(recipients)


def reports(number: int) -> Iterator[Use]:
    """WeChat tells what became of each recipient by a callback of its own: most of what a campaign costs."""
    told = "群发：送达回执", "campaign: delivery events"
    yield from _requests(number, *told)
    yield Use("lambda_requests", number, *told)
    yield Use("lambda_gb_seconds", number * _gb_seconds("api_handler", "message"), *told)
    yield Use("dynamodb_writes", number * WRITES_OF_A_REPORT, *told)
    yield from _logs(number, *told)


def _requests(number: int, zh: str, en: str) -> Iterator[Use]:
    yield Use("api_requests", number, zh, en)
    yield from _logs(number, zh, en, "log_bytes_per_request")


def _runs(function: str, work: str, number: int, zh: str, en: str, times: int = 1) -> Iterator[Use]:
    """A function run so often, doing a piece of work so many times in each run."""
    yield Use("lambda_requests", number, zh, en)
    yield Use("lambda_gb_seconds", number * times * _gb_seconds(function, work), zh, en)
    yield Use("dynamodb_reads", number * times * _work(work)["reads"], zh, en)
    yield Use("dynamodb_writes", number * times * _work(work)["writes"], zh, en)
    yield from _logs(number, zh, en)


def _logs(number: float, zh: str, en: str, each: str = "log_bytes_per_run") -> Iterator[Use]:
    written = number * _measured()["assumed"][each] / GB
    yield Use("log_gb", written, zh, en)
    yield Use("log_storage_gb", written, zh, en)


def _kept(size_gb: float) -> Iterator[Use]:
    yield Use("dynamodb_storage_gb", size_gb, "表的存储", "what the table holds")
    yield Use("dynamodb_backup_gb", size_gb, "表的时间点恢复", "point-in-time recovery of the table")


def _gb_seconds(function: str, work: str) -> float:
    """Of one run: a function of less memory has less of a processor; AWS and WeChat are waited for."""
    memory, assumed, told = _memory(function), _measured()["assumed"], _work(work)
    waiting = told["aws_calls"] * assumed["aws_call_ms"] + told["wechat_calls"] * assumed["wechat_call_ms"]
    slower = max(1.0, assumed["full_speed_mb"] / memory)
    return float((told["cpu_ms"] * slower + waiting) / 1000 * memory / 1024)


def _sending_gb_seconds(each: Recipient) -> float:
    """As if a worker never computed while it waits: more than it can be."""
    memory = _memory("run_bulk")
    slower = max(1.0, _measured()["assumed"]["full_speed_mb"] / memory)
    return float((each.ms + each.cpu_ms * (slower - 1)) / 1000 * memory / 1024)


def _work(name: str) -> dict[str, float]:
    found: dict[str, float] = _measured()["work"][name]
    return found


def measured_on() -> str:
    """The day on which durations and units were measured."""
    return str(_measured()["measured"])


@cache
def _measured() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return found


@cache
def _memory(function: str) -> int:
    stage = next(iter(json.loads(CONFIG.read_text(encoding="utf-8"))["stages"].values()))
    return int(stage["lambda_functions"][function]["lambda_memory_size"])
