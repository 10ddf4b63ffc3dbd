"""The scene with the older CRM goes as its script says, against the whole local stack."""

from __future__ import annotations

import pytest

from ops import demo_relay
from ops.demo import expect, tell
from ops.doors import Controls, Phone
from ops.local.stack import Stack


class Day:
    def __init__(self, stack: Stack, controls: Controls, phone: Phone) -> None:
        self.xiaolin, self.controls, self.app = phone, controls, stack.app


def test_the_older_crm_gets_what_followers_say_and_answers_one(
    stack: Stack, controls: Controls, phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("werobot", reason="WeRoBot is in requirements-dev.txt")
    phone.follow()

    demo_relay.older_crm(Day(stack, controls, phone), demo_relay.at_laptop(stack.environment()), tell, expect)

    assert "它没话说，由我们回答" in capsys.readouterr().out
