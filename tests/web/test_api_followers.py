"""/api/{account}/followers: what it takes, what it answers, and the sentence for each mistake."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.features import operators, tags, timeline
from chalicelib.features.operators import Entry
from tests.crowd import follower, profile
from tests.house import House
from tests.web.asking import Api, refused

FAR = "00000000001#x"
EVERYBODY: dict[str, Any] = {"all": []}


def settle(house: House) -> None:
    while house.work():
        pass


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("GET", "/followers?limit=0", None, 400, "limit"),
        ("GET", "/followers?limt=2", None, 400, "limt"),
        ("GET", "/followers?limit=1000", None, 400, "limit"),
        ("GET", "/followers?tag=x", None, 400, "tag"),
        ("GET", "/followers?tag=-1", None, 400, "tag"),
        ("GET", "/followers?sort=best", None, 400, "sort"),
        ("GET", "/followers?cursor=" + quote("文" * 400), None, 400, "cursor"),
        ("GET", "/followers?cursor=0.1", None, 400, "cursor"),
        ("GET", "/followers?segment=none", None, 404, "no such segment"),
        ("GET", "/followers?search=" + "x" * 129, None, 400, "search"),
        ("GET", "/followers/nobody", None, 404, "no such follower"),
        ("GET", "/followers/a%23b", None, 404, "no such follower"),
        ("GET", "/followers/%E6%96%87", None, 404, "no such follower"),
        ("GET", "/followers/%ff%00", None, 404, "no such follower"),
        ("GET", "/followers/" + "x" * 129, None, 404, "no such follower"),
        ("GET", "/followers/nobody/timeline", None, 404, "no such follower"),
        ("GET", "/followers/alice/timeline?cursor=x", None, 400, "cursor"),
        ("GET", "/followers/alice/timeline?limit=0", None, 400, "limit"),
        ("PUT", "/followers/nobody/remark", {"remark": "x"}, 404, "no such follower"),
        ("PUT", "/followers/alice/remark", {"remark": "一二三四五六七八九十"}, 400, "29 bytes"),
        ("PUT", "/followers/alice/remark", {}, 400, "remark"),
        ("PUT", "/followers/alice/remark", b"\xff", 400, "not valid"),
        ("PUT", "/followers/nobody/blocked", {"blocked": True}, 404, "no such follower"),
        ("PUT", "/followers/alice/blocked", {"blocked": "yes"}, 400, "blocked"),
        ("PUT", "/followers/nobody/tags", {"add": [100]}, 404, "no such follower"),
        ("PUT", "/followers/alice/tags", {"add": [999]}, 404, "no such tag"),
        ("PUT", "/followers/alice/tags", {"add": [2]}, 400, "WeChat's own"),
        ("PUT", "/followers/alice/tags", {"add": list(range(100, 121))}, 400, "add"),
        ("PUT", "/followers/nobody/facts", {"facts": {"a": 1}}, 404, "no such follower"),
        ("PUT", "/followers/alice/facts", {"facts": {}}, 400, "facts"),
        ("PUT", "/followers/alice/facts", {"facts": {"a": 1.5}}, 400, "facts"),
        ("PUT", "/followers/alice/facts", {"facts": {"1a": "x"}}, 400, "no digit first"),
        ("PUT", "/followers/alice/facts", {"facts": {"phone": "13800000000"}}, 400, "consent"),
        ("PUT", "/followers/alice/facts", {"facts": {"phone": "1"}, "consent": {"at": 1}}, 400, "text"),
        ("PUT", "/followers/alice/facts", {"facts": {"a": "x"}, "source": "platform"}, 400, "source"),
        ("PUT", "/followers/alice/facts", {"facts": {"phone": "1"}, "consent": {"at": 10**60, "text": "x"}}, 400, "at"),
        ("PUT", "/followers/alice/facts", {"facts": {"a": 10**30}}, 400, "no value"),
        ("PUT", "/followers/alice/remark", b'{"remark": "\\ud800"}', 400, "too early"),
        ("DELETE", "/followers/nobody/facts/a", None, 404, "no such follower"),
        ("PUT", "/followers/nobody/orders", {"order": "7", "fen": 1, "at": 1}, 404, "no such follower"),
        ("PUT", "/followers/alice/orders", {"order": "", "fen": 1, "at": 1}, 400, "order"),
        ("PUT", "/followers/alice/orders", {"order": "7", "fen": -1, "at": 1}, 400, "fen"),
        ("PUT", "/followers/alice/orders", {"order": "7", "fen": 1.5, "at": 1}, 400, "fen"),
        ("GET", "/followers/export?cursor=g.x", None, 400, "cursor"),
        ("GET", "/followers/export?format=xls", None, 400, "format"),
        ("GET", "/followers/export?segment=none", None, 404, "no such segment"),
        ("POST", "/followers/import", {}, 400, "either csv"),
        ("POST", "/followers/import", {"csv": "a", "file": "YQ=="}, 400, "either csv"),
        ("POST", "/followers/import", {"csv": "openid"}, 400, "no rows"),
        ("POST", "/followers/import", {"file": "no base64!"}, 400, "file"),
        ("POST", "/followers/import", {"file": base64.b64encode(b"\xff\x00\xff").decode()}, 400, "UTF-8"),
        ("POST", "/followers/import?apply=perhaps", {"csv": "openid\nalice\n"}, 400, "apply"),
        ("POST", "/followers/import", {"csv": "x" * 300_000}, 413, "too big"),
        ("POST", "/followers/import", b'{"csv": "openid\\n\\udfff"}', 400, "not valid"),
        ("GET", "/imports/none", None, 404, "no such import"),
        ("GET", "/imports/" + "a" * 4000, None, 404, "nothing of that name"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(  # noqa: PLR0913, PLR0917
    shop: House, api: Api, method: str, path: str, body: Any, status: int, told: str
) -> None:
    follower(shop, "alice")
    assert told in refused(api(method, path, body), status)


def test_who_may_only_read_changes_nothing(shop: House) -> None:
    follower(shop, "alice")
    before = profile(shop, "alice")
    reader = Api(shop, "followers:read")
    for method, path, body in (
        ("PUT", "/followers/alice/remark", {"remark": "x"}),
        ("PUT", "/followers/alice/blocked", {"blocked": True}),
        ("PUT", "/followers/alice/tags", {"add": [100]}),
        ("PUT", "/followers/alice/facts", {"facts": {"a": "x"}}),
        ("DELETE", "/followers/alice/facts/a", None),
        ("POST", "/followers/sync", {}),
        ("POST", "/followers/import?apply=yes", {"csv": "openid,a\nalice,x\n"}),
    ):
        assert "followers:write" in refused(reader(method, path, body), 403)
    assert profile(shop, "alice") == before
    assert shop.work() == 0
    for path in ("/followers", "/followers/alice", "/followers/alice/timeline", "/followers/sync", "/followers/export"):
        assert reader("GET", path).status == 200


def test_a_segment_is_only_for_who_may_see_segments(shop: House) -> None:
    reader = Api(shop, "followers:read")
    for path in ("/followers?segment=x", "/followers/export?segment=x"):
        assert "segments:read" in refused(reader("GET", path), 403)


def test_an_account_that_wechat_lets_do_nothing_says_so(api: Api) -> None:
    for method, path, body in (
        ("PUT", "/followers/alice/remark", {"remark": "x"}),
        ("PUT", "/followers/alice/blocked", {"blocked": True}),
        ("PUT", "/followers/alice/tags", {"add": [100]}),
        ("POST", "/followers/sync", {}),
    ):
        assert "not verified" in refused(api(method, path, body, alias="leaf"), 403)
    assert api("GET", "/followers", alias="leaf").body == {"items": [], "cursor": "", "looked": 0}


def test_when_wechat_does_not_answer_nothing_is_claimed(shop: House, api: Api) -> None:
    follower(shop, "alice")
    for name, path, body in (
        ("remark", "/cgi-bin/user/info/updateremark", {"remark": "x"}),
        ("blocked", "/cgi-bin/tags/members/batchblacklist", {"blocked": True}),
    ):
        shop.control("faults", path=path, errcode=-1, times=9)
        refused(api("PUT", f"/followers/alice/{name}", body), 503)
        assert not profile(shop, "alice").get(name)


def test_followers_are_listed_as_the_console_shows_them(shop: House, api: Api) -> None:
    told = {"scene": "ADD_SCENE_QR_CODE", "qr_scene": "12", "lang": "zh_CN", "tag_ids": [100], "remark": "王阿姨"}
    follower(shop, "alice", days_ago=1, messages=3, last_active=20_000, blocked=True, **told)
    follower(shop, "bob", days_ago=5)
    first = api("GET", "/followers?limit=1&sort=new").body
    since = profile(shop, "alice")["since"]
    assert first["items"] == [
        {
            "openid": "alice",
            "name": "王阿姨",
            "since": since,
            "scene": "ADD_SCENE_QR_CODE",
            "qr_scene": "12",
            "tags": [100],
            "last_active": "2024-10-04",
            "messages": 3,
            "blocked": True,
            "language": "zh_CN",
        }
    ]
    rest = api("GET", f"/followers?limit=1&cursor={quote(first['cursor'])}").body
    assert ([one["openid"] for one in rest["items"]], rest["cursor"]) == (["bob"], "")
    old = api("GET", "/followers?sort=old").body["items"]
    assert [one["openid"] for one in old] == ["bob", "alice"]


def test_followers_are_found_by_words_tag_and_segment(shop: House, api: Api) -> None:
    follower(shop, "alice", remark="王阿姨", tag_ids=[100])
    follower(shop, "bob", orders=3)
    segment = api(
        "POST", "/segments", {"name": "常客", "question": {"field": "orders", "is": "at_least", "value": 2}}
    ).body
    for query, openid in (
        (f"search={quote('阿姨')}", "alice"),
        ("search=bo", "bob"),
        ("tag=100", "alice"),
        (f"segment={segment['segment_id']}", "bob"),
    ):
        found = api("GET", f"/followers?{query}").body
        assert [one["openid"] for one in found["items"]] == [openid]
        assert found["looked"] == 2
    assert api("GET", f"/followers?cursor={quote(FAR)}").body["items"] == []


def test_one_person_is_told_with_everything(shop: House, api: Api) -> None:
    city = {"value": "杭州", "source": "answer", "at": 9, "consent": {"at": 8, "text": "好"}}
    follower(shop, "alice", facts={"城市": city, "会员": {"value": True, "source": "api:x", "at": 7}}, unionid="u")
    told = api("GET", "/followers/alice").body
    assert told["facts"] == [
        {"name": "会员", "value": True, "source": "api:x", "at": 7, "consent": None},
        {"name": "城市", "value": "杭州", "source": "answer", "at": 9, "consent": {"at": 8, "text": "好"}},
    ]
    assert (told["following"], told["unionid"], told["remark"], told["first_seen"]) == (True, "u", "", "")
    assert (told["tags"], told["visits"], told["same_person"], told["blocked"]) == ([], [], [], False)


def test_opening_a_person_counts_what_they_wrote_up_to_now(shop: House, api: Api) -> None:
    shop.phone("alice", "follow")
    shop.advance(5)
    shop.says("alice", "几点关门")
    told = api("GET", "/followers/alice").body
    assert (told["messages"], told["last_active"] != "") == (1, True)
    past = api("GET", "/followers/alice/timeline").body
    assert [one["kind"] for one in past["items"]] == ["message", "follow"]
    assert past["cursor"] == ""


def test_who_has_left_is_shown_as_gone_and_changes_no_more(shop: House, api: Api) -> None:
    shop.phone("alice", "follow")
    shop.advance(5)
    shop.phone("alice", "unfollow")
    assert api("GET", "/followers/alice").body["following"] is False
    for name, body in (("remark", {"remark": "x"}), ("tags", {"add": []}), ("facts", {"facts": {"a": "x"}})):
        refused(api("PUT", f"/followers/alice/{name}", body), 404)
    assert api("GET", "/followers").body["items"] == []


def test_the_same_person_in_another_account_is_named(shop: House, api: Api) -> None:
    follower(shop, "alice")
    digest = shop.svc.keys.digest("union", "u-1")
    for alias, openid in (("tea", "alice"), ("leaf", "alice-there")):
        listed = {"shelf": f"union#{digest}", "place": f"{alias}#{openid}"}
        shop.svc.table.put({"pk": f"person#{alias}#{openid}", "sk": "union", "unionid": "u-1", **listed})
    assert api("GET", "/followers/alice").body["same_person"] == [
        {"account": "leaf", "openid": "alice-there", "name": ""}
    ]


def test_visits_of_our_pages_are_told_the_newest_first(shop: House, api: Api) -> None:
    follower(shop, "alice")
    for at in (7, 9):
        shop.svc.table.put({"pk": "person#tea#alice", "sk": f"visit#{at}", "since": at, "is_virtual": at == 9})
    visits = api("GET", "/followers/alice").body["visits"]
    assert visits == [{"at": 9, "preview": True}, {"at": 7, "preview": False}]
    assert [one.at for one in timeline.visits(shop.svc, shop.tea, "alice")] == [9, 7]


def test_odd_characters_of_a_path_may_come_encoded(shop: House, api: Api) -> None:
    follower(shop, "o_a-b@im.wx")
    assert api("GET", "/followers/" + quote("o_a-b@im.wx", safe="")).body["openid"] == "o_a-b@im.wx"
    assert api("PUT", "/followers/o_a-b%40im.wx/facts", {"facts": {"城市": "杭州"}}).status == 200
    assert api("DELETE", "/followers/o_a-b%40im.wx/facts/" + quote("城市")) == (204, None)
    assert "facts" not in profile(shop, "o_a-b@im.wx")


def test_a_remark_and_the_blacklist_are_wechats_too(shop: House, api: Api) -> None:
    follower(shop, "alice")
    person = shop.world.accounts["tea"].person("alice")
    told = api("PUT", "/followers/alice/remark", {"remark": " 王阿姨 "}).body
    assert (told["remark"], told["name"], person.remark) == ("王阿姨", "王阿姨", "王阿姨")
    assert api("PUT", "/followers/alice/remark", {"remark": ""}).body["remark"] == ""

    assert api("PUT", "/followers/alice/blocked", {"blocked": True}).body["blocked"] is True
    assert shop.count("/cgi-bin/tags/members/batchblacklist") == 1
    assert api("PUT", "/followers/alice/blocked", {"blocked": False}).body["blocked"] is False
    assert shop.count("/cgi-bin/tags/members/batchunblacklist") == 1


def test_tags_are_put_on_and_taken_off(shop: House, api: Api) -> None:
    old, new = (tags.create(shop.svc, shop.tea, name).tag_id for name in ("老客", "新客"))
    follower(shop, "alice", tag_ids=[new])
    told = api("PUT", "/followers/alice/tags", {"add": [old], "remove": [new]})
    assert (told.status, told.body["tags"]) == (200, [old])
    assert shop.world.accounts["tea"].person("alice").tags == [old]


def test_a_fact_says_where_it_is_from(shop: House, api: Api) -> None:
    follower(shop, "alice")
    agreed = {"at": 1_790_000_000, "text": "会员登记"}
    told = api("PUT", "/followers/alice/facts", {"facts": {"phone": "13800000000"}, "consent": agreed}).body["facts"]
    assert (told[0]["source"], told[0]["consent"]) == ("api:the till", agreed)
    answer = {"facts": {"birthday": "1990-02-28"}, "consent": agreed, "source": "answer"}
    assert api("PUT", "/followers/alice/facts", answer).body["facts"][0]["source"] == "answer"
    assert api("DELETE", "/followers/alice/facts/unheard-of") == (204, None)


def test_an_order_is_counted_once_tags_its_buyer_and_can_be_paid_back(shop: House, api: Api) -> None:
    regular = tags.create(shop.svc, shop.tea, "老客").tag_id
    bought = {"field": "orders", "is": "at_least", "value": 2}
    tags.save_rule(shop.svc, shop.tea, name="bought twice", tag_id=regular, question=bought)
    follower(shop, "alice")
    for number in ("7", "7", "8"):
        told = api("PUT", "/followers/alice/orders", {"order": number, "fen": 8900, "at": shop.svc.now()})
        assert told.status == 200
    settle(shop)
    alice = api("GET", "/followers/alice").body
    assert (alice["orders"], alice["spent"], alice["tags"]) == (2, 17800, [regular])

    told = api("PUT", "/followers/alice/orders", {"order": "8", "fen": 0, "at": shop.svc.now()})
    assert (told.body["orders"], told.body["spent"]) == (1, 8900)


def test_a_write_that_is_sent_again_happens_once(shop: House, api: Api) -> None:
    follower(shop, "alice")
    key = {"Idempotency-Key": "k-1"}
    first = api("PUT", "/followers/alice/remark", {"remark": "王"}, **key)
    assert api("PUT", "/followers/alice/remark", {"remark": "王"}, **key) == first
    assert shop.count("/cgi-bin/user/info/updateremark") == 1
    refused(api("PUT", "/followers/alice/remark", {"remark": "李"}, **key), 409)

    file = {"csv": "openid,城市\nalice,杭州\n"}
    assert api("POST", "/followers/import", file, **{"Idempotency-Key": "k-2"}).body["item"] == ""
    refused(api("POST", "/followers/import?apply=yes", file, **{"Idempotency-Key": "k-2"}), 409)


def test_the_audit_log_names_nobody_in_clear(shop: House, api: Api) -> None:
    follower(shop, "o@alice")
    api("PUT", "/followers/o%40alice/facts", {"facts": {"城市": "杭州"}})
    api("DELETE", "/followers/o%40alice/facts/x")
    deeds: list[Entry] = operators.audit_page(shop.svc, "", 10)[0]
    who = shop.svc.keys.person("o@alice")
    assert {(one.did, one.about) for one in deeds} == {("followers_facts", who), ("followers_forget", f"{who} x")}


def test_a_sync_is_begun_and_its_progress_told(shop: House, api: Api) -> None:
    assert api("GET", "/followers/sync").body["state"] == "never"
    shop.phone("alice", "follow")
    begun = api("POST", "/followers/sync", {})
    assert (begun.status, begun.body["state"]) == (202, "running")
    assert api("POST", "/followers/sync", {}).body["started"] == begun.body["started"]
    settle(shop)
    told = api("GET", "/followers/sync").body
    assert set(told) == {
        "state", "started", "listed", "chunks", "finished", "changed", "gone", "percent", "ended", "reason",
    }  # fmt: skip
    assert (told["state"], told["listed"], told["percent"]) == ("done", 1, 100)


def test_an_export_is_json_for_the_console_and_csv_for_a_spreadsheet(shop: House, api: Api) -> None:
    follower(shop, "alice", remark="=1+1", facts={"城市": {"value": "杭州", "source": "answer", "at": 1}})
    told = api("GET", "/followers/export").body
    assert (told["items"][0]["openid"], told["items"][0]["城市"], told["cursor"]) == ("alice", "杭州", "")
    text = api("GET", "/followers/export?format=csv").body.decode("utf-8")
    assert text.startswith("\ufeffopenid,remark,tags,")
    assert "'=1+1" in text


def test_an_export_begins_with_its_first_page_which_is_noted(shop: House, api: Api) -> None:
    for openid in ("alice", "bob", "carol"):
        follower(shop, openid)
    made = api("POST", "/segments", {"name": "大家", "question": EVERYBODY}).body["segment_id"]
    theirs = next_page(api, "/followers?limit=1")
    elsewhere = next_page(api, f"/followers/export?limit=1&segment={made}")
    for cursor in (theirs, elsewhere, "f." + FAR, "x.y", ".", "0."):
        refused(api("GET", f"/followers/export?cursor={quote(cursor)}"), 400)
    first = api("GET", "/followers/export?limit=2").body
    rest = api("GET", f"/followers/export?cursor={quote(first['cursor'])}").body["items"]
    assert {one["openid"] for one in [*first["items"], *rest]} == {"alice", "bob", "carol"}


def next_page(api: Api, path: str) -> str:
    found: str = api("GET", path).body["cursor"]
    assert found
    return found


def test_an_import_is_looked_at_first_and_then_followed_to_its_end(shop: House, api: Api) -> None:
    follower(shop, "alice")
    wrong = api("POST", "/followers/import?apply=yes", {"csv": "openid,remark\nalice,x\nnobody,y\n"}).body
    assert (wrong["rows"], wrong["accepted"], wrong["item"]) == (2, 1, "")
    assert [(one["row"], one["column"]) for one in wrong["errors"]] == [(3, "openid")]
    assert shop.work() == 0

    file = {"file": base64.b64encode("粉丝,备注\nalice,王阿姨\n".encode("gb18030")).decode()}
    seen = api("POST", "/followers/import", file).body
    assert (seen["rows"], seen["accepted"], seen["errors"], seen["item"], seen["encoding"]) == (1, 1, [], "", "GB18030")
    job = api("POST", "/followers/import?apply=yes", file).body
    assert api("GET", f"/imports/{job['item']}").body["state"] == "running"
    settle(shop)
    done = api("GET", f"/imports/{job['item']}").body
    assert (done["state"], done["rows"], done["done"], done["errors"]) == ("done", 1, 1, [])
    assert profile(shop, "alice")["remark"] == "王阿姨"
