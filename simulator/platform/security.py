"""Looking at words for what may not be said: wxa/msg_sec_check, of mini-programs only."""

from __future__ import annotations

from simulator.accounts import Json
from simulator.platform.call import OK, Call
from simulator.platform.errors import insist
from simulator.world import new_rid

LONGEST = 2500
VERSION = 2
SCENES = range(1, 5)
TWO_HOURS = 7200
FINE, OTHER = 100, 21000


def check_text(call: Call) -> Json:
    """`risky_words` and `doubtful_words` are settings; the person must have been in the mini-program lately."""
    insist(call.number("version", VERSION) == VERSION, 40035)
    insist(call.number("scene", 0) in SCENES, 40129)
    content = call.body.get("content")
    insist(isinstance(content, str) and content, 44004)
    insist(len(str(content)) <= LONGEST, 45002)
    person = call.known(call.body.get("openid"))
    insist(call.now - person.last_seen < TWO_HOURS, 61010)
    words = "\n".join(str(call.body.get(name) or "") for name in ("title", "nickname", "signature", "content"))
    found = _found(call, words)
    told = {"suggest": found[0], "label": OTHER if found[1] else FINE}
    detail = {"strategy": "content_model", "errcode": 0, "prob": 90} | told
    keywords = [{"strategy": "keyword", "errcode": 0, "keyword": found[1], "level": 20} | told] if found[1] else []
    return OK | {"result": told, "detail": [detail, *keywords], "trace_id": new_rid()}


def _found(call: Call, words: str) -> tuple[str, str]:
    for suggest, listed in (("risky", call.account.risky_words), ("review", call.account.doubtful_words)):
        for word in listed:
            if word in words:
                return suggest, word
    return "pass", ""
