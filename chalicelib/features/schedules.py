"""What the clock starts, in this order. Each has its turn, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Sequence

from ..observe import log
from ..services import Services
from . import late

EVERY_MINUTE = (
    "templates.start_due",
    "automations.due.start_due",
    "campaigns.dispatch.start_due",
    "endpoints.lanes.start_due",
    "crm.start_farewells",
)
EVERY_NIGHT = ("followers.nightly", "tags.nightly", "menus.nightly", "template_library.nightly")  # 02:00 in Shanghai


class StartFailed(Exception):
    """Some of them. Raised when all had their turn: Lambda comes again, and each knows what it has started."""


def start(svc: Services, places: Sequence[str]) -> None:
    failed = [place for place in places if not _survived(svc, place)]
    if failed:
        raise StartFailed(f"{', '.join(failed)} failed")


def _survived(svc: Services, place: str) -> bool:
    try:
        late.find(place)(svc)
    except Exception:  # the clock's rim: templates must not keep automations waiting
        log.exception("%s could not be started", place)
        return False
    return True
