"""The first minutes as a newcomer lives them: `make run`'s own stack, its phone page, a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ops.local.stack import Stack
from tests.chromium import launched
from tests.stack import somebody

pytestmark = [pytest.mark.stack, pytest.mark.browser]


@pytest.fixture
def page(stack: Stack) -> Iterator[Any]:
    """The phone of somebody new, on a wide screen."""
    with launched() as chromium:
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(15_000)
        newcomer = somebody(stack, "tea")
        newcomer.inbox()  # WeChat knows them from now on, so the page can show their phone
        page.goto(f"{stack.simulator}/#tea/{newcomer.openid}")
        yield page


def shot(page: Any, label: str) -> None:
    """A picture to look at, where somebody asked for them."""
    if folder := os.environ.get("GAIWAN_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{label}.png")


def test_follow_ask_sign_in_and_get_a_notice(page: Any) -> None:
    page.click("#follow")
    page.locator(".theirs .bubble", has_text="欢迎来到一盏茶").wait_for()

    page.get_by_role("button", name="切换到键盘").click()
    page.get_by_label("输入消息，回车发送").fill("今天的茶单？")
    page.keyboard.press("Enter")
    page.locator(".theirs .bubble", has_text="茉莉花茶").wait_for()

    page.get_by_role("button", name="切换到菜单").click()
    page.get_by_role("menuitem", name="会员中心").click()
    h5 = page.frame_locator(".browser iframe")
    shot(page, "member-page")
    h5.get_by_role("link", name="微信登录").click()
    h5.get_by_role("heading", name="您好，茶友").wait_for()
    shot(page, "signed-in")
    h5.get_by_role("button", name="给我发取茶通知").click()
    h5.get_by_text("通知已放进队列").wait_for()
    shot(page, "notice-on-its-way")

    page.get_by_role("button", name="关闭").first.click()
    page.locator("article.template", has_text="龙井").wait_for()
    shot(page, "notice")
