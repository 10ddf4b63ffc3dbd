"""A code's picture: SVG for print, sharp at any size; PNG for chats and pages."""

from __future__ import annotations

import io

from ...errors import BadInput, Conflict
from ...services import Services
from .codes import Code

SMALLEST, LARGEST = 64, 4096  # pixels
QUIET = 4  # modules around it that stay white, as scanners want
ERRORS = "q"  # a quarter of a poster may be scratched or covered
TINY = "图片至少要 {0} 像素。The picture needs {0} pixels at least."


def svg(svc: Services, code: Code) -> str:
    """Without a size of its own: it fills whatever it is put into."""
    drawn = io.BytesIO()
    _drawn(svc, code).save(drawn, kind="svg", border=QUIET, omitsize=True, light="#fff", title=code.name)
    return drawn.getvalue().decode()


def png(svc: Services, code: Code, size: int) -> bytes:
    """As large as whole modules allow within so many pixels on each side."""
    if not SMALLEST <= size <= LARGEST:
        raise BadInput(f"size 要在 {SMALLEST} 到 {LARGEST} 之间。size must be within {SMALLEST} and {LARGEST}.")
    qr = _drawn(svc, code)
    across = qr.symbol_size(border=QUIET)[0]
    if size < across:
        raise BadInput(TINY.format(across))
    drawn = io.BytesIO()
    qr.save(drawn, kind="png", border=QUIET, scale=size // across)
    return drawn.getvalue()


def _drawn(svc: Services, code: Code):  # type: ignore[no-untyped-def]
    import segno  # noqa: PLC0415 (10 ms that most requests never need)

    if code.expires_at and code.expires_at <= svc.now():
        raise Conflict("这个二维码已过期，请先续期。This code has expired; please renew it first.")
    return segno.make_qr(code.address, error=ERRORS)
