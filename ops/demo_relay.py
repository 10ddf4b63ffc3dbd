"""A scene of `make demo`: the brand's older CRM, a real WeRoBot app, gets the same messages and answers one.

    from . import demo_relay
    demo_relay.older_crm(day, demo_relay.at_laptop(stack.environment()), tell, expect)

`tell` and `expect` are the demo's own, so that a surprise is the demo's. The relay is taken off at the end.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .doors import Controls, Phone, ask, eventually

CRM = "crm"
Json = dict[str, Any]
Tell = Callable[[str, str], None]
Expect = Callable[[bool, str, object], None]
Ops = Callable[[list[str], str], str]  # words of `python -m ops`, what is typed -> what it says


class Day(Protocol):
    """What the demo knows of the day."""

    @property
    def xiaolin(self) -> Phone: ...

    @property
    def controls(self) -> Controls: ...


def at_laptop(environment: Mapping[str, str], stage: str = "local") -> Ops:
    """`python -m ops` as an operator of the local stack types it."""

    def ops(words: list[str], typed: str = "") -> str:
        env = {name: value for name, value in {**os.environ, **environment}.items() if value}
        command = [sys.executable, "-m", "ops", *words, "--stage", stage]
        done = subprocess.run(command, input=typed, env=env, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    return ops


def older_crm(day: Day, ops: Ops, tell: Tell, expect: Expect) -> None:
    crm = f"{day.controls.simulator}/older-crm/tea"
    tell("老会员系统（WeRoBot）也要这些消息", "The older CRM, a WeRoBot app, wants the same messages")
    keys = ask("GET", f"{crm}/keys")
    words = ["account", "relay", "add", "tea", CRM, "--url", crm, "--answers", "theirs", "--replace"]
    said = ops(words, f"{keys['token']}\n{keys['aes_key']}\n")
    expect("answers with the echo" in said, "它应答了回显 it answers with the echo", said)
    day.controls.outlast_memories()
    points = _texts(day.xiaolin.say("我的积分"))
    expect(any("120" in text for text in points), f"它回答了 it answers: {points}", points)
    menu = _texts(day.xiaolin.say("今天的茶单？"))
    expect(any("茉莉花茶" in text for text in menu), "它没话说，由我们回答 it has nothing to say, so we answer", menu)
    seen = ask("GET", f"{crm}/seen")["seen"]
    heard = [one["said"] for one in seen]
    expect(heard[-2:] == ["我的积分", "今天的茶单？"], "两条它都收到了，各一次 it got both, each once", heard)
    _ours_first(day, ops, crm, expect, keys)
    ops(["account", "relay", "remove", "tea", CRM], "")
    day.controls.outlast_memories()


def _ours_first(day: Day, ops: Ops, crm: str, expect: Expect, keys: Json) -> None:
    """The same system behind our answers: it hears through the queue."""
    words = ["account", "relay", "add", "tea", CRM, "--url", crm, "--answers", "ours", "--replace"]
    ops(words, f"{keys['token']}\n{keys['aes_key']}\n")
    day.controls.outlast_memories()
    texts = _texts(day.xiaolin.say("echo:我们先说"))
    expect(texts == ["我们先说"], "换成我们先答 now we answer first", texts)
    heard = eventually(lambda: _heard(crm, "echo:我们先说"))
    expect(bool(heard), "它稍后也听到了 and it hears a moment later", ask("GET", f"{crm}/seen"))


def _heard(crm: str, text: str) -> bool:
    return any(one["said"] == text for one in ask("GET", f"{crm}/seen")["seen"])


def _texts(shown: Json) -> list[str]:
    return [str(reply.get("content", "")) for reply in shown["replies"]]
