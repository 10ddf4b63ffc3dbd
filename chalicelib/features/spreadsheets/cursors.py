"""Cursors of exports: each begins with its first page, which the audit log tells of, since nobody can make one up."""

from __future__ import annotations

import hmac

from ...errors import wrong_cursor
from ...services import Services

SIGN, SIGNED = "export", 16  # what the key is used for; characters


def signed(svc: Services, export: str, cursor: str) -> str:
    """`export` names what is exported: the cursor goes on there and nowhere else. "" stays the end."""
    return f"{cursor}.{svc.keys.digest(SIGN, f'{export}#{cursor}')[:SIGNED]}" if cursor else ""


def read(svc: Services, export: str, told: str) -> str:
    """What was signed; BadInput for anything else."""
    cursor = told.rpartition(".")[0]
    if not hmac.compare_digest(signed(svc, export, cursor).encode(), told.encode()):
        raise wrong_cursor()
    return cursor
