"""A stage's table and secrets for a command, through the same code that its functions use."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.aws import session
from chalicelib.errors import AppError
from chalicelib.services import Services
from chalicelib.settings import Settings

from .say import Problem
from .target import Target, code_of, target_options


def stage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """As `target_options`, and passes `svc`, the stage's services, too."""

    @functools.wraps(command)
    def with_services(*args: Any, target: Target, **options: Any) -> Any:
        target.caller  # noqa: B018 (whose credentials these are is asked first, for the clearer sentence)
        with explained(target):
            return command(*args, target=target, svc=services_of(target), **options)

    return target_options(with_services)


def services_of(target: Target) -> Services:
    """Of the target's stage; of one place at a time, since the clients are shared."""
    wanted = target.environment()
    if wanted != dict(os.environ):
        for name in os.environ.keys() - wanted.keys():
            del os.environ[name]
        os.environ |= wanted
        session.forget()
    return Services(Settings(target.stage))


@contextmanager
def explained(target: Target) -> Iterator[None]:
    """What a feature explains, and a stage that was never made, as a Problem."""
    try:
        yield
    except AppError as error:
        zh, _, en = str(error).partition("。")
        raise Problem(f"{zh}。", en.strip()) from None
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        raise Problem(
            f"环境 {target.stage} 还没有建好：先运行 python -m ops resources --stage {target.stage}。",
            f"There is no stage {target.stage} yet: run `python -m ops resources --stage {target.stage}` first.",
        ) from None


def write_secret(target: Target, name: str, value: str) -> None:
    target.client("ssm").put_parameter(Name=target.parameter(name), Value=value, Type="SecureString", Overwrite=True)


def read_secret(target: Target, name: str) -> str:
    try:
        answer = target.client("ssm").get_parameter(Name=target.parameter(name), WithDecryption=True)
    except target.client("ssm").exceptions.ParameterNotFound:
        full = target.parameter(name)
        raise Problem(f"SSM 里没有 {full}。", f"There is no {full} in SSM.") from None
    return str(answer["Parameter"]["Value"])


def write_setting(target: Target, name: str, value: str) -> None:
    """Not secret: what an operator chose for the stage, read by the next deploy."""
    target.client("ssm").put_parameter(
        Name=target.parameter(f"settings/{name}"), Value=value, Type="String", Overwrite=True
    )


def read_setting(target: Target, name: str) -> str:
    """Empty where nobody chose."""
    try:
        answer = target.client("ssm").get_parameter(Name=target.parameter(f"settings/{name}"))
    except target.client("ssm").exceptions.ParameterNotFound:
        return ""
    return str(answer["Parameter"]["Value"])


def delete_secret(target: Target, name: str) -> None:
    """Also when it is gone already."""
    target.client("ssm").delete_parameters(Names=[target.parameter(name)])
