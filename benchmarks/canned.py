"""AWS's answers without AWS: given below botocore, so that signing, serialising and parsing stay in the measurement."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from .sample import AES_KEY, ANSWER, APP_ID, OPENID, ORIGINAL_ID, TOKEN

Answers = Callable[[AWSPreparedRequest], AWSResponse]


class Body:
    """As much of urllib3's response as botocore reads."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def answer_by(client: Any) -> None:
    """No request of this client leaves the process any more."""
    client.meta.events.register(f"before-send.{client.meta.service_model.service_name}", answer)


def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    content = _content(request)
    kind = request.headers["Content-Type"]
    headers = {"Content-Type": kind, "x-amzn-RequestId": "Q" * 52, "x-amz-crc32": str(zlib.crc32(content))}
    return AWSResponse(request.url, 200, headers, Body(content))


def _content(request: AWSPreparedRequest) -> bytes:
    target = request.headers["X-Amz-Target"]
    operation = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
    if operation == "GetItem":
        return PROFILE if b'"profile"' in request.body else b"{}"
    if operation == "Query":
        return next((found for asked, found in QUERIES.items() if asked in request.body), NONE)
    return {"PutItem": b"{}", "UpdateItem": MESSAGE, "GetParameter": CALLBACK}[operation]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _map(**fields: Any) -> dict[str, Any]:
    """A map as DynamoDB writes it; every value says its own type but texts."""
    return {name: value if isinstance(value, dict) else {"S": value} for name, value in fields.items()}


PERSON = f"person#tea#{OPENID}"
REPLY = {"M": _map(type="text", content=ANSWER)}
YES, SOME_TIME = {"BOOL": True}, {"N": "1700000000"}

PROFILE = _json(
    {"Item": _map(pk=PERSON, sk="profile", following=YES, since=SOME_TIME, changed=SOME_TIME, found_by="subscribe")}
)
MESSAGE = _json(
    {
        "Attributes": _map(
            pk=PERSON,
            sk="message#01700000000#24012345678901234",
            kind="text",
            said="…" * 20,
            worker="0123456789ab",
            first_ms={"N": "1700000000000"},
            until_ms={"N": "1700000004000"},
            expires=SOME_TIME,
            answer=REPLY,
        )
    }
)
ACCOUNT = _map(
    pk="accounts",
    sk="tea",
    kind="service",
    verified=YES,
    app_id=APP_ID,
    original_id=ORIGINAL_ID,
    label="茶铺",
    modes={"L": [{"S": "safe"}]},
)
ACCOUNTS = _json({"Items": [ACCOUNT], "Count": 1, "ScannedCount": 1})
RULE = _map(
    pk="rules#tea", sk="rule#1", rule_id="1", label="单丛", match_by="contains", pattern="单丛", reply=REPLY,
    priority={"N": "0"}, enabled=YES, changed=SOME_TIME,
)  # fmt: skip
RULES = _json({"Items": [RULE], "Count": 1, "ScannedCount": 1})
NONE = _json({"Items": [], "Count": 0, "ScannedCount": 0})
QUERIES = {b'"accounts"': ACCOUNTS, b'"rules#tea"': RULES}  # anything else that is asked for is not there
SECRET = json.dumps({"token": TOKEN, "aes_key": AES_KEY, "previous_token": "", "previous_aes_key": ""})
CALLBACK = _json({"Parameter": {"Name": "callback", "Type": "SecureString", "Value": SECRET, "Version": 1}})
