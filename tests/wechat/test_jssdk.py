"""Signatures for wx.config, against what WeChat's own page publishes."""

from __future__ import annotations

import pytest

from chalicelib.wechat.jssdk import signature

TICKET = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
PUBLISHED = "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


@pytest.mark.parametrize("fragment", ["", "#", "#wechat_redirect", "#/a?b=c#d"])
@pytest.mark.parametrize("timestamp", [1414587457, "1414587457"])
def test_the_published_page_has_the_published_signature_whatever_its_fragment(
    fragment: str, timestamp: int | str
) -> None:
    page = f"http://mp.weixin.qq.com?params=value{fragment}"

    assert signature(TICKET, "Wm3WZYTPz0wzccnW", timestamp, page) == PUBLISHED


def test_an_escaped_address_is_signed_as_it_stands() -> None:
    page = "https://shop.example.com/%E5%95%86%E5%93%81?name=%E8%8B%B9%E6%9E%9C&code=0a1b"

    assert signature(TICKET, "Wm3WZYTPz0wzccnW", 1414587457, page) == "a339e5c38d2822debfff7ca8d4502124eefed8ea"


def test_every_part_is_signed() -> None:
    whole = ("ticket", "nonce", 1, "https://a.example/")
    others = [("other", "nonce", 1, whole[3]), ("ticket", "other", 1, whole[3]), ("ticket", "nonce", 2, whole[3])]

    assert signature(*whole) not in {signature(*other) for other in others}
