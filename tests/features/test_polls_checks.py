"""A poll that makes no sense is refused with a sentence that names the field, in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib.errors import BadInput
from chalicelib.features import polls
from chalicelib.features.polls import Afterwards, Question, ScoreText, Share
from tests.house import House
from tests.polling import A_DAY, GREEN, HOT, TEA, poll, quiz, told

YES_NO = ("是", "否")
SHORT = Question("哪些？", tuple("甲乙丙丁戊己庚辛壬癸子丑"), choose=12, right=tuple(range(12)))


def one(**changes: Any) -> dict[str, Any]:
    """A question with something changed."""
    return {"questions": (Question(**({"text": "好吗？", "options": YES_NO} | changes)),)}


def after(**told: Any) -> dict[str, Any]:
    return {"afterwards": Afterwards(**told)}


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"kind": "survey"}, "kind must be one of poll, quiz"),
    ({"voters": "everybody"}, "voters must be one of"),
    ({"results": "sometimes"}, "results must be one of"),
    ({"title": ""}, "title must have 1 to 60"),
    ({"title": " \u3000 "}, "title must have 1 to 60"),
    ({"title": "茶" * 61}, "title must have 1 to 60"),
    ({"title": "a\nb"}, "title must be one line"),
    ({"title": "a\x00b"}, "title must be one line"),
    ({"intro": "茶" * 501}, "intro may have 500"),
    ({"intro": "a\x1bb"}, "intro must not have control"),
    ({"questions": ()}, "questions must be 1 to 20"),
    ({"questions": (TEA,) * 21}, "questions must be 1 to 20"),
    (one(text=""), r"questions\[0\]\.text must have 1 to 120"),
    (one(text="茶" * 121), r"questions\[0\]\.text must have 1 to 120"),
    (one(options=("是",)), r"questions\[0\]\.options must be 2 to 12"),
    (one(options=tuple("一二三四五六七八九十百千万")), r"questions\[0\]\.options must be 2 to 12"),
    (one(options=("是", " ")), r"questions\[0\]\.options\[1\] must have 1 to 60"),
    (one(options=("是", "茶" * 61)), r"questions\[0\]\.options\[1\] must have 1 to 60"),
    (one(options=("是", "是 ")), r"questions\[0\]\.options must differ"),
    (one(choose=0), r"questions\[0\]\.choose must be from 1 to 2"),
    (one(choose=3), r"questions\[0\]\.choose must be from 1 to 2"),
    (one(right=(0,)), r"questions\[0\]\.right is for a quiz only"),
    ({"kind": "quiz"} | one(), r"questions\[0\]\.right must name one option"),
    ({"kind": "quiz"} | one(right=(0, 1)), r"questions\[0\]\.right must name one option"),
    ({"kind": "quiz"} | one(options=tuple("甲乙丙"), choose=2, right=(0, 1, 2)), r"right must name 1 to 2 options"),
    ({"questions": (Question("问" * 120, tuple(f"{n}" * 60 for n in range(10))),) * 10}, "6000 bytes in all"),
    ({"questions": (Question("<" * 120, ("&" * 60, '"' * 60)),) * 10}, "questions may have 6000 bytes in all"),
    ({"kind": "quiz"} | one(right=(0, 0), choose=2), r"questions\[0\]\.right holds numbers"),
    ({"kind": "quiz"} | one(right=(2,)), r"questions\[0\]\.right holds numbers"),
    ({"kind": "quiz"} | one(right=(-1,)), r"questions\[0\]\.right holds numbers"),
    ({"opens_at": -1}, "closes_at must be later"),
    ({"opens_at": 10**11}, "closes_at must be later"),
    ({"closes_at": 0}, "closes_at must be later"),
    ({"closes_at": 1}, "closes_at is in the past"),
    ({"closes_at": 10**11}, "closes_at may be a year"),
    ({"share": Share(title="茶" * 61)}, "share.title must have 0 to 60"),
    ({"share": Share(text="茶" * 121)}, "share.text must have 0 to 120"),
    ({"share": Share(picture="http://a/b.png")}, "share.picture must be an https"),
    ({"share": Share(picture='https://a/"onerror=')}, "share.picture must be an https"),
    ({"share": Share(picture="https://a/" + "b" * 500)}, "share.picture must be an https"),
    (after(tag="茶" * 11), "afterwards.tag may have 30 bytes"),
    (after(tag="a\nb"), "afterwards.tag must be one line"),
    (after(message="茶" * 683), "afterwards.message may have 2048 bytes"),
    (after(message="\x07"), "afterwards.message must not have control"),
    (after(thanks="茶" * 201), "afterwards.thanks may have 200"),
    ({"scores": (ScoreText(0, "好"),)}, "scores are for a quiz only"),
    ({"kind": "quiz", "questions": (HOT,), "scores": (ScoreText(2, "好"),)}, r"scores\[0\]\.from must be from 0 to 1"),
    ({"kind": "quiz", "questions": (HOT,), "scores": (ScoreText(0, ""),)}, r"scores\[0\]\.text must have 1 to 200"),
    ({"kind": "quiz", "questions": (HOT,), "scores": (ScoreText(0, "好"), ScoreText(0, "差"))}, "scores must differ"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "sentence"), MISTAKES, ids=[sentence for _, sentence in MISTAKES])
def test_each_mistake_has_a_sentence(house: House, wrong: dict[str, Any], sentence: str) -> None:
    usual = told(house, kind="poll", questions=(TEA,))

    with pytest.raises(BadInput, match=sentence) as refused:
        polls.save(house.svc, house.tea, **(usual | wrong))

    chinese, _, _ = str(refused.value).partition("。")
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert polls.listed(house.svc, house.tea) == ([], "")


def test_a_change_makes_no_mistake_either_and_leaves_the_poll_as_it_was(house: House) -> None:
    asked = poll(house)
    with pytest.raises(BadInput, match="title"):
        poll(house, poll_id=asked.poll_id, title="")
    with pytest.raises(BadInput, match="a year after the creation"):
        poll(house, poll_id=asked.poll_id, closes_at=asked.created + 367 * A_DAY)
    assert polls.owned(house.svc, house.tea, asked.poll_id) == asked


def test_as_much_as_is_allowed_is_kept_letter_for_letter(house: House) -> None:
    emoji = "👨‍👩‍👧茶"
    longest = Question("问" * 120, tuple(f"{n:02d}" + "选" * 58 for n in range(12)), choose=12, right=tuple(range(12)))
    full = Question("问" * 10, tuple(f"{n:02d}" + "选" * 4 for n in range(12)), choose=12, right=tuple(range(12)))
    made = quiz(
        house,
        title=emoji * 10,
        intro="一\n二" + "三" * 497,
        questions=(longest, *(full,) * 15, *(SHORT,) * 4),
        scores=tuple(ScoreText(n, emoji) for n in range(21)),
        share=Share("分享", "来投票", "https://img.example.com/a.png?x=1"),
        afterwards=Afterwards("茶" * 10, "谢" * 682, True, "谢" * 200),
        opens_at=house.svc.now() + 5,
        closes_at=house.svc.now() + 366 * A_DAY,
    )

    assert polls.owned(house.svc, house.tea, made.poll_id) == made
    assert made.questions[:2] == (longest, full)
    assert GREEN not in made.questions
    house.advance(5)
    polls.vote(house.svc, house.tea, made, "alice", [list(range(12))] * 20)
    tally = polls.tally(house.svc, made)
    assert (tally.scores, tally.counts) == ({20: 1}, ((1,) * 12,) * 20)
