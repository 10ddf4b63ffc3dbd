"""A CSV file as rows of cells: its encoding and delimiter found out, and told.

Spreadsheets in China write GB18030, or UTF-8 with a byte order mark, or UTF-16 with tabs; others plain UTF-8.
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass, field

import msgspec

from ...errors import BadInput, TooBig

MOST_ROWS = 5000
MOST_COLUMNS = 60
DELIMITERS = ",;\t"
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# In this order: what is good UTF-8 is hardly ever anything else, while nearly everything is good GB18030.
PLAIN = (("utf-8", "UTF-8"), ("gb18030", "GB18030"))
UNKNOWN = (
    "读不懂这个文件的编码，请另存为“CSV UTF-8”。This file is neither UTF-8 nor GB18030; please save it as “CSV UTF-8”."
)
EMPTY = "文件里没有数据：第一行是列名，下面至少一行。There are no rows: column names first, then at least one row."
QUOTES = (
    "引号没有配对，从这一行起读不下去。A quote is not closed, or stands inside a cell; nothing after it can be read."
)
HUGE = "这一行有一格太大，从这里起读不下去。A cell of this row is far too large; nothing after it can be read."


class Mistake(msgspec.Struct, frozen=True):
    """`row` is the spreadsheet's own number, the heading being 1; `column` is a heading, or "" for the whole row."""

    row: int
    column: str
    message: str


@dataclass(frozen=True)
class Sheet:
    """`rows` have their numbers; `broken` is what could not be read as a row at all."""

    names: list[str]
    rows: list[tuple[int, list[str]]]
    encoding: str
    delimiter: str
    broken: list[Mistake] = field(default_factory=list)


def read_bytes(content: bytes) -> Sheet:
    if content.startswith(WIDE):
        return read(_wide(content), "UTF-16")
    marked = content.startswith(codecs.BOM_UTF8)
    for codec, name in (("utf-8", "UTF-8 (BOM)"),) if marked else PLAIN:
        if _is_mostly(content, codec):
            # What a row has in another encoding is then U+FFFD, and told of that row (checking.py).
            return read(content.decode(codec, "replace"), name)
    raise BadInput(UNKNOWN)


def _is_mostly(content: bytes, codec: str) -> bool:
    """Whether more than half of the lines that tell anything about it are of that encoding."""
    telling = [line for line in content.splitlines() if not line.isascii()]
    wrong = sum(not _is_readable(line, codec) for line in telling)
    return not wrong or 2 * wrong < len(telling)


def _is_readable(line: bytes, codec: str) -> bool:
    try:
        line.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def read(text: str, encoding: str = "UTF-8") -> Sheet:
    """BadInput or TooBig if the file as a whole is none that we take."""
    text = text.removeprefix("\ufeff")
    delimiter = _delimiter(text)
    records, broken = _records(text, delimiter)
    if not records or len(records) == 1 and not broken:
        raise BadInput(EMPTY)
    (_, names), *rows = records
    if len(names) > MOST_COLUMNS:
        raise TooBig(f"最多 {MOST_COLUMNS} 列。A file has {MOST_COLUMNS} columns at most.")
    return Sheet([name.strip() for name in names], rows, encoding, delimiter, broken)


def _wide(content: bytes) -> str:
    try:
        return content.decode("utf-16")
    except UnicodeDecodeError:
        raise BadInput(UNKNOWN) from None


def _delimiter(text: str) -> str:
    """By the heading: whichever cuts it most often, and else a comma."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=heading.count)


def _records(text: str, delimiter: str) -> tuple[list[tuple[int, list[str]]], list[Mistake]]:
    """All that are not blank, each with its number; reading ends where it makes no sense any more."""
    records: list[tuple[int, list[str]]] = []
    number = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                records.append((number, cells))
            if len(records) > MOST_ROWS + 1:
                raise TooBig(f"一次最多 {MOST_ROWS} 行。A file has {MOST_ROWS} rows at most; please cut it.")
    except csv.Error as error:
        return records, [Mistake(number + 1, "", HUGE if "field larger" in str(error) else QUOTES)]
    return records, []
