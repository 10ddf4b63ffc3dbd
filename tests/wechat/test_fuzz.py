"""Anything at all may be posted to the callback address; it is opened, or refused in one of three known ways."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as some

from chalicelib.wechat.envelope import BadMessage, BadSignature, TooBig
from chalicelib.wechat.messages import Text, message, parse, render, split_text
from tests.wechat.letters import NOW, covering, door, safe, seal, signed, xml

REFUSALS = (BadMessage, BadSignature, TooBig)

words = some.text(some.characters(), max_size=40)  # halves of characters too
names = some.sampled_from(
    ["signature", "msg_signature", "timestamp", "nonce", "encrypt_type", "echostr", "openid", "Encrypt"]
)
tags = some.sampled_from(
    ["MsgType", "FromUserName", "CreateTime", "Event", "EventKey", "MsgId", "List", "Encrypt", "OpenID"]
)
values = some.recursive(
    words | some.integers() | some.floats() | some.booleans() | some.none(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(tags | words, inner, max_size=4),
    max_leaves=10,
)
scraps = some.sampled_from(
    [
        b"<xml>",
        b"</xml>",
        b"<MsgType>",
        b"</MsgType>",
        b"text",
        b"<![CDATA[",
        b"]]>",
        b"&amp;",
        b"&x;",
        b"&#0;",
        b"<!--",
        b"-->",
    ]
    + [
        b"<!DOCTYPE x [",
        b"]>",
        b"<?xml ?>",
        b"<Encrypt>",
        b"</Encrypt>",
        b"\xff",
        b"\x00",
        b"{",
        b"}",
        b'"a":',
        b"[",
        b"1e999",
    ]
)
bodies = (
    some.binary(max_size=200)
    | some.lists(scraps, max_size=20).map(b"".join)
    | values.map(lambda value: json.dumps(value).encode())
)


def is_answered(query: dict[str, str], body: bytes) -> None:
    """An exception of any other kind fails the test."""
    try:
        opened = door().open(query, body, NOW)
    except REFUSALS:
        return
    use(opened.message)
    opened.seal(render(Text("tea"), opened.message, NOW), NOW)


def use(found: Any) -> None:
    """Ask for everything a feature might ask for."""
    for said in (found.key, found.person, found.event_key, found.scene, found.job_id, found.status, found.text):
        said.encode()
    found.items("SubscribeMsgPopupEvent")
    assert message(json.loads(json.dumps(found.fields))) == found


@given(some.dictionaries(names, words), bodies)
def test_any_query_with_any_body(query: dict[str, str], body: bytes) -> None:
    is_answered(query, body)
    is_answered(signed() | query, body)


@given(bodies)
def test_any_body_that_wechat_signed(body: bytes) -> None:
    is_answered(signed(), body)


@given(words)
def test_any_text_in_place_of_a_sealed_one(text: str) -> None:
    is_answered(covering(text), safe("@").replace(b"@", text.encode("utf-8", "surrogatepass")))


@given(bodies)
def test_any_inside_of_a_sealed_letter(body: bytes) -> None:
    sealed = seal(body.decode("utf-8", "replace"))
    is_answered(covering(sealed), safe(sealed))


@given(some.dictionaries(tags, values))
def test_any_fields(fields: dict[str, Any]) -> None:
    letter = {"MsgType": "event", "FromUserName": "alice", "CreateTime": NOW} | fields
    is_answered(signed(), json.dumps(letter).encode())


@given(some.dictionaries(names, words))
def test_any_query_asking_for_the_echo(query: dict[str, str]) -> None:
    for asked in (query, signed() | query):
        try:
            door().echo(asked, NOW)
        except BadSignature:
            continue


@given(words, some.integers(4, 60))
def test_any_text_can_be_answered_and_split(text: str, limit: int) -> None:
    answer = render(Text(text + "!"), parse(xml()), NOW)
    ElementTree.fromstring(answer)
    parts = split_text(text, limit)
    assert "".join(parts) == text
    assert all(len(part.encode("utf-8", "replace")) <= limit for part in parts)


@settings(max_examples=50)
@given(some.text(some.characters(codec="utf-8", exclude_categories=["Cc", "Cn"]), min_size=1, max_size=300))
def test_what_goes_in_sealed_comes_out_as_it_was(text: str) -> None:
    said = text.replace("]]>", "") or "tea"
    sealed = seal(xml(Content=said))
    assert door("safe").open(covering(sealed), safe(sealed), NOW).message.text == said
