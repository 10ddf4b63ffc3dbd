"""What is wrong with a JSON body, in words: msgspec's few messages, told in both languages, without what was sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Text = tuple[str, str]  # Chinese, English


class Place(NamedTuple):
    """Where it is wrong, as a sentence begins with it. `path` is "" for the whole body."""

    path: str
    zh: str
    en: str


BODY = Place("", "请求内容", "The body")
NOT_UTF8 = "请求内容不是 UTF-8 编码。The body is not UTF-8."
TOO_DEEP = "请求内容嵌套太深。The body is nested too deeply."

KINDS: dict[str, Text] = {
    "str": ("文字", "text"),
    "int": ("整数", "a whole number"),
    "float": ("数字", "a number"),
    "bool": ("布尔值", "true or false"),
    "array": ("列表", "a list"),
    "object": ("对象", "an object"),
    "null": ("空值", "null"),
}
BOUNDS: dict[str, Text] = {
    ">=": ("不能小于", "at least"),
    "<=": ("不能大于", "at most"),
    ">": ("应大于", "more than"),
    "<": ("应小于", "less than"),
}
UNITS: dict[str, Text] = {"str": ("个字", "character"), "bytes": ("个字节", "byte")}

# A place is made of our own fields' names: msgspec writes the keys of a free object as `[...]`.
PLACE = re.compile(r"(`key` in )?`\$([\w.\[\]]*)`")
# A name that was sent may be said again; anything longer or stranger is not one of our fields misspelt.
NAME = re.compile(r"[A-Za-z_]\w{0,39}", re.ASCII)


def explain(error: Exception) -> str:
    """One sentence in each language that names the field; of what was sent, at most a field's name."""
    if isinstance(error, UnicodeDecodeError):
        return NOT_UTF8
    if isinstance(error, RecursionError):
        return TOO_DEEP
    message, place = _split(str(error))
    for pattern, tell in SENTENCES:
        if found := pattern.fullmatch(message):
            zh, en = tell(place, *found.groups())
            return f"{zh}。{en}."
    return f"{place.zh}不合要求。{place.en} is not valid."


def _split(message: str) -> tuple[str, Place]:
    """``… - at `$.questions[0].text` ``"""
    told, _, at = message.rpartition(" - at ")
    found = PLACE.fullmatch(at)
    if not told or found is None:
        return message, BODY
    path = found[2].removeprefix(".")
    if found[1]:
        return told, Place(path, f"{path} 的键", f"A key of {path}")
    return told, Place(path, f"{path} ", path)


def _wrong_kind(place: Place, wanted: str, got: str) -> Text:
    kinds = [_kind(name) for name in wanted.split(" | ")]
    zh, en = "或".join(kind[0] for kind in kinds), " or ".join(kind[1] for kind in kinds)
    got_zh, got_en = _kind(got)
    return f"{place.zh}应为{zh}，收到{got_zh}", f"{place.en} must be {en}, not {got_en}"


def _other_kind(place: Place, wanted: str) -> Text:
    zh, en = _kind(wanted)
    return f"{place.zh}应为{zh}", f"{place.en} must be {en}"


def _kind(name: str) -> Text:
    return KINDS.get(name, (name, name))


def _missing(place: Place, name: str) -> Text:
    return f"{place.zh}缺少 {name}", f"{name} is missing" + (f" in {place.path}" if place.path else "")


def _unknown(place: Place, name: str) -> Text:
    told = f" {name}" if NAME.fullmatch(name) else ""
    return f"{place.zh}里有不认识的字段{told}", f"{place.en} has an unknown field" + (told and f":{told}")


def _not_allowed(place: Place) -> Text:
    return f"{place.zh}不是允许的值", f"{place.en} is not one of the allowed values"


def _length(place: Place, kind: str, bound: str, number: str) -> Text:
    zh, en = {">=": ("至少要有", "at least"), "<=": ("最多只能有", "at most"), "": ("要有", "exactly")}[bound]
    return _sized(place, kind, f"{zh} {number} ", f"{en} {number} ", plural=number != "1")


def _at_least(place: Place, kind: str, bound: str, number: str) -> Text:
    return _length(place, kind, {"least": ">=", "most": "<="}[bound], number)


def _between(place: Place, kind: str, least: str, most: str) -> Text:
    return _sized(place, kind, f"要有 {least} 至 {most} ", f"{least} to {most} ", plural=True)


def _sized(place: Place, kind: str, zh: str, en: str, plural: bool) -> Text:
    unit_zh, unit_en = UNITS.get(kind, ("项", "item"))
    return f"{place.zh}{zh}{unit_zh}", f"{place.en} must have {en}{unit_en}{'s' if plural else ''}"


def _bound(place: Place, bound: str, number: str) -> Text:
    zh, en = BOUNDS[bound]
    return f"{place.zh}{zh} {number}", f"{place.en} must be {en} {number}"


def _multiple(place: Place, number: str) -> Text:
    return f"{place.zh}应为 {number} 的倍数", f"{place.en} must be a multiple of {number}"


def _bad_form(place: Place) -> Text:
    return f"{place.zh}格式不对", f"{place.en} does not have the right form"


def _out_of_range(place: Place) -> Text:
    return f"{place.zh}超出范围", f"{place.en} is out of range"


def _cut_off(_: Place) -> Text:
    return "请求内容是空的或不完整", "The body is empty or ends too early"


def _malformed(_: Place, byte: str) -> Text:
    return f"请求内容不是合法的 JSON（第 {byte} 字节）", f"The body is not valid JSON (at byte {byte})"


SENTENCES: tuple[tuple[re.Pattern[str], Callable[..., Text]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), tell)
    for pattern, tell in (
        (r"Expected `([^`]+)`, got `([^`]+)`", _wrong_kind),
        (r"Expected `(\w+)`", _other_kind),
        (r"Object missing required field `([^`]+)`", _missing),
        (r"Object contains unknown field `(.*)`", _unknown),
        (r"Invalid (?:enum )?value .*", _not_allowed),
        (r"Expected `(\w+)` of length (>=|<=|)? ?(\d+)(?:, got \d+)?", _length),
        (r"Expected `(\w+)` of at (least|most) length (\d+)(?:, got \d+)?", _at_least),
        (r"Expected `(\w+)` of length (\d+) to (\d+)(?:, got \d+)?", _between),
        (r"Expected `(?:int|float)` (>=|<=|>|<) (\S+)", _bound),
        (r"Expected `(?:int|float)` that's a multiple of (\S+)", _multiple),
        (r"Expected `str` matching regex .*", _bad_form),
        (r"Expected `[^`]+` with (?:a|no) timezone component", _bad_form),
        (r"Invalid [\w ]+(?:: [\w ]+)?", _bad_form),
        (r"[\w ]+ out of range ?", _out_of_range),
        (r"Input data was truncated", _cut_off),
        (r"JSON is malformed: .* \(byte (\d+)\)", _malformed),
    )
)
