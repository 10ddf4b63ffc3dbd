"""Whether words may be said, as WeChat sees it. An interface of mini-programs: other accounts are refused with 48001.

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/sec-center/sec-check/msgSecCheck.html
"""

from __future__ import annotations

import msgspec

from .calls import Calls

LONGEST = 2500  # characters
VERSION = 2
SOCIAL_LOG = 4  # the `scene` that fits words for many: 1 profile, 2 comment, 3 forum
PASS, REVIEW, RISKY = "pass", "review", "risky"
LABELS = {
    100: ("正常", "fine"),
    10001: ("广告", "advertising"),
    20001: ("时政", "politics"),
    20002: ("色情", "pornography"),
    20003: ("辱骂", "abuse"),
    20006: ("违法犯罪", "crime"),
    20008: ("欺诈", "fraud"),
    20012: ("低俗", "vulgarity"),
    20013: ("版权", "copyright"),
    21000: ("其他", "something else"),
}


class Verdict(msgspec.Struct, frozen=True):
    """`suggest`: pass, review or risky. `keywords`: what it was about, where WeChat says so."""

    suggest: str
    label: int = 100
    keywords: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[str, str]:
        return LABELS.get(self.label, LABELS[21000])


class Security:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def check(self, content: str, openid: str, title: str = "") -> Verdict:
        """`openid`: somebody who was in the mini-program within two hours, else PersonRefused (61010)."""
        told = {"version": VERSION, "scene": SOCIAL_LOG, "openid": openid, "content": content[:LONGEST]}
        answer = self._calls.post("/wxa/msg_sec_check", told | ({"title": title} if title else {}))
        result = answer["result"]
        words = dict.fromkeys(str(one["keyword"]) for one in answer.get("detail") or () if one.get("keyword"))
        return Verdict(str(result.get("suggest", REVIEW)), int(result.get("label", 21000)), tuple(words))
