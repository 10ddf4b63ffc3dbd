"""Everybody of a campaign as a CSV file that runs nothing, in pages which make one file when they are put together."""

from __future__ import annotations

from datetime import UTC, datetime

from ...services import Account, Services
from .. import spreadsheets
from ..days import SHANGHAI
from ..spreadsheets import cursors
from . import recipients, store
from .recipients import Recipient

MOST_ROWS = 500
HEADING = ["openid", "name", "variant", "stage", "why", "sent_at", "clicked_at", "converted_at"]
NOBODY = "holdout"
MARK = "\ufeff"  # Excel reads Chinese right only then


def page(
    svc: Services, account: Account, campaign_id: str, cursor: str = "", limit: int = MOST_ROWS
) -> tuple[str, str]:
    """(text, cursor). The heading is on the first page alone. Of a campaign that is being sent: as it stands now, each
    person once; who is planned meanwhile may be missing. Only a cursor of an export goes on: each begins with its
    first page, which the audit log tells of."""
    found, more = recipients.page(svc, account, campaign_id, cursor=cursors.read(svc, campaign_id, cursor), limit=limit)
    campaign = store.find(svc, account, campaign_id)
    labels = dict(zip("abcd", (variant.label for variant in campaign.document.variants), strict=False))
    rows = [] if cursor else [HEADING]
    rows += [_row(one, labels.get(one.variant, NOBODY)) for one in found]
    text = spreadsheets.write(rows)
    return text.removeprefix(MARK) if cursor else text, cursors.signed(svc, campaign_id, more)


def _row(one: Recipient, label: str) -> list[str]:
    moments = [_moment(at) for at in (one.sent_at, one.clicked_at, one.converted_at)]
    return [one.openid, one.name, label, one.stage, one.why, *moments]


def _moment(at: int) -> str:
    """As clocks in Shanghai show it, and spreadsheets understand it."""
    return datetime.fromtimestamp(at + SHANGHAI, UTC).strftime("%Y-%m-%d %H:%M:%S") if at else ""
