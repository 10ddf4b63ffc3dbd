"""What a person does with a phone, and the callbacks that come of it."""

from __future__ import annotations

import json
import threading
from xml.etree import ElementTree

import pytest

from tests.simulator.shop import REPLY, Delivered, Doors, Shop


def last(shop: Shop) -> dict[str, str]:
    """The last delivery's fields."""
    return {child.tag: child.text or "" for child in ElementTree.fromstring(shop.got[-1].body)}


def test_a_stranger_can_only_follow(tea: Doors, shop: Shop) -> None:
    for act in ("say", "tap", "locate"):
        status, body = tea.ask("POST", f"/phone/tea/dave/{act}", {"text": "hi", "key": "TODAY"})
        assert status == 409
        assert "请先关注" in json.loads(body)["error"]
    assert shop.got == []
    tea.phone("dave", "follow")
    assert last(shop)["Event"] == "subscribe"
    tea.phone("dave", "say", text="hi")
    assert last(shop)["Content"] == "hi"


@pytest.mark.parametrize("openid", ["a" * 65, "a%20b", "a.b"])
def test_not_everything_is_an_openid(tea: Doors, openid: str) -> None:
    assert tea.ask("POST", f"/phone/tea/{openid}/follow", {})[0] == 400


def test_unknown_doors_say_so(tea: Doors) -> None:
    assert tea.ask("POST", "/phone/nobody/alice/say", {"text": "hi"})[0] == 404
    assert tea.ask("POST", "/phone/tea/alice/dance", {})[0] == 404
    assert tea.ask("POST", "/phone/tea/alice/say", {})[0] == 400
    assert tea.ask("POST", "/phone/tea/alice/say", {"type": "telegram"})[0] == 400
    assert tea.ask("POST", "/phone/tea/alice/say", b"[]")[0] == 400
    assert tea.ask("POST", "/phone/tea/alice/tap", {"key": "NOT_THERE"})[0] == 404
    assert tea.ask("POST", "/phone/tea/alice/tap", {"index": [9]})[0] == 404
    assert tea.ask("POST", "/phone/tea/alice/event", {"Content": "x"})[0] == 400


def test_leaving_is_told_and_coming_back_too(tea: Doors, shop: Shop) -> None:
    shop.answer = lambda _: (200, REPLY.format(to="alice", text="再见"))
    assert tea.phone("alice", "unfollow")["replies"] == []
    assert tea.phone("alice", "unfollow")["deliveries"] == 0
    assert tea.phone("alice", "follow")["replies"][0]["content"] == "再见"
    assert shop.kinds() == ["unsubscribe", "subscribe"]


@pytest.mark.parametrize(
    ("told", "fields"),
    [
        ({"type": "image"}, {"PicUrl", "MediaId"}),
        ({"type": "voice", "recognition": "查快递"}, {"MediaId", "Format", "Recognition"}),
        ({"type": "video"}, {"MediaId", "ThumbMediaId"}),
        ({"type": "location"}, {"Location_X", "Location_Y", "Scale", "Label"}),
        ({"type": "link", "title": "t", "url": "https://example.com"}, {"Title", "Description", "Url"}),
        ({"type": "file"}, {"Title", "FileKey", "FileMd5", "FileTotalLen"}),
    ],
)
def test_each_kind_of_message_has_its_fields(tea: Doors, shop: Shop, told: dict[str, str], fields: set[str]) -> None:
    tea.phone("alice", "say", **told)
    assert last(shop)["MsgType"] == told["type"]
    assert fields | {"MsgId", "CreateTime"} <= set(last(shop))


def test_a_picture_that_was_sent_can_be_fetched(tea: Doors, shop: Shop) -> None:
    tea.phone("alice", "say", type="image")
    asked = f"/api.weixin.qq.com/cgi-bin/media/get?access_token={tea.token()}&media_id={last(shop)['MediaId']}"
    assert tea.ask("GET", asked)[1].startswith(b"\x89PNG")
    assert tea.ask("GET", last(shop)["PicUrl"].removeprefix(tea.address))[1].startswith(b"\x89PNG")


def test_raw_events_are_sent_field_for_field(tea: Doors, shop: Shop) -> None:
    scanned = {"ScanType": "qrcode", "ScanResult": "x"}
    tea.phone("alice", "event", Event="scancode_waitmsg", CreateTime=7, ScanCodeInfo=scanned, List=["a", "b"])
    root = ElementTree.fromstring(shop.got[-1].body)
    assert root.findtext("CreateTime") == "7"
    assert root.findtext("ScanCodeInfo/ScanResult") == "x"
    assert [one.text for one in root.findall("List")] == ["a", "b"]


def test_the_menu_is_the_newest_one_that_fits(tea: Doors, shop: Shop) -> None:
    tea.phone("alice", "tap", key="TODAY")
    assert last(shop)["EventKey"] == "TODAY"
    page = {"type": "view", "name": "官网", "url": "https://example.com/"}
    tea.call("/cgi-bin/menu/create", {"button": [{"name": "更多", "sub_button": [page]}]})
    assert tea.phone("alice", "tap", index=[0])["deliveries"] == 0
    assert tea.phone("alice", "tap", index=[0, 0])["opens"] == "https://example.com/"
    assert last(shop)["Event"] == "VIEW"
    android = {"button": [{"type": "click", "name": "安卓", "key": "A"}], "matchrule": {"client_platform_type": "2"}}
    number = tea.call("/cgi-bin/menu/addconditional", android)["menuid"]
    assert tea.ask("POST", "/phone/tea/alice/tap", {"key": "A"})[0] == 404
    tea.set(openid="alice", client_platform="2")
    tea.phone("alice", "tap", key="A")
    assert tea.call("/cgi-bin/menu/trymatch", {"user_id": "alice"})["button"][0]["key"] == "A"
    assert tea.code("/cgi-bin/menu/delconditional", {"menuid": number}) == 0


def test_a_picture_button_sends_the_event_and_then_the_picture(tea: Doors, shop: Shop) -> None:
    button = {"type": "pic_sysphoto", "name": "拍照", "key": "P"}
    tea.call("/cgi-bin/menu/create", {"button": [button, button | {"type": "location_select", "key": "L"}]})
    assert tea.phone("alice", "tap", key="P")["deliveries"] == 2
    assert last(shop)["MsgType"] == "image"
    assert tea.phone("alice", "tap", key="L")["deliveries"] == 2
    assert last(shop)["MsgType"] == "location"


def test_a_first_scan_follows_and_a_later_one_is_a_scan(tea: Doors, shop: Shop) -> None:
    made = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "store_17"}}}
    ticket = tea.call("/cgi-bin/qrcode/create", made)["ticket"]
    tea.phone("dave", "scan", ticket=ticket)
    assert (last(shop)["Event"], last(shop)["EventKey"]) == ("subscribe", "qrscene_store_17")
    tea.phone("dave", "scan", scene="store_17")
    assert (last(shop)["Event"], last(shop)["EventKey"], last(shop)["Ticket"]) == ("SCAN", "store_17", ticket)
    info = tea.call("/cgi-bin/user/info", query={"openid": "dave"})
    assert (info["subscribe_scene"], info["qr_scene_str"]) == ("ADD_SCENE_QR_CODE", "store_17")


def test_an_expired_code_leads_nowhere(tea: Doors, shop: Shop) -> None:
    made = {"expire_seconds": 60, "action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 7}}}
    ticket = tea.call("/cgi-bin/qrcode/create", made)["ticket"]
    tea.advance(60)
    told = tea.phone("dave", "scan", ticket=ticket)
    assert "已过期" in told["replies"][0]["content"]
    assert shop.got == []
    assert tea.ask("POST", "/phone/tea/dave/scan", {"ticket": "nonsense"})[0] == 404


def test_many_phones_may_wait_at_the_same_time(tea: Doors, shop: Shop) -> None:
    shop.answer = lambda one: (200, REPLY.format(to=one.query["openid"], text=one.query["openid"]), 0.1)
    seen: dict[str, str] = {}

    def person(openid: str) -> None:
        tea.phone(openid, "follow")
        seen[openid] = tea.phone(openid, "say", text="hi")["replies"][0]["content"]

    threads = [threading.Thread(target=person, args=(f"p{n}",)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {f"p{n}": f"p{n}" for n in range(20)}


def test_ids_of_messages_never_repeat(tea: Doors, shop: Shop) -> None:
    for _ in range(3):
        tea.phone("alice", "say", text="hi")
    assert len({body_id(one) for one in shop.got}) == 3


def body_id(one: Delivered) -> str:
    return ElementTree.fromstring(one.body).findtext("MsgId", "")
