"""Other people's systems as a command reaches them: by the same guard as the stage, and tried before they are kept."""

import hmac
import secrets
import time

from chalicelib.errors import AppError
from chalicelib.outbound import Outbound
from chalicelib.settings import Settings
from chalicelib.wechat import relaying

from .. import addresses
from ..say import Problem
from ..target import Target

PATIENCE = 5.0  # seconds, as WeChat waits
OK = 200


def outbound(target: Target) -> Outbound:
    """GAIWAN_OUTBOUND_PRIVATE is for the local stack: a deployed stage has no such exceptions."""
    environment = {**target.environment(), "GAIWAN_STAGE": target.stage}
    return Outbound(Settings.from_env(environment).outbound_private)


def check_address(target: Target, url: str) -> None:
    """It is one that the stage may call, and none of its own: that would relay to ourselves for ever."""
    try:
        outbound(target).check(url)
    except AppError as error:
        zh, _, en = str(error).partition("。")
        raise Problem(f"{zh}。", en) from None
    own = addresses.public_url(target)
    if own != addresses.UNKNOWN and url.startswith((f"{own}/", f"{own}?")):
        raise Problem("这是我们自己的地址。", "This is an address of our own.")


def knows_token(target: Target, url: str, token: str) -> None:
    """Ask as WeChat's console does when a server URL is saved; Problem unless the echo comes back."""
    echo = str(secrets.randbelow(10**16))
    try:
        answer = outbound(target).send("GET", relaying.echo_query(url, token, echo, int(time.time())), timeout=PATIENCE)
    except AppError as error:
        zh, _, en = str(error).partition("。")
        raise Problem(f"{zh}。", en) from None
    if answer.status != OK or not hmac.compare_digest(answer.body.strip(), echo.encode()):
        raise Problem(
            f"对方没有应答回显（HTTP {answer.status}）：地址或 Token 不对。加 --untried 可先保存。",
            f"No echo came back (HTTP {answer.status}): the address or the Token is wrong. "
            "--untried keeps it all the same.",
        )
