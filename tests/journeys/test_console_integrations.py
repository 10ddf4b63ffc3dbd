"""The console's integrations as an operator uses them: made, tried, mended, sent again, and a CRM fitted to us."""

from __future__ import annotations

from typing import Any

import pytest

from ops.doors import Json, eventually
from tests.console_desk import Desk, sitting
from tests.console_town import Town
from tests.journeys.conftest import Seats

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.slow]


def known(town: Town, label: str) -> Json | None:
    """As the API tells it."""
    listed = town.api("GET", "tea/endpoints")["items"]
    return next((one for one in listed if one["label"] == label), None)


def taker(town: Town) -> str:
    """A door of the shop's that takes any JSON."""
    return f"{town.stack.simulator}/other-systems/shop/settings"


def made(town: Town, label: str, **more: Any) -> str:
    told = {"kind": "webhook", "label": label, "url": taker(town), "wants": {"voted": []}}
    return str(town.api("POST", "tea/endpoints", told | more)["endpoint_id"])


def test_the_list_says_in_words_how_each_is(desk: Desk, town: Town) -> None:
    page = desk.enter("integrations")
    row = page.locator(".rows > li")
    row.filter(has_text="会员系统").get_by_text("正常").wait_for()
    row.filter(has_text="会员系统").get_by_text("有人说话、有人下单、打上标签").wait_for()
    row.filter(has_text="老仓库").get_by_text("起送不到，已连续").wait_for()
    row.filter(has_text="数据仓库").get_by_text("已停用").wait_for()


def test_a_webhook_is_made_with_its_filters(desk: Desk, town: Town) -> None:
    page = desk.enter("integrations")
    page.get_by_role("link", name="新建对接").click()
    page.get_by_role("link", name="网址（webhook）").click()
    desk.press("建好")
    page.get_by_text("请填写").first.wait_for()
    page.get_by_label("名字").fill("茶会系统")
    page.get_by_label("地址").fill("https://10.0.0.1/inside")
    page.get_by_label("有人关注", exact=True).uncheck()
    page.get_by_label("有人投票").check()
    page.get_by_label("有人说话").check()
    words = page.get_by_label("有人说话：只限说到")
    words.fill("茶会")
    words.press("Enter")
    words.fill("春茶")
    desk.press("建好")
    page.get_by_text("这是内网地址").wait_for()
    page.get_by_label("地址").fill(taker(town))
    desk.press("建好")
    desk.toast("已建好")
    page.get_by_role("heading", name="茶会系统").wait_for()
    one = known(town, "茶会系统")
    assert one
    assert one["wants"] == {"said": ["茶会", "春茶"], "voted": []}
    town.api("DELETE", f"tea/endpoints/{one['endpoint_id']}")


def test_a_webhook_is_tried_and_removed(desk: Desk, town: Town) -> None:
    page = desk.enter(f"integrations/{made(town, '茶会系统')}")
    desk.press("发测试事件")
    desk.toast("对方收下了")
    page.locator("tbody tr", has_text="测试事件").wait_for()
    desk.press("看内容")
    assert '"gaiwan.test"' in desk.dialog().locator("pre").inner_text()
    desk.press("关闭", desk.dialog())

    desk.press("删除“茶会系统”")
    desk.dialog().get_by_text("不能撤销").wait_for()
    desk.press("删除", desk.dialog())
    desk.toast("“茶会系统”已删除")
    page.locator(".rows > li").first.wait_for()
    assert known(town, "茶会系统") is None


def test_one_is_switched_off_and_the_way_back_is_one_press(desk: Desk, town: Town) -> None:
    endpoint = made(town, "门店屏幕")
    page = desk.enter("integrations")
    desk.press("停用：门店屏幕")
    desk.toast("“门店屏幕”已停用")
    page.get_by_role("button", name="打开：门店屏幕").wait_for()
    desk.undo("“门店屏幕”已停用")
    page.get_by_role("button", name="停用：门店屏幕").wait_for()
    assert (known(town, "门店屏幕") or {})["enabled"]
    town.api("DELETE", f"tea/endpoints/{endpoint}")


def test_what_was_given_up_is_looked_at_and_sent_again(desk: Desk, town: Town) -> None:
    endpoint = town.endpoints["老仓库"]
    path = f"tea/endpoints/{endpoint}"
    before = town.api("GET", path)
    waiting = len(town.api("GET", f"{path}/dead")["items"])
    page = desk.enter(f"integrations/{endpoint}")
    page.get_by_text("起送不到，已连续").wait_for()
    page.get_by_role("link", name="没送到的").click()
    page.get_by_role("button", name="全部重发").wait_for()
    page.get_by_text("这个地址不收 POST（405）").first.wait_for()
    assert page.locator("tbody tr").count() == waiting

    mended = {name: before[name] for name in ("label", "wants", "enabled")} | {"url": taker(town)}
    town.api("PUT", path, mended)
    page.get_by_role("button", name="重发", exact=True).first.click()
    desk.toast("在路上了")
    eventually(lambda: len(town.api("GET", f"{path}/dead")["items"]) == waiting - 1)
    desk.press("全部重发")
    desk.dialog().get_by_text(f"{waiting - 1} 条会重新送给“老仓库”").wait_for()
    desk.press(f"重发 {waiting - 1} 条", desk.dialog())
    eventually(lambda: not town.api("GET", f"{path}/dead")["items"])
    desk.walk(f"integrations/{endpoint}")
    page.locator("tbody tr", has_text="收下了").first.wait_for()
    town.api("PUT", path, mended | {"url": before["url"]})
    town.api("POST", "tea/events", {"events": [_bought(town, f"again-{n}") for n in range(waiting)]})
    eventually(lambda: len(town.api("GET", f"{path}/dead")["items"]) == waiting)


def _bought(town: Town, order: str) -> Json:
    person = {"openid": town.people["周小姐"].openid}
    return {"kind": "purchase", "id": order, "person": person, "order_id": order, "fen": 100}


def test_a_secret_is_shown_on_asking_and_changed_with_a_day_for_both(desk: Desk, town: Town) -> None:
    endpoint = made(town, "收银台")
    page = desk.enter(f"integrations/{endpoint}")
    assert "whsec_" not in page.content()
    desk.press("看密钥")
    old = desk.dialog().locator(".secret code").inner_text()
    desk.press("关闭", desk.dialog())
    desk.press("换密钥")
    desk.dialog().get_by_text("24 小时每条都带新旧两个签名").wait_for()
    desk.press("换一个", desk.dialog())
    desk.dialog().locator(".secret").nth(1).wait_for()
    new, before = desk.dialog().locator(".secret code").all_inner_texts()
    assert (before, new != old) == (old, True)
    desk.press("关闭", desk.dialog())
    page.get_by_text("新旧两个都签").wait_for()
    assert not page.get_by_role("button", name="换密钥").count()
    town.api("DELETE", f"tea/endpoints/{endpoint}")


def test_a_mapping_is_read_as_rows(desk: Desk, town: Town) -> None:
    page = desk.enter(f"integrations/{town.endpoints['HubSpot']}")
    rows = page.locator(".map tbody tr")
    assert rows.count() == 5
    rows.filter(has_text="备注名").get_by_text("没有时填“微信关注者”").wait_for()
    rows.filter(has_text="favourite_tea").get_by_text("后改的为准").wait_for()
    rows.filter(has_text="member_level").get_by_text("以他们为准").wait_for()


def test_a_mapping_is_changed_as_rows_and_everybody_is_synced_again(desk: Desk, town: Town) -> None:
    endpoint = town.endpoints["HubSpot"]
    one = town.api("GET", f"tea/endpoints/{endpoint}")
    before = one["fields"]
    page = desk.enter(f"integrations/{endpoint}?view=edit")
    shared = page.get_by_role("group", name="第 4 行")
    shared.get_by_label("不一样时").select_option("ours")
    desk.press("加一行")
    added = page.get_by_role("group", name="第 6 行")
    added.get_by_label("我们的").fill("spent")
    added.get_by_label("他们的").fill("wechat_spent")
    added.get_by_text("累计消费（元）").wait_for()
    assert added.get_by_label("方向").locator("option").count() == 1  # our own count only goes out
    desk.press("保存")
    desk.toast("已保存")
    page.locator(".map tbody tr", has_text="累计消费（元）").wait_for()
    after = town.api("GET", f"tea/endpoints/{endpoint}")["fields"]
    assert after["map"][3] == before["map"][3] | {"wins": "ours"}
    assert after["map"][5] == {"ours": "spent", "theirs": "wechat_spent", "direction": "out"}

    desk.press("从头再来")
    page.get_by_text("做完，看过").wait_for()
    told = {name: one[name] for name in ("label", "url", "wants", "enabled", "fields")}
    town.api("PUT", f"tea/endpoints/{endpoint}", told)


def test_the_editor_asks_before_it_throws_away_what_was_changed(desk: Desk, town: Town) -> None:
    page = desk.enter(f"integrations/{town.endpoints['会员系统']}?view=edit")
    desk.press("去掉“茶”")
    desk.press("取消")
    page.get_by_role("heading", name="放弃填写的内容？").wait_for()
    desk.press("取消", desk.dialog())
    page.get_by_role("link", name="返回").click()
    desk.press("放弃", desk.dialog())
    page.get_by_role("heading", name="会员系统").wait_for()
    assert not desk.asked("PUT")


def test_ids_of_other_systems_are_marked_and_let_go(desk: Desk, town: Town) -> None:
    page = desk.enter("integrations?view=ids")
    desk.press("加一项编号")
    desk.dialog().get_by_label("资料名").fill("phone")
    desk.press("标为编号", desk.dialog())
    desk.dialog().get_by_text("phone 不能作为编号").wait_for()
    desk.dialog().get_by_label("资料名").fill("member_no")
    desk.press("标为编号", desk.dialog())
    desk.toast("“member_no”是编号了")
    page.locator(".ids li", has_text="member_no").wait_for()
    desk.press("“member_no”不再是编号")
    desk.toast("资料还在")
    eventually(lambda: town.api("GET", "tea/ids")["items"] == ["crm_id"])


def test_how_machines_tell_us_is_shown_without_a_secret_and_works_as_shown(desk: Desk, town: Town) -> None:
    page = desk.enter("integrations?view=in")
    command = page.locator("pre").inner_text()
    assert f"{town.stack.app}/api/tea/events" in command
    assert "Bearer $GAIWAN_TOKEN" in command
    for kind in ("资料", "自定义"):
        page.get_by_role("link", name=kind, exact=True).click()
        page.locator("nav [aria-current]", has_text=kind).wait_for()
    page.get_by_role("link", name="去发放令牌").click()
    desk.ready("operators")
    assert page.url.endswith("operators?view=tokens")


def test_a_viewer_reads_all_of_it_and_changes_nothing(chromium: Any, town: Town, seats: Seats) -> None:
    with sitting(chromium, town, storage_state=seats("viewer")) as desk:
        page = desk.enter(f"integrations/{town.endpoints['会员系统']}")
        page.locator("tbody tr").first.wait_for()
        for words in ("修改", "停用", "看密钥", "发测试事件"):
            assert not page.get_by_text(words, exact=True).count()
        desk.walk("integrations/new?kind=webhook")
        page.get_by_text("只对管理员开放").wait_for()
