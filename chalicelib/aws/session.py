"""One botocore session for the container, and clients that give up in time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore import __version__ as BOTOCORE
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import JSONParser, ResponseParserFactory
from botocore.session import Session

from ..errors import Unavailable

# WeChat waits five seconds for us, so AWS gets at most about three of them.
PATIENCE = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=64,
    # Said once: what botocore says of itself instead it puts together anew, twice for each request.
    user_agent=f"gaiwan botocore/{BOTOCORE}",
)

_clients: dict[str, Any] = {}
_making = threading.Lock()


def client(service: str) -> Any:
    """The container's client for an AWS service, made on first use; safe to share between threads."""
    if service not in _clients:
        # A session is not safe for threads that make clients at once.
        with _making:
            if service not in _clients:
                _clients[service] = _session().create_client(service, config=PATIENCE)
    return _clients[service]


# What AWS answers when asking again later is all that helps; botocore has then tried three times.
PASSING = frozenset(
    {
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "InternalServerError",
        "InternalFailure",
        "ServiceUnavailable",
        "TransactionConflictException",
    }
)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what only waiting can mend into Unavailable; all else stays a bug, or the caller's to read."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in PASSING:
            raise
        raise Unavailable(f"AWS 暂时忙。AWS is busy: {error.response['Error']['Code']}.") from None
    except BotoCoreError as error:
        raise Unavailable(f"暂时连不上 AWS。AWS cannot be reached: {type(error).__name__}.") from None


def forget() -> None:
    """For tests that move to another endpoint."""
    _clients.clear()
    _sessions.clear()


# Not boto3's: it imports S3 transfers and multiprocessing, which makes a cold start a tenth longer.
_sessions: list[Session] = []


def _session() -> Session:
    if not _sessions:
        session = Session()
        session.register_component("response_parser_factory", _Parsers())
        _sessions.append(session)
    return _sessions[0]


class _AsTold(JSONParser):  # type: ignore[misc]
    """Leaves DynamoDB's items as they came. botocore makes the same of them, value by value and with a look into its
    model for each, which takes three times as long as all that we do with an item of the index."""

    def _handle_map(self, shape: Any, value: Any) -> Any:
        return value if shape.name == "AttributeMap" else super()._handle_map(shape, value)


class _Parsers(ResponseParserFactory):  # type: ignore[misc]
    def create_parser(self, protocol_name: str) -> Any:
        return _AsTold(**self._defaults) if protocol_name == "json" else super().create_parser(protocol_name)
