"""Logs and metrics that tell what happened and never to whom.

Features name a person by `svc.keys.person(openid)`, a keyed hash. The formatter here is the net below that: whatever
looks like an openid, a token or a secret is taken out of every value before it is written, tracebacks included.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import Metrics, MetricUnit

SERVICE = "gaiwan"

_SECRET = re.compile(
    r"((?:access_?token|refresh_?token|app_?secret|secret|aes_?key|api_?token|authorization|signature|ticket|code|state)"
    r"\\?[\"']?\s*[=:]\s*\\?[\"']?(?:Bearer\s+)?)[^\s\"'&,;)}\\]+",
    re.IGNORECASE,
)
_SECRETS_NAME = re.compile(
    r"(?:.*[_-])?(?:access_?token|refresh_?token|app_?secret|secret|aes_?key|api_?token|authorization|signature|ticket)",
    re.IGNORECASE,
)
_OPENID = re.compile(r"(?<![\w-])o[A-Za-z0-9_-]{27}(?![\w-])")
_QUERY = re.compile(r"(https?://[^\s?\"']+)\?[^\s\"')]*")


def redact(value: Any) -> Any:
    """The same shape without secrets, openids and query strings."""
    if isinstance(value, str):
        return _OPENID.sub("[openid]", _SECRET.sub(r"\1[secret]", _QUERY.sub(r"\1?[query]", value)))
    if isinstance(value, dict):
        return {
            redact(str(key)): "[secret]" if _SECRETS_NAME.fullmatch(str(key)) else redact(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact(inner) for inner in value]
    return value if value is None or isinstance(value, (bool, int, float)) else redact(str(value))


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


def count(name: str, amount: int = 1) -> None:
    """One of the stage's few custom metrics, written into the log stream at once (EMF costs no request)."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=amount)
    metrics.flush_metrics()
