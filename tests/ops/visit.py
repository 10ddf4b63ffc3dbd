"""A deployed tea shop for a test, and the doctor who is called to it."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner, Result

from chalicelib.features import tokens
from ops.doctor import doctor
from ops.doctor.command import CHECKS
from ops.doctor.examine import examine
from ops.doctor.finding import BAD, WARN
from ops.doctor.patient import Patient
from ops.target import Target
from tests.house import House
from tests.ops import deployed

Json = dict[str, Any]


class Visit:
    """A deployed tea shop, and the doctor who is called."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.target = Target(house.svc.settings.stage)
        deployed.deploy(self.target, house.app, f"{house.simulator}/api.weixin.qq.com")
        tokens.refresh_all(house.svc)

    @property
    def patient(self) -> Patient:
        return Patient(self.target, self.house.svc)

    def run(self, *arguments: str) -> Result:
        ran = CliRunner().invoke(doctor, [*arguments, "--stage", self.target.stage])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran

    def says(self, check: str, level: str = "") -> list[str]:
        """What it finds there, in English, with what to do about it."""
        found = examine(self.patient, [one for one in CHECKS if one.__name__ == check])
        return [f"{one.what[1]} | {one.todo[1]}" for one in found if level in ("", one.level)]

    def is_content(self, check: str) -> bool:
        return bool(self.says(check)) and not self.says(check, BAD) and not self.says(check, WARN)


@pytest.fixture
def visit(house: House) -> Visit:
    return Visit(house)
