"""Many people at once, a thread each: what became of whom, as far as it is known when all have ended.

A round ends early when the campaign does not run any more, when the worker's time is over, when WeChat says something
that holds for everybody, and when nothing works. Whoever was not reached then has no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from threading import Lock

from ...observe import log
from ...services import Clock
from .reacting import Answer, Settled, Stop, Unsent, Unsure

AT_ONCE = 24
CREW = 64
ALL_FAIL = 16  # answers of nothing, and none of anything: nobody else is asked
ODD_ENOUGH = 3  # refusals of a message that nobody had yet
LOOK_EVERY = 1.0  # seconds between two looks at whether to go on

# Its threads outlive the job that started them, and so do their connections.
crew = ThreadPoolExecutor(CREW, thread_name_prefix="campaign")


class Round:
    """`send` gives the answer about one person, or raises a bug; `may_go_on` is asked every second."""

    def __init__(self, clock: Clock, send: Callable[[int], Answer], may_go_on: Callable[[], bool]) -> None:
        self._clock, self._send, self._may_go_on = clock, send, may_go_on
        self.answers: dict[int, Answer] = {}
        self.stop: Stop | None = None
        self.bug: Exception | None = None
        self.halted = False
        self.worked = self.failed = self._odd = 0
        self.trouble = ""  # what the last failure was
        self._lock, self._looking = Lock(), Lock()
        self._looked_at = 0.0

    def go(self, people: Sequence[int], times_ms: Iterator[float] | None = None) -> None:
        """`times_ms`: when each may be sent to."""
        todo = zip(people, times_ms or repeat(0.0), strict=False)
        for runner in [crew.submit(self._run, todo) for _ in range(min(AT_ONCE, len(people)))]:
            runner.result()

    @property
    def hopeless(self) -> bool:
        return self.worked == 0 and self.failed >= ALL_FAIL

    def _run(self, todo: Iterator[tuple[int, float]]) -> None:
        while True:
            with self._lock:
                one = next(todo, None)
            if one is None or not self._wait(one[1]):
                return
            self._ask(one[0])

    def _ask(self, at: int) -> None:
        try:
            answer = self._send(at)
        except Exception as bug:  # noqa: BLE001 (raised by the turn, once it is written what became of the others)
            log.exception("a message of a campaign met a bug")
            answer, self.bug = Unsure("bug"), bug
        with self._lock:
            self.answers[at] = answer
            self._count(answer)

    def _count(self, answer: Answer) -> None:
        if isinstance(answer, Settled):
            self.worked += 1
        elif isinstance(answer, Unsent) and answer.odd:
            self._odd += 1
        else:
            self.failed, self.trouble = self.failed + 1, answer.why
        if isinstance(answer, Unsent):
            self.stop = self.stop or answer.stop

    def _wait(self, when_ms: float) -> bool:
        """Until it may be sent; False if it may not be any more."""
        while not self._ended():
            wait = when_ms / 1000 - self._clock.time()
            if wait <= 0:
                return True
            self._clock.sleep(min(wait, LOOK_EVERY))
        return False

    def _ended(self) -> bool:
        self._look()
        odd = self.worked == 0 and self._odd >= ODD_ENOUGH
        return bool(self.halted or self.stop or self.bug or odd or self.hopeless)

    def _look(self) -> None:
        """One of the threads does."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            if not 0 <= self._clock.time() - self._looked_at < LOOK_EVERY:
                self.halted = self.halted or not self._may_go_on()
                self._looked_at = self._clock.time()
        except Exception as bug:  # noqa: BLE001 (raised by the turn, as above)
            self.bug = bug
        finally:
            self._looking.release()
