"""Work taken from the queues. A job is a feature function; only those listed here may run, and each may run twice."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..observe import log
from ..services import Services
from . import late

if TYPE_CHECKING:
    from ..aws.queues import Queue

PLACES = (
    "automations.dry_runs.look",
    "automations.reviewing.review",
    "automations.running.go",
    "automations.running.unpark",
    "campaigns.audience.begin",
    "campaigns.audience.plan_shard",
    "campaigns.control.clear",
    "campaigns.dispatch.call_off",
    "campaigns.dispatch.look",
    "campaigns.handover.hand_out",
    "campaigns.mass.go",
    "campaigns.mass_reports.close",
    "campaigns.mass_reports.look",
    "campaigns.reconcile.look",
    "campaigns.sending.go",
    "conversations.tell",
    "crm.farewells.say",
    "crm.filling.page",
    "crm.inward.hear",
    "crm.sending.restate",
    "endpoints.dead.redeliver_all",
    "endpoints.lanes.deliver",
    "followers.absent.ask",
    "followers.absent.compare",
    "followers.absent.list_again",
    "followers.activity.refresh_all",
    "followers.activity.refresh_page",
    "followers.facts.note_region",
    "followers.growth.count_night",
    "followers.ids.gather",
    "followers.leaving.erase_left",
    "followers.sync.begin",
    "followers.sync.list_page",
    "followers.sync.look",
    "identities.unions.note_unionid",
    "identities.withdrawals.erase",
    "identities.withdrawals.renew",
    "inbox.answer",
    "inbox.listen",
    "inbox.settle",
    "menus.clicks.count_days",
    "menus.publishing.carry_on",
    "polls.afterwards.tag",
    "polls.afterwards.thank",
    "polls.store.sweep",
    "reactions.tell",
    "relay.pass_on",
    "segments.saved.count_on",
    "spreadsheets.importing.take_rows",
    "tags.applying.happened",
    "tags.applying.review",
    "tags.drift.look",
    "tags.drift.mend_tag",
    "tags.tagging.forget_runs",
    "tags.tagging.tag_chunk",
    "tags.tagging.tag_one",
    "template_library.mirror.refresh",
    "templates.send",
)
# By the name that job_name gives them, which is shorter than their place and must differ.
JOBS: dict[str, Callable[..., None]] = {".".join(place.split(".")[-2:]): late.function(place) for place in PLACES}
LONGEST_WAIT = 300  # seconds until a failed job is tried again
TIME_TO_STOP = 30.0  # seconds before Lambda's end at which no other job is begun; none that runs alone needs longer


class JobsFailed(Exception):
    """Some records of a batch failed. Lambda must hear of it, or it would delete them; the rest are deleted already."""


class UnknownJob(Exception):
    """Not in JOBS: written by another version of this code, or by someone else."""


@dataclass(frozen=True)
class Record:
    """One message of a queue as Lambda hands it over; `receives` counts this delivery too."""

    body: str
    receipt: str
    receives: int


def work(
    svc: Services, queue: Queue, records: Sequence[Record], seconds_left: Callable[[], float], at_once: int = 1
) -> None:
    """Run each job by itself. What succeeds is deleted at once; what fails comes back soon, whatever is killed when."""
    with ThreadPoolExecutor(at_once) as crew:
        done = list(crew.map(lambda record: _done(svc, queue, record, seconds_left), records))
    if not all(done):
        raise JobsFailed(f"{done.count(False)} of {len(records)} jobs will be tried again")


def run(svc: Services, body: str) -> None:
    """Raise to have the queue deliver it again, and after five tries set it aside."""
    order = json.loads(body)
    job = JOBS.get(order["job"])
    if job is None:
        raise UnknownJob(order["job"])
    arguments = dict(order["args"])
    job(svc, svc.accounts[arguments.pop("account")], **arguments)


def _done(svc: Services, queue: Queue, record: Record, seconds_left: Callable[[], float]) -> bool:
    try:
        if seconds_left() < TIME_TO_STOP:
            # A new copy, because giving the old one back would count as one of its five tries.
            queue.copy(record.body)
        else:
            run(svc, record.body)
        queue.done(record.receipt)
    except Exception:  # the queue's rim: one job's failure must not take its neighbours along
        log.exception("a job failed for the %d. time and is tried again", record.receives)
        queue.again(record.receipt, _wait(record.receives))
        return False
    return True


def _wait(receives: int) -> int:
    """Seconds: 2, 4, 8 … 300, and up to a quarter more, so that a failed crowd does not come back at once."""
    longest = min(LONGEST_WAIT, 1 << min(receives, 10))
    return longest + random.randrange(longest // 4 + 1)
