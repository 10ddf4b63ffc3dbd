"""Whoever sends a body that does not fit reads which field, what it must be, and nothing of what they sent."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from chalicelib.features import operators
from chalicelib.web import wrong
from tests.house import House

SECRET = "rosebud"


class Cup(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    size: int = 1


class Order(msgspec.Struct, forbid_unknown_fields=True):
    title: str = ""
    count: int = 0
    price: float = 0.0
    paid: bool = False
    until: int | None = None
    either: int | str | list[int] | None = None
    words: list[str] = []
    cups: tuple[Cup, ...] = ()
    cup: Cup | None = None
    free: dict[str, int] = {}
    numbered: dict[int, str] = {}
    pair: tuple[int, int] = (1, 2)
    kind: Literal["poll", "quiz"] = "poll"
    level: Literal[1, 2] = 1
    code: Annotated[str, Meta(min_length=2, max_length=3)] = "abc"
    letter: Annotated[str, Meta(min_length=1)] = "a"
    shape: Annotated[str, Meta(pattern="^a")] = "a"
    few: Annotated[list[str], Meta(min_length=1, max_length=2)] = []
    guests: Annotated[int, Meta(ge=1, le=5)] = 1
    weight: Annotated[float, Meta(gt=0.5, lt=2)] = 1
    fives: Annotated[int, Meta(multiple_of=5)] = 5
    at: datetime | None = None
    mark: uuid.UUID | None = None


def told(body: str | bytes, shape: Any = Order) -> str:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError, RecursionError)) as caught:
        msgspec.json.decode(body, type=shape)
    return wrong.explain(caught.value)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('{"title": 7}', "title 应为文字，收到整数。title must be text, not a whole number."),
        ('{"title": null}', "title 应为文字，收到空值。title must be text, not null."),
        ('{"title": 1.5}', "title 应为文字，收到数字。title must be text, not a number."),
        ('{"title": true}', "title 应为文字，收到布尔值。title must be text, not true or false."),
        ('{"title": []}', "title 应为文字，收到列表。title must be text, not a list."),
        ('{"title": {}}', "title 应为文字，收到对象。title must be text, not an object."),
        ('{"count": "x"}', "count 应为整数，收到文字。count must be a whole number, not text."),
        ('{"price": "x"}', "price 应为数字，收到文字。price must be a number, not text."),
        ('{"paid": 1}', "paid 应为布尔值，收到整数。paid must be true or false, not a whole number."),
        ('{"until": "x"}', "until 应为整数或空值，收到文字。until must be a whole number or null, not text."),
        (
            '{"either": {}}',
            "either 应为整数或文字或列表或空值，收到对象。"
            "either must be a whole number or text or a list or null, not an object.",
        ),
        ('{"words": {}}', "words 应为列表，收到对象。words must be a list, not an object."),
        ('{"words": ["a", 1]}', "words[1] 应为文字，收到整数。words[1] must be text, not a whole number."),
        (
            '{"cups": [{"name": "a"}, {"name": 1}]}',
            "cups[1].name 应为文字，收到整数。cups[1].name must be text, not a whole number.",
        ),
        ('{"free": {"rosebud": []}}', "free[...] 应为整数，收到列表。free[...] must be a whole number, not a list."),
        (
            '{"numbered": {"rosebud": "a"}}',
            "numbered 的键应为整数，收到文字。A key of numbered must be a whole number, not text.",
        ),
    ],
)
def test_what_is_of_the_wrong_kind_is_named(body: str, sentence: str) -> None:
    assert told(body) == sentence


@pytest.mark.parametrize(
    ("body", "kind"),
    [("[]", "列表"), ('"rosebud"', "文字"), ("7", "整数"), ("1.5", "数字"), ("null", "空值"), ("[" * 3000, "列表")],
)
def test_a_body_that_is_no_object_is_told_so(body: str, kind: str) -> None:
    said = told(body)

    assert said.startswith(f"请求内容应为对象，收到{kind}。The body must be an object, not ")


@pytest.mark.parametrize(
    ("body", "shape", "sentence"),
    [
        ("{}", Cup, "请求内容缺少 name。name is missing."),
        ('{"cups": [{}]}', Order, "cups[0] 缺少 name。name is missing in cups[0]."),
        ('{"sise": 1}', Cup, "请求内容里有不认识的字段 sise。The body has an unknown field: sise."),
        ('{"cup": {"sise": 1}}', Order, "cup 里有不认识的字段 sise。cup has an unknown field: sise."),
    ],
)
def test_missing_and_unknown_fields_are_named(body: str, shape: Any, sentence: str) -> None:
    assert told(body, shape) == sentence


@pytest.mark.parametrize("name", ["rosebud " * 30, "rosebud-<b>", "rosebud\\n", "玫瑰rosebud", "rosebud" * 9, ""])
def test_an_unknown_field_of_a_strange_name_is_not_named(name: str) -> None:
    said = told(f'{{"{name}": 1}}')

    assert said == "请求内容里有不认识的字段。The body has an unknown field."


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('{"kind": "rosebud"}', "kind 不是允许的值。kind is not one of the allowed values."),
        ('{"kind": "rosebud - at `$.title`"}', "kind 不是允许的值。kind is not one of the allowed values."),
        ('{"kind": "rose\\nbud"}', "kind 不是允许的值。kind is not one of the allowed values."),
        ('{"level": 7}', "level 不是允许的值。level is not one of the allowed values."),
        ('{"code": "a"}', "code 至少要有 2 个字。code must have at least 2 characters."),
        ('{"code": "rosebud"}', "code 最多只能有 3 个字。code must have at most 3 characters."),
        ('{"letter": ""}', "letter 至少要有 1 个字。letter must have at least 1 character."),
        ('{"few": []}', "few 至少要有 1 项。few must have at least 1 item."),
        ('{"few": ["a", "b", "c"]}', "few 最多只能有 2 项。few must have at most 2 items."),
        ('{"pair": [1]}', "pair 要有 2 项。pair must have exactly 2 items."),
        ('{"guests": 0}', "guests 不能小于 1。guests must be at least 1."),
        ('{"guests": 9}', "guests 不能大于 5。guests must be at most 5."),
        ('{"weight": 0.1}', "weight 应大于 0.5。weight must be more than 0.5."),
        ('{"weight": 3}', "weight 应小于 2.0。weight must be less than 2.0."),
        ('{"fives": 3}', "fives 应为 5 的倍数。fives must be a multiple of 5."),
        ('{"shape": "rosebud"}', "shape 格式不对。shape does not have the right form."),
        ('{"at": "rosebud"}', "at 格式不对。at does not have the right form."),
        ('{"mark": "rosebud"}', "mark 格式不对。mark does not have the right form."),
        ('{"price": 1e999}', "price 超出范围。price is out of range."),
    ],
)
def test_what_is_not_allowed_is_told_with_its_bound(body: str, sentence: str) -> None:
    assert told(body) == sentence


@pytest.mark.parametrize("body", ["", "{", '{"title":', '{"title": "rosebud'])
def test_a_body_that_is_cut_off_is_told_so(body: str) -> None:
    assert told(body) == "请求内容是空的或不完整。The body is empty or ends too early."


@pytest.mark.parametrize(
    ("body", "byte"),
    [
        ("{title: 1}", 1),
        ('{"title": "x"} rosebud', 16),
        ('{"title": "\\q"}', 13),
        ('{"count": 01}', 11),
        ('{"words": ["a",]}', 15),
        ("<rosebud/>", 0),
    ],
)
def test_what_is_no_json_is_told_with_the_byte(body: str, byte: int) -> None:
    assert told(body) == f"请求内容不是合法的 JSON（第 {byte} 字节）。The body is not valid JSON (at byte {byte})."


def test_other_encodings_and_towers_of_brackets_are_told() -> None:
    assert told('{"title": "玫瑰"}'.encode("gb18030")) == wrong.NOT_UTF8
    assert told("[" * 200_000, dict[str, Any] | list[Any]) == wrong.TOO_DEEP


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("Expected `array` of at least length 2, got 0 - at `$.a`", "a 至少要有 2 项。a must have at least 2 items."),
        ("Expected `array` of at most length 2 - at `$.a`", "a 最多只能有 2 项。a must have at most 2 items."),
        ("Expected `array` of length 2 to 3, got 5 - at `$.a`", "a 要有 2 至 3 项。a must have 2 to 3 items."),
        ("Expected `array` of length 2, got 5 - at `$.a`", "a 要有 2 项。a must have exactly 2 items."),
        ("Expected `bytes` of length <= 9 - at `$.a`", "a 最多只能有 9 个字节。a must have at most 9 bytes."),
        ("Expected `object` of length >= 1 - at `$.a`", "a 至少要有 1 项。a must have at least 1 item."),
        ("Expected `int` - at `$.a`", "a 应为整数。a must be a whole number."),
        ("Integer value out of range - at `$.a`", "a 超出范围。a is out of range."),
        ("Invalid value 'rosebud' - at `$.a`", "a 不是允许的值。a is not one of the allowed values."),
        (
            "Expected `datetime` with a timezone component - at `$.a`",
            "a 格式不对。a does not have the right form.",
        ),
        ("Expected `uuid`, got `int` - at `$.a`", "a 应为uuid，收到整数。a must be uuid, not a whole number."),
        ("a rosebud that nobody foresaw - at `$.a`", "a 不合要求。a is not valid."),
        ("a rosebud that nobody foresaw", "请求内容不合要求。The body is not valid."),
    ],
)
def test_messages_that_no_body_of_ours_brings_about_are_translated_as_well(message: str, sentence: str) -> None:
    assert wrong.explain(msgspec.ValidationError(message)) == sentence


def test_every_message_of_msgspecs_decoder_is_known() -> None:
    """A later msgspec that says something new is noticed here, not by a shop's developer."""
    library = Path(msgspec._core.__file__).read_bytes()
    ours = (
        rb"(?:Expected `|Object (?:missing|contains)|Invalid |Input data|JSON is malformed|[A-Z]\w+ [\w ]*out of range)"
    )
    messages = re.findall(rb"(?<=\x00)" + ours + rb"[^\x00]*%U(?=\x00)", library)
    assert len(messages) > 30
    for raw in messages:
        message = raw.decode().removesuffix("%U")
        for mark, example in (("%zd", "1"), ("%lld", "1"), ("%llu", "1"), ("%R", "1"), ("%U", "name")):
            message = message.replace(mark, example)
        message = message.replace("float` %s", "float` >=").replace("%s", "int")
        assert "不合要求" not in wrong.explain(msgspec.ValidationError(message + " - at `$.a`")), message


def test_the_api_answers_so(house: House) -> None:
    token = operators.issue_token(house.svc, "till")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = house.post("/api/tea/rules", b'{"match": 7, "pattern": "rosebud", "reply": {}}', **headers)

    assert answer.status == 400
    assert "match 应为文字，收到整数。match must be text, not a whole number." in answer.data.decode()
    assert SECRET not in answer.data.decode()
    assert house.post("/api/tea/rules", b"", **headers).status == 400
