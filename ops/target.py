"""Where a command works: one stage, in one AWS account and region; and what AWS refuses, said so that it helps."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import click
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chalicelib.settings import BadSetting, Settings

from .say import Problem

PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})
NOT_REGIONAL = ("iam", "sts", "route53", "cloudfront")
# What botocore heeds before AWS_PROFILE: a profile that is asked for must not be mixed with another's keys.
BEFORE_A_PROFILE = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)


class Target:
    """Nothing is asked of AWS before it is needed. An empty region or profile means what the environment says."""

    def __init__(self, stage: str, region: str = "", profile: str = "") -> None:
        self.stage = stage
        self.profile = profile
        self._asked_region = region
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Honours AWS_ENDPOINT_URL, as all of botocore does."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, region_name=self.region, config=PATIENCE)
        return self._clients[service]

    def name(self, suffix: str = "") -> str:
        """gaiwan-dev for "", gaiwan-dev-work for "work"."""
        return f"gaiwan-{self.stage}-{suffix}" if suffix else f"gaiwan-{self.stage}"

    def parameter(self, name: str) -> str:
        """The full name of an SSM parameter of the stage."""
        return f"{Settings(self.stage).secrets_path}/{name}"

    def arn(self, service: str, resource: str) -> str:
        region = "" if service in NOT_REGIONAL else self.region
        return f"arn:{self.partition}:{service}:{region}:{self.account_id}:{resource}"

    def environment(self) -> dict[str, str]:
        """Ours, so that whoever reads its credentials there has the same as `client`: --profile goes before keys."""
        chosen = {"AWS_DEFAULT_REGION": self.region} | ({"AWS_PROFILE": self.profile} if self.profile else {})
        unwanted = BEFORE_A_PROFILE if self.profile else ()
        return {name: value for name, value in {**os.environ, **chosen}.items() if name not in unwanted}

    @functools.cached_property
    def region(self) -> str:
        found = self._asked_region or self._session.region_name
        if not found:
            raise Problem(
                "没有选定 AWS 区域：请加 --region，或设置 AWS_DEFAULT_REGION。",
                "No AWS region is chosen: add --region, or set AWS_DEFAULT_REGION.",
            )
        return str(found)

    @property
    def account_id(self) -> str:
        return self.caller.split(":")[4]

    @property
    def partition(self) -> str:
        """aws, or aws-cn in Beijing and Ningxia."""
        return self.caller.split(":")[1]

    @functools.cached_property
    def caller(self) -> str:
        """The ARN of whoever runs the command, as AWS sees them."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    @functools.cached_property
    def _session(self) -> Any:
        return boto3.Session(profile_name=self.profile or None)


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --stage, --region and --profile, passes `target`, and turns what AWS refuses into a Problem."""

    @click.option("--stage", default="dev", show_default=True, callback=stage_name, help="环境 / dev, prod, ...")
    @click.option("--region", default="", help="AWS 区域 / AWS region")
    @click.option("--profile", default="", help="AWS 凭证档 / profile of ~/.aws/config")
    @functools.wraps(command)
    def with_target(*args: Any, stage: str, region: str, profile: str, **options: Any) -> Any:
        with explained():
            return command(*args, target=Target(stage, region, profile), **options)

    return with_target


def stage_name(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Checks what an option gives as a stage; None if it was not given."""
    if value is None:
        return None
    try:
        return Settings.from_env({"GAIWAN_STAGE": value}).stage
    except BadSetting:
        raise click.BadParameter(
            "2 到 16 个小写字母或数字，以字母开头 / 2 to 16 lower-case letters or digits, a letter first"
        ) from None


@contextmanager
def explained() -> Iterator[None]:
    """Foreign errors end here as one clear sentence each, in both languages."""
    try:
        yield
    except ClientError as error:
        raise _refusal(error) from None
    except BotoCoreError as error:
        raise _trouble(error) from None
    except ResponseParserError:
        raise Problem(
            "回答的不是 AWS：中间是否有代理？", "What answered is not AWS: is there a proxy in between?"
        ) from None


EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
UNKNOWN_KEY = ("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure")
WRONG_SIGNATURE = ("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature")
DENIED = (
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
    "AuthorizationErrorException",
)


NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


def code_of(error: ClientError) -> str:
    return str(error.response["Error"].get("Code", ""))


def _refusal(error: ClientError) -> Problem:
    code, operation = code_of(error), error.operation_name
    if code in EXPIRED:
        return Problem("AWS 凭证已过期，请重新登录。", "The AWS credentials have expired; please sign in to AWS again.")
    if code in UNKNOWN_KEY:
        return Problem(
            f"AWS 不认识这个访问密钥（{code}）：请检查 AWS_ACCESS_KEY_ID 或 --profile，以及它是否属于此分区。",
            f"AWS does not know this access key ({code}): check AWS_ACCESS_KEY_ID or --profile, and its partition.",
        )
    if code in WRONG_SIGNATURE:
        return Problem(
            f"AWS 签名不对（{code}）：密钥抄错了，或本机时钟不准。",
            f"AWS refuses the signature ({code}): the secret key is wrong, or this machine's clock is.",
        )
    if code in DENIED:
        return _denied(operation, str(error.response["Error"].get("Message", "")))
    return Problem(
        f"AWS 拒绝了 {operation}：{code}。{_told(error)}", f"AWS refused {operation}: {code}. {_told(error)}"
    )


def _denied(operation: str, text: str) -> Problem:
    return Problem(
        f"没有权限做 {operation}，请管理员允许：{text}",
        f"You may not do {operation}; ask whoever manages the AWS account to allow it: {text}",
    )


def _told(error: ClientError) -> str:
    # AWS quotes what it does not like, and here that may be a secret.
    return "" if error.operation_name == "PutParameter" else str(error.response["Error"].get("Message", ""))


def _trouble(error: BotoCoreError) -> Problem:
    for kinds, zh, en in TROUBLES:
        if isinstance(error, kinds):
            return Problem(zh, en)
    # Only its name: botocore quotes the values that it does not like.
    return Problem(f"AWS 调用失败：{type(error).__name__}。", f"Calling AWS failed: {type(error).__name__}.")


NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
)
NOT_SIGNED_IN = (exceptions.SSOError, exceptions.UnauthorizedSSOTokenError, exceptions.TokenRetrievalError)
NO_WAY = (exceptions.EndpointConnectionError, exceptions.ConnectionError, exceptions.HTTPClientError)
Kinds = tuple[type[BotoCoreError], ...]
TROUBLES: tuple[tuple[Kinds, str, str], ...] = (
    (
        NO_CREDENTIALS,
        "找不到 AWS 凭证：先运行 aws configure（或 aws sso login），或加 --profile。",
        "No AWS credentials: run `aws configure` (or `aws sso login`) first, or add --profile.",
    ),
    (NOT_SIGNED_IN, "AWS 登录已过期：请运行 aws sso login。", "The AWS sign-in has ended: run `aws sso login`."),
    (
        (exceptions.ProfileNotFound,),
        "没有这个 AWS 凭证档：请看 ~/.aws/config 里的名字。",
        "There is no such AWS profile: see the names in ~/.aws/config.",
    ),
    (
        NO_WAY,
        "连不上 AWS：请检查网络、--region 是否写对。",
        "AWS cannot be reached: check the network, and the spelling of --region.",
    ),
)
