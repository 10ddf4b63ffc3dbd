"""What a newcomer does in the first minutes: follow, ask, sign in on the page, get a notice."""

from __future__ import annotations

from typing import Any

from chalicelib.features import rules
from tests.house import NOTICE, House, eventually


def opens(house: House, openid: str, path: str, **how: Any) -> dict[str, Any]:
    return house.phone(openid, "open", url=house.app + path, **how)


def set_notice(house: House) -> None:
    house.svc.table.put({"pk": "account#tea", "sk": "template#notice", "template_id": NOTICE})


def test_a_follower_is_welcomed_answered_signed_in_and_notified(house: House) -> None:
    set_notice(house)
    rules.save(house.svc, house.tea, match="contains", pattern="茶单", reply={"type": "text", "content": "龙井 18 元"})

    assert "欢迎关注茶铺" in house.phone("alice", "follow")["replies"][0]["content"]
    assert house.says("alice", "今天的茶单？") == "龙井 18 元"
    assert "收到" in house.says("alice", "有座位吗")

    assert "微信登录" in opens(house, "alice", "/h5/tea/hello")["text"]
    assert "您好，茶友" in opens(house, "alice", "/oauth/tea/start?then=/h5/tea/hello")["text"]
    assert "通知已放进队列" in opens(house, "alice", "/h5/tea/notice", method="POST")["text"]
    assert house.work() == 1

    assert eventually(lambda: house.inbox("alice")[-1]["channel"] == "template")
    assert eventually(lambda: stages(house, "alice") == ["delivered"])


def stages(house: House, openid: str) -> list[str]:
    return [item["stage"] for item in house.svc.table.under(f"person#tea#{openid}", "template#", fresh=True)]


def test_pressing_the_button_twice_sends_one_notice(house: House) -> None:
    set_notice(house)
    house.phone("alice", "follow")
    opens(house, "alice", "/oauth/tea/start?then=/h5/tea/hello")
    for _ in range(3):
        opens(house, "alice", "/h5/tea/notice", method="POST")
    house.work()
    assert [item["channel"] for item in house.inbox("alice")].count("template") == 1


def test_a_stranger_who_presses_the_button_is_asked_to_sign_in(house: House) -> None:
    shown = opens(house, "mallory", "/h5/tea/notice", method="POST")
    assert shown["status"] == 401
    assert "请先登录" in shown["text"]


def test_without_a_template_the_page_says_what_is_missing(house: House) -> None:
    house.phone("alice", "follow")
    opens(house, "alice", "/oauth/tea/start?then=/h5/tea/hello")
    shown = opens(house, "alice", "/h5/tea/notice", method="POST")
    assert shown["status"] == 404
    assert "还没有配置模板" in shown["text"]


def test_an_account_that_may_not_sign_people_in_says_so(house: House) -> None:
    shown = opens(house, "bob", "/oauth/leaf/start?then=/h5/leaf/hello")
    assert shown["status"] == 403
    assert "只有已认证的服务号可以网页登录" in shown["text"]
