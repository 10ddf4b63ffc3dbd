"""Small pictures made from nothing: a red pixel, and the face of a QR code."""

from __future__ import annotations

import struct
import zlib


def png(rows: list[bytes], palette: bytes) -> bytes:
    """Each byte of a row is an index into the palette (three bytes a colour)."""
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


A_PIXEL = png([b"\0"], b"\xc8\x1e\x1e")
