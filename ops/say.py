"""How the operator's commands speak: one line for each thing that happened, in Chinese and in English."""

from typing import IO, Any

import click


def step(zh: str, en: str) -> None:
    """What is being done now."""
    click.echo(f"· {zh} · {en}")


def done(zh: str, en: str) -> None:
    click.echo(click.style("✓", fg="green") + f" {zh} · {en}")


def warn(zh: str, en: str) -> None:
    """Not in the way of what was asked for, but somebody should look."""
    click.echo(click.style("!", fg="yellow") + f" {zh} · {en}", err=True)


def confirm(zh: str, en: str) -> bool:
    """Whether the operator says yes; no is the default, and no answer at all ends the command."""
    return click.confirm(f"{zh}\n{en}", default=False)


class Problem(click.ClickException):
    """What stands in the way and what to do about it, for a person: ends the command with status 1, no traceback."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")
        self.zh, self.en = zh, en

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(click.style("✗", fg="red") + f" {self.zh}\n  {self.en}", file=file, err=file is None)
