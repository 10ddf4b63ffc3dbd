"""The picture of a result, and the words and numbers around it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from chalicelib.web import pages
from chalicelib.web.polls import chart
from chalicelib.web.polls.chart import Bar
from chalicelib.web.polls.words import moment, percent, span, wrapped

NOON = 1_780_027_200  # 29 May 2026, 12:00 in China


def bars(*counts: int) -> list[Bar]:
    return [Bar(f"第{number}项", count) for number, count in enumerate(counts)]


def strokes(drawn: str) -> list[int]:
    return [int(width) for width in re.findall(r"<use [^>]*width=(\d+)", drawn)]


def spoken(drawn: str) -> str:
    return str(re.findall(r'role=img aria-label="([^"]*)"', drawn)[0])


def exact(drawn: str) -> list[tuple[str, str]]:
    """What the table says of each option."""
    return re.findall(r"<td>([^<]*)<td>([^<]*)", drawn)


def test_nobody_voted_yet() -> None:
    drawn = chart.figure("茶？", bars(0, 0), 0)

    assert strokes(drawn) == []
    assert "class=best" not in drawn
    assert exact(drawn) == [("0", "0%"), ("0", "0%")]


def test_one_vote_is_a_full_stroke() -> None:
    drawn = chart.figure("茶？", bars(0, 1), 1)

    assert strokes(drawn) == [chart.STROKE]
    assert drawn.count("class=best") == 1
    assert spoken(drawn) == "茶？：第0项 0%，0 票；第1项 100%，1 票"


def test_of_those_that_tie_none_is_shown_behind() -> None:
    drawn = chart.figure("茶？", bars(5, 5, 2), 12)

    assert drawn.count("class=best") == 2
    assert strokes(drawn)[0] == strokes(drawn)[1] > strokes(drawn)[2]


def test_a_hundred_thousand_votes_are_told_exactly_and_one_of_them_is_still_seen() -> None:
    drawn = chart.figure("茶？", bars(61_234, 38_765, 1), 100_000)

    assert exact(drawn) == [("61,234", "61%"), ("38,765", "39%"), ("1", "&lt;1%")]
    assert strokes(drawn)[-1] >= 4


def test_ones_own_choice_and_the_right_one_are_marked_for_eyes_and_ears() -> None:
    drawn = chart.figure("茶？", [Bar("龙井", 1, mine=True, right=True), Bar("普洱", 0)], 1)

    assert (drawn.count("class=mine"), drawn.count("class=right")) == (1, 1)
    assert "龙井（您的选择，正确答案）" in spoken(drawn)


def test_a_hostile_label_is_text_wherever_it_stands() -> None:
    evil = "<img src=x onerror=alert(1)> \"quoted\" & 'so'"
    drawn = chart.figure(evil, [Bar(evil, 1, mine=True)], 1)

    assert "<img" not in drawn
    assert '"quoted' not in drawn
    assert drawn.count("&lt;img") == 5  # heard and in the table as question and as option; in the picture


def test_a_row_is_as_tall_as_its_label() -> None:
    short, long = (chart.figure("茶？", [Bar("茶" * length, 1)], 1) for length in (3, 60))

    def height(drawn: str) -> int:
        return int(re.findall(r'viewBox="0 0 340 (\d+)"', drawn)[0])

    assert height(long) - height(short) == 3 * chart.LINE


@pytest.mark.parametrize("name", ["brushes.svg", "cup.svg", "hills.svg", "seal.svg"])
def test_the_drawings_are_well_formed(name: str) -> None:
    ET.fromstring(pages.asset(name))


@pytest.mark.parametrize(("score", "drawn"), [(0, 0), (1, 2), (20, 2)])
def test_the_ring_is_as_long_as_the_score(score: int, drawn: int) -> None:
    ring = chart.ring(score, 20)

    assert ring.count(f'stroke-dasharray="{score} 20"') == drawn
    assert f'aria-label="{score} / 20"' in ring


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 0, "0%"),
        (0, 9, "0%"),
        (9, 9, "100%"),
        (1, 3, "33%"),
        (2, 3, "67%"),
        (1, 200, "<1%"),
        (1, 100, "1%"),
        (199, 200, ">99%"),
        (99, 100, "99%"),
        (1, 8, "13%"),
    ],
)
def test_a_percentage_never_says_none_or_all_of_what_is_neither(part: int, whole: int, told: str) -> None:
    assert percent(part, whole) == told


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (0, "不到一分钟", "less than a minute"),
        (59, "不到一分钟", "less than a minute"),
        (60, "1 分钟", "1 minute"),
        (3600, "1 小时", "1 hour"),
        (3600 + 120, "1 小时 2 分钟", "1 hour 2 minutes"),
        (2 * 86_400, "2 天", "2 days"),
        (86_400 + 59, "1 天", "1 day"),
        (86_400 + 7200 + 60, "1 天 2 小时", "1 day 2 hours"),
    ],
)
def test_a_time_to_wait_is_told_in_at_most_two_units(seconds: int, chinese: str, english: str) -> None:
    assert span(seconds) == (chinese, english)


def test_a_moment_is_told_as_clocks_in_china_show_it() -> None:
    assert moment(NOON, NOON) == ("5月29日 12:00", "29 May, 12:00 UTC+8")
    assert moment(NOON + 13 * 3600, NOON) == ("5月30日 01:00", "30 May, 01:00 UTC+8")
    assert moment(NOON + 300 * 86_400, NOON) == ("2027年3月25日 12:00", "25 Mar 2027, 12:00 UTC+8")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("龙井", ["龙井"]),
        ("一二三四五六七八九十甲乙", ["一二三四五六七八九十", "甲乙"]),
        ("Keemun black tea first flush", ["Keemun black tea", "first flush"]),
        ("x" * 20, ["x" * 17, "xxx"]),
        ("   padded   with     blanks   ", ["padded   with", "blanks"]),
    ],
)
def test_lines_break_between_words_and_between_characters(text: str, lines: list[str]) -> None:
    assert wrapped(text, 10) == lines


@pytest.mark.parametrize(
    "text", ["👨‍👩‍👧‍👦" * 9, "नमस्ते दुनिया" * 4, "العربية " * 8, "e\u0301" * 60, "　全角　空格" * 8, "a b" * 20]
)
def test_no_letter_is_lost_in_any_script(text: str) -> None:
    lines = wrapped(text, 17)

    assert "".join("".join(lines).split()) == "".join(text.split())
    assert len(lines) > 1
