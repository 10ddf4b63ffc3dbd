"""What the account keeps at the platform: followers, tags, media, codes, menus, articles."""

from __future__ import annotations

import json

import pytest

from tests.simulator.shop import Doors, Json, Shop

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
GIF = b"GIF89a" + b"0" * 20


def upload(tea: Doors, path: str, content: bytes, name: str = "a.png") -> Json:
    body = (
        f'--cut\r\nContent-Disposition: form-data; name="media"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n--cut--\r\n"
    )
    joined = "&" if "?" in path else "?"
    asked = f"/api.weixin.qq.com{path}{joined}access_token={tea.token()}"
    return dict(json.loads(tea.ask("POST", asked, body, **{"Content-Type": "multipart/form-data; boundary=cut"})[1]))


def test_followers_come_in_pages_that_end(tea: Doors) -> None:
    tea.control("people", account="tea", count=10_005)
    first = tea.call("/cgi-bin/user/get")
    assert (first["total"], first["count"]) == (10_007, 10_000)
    second = tea.call("/cgi-bin/user/get", query={"next_openid": first["next_openid"]})
    assert second["count"] == 7
    third = tea.call("/cgi-bin/user/get", query={"next_openid": second["next_openid"]})
    assert (third["count"], third["next_openid"], "data" in third) == (0, "", False)


def test_who_left_is_hardly_known_and_nobody_has_a_name(tea: Doors) -> None:
    assert "nickname" not in tea.call("/cgi-bin/user/info", query={"openid": "alice"})
    tea.phone("alice", "unfollow")
    assert tea.call("/cgi-bin/user/info", query={"openid": "alice"}) == {"subscribe": 0, "openid": "alice"}
    assert tea.code("/cgi-bin/user/info", query={"openid": "nobody"}) == 40003
    assert tea.code("/cgi-bin/user/info/batchget", {"user_list": [{"openid": "alice"}] * 101}) == 40032


def test_a_remark_has_its_length(tea: Doors) -> None:
    path = "/cgi-bin/user/info/updateremark"
    assert tea.code(path, {"openid": "alice", "remark": "长" * 30}) == 40092
    assert tea.code(path, {"openid": "alice", "remark": "老客"}) == 0
    assert tea.call("/cgi-bin/user/info", query={"openid": "alice"})["remark"] == "老客"


def test_tags_have_their_limits(tea: Doors) -> None:
    made = tea.call("/cgi-bin/tags/create", {"tag": {"name": "常客"}})["tag"]
    assert tea.code("/cgi-bin/tags/create", {"tag": {"name": "常客"}}) == 45157
    assert tea.code("/cgi-bin/tags/create", {"tag": {"name": "长" * 11}}) == 45158
    assert tea.code("/cgi-bin/tags/update", {"tag": {"id": 2, "name": "x"}}) == 45058
    tagging = "/cgi-bin/tags/members/batchtagging"
    assert tea.code(tagging, {"tagid": 999, "openid_list": ["alice"]}) == 45159
    assert tea.code(tagging, {"tagid": made["id"], "openid_list": ["alice"] * 51}) == 40032
    assert tea.code(tagging, {"tagid": made["id"], "openid_list": ["alice"]}) == 0
    assert tea.call("/cgi-bin/tags/get")["tags"][-1] == {"id": made["id"], "name": "常客", "count": 1}
    assert tea.code("/cgi-bin/tags/members/batchblacklist", {"openid_list": ["alice"] * 21}) == 40032


@pytest.mark.parametrize(
    ("button", "errcode"),
    [
        ([], 40016),
        ([{"type": "click", "name": str(n), "key": "k"} for n in range(4)], 40016),
        ([{"type": "dance", "name": "x"}], 40017),
        ([{"type": "click", "name": "长" * 6, "key": "k"}], 40018),
        ([{"type": "click", "name": "x", "key": "k" * 129}], 40019),
        ([{"type": "view", "name": "x", "url": "https://" + "x" * 1020}], 40020),
        ([{"type": "view", "name": "x", "url": "ftp://x"}], 40055),
        ([{"name": "x", "sub_button": [{"type": "click", "name": "y", "key": "k"}] * 6}], 40023),
        ([{"name": "x", "sub_button": [{"type": "dance", "name": "y"}]}], 40024),
        ([{"name": "x", "sub_button": [{"type": "click", "name": "长" * 21, "key": "k"}]}], 40025),
    ],
)
def test_a_menu_is_checked_to_its_leaves(tea: Doors, button: list[Json], errcode: int) -> None:
    assert tea.code("/cgi-bin/menu/create", {"button": button}) == errcode


def test_escapes_in_a_menu_are_refused_and_no_menu_is_46003(tea: Doors) -> None:
    escaped = b'{"button": [{"type": "click", "name": "\\u4eca", "key": "k"}]}'
    assert tea.code("/cgi-bin/menu/create", escaped) == 40033
    assert tea.code("/cgi-bin/menu/get") == 46003
    rule = {"button": [{"type": "click", "name": "x", "key": "k"}], "matchrule": {"sex": "1"}}
    assert tea.code("/cgi-bin/menu/addconditional", rule) == 65303
    tea.call("/cgi-bin/menu/create", {"button": rule["button"]})
    assert tea.code("/cgi-bin/menu/addconditional", rule) == 65320
    assert tea.code("/cgi-bin/menu/addconditional", rule | {"matchrule": {"tag_id": ""}}) == 65304


@pytest.mark.parametrize(
    ("scene", "errcode"),
    [
        (("QR_DANCE", {"scene_id": 1}), 40052),
        (("QR_LIMIT_SCENE", {"scene_id": 100_001}), 40053),
        (("QR_SCENE", {"scene_id": 0}), 40053),
        (("QR_STR_SCENE", {"scene_str": "x" * 65}), 40053),
        (("QR_STR_SCENE", {}), 40053),
    ],
)
def test_scenes_have_their_limits(tea: Doors, scene: tuple[str, Json], errcode: int) -> None:
    told = {"action_name": scene[0], "action_info": {"scene": scene[1]}}
    assert tea.code("/cgi-bin/qrcode/create", told) == errcode


def test_whoever_has_the_ticket_sees_the_code(tea: Doors) -> None:
    told = {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 1}}}
    ticket = tea.call("/cgi-bin/qrcode/create", told)["ticket"]
    assert tea.ask("GET", f"/mp.weixin.qq.com/cgi-bin/showqrcode?ticket={ticket}")[1].startswith(b"\x89PNG")
    assert tea.ask("GET", "/mp.weixin.qq.com/cgi-bin/showqrcode?ticket=nonsense")[0] == 404


def test_uploads_are_looked_at(tea: Doors) -> None:
    path = "/cgi-bin/media/upload?type="
    assert upload(tea, path + "dance", PNG)["errcode"] == 40004
    assert upload(tea, path + "image", b"text", "a.txt")["errcode"] == 40005
    assert upload(tea, path + "image", b"")["errcode"] == 44001
    assert upload(tea, path + "thumb", b"\xff\xd8\xff" + b"0" * (64 << 10), "a.jpg")["errcode"] == 40012
    assert upload(tea, path + "voice", PNG)["errcode"] == 40005
    assert "media_id" in upload(tea, path + "image", PNG)


def test_temporary_media_are_gone_after_three_days_and_material_stays(tea: Doors) -> None:
    temporary = upload(tea, "/cgi-bin/media/upload?type=image", PNG)["media_id"]
    material = upload(tea, "/cgi-bin/material/add_material?type=image", PNG)["media_id"]
    tea.advance(3 * 86400)
    tea._token = ""
    assert tea.code("/cgi-bin/media/get", query={"media_id": temporary}) == 40007
    asked = f"/api.weixin.qq.com/cgi-bin/material/get_material?access_token={tea.token()}"
    assert tea.ask("POST", asked, {"media_id": material})[1] == PNG
    assert tea.call("/cgi-bin/material/get_materialcount")["image_count"] == 1
    assert tea.code("/cgi-bin/material/del_material", {"media_id": material}) == 0
    assert tea.code("/cgi-bin/material/del_material", {"media_id": material}) == 40007


def test_a_reply_cannot_show_a_gif_or_what_was_never_uploaded(tea: Doors, shop: Shop) -> None:
    kinds = {}
    for name, content in {"png": PNG, "gif": GIF, "none": b""}.items():
        media = upload(tea, "/cgi-bin/media/upload?type=image", content)["media_id"] if content else "none"
        body = (
            "<xml><ToUserName>alice</ToUserName><FromUserName>gh_tea</FromUserName><CreateTime>1</CreateTime>"
            f"<MsgType>image</MsgType><Image><MediaId>{media}</MediaId></Image></xml>"
        )
        shop.answer = lambda _, body=body: (200, body)  # type: ignore[misc]
        kinds[name] = tea.phone("alice", "say", text="hi")["replies"][0]["type"]
    assert kinds == {"png": "image", "gif": "notice", "none": "notice"}


def test_an_article_is_drafted_and_published(tea: Doors, shop: Shop) -> None:
    thumb = upload(tea, "/cgi-bin/material/add_material?type=image", PNG)["media_id"]
    article = {"title": "春茶", "content": "<p>上市</p>", "thumb_media_id": thumb}
    assert tea.code("/cgi-bin/draft/add", {"articles": [article | {"title": "长" * 33}]}) == 45003
    draft = tea.call("/cgi-bin/draft/add", {"articles": [article]})
    told = tea.call("/cgi-bin/freepublish/submit", draft)
    state = tea.call("/cgi-bin/freepublish/get", told)
    assert (state["publish_status"], state["article_detail"]["count"]) == (0, 1)
    assert tea.code("/cgi-bin/draft/get", draft) == 40007
    shop.wait_for(1)
    assert shop.kinds() == ["PUBLISHJOBFINISH"]


def test_statistics_want_days_that_are_over(tea: Doors) -> None:
    path = "/datacube/getusersummary"
    tea.wait_until(hour=12)
    assert tea.code(path, {"begin_date": "x", "end_date": "2026-01-01"}) == 61500
    assert tea.code(path, {"begin_date": "2026-01-01", "end_date": "2026-01-08"}) == 61501
    assert tea.code(path, {"begin_date": "2999-01-01", "end_date": "2999-01-01"}) == 61501
    assert len(tea.call(path, {"begin_date": "2026-01-01", "end_date": "2026-01-07"})["list"]) == 7
