"""(a) The protocol alone: a sealed text is verified, opened and parsed, and its answer written and sealed.

Beside wechatpy and WeRoBot, each with everything that may be kept between messages made beforehand. All three check
the URL's signature and the message's; only ours also checks its age, its size, and every byte of the padding.
"""

from __future__ import annotations

import re
import time
from importlib import import_module

from chalicelib.wechat.envelope import CallbackKey, Envelope, decrypt
from chalicelib.wechat.messages import Text, render

from . import sample, timing
from .result import Result, compared, missing
from .sample import AES_KEY, ANSWER, APP_ID, TOKEN, Answer, Delivery

WHAT = "(a) protocol, safe mode, in and out"
# Who, in which file, and how long we may take beside them: no longer than wechatpy.
PEERS = {"wechatpy 1.8.18": ("peer_wechatpy", 1.0), "WeRoBot 1.13.1": ("peer_werobot", None)}


def measure(rounds: int = 101) -> list[Result]:
    sent = sample.delivery()
    answers = {"gaiwan": _gaiwan()} | {name: prepared for name in PEERS if (prepared := _peer(name))}
    for answer in answers.values():
        _check(answer(sent))
    taken = timing.in_turn({name: timing.calls(answer, sent) for name, answer in answers.items()}, rounds)
    return [_row(name, taken) for name in PEERS]


def _gaiwan() -> Answer:
    envelope = Envelope(APP_ID, [CallbackKey(TOKEN, AES_KEY)], {"safe"})

    def answer(sent: Delivery) -> str:
        now = int(time.time())
        opened = envelope.open(sent.query, sent.body, now)
        return opened.seal(render(Text(ANSWER), opened.message, now), now)

    return answer


def _peer(name: str) -> Answer | None:
    try:
        answer: Answer = import_module(f".{PEERS[name][0]}", __package__).prepare()
    except ImportError:
        return None
    return answer


def _check(answer: str) -> None:
    """Whoever is fast must also be right."""
    found = re.search(r"<Encrypt><!\[CDATA\[(.+?)]]></Encrypt>", answer)
    assert found, answer
    assert ANSWER in decrypt(AES_KEY, APP_ID, found[1]).decode()


def _row(name: str, taken: dict[str, timing.Seconds]) -> Result:
    if name not in taken:
        return missing(WHAT, f"{name} (not installed: requirements-bench.txt)")
    ours, theirs = taken["gaiwan"], taken[name]
    return compared(WHAT, ours, name, theirs, at_most=PEERS[name][1])
