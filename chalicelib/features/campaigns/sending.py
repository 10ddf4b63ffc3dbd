"""A chunk of a campaign on its way: each of its people exactly one message, whatever is killed when.

    leased      one conditional write; another worker's chunk is left to it until its lease ends
    sorted      who is left out now, and what the others get
    begun       written before anybody is sent to: from whom to whom, and when
    sent        many at once; looked at every second whether the campaign still runs
    settled     what became of whom, with the tally, in one transaction; then the next stretch

Whoever comes after a worker that was killed finds who was begun and nothing of what came of it. A template message is
sent to them again under the same client_msg_id, by which WeChat knows a repeat for ten minutes; after nine it is not,
and they are unknown until a report tells. A notice or customer-service message is never sent again. What certainly was
not sent stays planned.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import NotFound
from ...services import Account, Services
from ...wechat.errors import PersonRefused
from .. import days, notices, stops, templates
from . import chunks, pace, reacting, reconcile, rounds, senders, store, suppress
from . import fates as f
from .campaign import PER_DAY
from .chunks import Chunk, Desk
from .reacting import Answer, Settled, Stop, Unsent, Unsure
from .rounds import Round
from .senders import Content, NoConsent, NotAsked

if TYPE_CHECKING:
    from .campaign import Campaign

LEASE = 60_000  # ms; a stretch takes less than half of it
REPEAT_IS_SAFE = 540_000  # ms; WeChat promises ten minutes
BEGIN_WITHIN = 20.0  # seconds of a job in which another stretch is begun
END_WITHIN = 25.0  # seconds after which nobody else is sent to; jobs.TIME_TO_STOP leaves thirty, and a call takes five
FEW = 20  # who are begun together where a repeat would be a second message
LONGEST_PAUSE = 60  # seconds until a chunk is tried again
COME_BACK = 20  # seconds until it is looked at again whether another worker's lease has ended
INTERRUPTED = "interrupted"


def go(svc: Services, account: Account, campaign_id: str, chunk: str, tries: int = 0) -> None:
    """A job: send to those of the chunk who are still to be sent to. A repeat finds nothing to do."""
    campaign = _running(svc, account, campaign_id)
    if campaign is None:
        return  # whoever lets it go on queues its chunks again
    worker, now = uuid.uuid4().hex[:12], int(svc.clock.time() * 1000)
    taken = chunks.take(svc, account, campaign, chunk, worker, now + LEASE)
    if isinstance(taken, Chunk):
        Turn(svc, account, campaign, taken, tries).go()
    elif taken is not None:
        # A copy, because giving this one back would count as one of its five tries.
        wait = min(max((taken - now) / 1000, 0) + 1, COME_BACK)
        _queue(svc, account, campaign_id, chunk, tries, wait)


class Turn:
    """One worker's time with a chunk."""

    def __init__(self, svc: Services, account: Account, campaign: Campaign, chunk: Chunk, tries: int) -> None:
        self._svc, self._account, self._campaign = svc, account, campaign
        self._chunk, self._worker, self._tries = chunk, chunk.lease, tries
        self._kind = campaign.document.kind
        self._knows_repeats = self._kind in senders.KNOWS_REPEATS
        self._until = svc.clock.time() + BEGIN_WITHIN
        self._again_in: float | None = None  # seconds until the chunk comes back; None: it need not
        self._stop: Stop | None = self._standing()
        self._over = self._stop is not None

    def go(self) -> None:
        while not self._over and self._chunk.lease == self._worker:
            if uncertain := self._chunk.uncertain:
                self._go_on_with(uncertain)
            elif (planned := self._chunk.where(frozenset({f.PLANNED}))) and self._campaign.phase == "running":
                self._begin(planned)
            else:
                break
        if self._stop:
            reacting.apply(self._svc, self._account, self._campaign, self._stop)
        elif self._again_in is not None:
            campaign_id, key = self._campaign.campaign_id, self._chunk.key
            _queue(self._svc, self._account, campaign_id, key, self._tries, self._again_in)

    def _standing(self) -> Stop | None:
        """The account may not send template messages at all just now, as somebody else was told."""
        told = stops.standing(self._svc, self._account, templates.ALL_TEMPLATES) if self._knows_repeats else None
        return Stop(f"account: {told['reason']}", told["ends_at"]) if told else None

    def _go_on_with(self, uncertain: list[int]) -> None:
        """With what a worker left behind that was killed, or whose calls had no answer."""
        begun_ms = self._chunk.begun[2] if self._chunk.begun else 0
        if not self._knows_repeats or self._now() - begun_ms > REPEAT_IS_SAFE:
            self._settle(dict.fromkeys(uncertain, Settled(f.UNKNOWN, INTERRUPTED)))
            return
        contents, left_out = self._sort(uncertain)
        if self._over:
            return
        round_ = self._round(contents, begun_ms)
        round_.go(sorted(contents))
        # Whoever was not reached may have got it the first time, and so may who is to be left out by now.
        answers: dict[int, Answer] = dict.fromkeys(contents, Unsure(INTERRUPTED))
        answers |= {at: Settled(f.UNKNOWN, why) for at, why in left_out.items()}
        self._end(round_, answers | {at: _unsure(told) for at, told in round_.answers.items()}, begun_ms)

    def _begin(self, planned: list[int]) -> None:
        some = planned if self._knows_repeats else planned[:FEW]
        contents, left_out = self._sort(some)
        suppressed = {at: (f.SUPPRESSED, why, 0) for at, why in left_out.items()}
        if not contents:
            self._write(suppressed, {}, over=len(some) == len(planned))
            return
        seconds = max(self._until - self._svc.clock.time(), 1.0)
        stretch = pace.take(self._svc, self._account, self._campaign, len(contents), seconds)
        if not stretch.people:
            self._write(suppressed, {}, over=True)
            self._put_off(stretch)
            return
        taken, now = sorted(contents)[: stretch.people], self._now()
        # Of those between the first and the last who are not sent to, it is written with this that they are left out.
        begun = {"begun": [taken[0], taken[-1] + 1, now], "lease_until": now + LEASE}
        self._write(suppressed, begun | {"began_at": self._chunk.began_at or now // 1000, "sent_at": now // 1000})
        if self._chunk.lease == self._worker:  # else it took us so long that somebody else has it
            round_ = self._round(contents, now)
            # Not who was called off meanwhile.
            round_.go([at for at in taken if self._chunk.fates[at] == f.PLANNED], stretch.times())
            self._end(round_, self._judged(round_), now)

    def _put_off(self, stretch: pace.Stretch) -> None:
        if stretch.tomorrow:
            self._stop = Stop(PER_DAY, days.tomorrow(self._svc.now()))
        else:
            self._again_in = stretch.wait

    def _end(self, round_: Round, answers: Mapping[int, Answer], begun_ms: int) -> None:
        self._stop = self._stop or round_.stop
        if round_.hopeless:
            self._stop = self._stop or reacting.down(self._svc, round_.trouble)
        again = any(not isinstance(told, Settled) for told in answers.values())
        runs = not round_.halted or self._runs()
        if again or round_.halted or round_.bug or self._stop or self._svc.clock.time() >= self._until:
            self._over = True
            self._again_in = (self._pause() if again else 0.0) if runs else None
        self._settle(answers, begun_ms)
        if round_.bug:
            raise round_.bug

    def _judged(self, round_: Round) -> dict[int, Answer]:
        """Whether it is the message that WeChat does not take, or this one person's words."""
        told = dict(round_.answers)
        odd = [at for at, one in told.items() if isinstance(one, Unsent) and one.odd]
        for letter in sorted({self._chunk.letters[at] for at in odd}):
            of_it = [at for at in odd if self._chunk.letters[at] == letter]
            if self._was_taken(letter, told):
                told |= {at: Settled(f.FAILED, told[at].why) for at in of_it}
            else:
                self._stop = self._stop or reacting.odd(told[of_it[0]].why)
        return told

    def _was_taken(self, letter: str, answers: Mapping[int, Answer]) -> bool:
        """Whether WeChat took this variant from us, for anybody."""
        settled = {at: told.fate for at, told in answers.items() if isinstance(told, Settled)}
        if any(fate in f.TAKEN and self._chunk.letters[at] == letter for at, fate in settled.items()):
            return True
        tally = chunks.tallies(self._svc, self._account, self._campaign.campaign_id)
        return any(tally[f"{letter}_{f.STAGES[fate]}"] > 0 for fate in f.TAKEN)

    def _settle(self, answers: Mapping[int, Answer], begun_ms: int = 0) -> None:
        """What is known of whom is written; who may have it stays begun; all others are planned as before."""
        unsure = {at: told.why for at, told in answers.items() if isinstance(told, Unsure)}
        news: dict[int, tuple[str, str, int]] = {
            at: (told.fate, told.why, told.msgid) for at, told in answers.items() if isinstance(told, Settled)
        }
        kept: dict[str, Any] = {"lease_until": self._now() + LEASE}
        if unsure and self._knows_repeats:
            news |= dict.fromkeys(unsure, (f.BEGUN, "", 0))
            kept["begun"] = [0, 0, begun_ms]
        else:
            news |= {at: (f.UNKNOWN, why, 0) for at, why in unsure.items()}
        for at, (fate, why, _) in news.items():
            if fate in (f.REFUSED, f.FAILED):
                reconcile.tell(self._svc, self._account, self._campaign, self._chunk.openids[at], fate, why)
        settled = {at for at, told in news.items() if told[0] != f.BEGUN}
        left = not set(self._chunk.where(f.OPEN)) <= settled
        self._again_in = self._again_in if left else None
        self._write(news, kept, over=self._over or not left)

    def _write(self, news: chunks.News, change: dict[str, Any], over: bool = False) -> None:
        """`over`: this worker is through with it."""
        remove = () if "begun" in change else ("begun",)
        if over:
            change = {name: value for name, value in change.items() if name != "lease_until"}
            remove = (*remove, "lease", "lease_until")
        who = (self._svc, self._account, self._campaign, self._chunk.key)
        written = chunks.settle(*who, news, seen=self._chunk, desk=Desk(change, remove))
        self._over = self._over or over or written is None
        self._chunk = written or self._chunk

    def _round(self, contents: dict[int, Content], begun_ms: int) -> Round:
        def may_go_on() -> bool:
            """A worker that was frozen must not go on where another has, or when WeChat has forgotten the first."""
            now, most = self._now(), (self._until + END_WITHIN - BEGIN_WITHIN) * 1000
            in_time = now <= min(self._chunk.lease_until, begun_ms + REPEAT_IS_SAFE, most)
            return in_time and self._runs()

        return Round(self._svc.clock, lambda at: self._send(at, contents[at]), may_go_on)

    def _send(self, at: int, content: Content) -> Answer:
        who = (self._svc, self._account, self._chunk.openids[at])
        try:
            return Settled(f.ACCEPTED, "", senders.SENDERS[self._kind](*who, content))
        except NoConsent:
            return Settled(f.SUPPRESSED, "consent")
        except NotAsked:
            return Unsent("busy")
        except Exception as error:  # noqa: BLE001 (a bug is raised by `read`)
            answer = reacting.read(self._svc, self._account, self._campaign, error)
            if self._kind == "notice" and isinstance(answer, Unsent):
                notices.give_back(*who, content.template_id)
            elif self._kind == "notice" and isinstance(error, PersonRefused):
                notices.refused(*who, content.template_id, error.code)
            return answer

    def _sort(self, positions: list[int]) -> tuple[dict[int, Content], dict[int, str]]:
        try:
            who = (self._svc, self._account, self._campaign)
            contents, whys = suppress.sort(*who, self._chunk, positions, rounds.crew)
            for at in (at for at, why in whys.items() if why == suppress.ERASED):
                # They were erased while the list they are on was being written.
                chunks.blank(*who, self._chunk.openids[at])
            return contents, whys
        except NotFound as error:  # our name for the template
            self._stop, self._over = Stop(f"template: {error}", pause=True, alarm="template"), True
            return {}, {}

    def _runs(self) -> bool:
        try:
            return store.control(self._svc, self._account, self._campaign.campaign_id).finishes
        except NotFound:
            return False

    def _pause(self) -> float:
        longest = min(2 << min(self._tries, 5), LONGEST_PAUSE)
        self._tries += 1
        return longest * random.uniform(0.5, 1.0)

    def _now(self) -> int:
        return int(self._svc.clock.time() * 1000)


def _running(svc: Services, account: Account, campaign_id: str) -> Campaign | None:
    """The campaign, if it sends now, or finishes with whom it began. What says no is looked at once more: a message
    that is dropped must not be one that somebody queued a moment ago."""
    try:
        control = store.control(svc, account, campaign_id)
        if not control.sends:
            store.forget(svc, account, campaign_id)
            control = store.control(svc, account, campaign_id)
    except NotFound:
        return None
    return control.campaign if control.finishes else None


def _unsure(told: Answer) -> Answer:
    """Of a second attempt that was not taken: the first may have been."""
    return Unsure(told.why) if isinstance(told, Unsent) else told


def _queue(svc: Services, account: Account, campaign_id: str, key: str, tries: int, wait: float) -> None:  # noqa: PLR0913, PLR0917 (a job's own)
    order = {"account": account.alias, "campaign_id": campaign_id, "chunk": key, "tries": tries}
    svc.bulk.put("sending.go", order, delay=round(wait))
