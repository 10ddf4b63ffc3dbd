"""Logs and metrics that tell what happened and never to whom.

Features name a person by `svc.keys.person(openid)`, a keyed hash. The formatter here is the net below that: whatever
looks like an openid, a phone number, a token or a secret is taken out of every value before it is written, tracebacks
included.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import Metrics, MetricUnit

SERVICE = "gaiwan"

_NAMES = (
    "access_?token|refresh_?token|app_?secret|secret|aes_?key|api_?token|authorization|signature|ticket"
    "|openid|unionid|touser|fromusername|cookie|phone(?:_?number)?"
)
# Of WeChat's paths some end like a token's name: what follows "/sns/oauth2/access_token: " is why it failed.
_NAMED = re.compile(
    r"((?<!\S)(?:/[\w-]+){2,}: )|"
    rf"((?:{_NAMES}|code|state)\\?[\"']?\s*[=:]\s*\\?[\"']?(?:Bearer\s+)?)[^\s\"'&,;)}}\\]+",
    re.IGNORECASE,
)
_NAME = re.compile(rf"(?:.*[_-]|pure)?(?:{_NAMES})", re.IGNORECASE)
_COOKIES = re.compile(r"(cookie\\?[\"']?\s*[=:]\s*\\?[\"']?)[^\"'\r\n]+", re.IGNORECASE)
# An openid has 28 characters, a unionid 28 or 29; both begin alike.
_PERSON = re.compile(r"(?<![\w-])o[A-Za-z0-9_-]{26,28}(?![\w-])", re.ASCII)
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)", re.ASCII)  # of China
_QUERY = re.compile(r"(https?://[^\s?\"']+)\?[^\s\"')]*")
# In this order: what one leaves, the next may not need to look at.
_TAKEN_OUT: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_QUERY, r"\1?[query]"),
    (_COOKIES, r"\1[secret]"),
    (_NAMED, lambda found: found[1] or f"{found[2]}[secret]"),
    (_PERSON, "[person]"),
    (_MOBILE, "[phone]"),
)


def redact(value: Any) -> Any:
    """The same shape without secrets, openids, unionids, phone numbers and query strings."""
    if isinstance(value, str):
        return _redacted(value)
    if isinstance(value, dict):
        return {
            redact(str(key)): "[secret]" if _NAME.fullmatch(str(key)) else redact(inner) for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact(inner) for inner in value]
    return value if value is None or isinstance(value, (bool, int, float)) else redact(str(value))


def _redacted(text: str) -> str:
    for pattern, instead in _TAKEN_OUT:
        text = pattern.sub(instead, text)
    return text


class RedactingFormatter(LambdaPowertoolsFormatter):
    def serialize(self, log: Any) -> str:
        # Before it is JSON: a pattern over the finished line misses what is quoted twice.
        return super().serialize(redact(log))


log = Logger(service=SERVICE, logger_formatter=RedactingFormatter())
metrics = Metrics(namespace="Gaiwan", service=SERVICE)


def set_level(level: str) -> None:
    log.setLevel(level)
    # botocore and urllib3 write whole URLs at DEBUG, and WeChat's hold the access token.
    for noisy in ("botocore", "boto3", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def name_stage(stage: str) -> None:
    """Stages may share an AWS account; their metrics, and so their alarms, stay apart."""
    metrics.set_default_dimensions(stage=stage)


def count(name: str, amount: int = 1) -> None:
    """One of the stage's few custom metrics, written into the log stream at once (EMF costs no request)."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=amount)
    metrics.flush_metrics()
