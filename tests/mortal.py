"""A worker that can be killed at any point, and queues that hand over late, twice, out of order, or not at all."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from chalicelib.features import jobs
from tests.house import House


class Killed(BaseException):
    """kill -9: nothing that the process still wanted to do is done."""


class Mortal:
    """Stands before the table, the queues and WeChat, and counts what is asked of them. Dead, it does nothing."""

    def __init__(self) -> None:
        self.asked = 0
        self.dies_at = 0  # the number of a request; 0: never
        self.after = False  # it is still done, and nobody learns of it
        self.dead = False

    def lives(self, dies_at: int = 0, after: bool = False) -> None:
        self.asked, self.dies_at, self.after, self.dead = 0, dies_at, after, False

    def before(self, what: Any) -> Any:
        return _Before(self, what)

    def ask(self, do: Callable[..., Any], *args: Any, **told: Any) -> Any:
        if self.dead:
            raise Killed
        self.asked += 1
        if self.asked != self.dies_at:
            return do(*args, **told)
        self.dead = True
        if self.after:
            do(*args, **told)
        raise Killed


class _Before:
    def __init__(self, mortal: Mortal, what: Any) -> None:
        self._mortal, self._what = mortal, what

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._what, name)
        return (lambda *args, **told: self._mortal.ask(found, *args, **told)) if callable(found) else found


class Post:
    """A queue in memory, as SQS is at its worst. A message is set aside after five receives."""

    VISIBILITY = 480
    MOST_RECEIVES = 5

    def __init__(self, now: Callable[[], int], dice: random.Random, twice: float = 0.0) -> None:
        self._now, self._dice, self._twice = now, dice, twice
        self.waiting: list[tuple[int, int, str]] = []  # when, how often received, what
        self.delays: list[int] = []
        self.dead: list[str] = []

    def put(self, job: str, arguments: dict[str, Any], delay: int = 0) -> None:
        body = json.dumps({"job": job, "args": arguments})
        self.delays.append(delay)
        for _ in range(2 if self._dice.random() < self._twice else 1):
            self.waiting.append((self._now() + delay, 0, body))

    def put_many(self, job: str, orders: Any) -> None:
        for arguments, delay in orders:
            self.put(job, arguments, delay)

    def receive(self) -> tuple[int, str] | None:
        """Any of those that are visible; it comes back later unless it is done."""
        ready = [one for one in self.waiting if one[0] <= self._now()]
        if not ready:
            return None
        when, receives, body = one = self._dice.choice(ready)
        self.waiting.remove(one)
        return receives + 1, body

    def come_back(self, receives: int, body: str) -> None:
        if receives >= self.MOST_RECEIVES:
            self.dead.append(body)
        else:
            self.waiting.append((self._now() + self.VISIBILITY, receives, body))


def mortal_house(house: House, dice: random.Random, twice: float = 0.0) -> Mortal:
    """The house's services, behind one that can be killed."""
    svc, mortal = house.svc, Mortal()
    _ = house.tea, svc.keys.person("warm"), svc.wechat_http
    svc.table = mortal.before(svc.table)
    for name in ("work", "bulk"):
        post = Post(svc.now, dice, twice)
        setattr(svc, f"{name}_post", post)
        setattr(svc, name, mortal.before(post))
    svc.wechat_http = mortal.before(svc.wechat_http)
    svc.forget("account#tea")
    return mortal


def posts(house: House) -> list[Post]:
    return [vars(house.svc)["work_post"], vars(house.svc)["bulk_post"]]


def deliver(house: House, mortal: Mortal, dies: Callable[[], tuple[int, bool]] = lambda: (0, False)) -> int:
    """All that is visible now, a worker for each: how many were killed."""
    killed = 0
    for post in posts(house):
        while found := post.receive():
            receives, body = found
            mortal.lives(*dies())
            try:
                jobs.run(house.svc, body)
            except (Killed, Exception) as error:  # noqa: BLE001 (the worker's rim)
                killed += isinstance(error, Killed)
                post.come_back(receives, body)
    mortal.lives()
    return killed
