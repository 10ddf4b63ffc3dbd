"""The picture of a result, and the words and numbers around it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from chalicelib.web import pages
from chalicelib.web.polls import chart
from chalicelib.web.polls.chart import Bar
from chalicelib.web.polls.words import moment, percent, said, span, whole

NOON = 1_780_027_200  # 29 May 2026, 12:00 in China


def bars(*counts: int) -> list[Bar]:
    return [Bar(f"第{number}项", count) for number, count in enumerate(counts)]


def strokes(drawn: str) -> list[int]:
    return [int(width) for width in re.findall(r"<use [^>]*width=(\d+)", drawn)]


def exact(drawn: str) -> list[tuple[str, str]]:
    """What the table says of each option: its share, its votes."""
    return [(share, votes) for share, _, votes in re.findall(r"<td>([^<]*)<(i|u)>([^<]*)</\2>", drawn)]


def test_nobody_voted_yet() -> None:
    drawn = chart.figure("r0", bars(0, 0), 0)

    assert strokes(drawn) == []
    assert "class=" not in drawn.replace("class=chart", "")
    assert exact(drawn) == [("0%", "0"), ("0%", "0")]


def test_one_vote_is_a_full_stroke() -> None:
    drawn = chart.figure("r0", bars(0, 1), 1)

    assert strokes(drawn) == [100]
    assert drawn.count("class=b") == 1
    assert drawn.startswith("<table class=chart aria-labelledby=r0>")
    assert exact(drawn) == [("0%", "0"), ("100%", "1")]
    assert "<u>1</u>" in drawn  # whose word in the style sheet is for one


def test_of_those_that_tie_none_is_shown_behind() -> None:
    drawn = chart.figure("r0", bars(5, 5, 2), 12)

    assert drawn.count("class=b") == 2
    assert strokes(drawn)[0] == strokes(drawn)[1] > strokes(drawn)[2]


def test_a_hundred_thousand_votes_are_told_exactly_and_one_of_them_is_still_seen() -> None:
    drawn = chart.figure("r0", bars(61_234, 38_765, 1), 100_000)

    assert exact(drawn) == [("61%", "61,234"), ("39%", "38,765"), ("&lt;1%", "1")]
    assert strokes(drawn)[-1] == chart.SHORTEST


def test_ones_own_choice_and_the_right_one_are_marked_for_eyes_and_ears() -> None:
    choices = [
        Bar("龙井", 1, mine=True, right=True),
        Bar("普洱", 0),
        Bar("乌龙", 0, mine=True),
        Bar("白茶", 0, right=True),
    ]
    drawn = chart.figure("r0", choices, 1)

    assert re.findall(r"<tr(?: class=(\w+))?><th>([^<]*)<", drawn) == [
        ("bmr", "龙井"),
        ("", "普洱"),
        ("m", "乌龙"),
        ("r", "白茶"),
    ]
    looks = pages.asset("polls.css")
    for seal, heard in (("选", "您的选择 Your choice"), ("✓", "正确答案 right answer")):
        assert re.search(f'content:"{seal}";content:"{seal}" / "[^"]*{heard}', looks)


def test_a_hostile_label_is_text() -> None:
    evil = "<img src=x onerror=alert(1)> \"quoted\" & 'so'"
    drawn = chart.figure("r0", [Bar(evil, 1, mine=True)], 1)

    assert "<img" not in drawn
    assert '"quoted' not in drawn
    assert drawn.count("&lt;img") == 1


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


def test_a_time_in_a_sentence_is_found_by_scripts_and_stays_on_its_line() -> None:
    told = whole(said("还有 9 分钟", "opens in 9 minutes"), "9 分钟", "9 minutes")

    assert told == "还有 <time>9 分钟</time><span lang=en>opens in <time>9 minutes</time></span>"
    assert "time{white-space:nowrap}" in pages.asset("polls.css")
