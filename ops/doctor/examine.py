"""All checks side by side, each with the same patience: whatever happens to one, the others still tell."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from chalicelib.errors import AppError
from chalicelib.wechat.errors import Unreachable, WeChatError

from ..say import Problem
from ..target import explained
from .finding import Finding, Text, odd
from .patient import Patient

Check = Callable[[Patient], Iterator[Finding]]
PATIENCE = 45.0  # seconds for all of them together; finding drift takes the longest
UNCHECKED: Text = ("这项没有检查，不知好坏", "this was not checked, and may be good or bad")

Results = queue.SimpleQueue[tuple[str, list[Finding]]]


def examine(patient: Patient, checks: Sequence[Check], patience: float = PATIENCE) -> list[Finding]:
    """What each found, in the order of the checks."""
    found: dict[str, list[Finding]] = {}
    results: Results = queue.SimpleQueue()
    for check in checks:
        # Not a pool: what hangs must not keep the command from ending.
        threading.Thread(target=_look, args=(check, patient, results), daemon=True).start()
    give_up = time.monotonic() + patience
    try:
        while len(found) < len(checks):
            name, findings = results.get(timeout=max(0.01, give_up - time.monotonic()))
            found[name] = findings
    except queue.Empty:
        pass
    return [
        one._replace(check=check.__name__) for check in checks for one in found.get(check.__name__, [_late(patience)])
    ]


def _look(check: Check, patient: Patient, results: Results) -> None:
    findings: list[Finding] = []
    try:
        with explained():
            findings.extend(check(patient))
    except Problem as problem:
        findings.append(_unseen((problem.zh, problem.en)))
    except (AppError, WeChatError, Unreachable, OSError) as error:
        findings.append(_unseen((str(error), type(error).__name__)))
    except Exception as error:  # the doctor's rim: a mistake of one check is told, and hides no other
        findings.append(_unseen((f"检查本身出错：{error!r}", f"the check itself failed: {type(error).__name__}")))
    results.put((check.__name__, findings))


def _late(patience: float) -> Finding:
    return _unseen((f"{patience:.0f} 秒内没有结果", f"no result within {patience:.0f} seconds"))


def _unseen(what: Text) -> Finding:
    return odd(what, UNCHECKED, ("处理后再运行一次 doctor", "mend that and run doctor again"))
