"""Does another system replace this account's tokens? Seen without disturbing it: nothing is asked for by force.

`stable_token` gives everybody the same token until five minutes before its end. If a second answer differs from the
first, or a token just given is refused, somebody else forces refreshes, and each of those ends the token in our hands.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chalicelib.wechat.credentials import Issued
from chalicelib.wechat.errors import TokenRejected
from chalicelib.wechat.http import Http

from ...doctor.finding import Text

WHOLE_LIFE = 7200  # seconds of a token that nobody had asked for yet
ENDING = 300 + 60  # seconds before its end from which a new one is nobody's doing


@dataclass(frozen=True)
class Sign:
    """`bad`: somebody must do something before we take over."""

    bad: bool
    text: Text


def watch(
    http: Http, ask: Callable[[], Issued], wait: float, sleep: Callable[[float], None] = time.sleep
) -> list[Sign]:
    """What can be seen in so many seconds; `ask` gives the token that there is, never by force."""
    return list(_signs(http, ask, wait, sleep))


def _signs(http: Http, ask: Callable[[], Issued], wait: float, sleep: Callable[[float], None]) -> Iterator[Sign]:
    first = ask()
    yield from _age(first)
    sleep(wait)
    second = ask()
    if second.token != first.token and first.expires_in > ENDING:
        yield Sign(
            True,
            (
                f"令牌在 {wait:.0f} 秒内被换掉：另一个系统在用 force_refresh。先让它改用 stable_token（不强制），"
                "或让它的令牌成为中心（account token-source），否则两边会互相踢掉",
                f"the token was replaced within {wait:.0f} s: another system uses force_refresh. Let it use "
                "stable_token without force, or make its service the source of ours (account token-source); "
                "else each ends the other's token",
            ),
        )
    try:
        http.get("/cgi-bin/getcallbackip", {"access_token": second.token})
    except TokenRejected:
        yield Sign(
            True,
            (
                "微信拒绝刚给出的令牌：另一个系统刚刚强制刷新过",
                "WeChat refuses a token that it just gave: another system has forced a refresh",
            ),
        )


def _age(first: Issued) -> Iterator[Sign]:
    if first.expires_in < WHOLE_LIFE:
        yield Sign(
            False,
            (
                f"这个令牌 {WHOLE_LIFE - first.expires_in} 秒前就有人要过："
                "另一个系统也用 stable_token，可以共用，只要谁都不强制刷新",
                f"somebody asked for this token {WHOLE_LIFE - first.expires_in} s ago: another system uses "
                "stable_token too. It is shared, which is fine as long as nobody forces a refresh",
            ),
        )
    else:
        yield Sign(
            False,
            (
                "没有看到别的系统用 stable_token；用旧 token 接口的系统有自己的令牌，互不影响",
                "no other system was seen to use stable_token; one that uses the old token interface has a token of "
                "its own, and neither disturbs the other",
            ),
        )
