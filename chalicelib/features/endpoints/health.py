"""How an endpoint is: well, failing, resting for a while, or switched off after a day without one success.

While many fail in a row nothing is sent to it for a while: what it is owed waits together, and one delivery tries.
"""

from __future__ import annotations

from ...observe import log
from ...services import Account, Services
from .. import alarms
from ..days import A_DAY
from . import endpoint as store
from .endpoint import Endpoint

# A receiver that is down for a whole day must still get everything, so it has some time beyond that.
PATIENCE = A_DAY + 7200  # seconds
IN_A_ROW = 5  # failures, until it is left alone for a while
LONGEST_REST = 600  # seconds
APART = 3 * 3600  # seconds between two failures that do not belong together; tries are never so far apart


def succeeded(svc: Services, account: Account, endpoint: Endpoint) -> None:
    if endpoint.failing_since:
        well = {"failing_since": 0, "failures": 0, "rests_until": 0}
        store.change(svc, account, endpoint.endpoint_id, well, where="#failing_since > :zero", zero=0)


def failed(svc: Services, account: Account, endpoint: Endpoint, reason: str, *, answered: bool) -> None:
    """`answered`: it refused this one, so others need not wait."""
    now = svc.now()
    since = endpoint.failing_since if now - endpoint.last_failed < APART else 0
    if since and now - since >= PATIENCE:
        _switch_off(svc, account, endpoint, reason)
        return
    failures = endpoint.failures + 1
    told = {"failing_since": since or now, "last_failed": now, "failures": failures}
    if failures >= IN_A_ROW and not answered:
        told["rests_until"] = now + min(LONGEST_REST, 5 << min(failures - IN_A_ROW, 10))
    # Many may fail at once; each has seen the same, and so counts as one.
    store.change(svc, account, endpoint.endpoint_id, told, where="#failures = :seen", seen=endpoint.failures)


def _switch_off(svc: Services, account: Account, endpoint: Endpoint, reason: str) -> None:
    text = (
        f"端点「{endpoint.label}」一天多没有一次成功，已停用：{reason}。修好后请打开它，再重发没送到的。"
        f"The endpoint {endpoint.label} took nothing for more than a day and is switched off: {reason}. "
        "Mend it, switch it on, and send again what did not arrive."
    )
    if store.switch_off(svc, account, endpoint, reason):
        log.warning("account %s: the endpoint %s is switched off", account.alias, endpoint.endpoint_id)
    alarms.ring(svc, account, store.alarm(endpoint.endpoint_id), text)
