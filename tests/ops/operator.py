"""An operator at the keyboard: types a command with its secrets, and reads what comes back."""

from __future__ import annotations

from dataclasses import dataclass

import click
from click.testing import CliRunner, Result


@dataclass(frozen=True)
class Operator:
    command: click.Command
    stage: str

    def __call__(self, *arguments: str, types: str = "", stage: str = "") -> str:
        """What a command that works says."""
        done = self.run(*arguments, types=types, stage=stage)
        assert done.exit_code == 0, done.output
        return done.output

    def fails(self, *arguments: str, types: str = "", stage: str = "") -> str:
        """What a command says that must not work; never a traceback."""
        done = self.run(*arguments, types=types, stage=stage)
        assert done.exit_code in (1, 2), done.output
        assert isinstance(done.exception, SystemExit), done.exception
        return done.output

    def run(self, *arguments: str, types: str = "", stage: str = "") -> Result:
        return CliRunner().invoke(self.command, [*arguments, "--stage", stage or self.stage], input=types)
