"""A poll and a quiz as the tea shop would ask them."""

from __future__ import annotations

from typing import Any

from chalicelib.features import polls
from chalicelib.features.polls import Poll, Question, ScoreText
from tests.house import House

A_DAY = 86_400

TEA = Question("喜欢哪种茶？", ("龙井", "乌龙", "普洱"))
WITH_IT = Question("配什么？", ("花生", "绿豆糕", "什么都不要"), choose=2)
HOT = Question("绿茶用多热的水？", ("80 度", "100 度"), right=(0,))
GREEN = Question("哪些是绿茶？", ("龙井", "普洱", "碧螺春"), choose=3, right=(0, 2))


def poll(house: House, **changes: Any) -> Poll:
    usual = {"kind": "poll", "questions": (TEA, WITH_IT)}
    return polls.save(house.svc, house.tea, **told(house, **(usual | changes)))


def quiz(house: House, **changes: Any) -> Poll:
    steps = (ScoreText(0, "再喝几杯吧"), ScoreText(2, "茶博士！"))
    usual = {"kind": "quiz", "questions": (HOT, GREEN), "scores": steps}
    return polls.save(house.svc, house.tea, **told(house, **(usual | changes)))


def told(house: House, **changes: Any) -> dict[str, Any]:
    return {"title": "这个夏天喝什么", "closes_at": house.svc.now() + A_DAY} | changes
