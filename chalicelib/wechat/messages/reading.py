"""Bytes become plain fields: dicts, lists and strings, whatever was sent, or BadMessage and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.parsers import expat  # noqa: S407 (every XML attack comes through a DTD, which is refused below)

DEEPEST = 32  # the platform's own documents have at most six levels
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# XML 1.0 has no place for these, yet phones send them and WeChat passes them on. NUL is no text at all.
STRAY = "[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"


class BadMessage(Exception):
    """It cannot be read as a message; the text says why, without quoting it."""


def fields_of(body: bytes) -> dict[str, Any]:
    """Everything as sent: numbers stay exact strings, a repeated element becomes a list."""
    try:
        # WeChat speaks UTF-8, whatever a document declares; other encodings have hidden DTDs before.
        document = body.removeprefix(BYTE_ORDER_MARK).strip().decode()
    except UnicodeDecodeError:
        raise BadMessage("not UTF-8") from None
    return _fields_of_json(document) if document.startswith("{") else _fields_of_xml(document)


def _fields_of_xml(document: str) -> dict[str, Any]:
    try:
        return _read_xml(document)
    except expat.ExpatError:
        cleaned = re.sub(STRAY, "", document)
    try:
        return _read_xml(cleaned)
    except expat.ExpatError:
        raise BadMessage("not well-formed XML") from None


def _read_xml(document: str) -> dict[str, Any]:
    parser = expat.ParserCreate()
    tree = _Tree()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = tree.doctype
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.text
    parser.Parse(document, True)  # text, not bytes: then expat asks for no encoding either
    return tree.fields()


class _Tree:
    """Grows fields from the parser's events without recursion, so that depth costs no stack."""

    def __init__(self) -> None:
        self._open: list[tuple[str, dict[str, Any], list[str]]] = [("", {}, [])]

    def doctype(self, *_: object) -> None:
        raise BadMessage("it has a DTD, and WeChat sends none")

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if len(self._open) > DEEPEST:
            raise BadMessage("nested too deep")
        self._open.append((name, {}, []))

    def text(self, characters: str) -> None:
        self._open[-1][2].append(characters)

    def end(self, name: str) -> None:
        _, children, characters = self._open.pop()
        _add(self._open[-1][1], name, children or "".join(characters))

    def fields(self) -> dict[str, Any]:
        root = self._open[0][1].get("xml")
        if not isinstance(root, dict):
            raise BadMessage("no fields under an <xml> root")
        return root


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


def _fields_of_json(document: str) -> dict[str, Any]:
    try:
        # Order ids are bare numbers above 2**53: they stay the digits that were sent.
        found = json.loads(document, strict=False, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise BadMessage("not JSON") from None
    fields: dict[str, Any] = _plain(found, DEEPEST)
    return fields


def _plain(value: Any, deepest: int) -> Any:
    if isinstance(value, str):
        return _sendable(value)
    if isinstance(value, dict | list) and deepest == 0:
        raise BadMessage("nested too deep")
    if isinstance(value, dict):
        return {_sendable(name): _plain(each, deepest - 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, deepest - 1) for each in value]
    return {True: "true", False: "false", None: ""}[value]


def _sendable(text: str) -> str:
    """JSON can name half a character; nothing that stores or sends text can take one."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
