"""/api/{account}/campaigns/check, /preview and beside: what is said before a campaign starts, and of mass messages."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.features import notices, operators, template_library, template_names, tokens
from chalicelib.features.campaigns import mass, mass_parts, mass_reports, store
from chalicelib.features.operators import people
from simulator.accounts import NoticeTemplate, from_config
from tests.campaigning import document, running
from tests.crowd import follower
from tests.house import NOTICE, House, Json, account, eventually
from tests.house import store as keep
from tests.web.asking import Api, refused
from tests.web.operating import signed_in

SEND = "/cgi-bin/message/template/send"
TEA_WORDS: Json = {"template": "notice", "fields": {"thing1": "{name|茶友}，新茶到了"}}
A_DAY = 86_400


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    for openid in ("alice", "bob"):
        house.phone(openid, "follow")
    template_names.save(house.svc, house.tea, "notice", NOTICE)
    return house


@pytest.fixture
def api(shop: House) -> Api:
    return Api(shop)


@pytest.fixture
def mini(shop: House) -> str:
    """A mini-program of the same brand, whose tester is alice."""
    names = {"alias": "mini", "app_id": "wx0000000000mini", "original_id": "gh_mini", "secret": "secret-of-mini"}
    told = account("tea", "") | names | {"kind": "miniprogram", "callback_url": ""}
    shop.world.accounts["mini"] = from_config(told, shop.world.clock.now())
    keep(shop.svc, told)
    shop.svc.table.update("accounts", "mini", {"tester": "alice"})
    shop.svc.forget("accounts")
    tokens.refresh_all(shop.svc, "mini")
    return "mini"


def told(kind: str = "template", *variants: Json, **more: Any) -> Json:
    given: Json = {
        "name": "新茶",
        "kind": kind,
        "variants": list(variants) or [TEA_WORDS],
        "quiet": False,
        "track": False,
    }
    return {"document": given | more}


def check(api: Api, given: Json, alias: str = "tea") -> Json:
    answer = api("POST", "/campaigns/check", given, alias=alias)
    assert answer.status == 200, answer
    for one in answer.body["problems"]:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in one["words"]), one
        assert any("a" <= letter <= "z" for letter in one["words"]), one
    return dict(answer.body)


def problems(api: Api, given: Json, alias: str = "tea") -> dict[str, bool]:
    """{where: whether it blocks}"""
    return {one["where"]: one["blocks"] for one in check(api, given, alias)["problems"]}


def mass_of(words: str = "新茶到了", **more: Any) -> Json:
    return told("mass", {"mass": {"msgtype": "text", "content": words}}, **more)


def test_a_good_one_has_no_problem_and_its_numbers(shop: House, api: Api) -> None:
    assert check(api, told()) == {
        "problems": [],
        "estimate": {"about": 2, "of": 2, "exact": True, "give_or_take": 0},
        "quota_left": 100_000,
    }


@pytest.mark.parametrize("kind", ["template", "notice", "custom", "mass"])
def test_what_the_account_may_not_do_is_said_before_anything_is_asked(shop: House, api: Api, kind: str) -> None:
    asked = shop.calls()["total"]
    (one,) = [one for one in check(api, told(kind), alias="leaf")["problems"] if one["where"] == "kind"]
    assert one["blocks"]
    assert "verified" in one["words"]
    assert shop.calls()["total"] == asked


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (told("template", {"template": "notice", "fields": {"thing1": "x" * 21}}), {"variants[0].fields.thing1": True}),
        (
            told("template", {"template": "notice", "fields": {"thing1": "{name|" + "x" * 30 + "}"}}),
            {"variants[0].fields.thing1": True},
        ),
        (
            told("template", {"template": "notice", "fields": {"thing1": "茶", "amount2": "1"}}),
            {"variants[0].fields.amount2": False},
        ),
        (told("template", {"template": "nothing", "fields": {"thing1": "茶"}}), {"variants[0].template": True}),
        (told("template", {"template": "notice"}), {"variants[0].fields": True, "variants[0].fields.thing1": True}),
        (told("template", {"template": "notice", "fields": {"thing1": "{mood}"}}), {"variants[0].fields.thing1": True}),
        (told("template", TEA_WORDS | {"link": "http://tea.example"}, track=False), {"variants[0].link": False}),
        (told("template", question={"field": "orders", "is": "at_least", "value": 9}), {"question": False}),
        (told("template", question={"field": "nothing"}), {"question.field": True}),
        (told("template", segment_id="none"), {"segment_id": True}),
        (told("custom", {"reply": {"type": "text", "content": "茶"}}), {"kind": False}),
        (mass_of("{name|茶友}"), {"variants[0].mass.content": False}),
        (mass_of(tag_id=999), {"tag_id": True}),
        (mass_of(goal={"kind": "ordered"}), {"goal": False}),
        (told("mass"), {"variants[0].template": True}),
    ],
)
def test_each_problem_is_named_with_its_place(api: Api, given: Json, found: dict[str, bool]) -> None:
    shown = problems(api, given)
    assert found.items() <= shown.items(), shown


def test_quiet_hours_and_counted_links_are_told(shop: House, api: Api) -> None:
    midnight = shop.svc.now() // A_DAY * A_DAY + 16 * 3600 + A_DAY  # in Shanghai
    assert problems(api, told(quiet=True, send_at=midnight)) == {"quiet": False}
    settings = shop.svc.settings
    shop.svc.settings = type(settings)(**{**vars(settings), "public_url": ""})
    assert problems(api, told("template", TEA_WORDS | {"link": "https://tea.example"}, track=True)) == {
        "variants[0].link": False
    }


def test_todays_quota_is_held_against_the_audience(shop: House, api: Api) -> None:
    shop.control("settings", account="tea", daily_limits={SEND: 1})
    told_ = check(api, told())
    assert told_["quota_left"] == 1
    assert [(one["where"], one["blocks"]) for one in told_["problems"]] == [("kind", False)]
    shop.svc.forget(f"quota#tea#{SEND}")
    shop.control("settings", account="tea", daily_limits={SEND: 0})
    assert "spent" in check(api, told())["problems"][0]["words"]
    shop.svc.forget(f"quota#tea#{SEND}")
    shop.control("faults", path="/cgi-bin/openapi/quota/get", errcode=-1)
    assert check(api, told()) == told_ | {"problems": [], "quota_left": None}


def test_one_person_is_no_list(shop: House, api: Api) -> None:
    follower(shop, "carol", orders=9)
    old = {"field": "orders", "is": "at_least", "value": 9}
    assert problems(api, mass_of(question=old)).get("question") is True


def test_what_was_sent_to_everybody_today_stands_in_the_way_of_another(shop: House, api: Api) -> None:
    assert problems(api, mass_of()) == {}
    campaign = running(shop, [], document("mass", {"mass": {"msgtype": "text", "content": "茶"}}))
    mass.go(shop.svc, shop.tea, campaign.campaign_id)
    assert problems(api, mass_of()) == {"send_at": True}
    assert problems(api, mass_of(send_at=shop.svc.now() + 40 * A_DAY)) == {}


def test_words_are_looked_at_once_through_the_mini_program(shop: House, api: Api, mini: str) -> None:
    path = "/wxa/msg_sec_check"
    given = told(check_content=True)
    assert "open the mini-program" in check(api, given)["problems"][0]["words"]
    shop.phone("alice", "visit", alias=mini)
    assert problems(api, given) == {}
    asked = shop.count(path)
    shop.advance(3 * 3600)
    tokens.refresh_all(shop.svc)
    assert problems(api, given) == {}
    assert shop.count(path) == asked

    shop.phone("alice", "visit", alias=mini)
    risky = told("custom", {"reply": {"type": "text", "content": "来赌博吧"}}, check_content=True)
    assert problems(api, risky)["variants[0].reply.content"] is True
    doubtful = mass_of("全城最便宜", check_content=True)
    assert problems(api, doubtful) == {"variants[0].mass.content": False}


@pytest.mark.parametrize(
    ("fault", "said"),
    [({"errcode": 44991}, "try again"), ({"errcode": 45009}, "used up"), ({"errcode": 48001}, "48001")],
)
def test_words_that_nobody_could_look_at_are_not_sent(shop: House, api: Api, mini: str, fault: Json, said: str) -> None:
    shop.control("faults", path="/wxa/msg_sec_check", **fault)
    (one,) = check(api, told(check_content=True))["problems"]
    assert (one["where"], one["blocks"]) == ("check_content", True)
    assert said in one["words"]


def test_without_a_mini_program_the_content_check_says_what_it_needs(api: Api) -> None:
    (one,) = check(api, told(check_content=True))["problems"]
    assert one["blocks"]
    assert "mini-program" in one["words"]


def test_a_preview_is_filled_with_somebodys_data(shop: House, api: Api) -> None:
    follower(shop, "carol", facts={"nickname": {"value": "Carol", "seen": 1}})
    given = told("template", TEA_WORDS | {"link": "https://tea.example/{name|x}"})
    shown = api("POST", "/campaigns/preview", given | {"variant": 0, "openid": "carol"})
    words, link = "Carol，新茶到了", "https://tea.example/Carol"
    assert shown == (200, {"fields": {"thing1": words}, "text": words, "link": link, "missing": []})
    nobody = api(
        "POST", "/campaigns/preview", told("custom", {"reply": {"type": "text", "content": "你好 {name|茶友}"}})
    )
    assert nobody.body["text"] == "你好 茶友"
    assert api("POST", "/campaigns/preview", mass_of("大家好")).body["text"] == "大家好"


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/campaigns/check", {}, 400, "document"),
        ("/campaigns/preview", told() | {"openid": "nobody"}, 404, "do not follow"),
        ("/campaigns/preview", told() | {"openid": "a#b"}, 404, "do not follow"),
        ("/campaigns/preview", told() | {"variant": 1}, 404, "no such variant"),
        ("/campaigns/preview", told() | {"variant": 9}, 400, "variant"),
        ("/campaigns/preview", told("template", {"template": "X Y"}), 400, "template"),
        ("/campaigns/preview-send", told("template", {"template": "notice"}), 400, "fields"),
        ("/campaigns/preview-send", told(), 409, "tied"),
        ("/campaigns/none/delete-mass", {}, 404, "no such campaign"),
        ("/campaigns/none/delete-mass", {"article": 9}, 400, "article"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(api: Api, path: str, body: Json, status: int, said: str) -> None:
    assert said in refused(api("POST", path, body), status)


def test_an_account_that_may_not_is_told_so_by_the_preview_too(api: Api) -> None:
    assert "verified" in refused(api("POST", "/campaigns/preview-send", mass_of(), alias="leaf"), 403)


@pytest.fixture
def mai(shop: House) -> Any:
    """An editor at their browser, whose WeChat is alice's."""
    browser = signed_in(shop, "editor")
    operator = operators.by_name(shop.svc, "editor 小满")
    assert operator
    assert people.tie(shop.svc, operator, "tea", "alice")
    return browser


def test_a_preview_arrives_on_ones_own_phone_as_often_as_wanted(shop: House, mai: Any) -> None:
    for _ in range(2):
        assert mai("POST", "tea/campaigns/preview-send", told()).status == 204
    shop.phone("alice", "say", text="hi")
    assert (
        mai("POST", "tea/campaigns/preview-send", told("custom", {"reply": {"type": "text", "content": "你好"}})).status
        == 204
    )
    assert mai("POST", "tea/campaigns/preview-send", mass_of("大家好")).status == 204

    shown = [(one["channel"], one["content"]) for one in shop.inbox("alice") if one["channel"] != "reply"]
    assert shown == [("template", "茶友，新茶到了")] * 2 + [("custom", "你好"), ("preview", "大家好")]
    assert shop.inbox("bob") == [one for one in shop.inbox("bob") if one["channel"] == "reply"]


def test_what_wechat_refuses_of_a_preview_is_said(shop: House, mai: Any) -> None:
    path = "/cgi-bin/message/mass/preview"
    shop.control("faults", path=path, errcode=45009)
    assert "spent" in refused(mai("POST", "tea/campaigns/preview-send", mass_of()), 503)
    shop.control("faults", path=path, errcode=43004)
    assert "43004" in refused(mai("POST", "tea/campaigns/preview-send", mass_of()), 409)
    shop.control("faults", path=path, timeout=True)
    assert "does not answer" in refused(mai("POST", "tea/campaigns/preview-send", mass_of()), 503)


def test_nobody_else_gets_a_preview(shop: House, mai: Any) -> None:
    other = signed_in(shop, "admin", "别人")
    assert "tied" in refused(other("POST", "tea/campaigns/preview-send", told()), 409)


def test_who_may_only_read_sends_nothing_and_sees_nobodys_data(shop: House) -> None:
    reader = Api(shop, "campaigns:read")
    refused(reader("POST", "/campaigns/preview-send", told()), 403)
    refused(reader("POST", "/campaigns/x/delete-mass", {}), 403)
    assert "followers:read" in refused(reader("POST", "/campaigns/preview", told() | {"openid": "alice"}), 403)
    assert reader("POST", "/campaigns/preview", told()).status == 200


def test_a_mass_message_shows_its_calls_and_what_wechat_said(shop: House, api: Api) -> None:
    campaign = running(shop, ["alice", "bob"], document("mass", {"mass": {"msgtype": "text", "content": "茶"}}, cap=1))
    path = f"/campaigns/{campaign.campaign_id}/mass"
    assert api("GET", path).body == {"items": [], "cursor": ""}
    store.forget(shop.svc, shop.tea, campaign.campaign_id)
    mass.go(shop.svc, shop.tea, campaign.campaign_id)
    (part,) = mass_parts.listed(shop.svc, shop.tea, campaign.campaign_id)
    assert eventually(lambda: "verdict" in (mass_parts.report(shop.svc, shop.tea, part.msg_id) or {}))
    mass_reports.look(shop.svc, shop.tea, campaign.campaign_id)

    (one,) = api("GET", path).body["items"]
    assert (one["stage"], one["way"], one["of"], one["sent"], one["people"]) == ("sent", "list", 2, 2, 2)
    assert "articles and videos" in refused(api("POST", f"/campaigns/{campaign.campaign_id}/delete-mass", {}), 409)
    assert "no such campaign" in refused(api("GET", "/campaigns/none/mass"), 404)


def test_the_abilities_of_an_account_are_listed_with_the_reason(api: Api) -> None:
    mine = {one["name"]: one for one in api("GET", "/abilities").body["items"]}
    assert mine["mass_list"] == {"name": "mass_list", "may": True, "why": ""}
    assert "only mini-programs" in mine["check_content"]["why"]
    theirs = {one["name"]: one for one in api("GET", "/abilities", alias="leaf").body["items"]}
    assert (theirs["mass"]["may"], theirs["receive"]["may"]) == (False, True)
    assert "only verified service accounts" in theirs["templates"]["why"]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (told("mass", {"mass": {"msgtype": []}}), "variants[0].mass.msgtype"),
        (told("template", TEA_WORDS | {"link": "https://[tea]/{name|x}"}), "variants[0].link"),
        (told("template", TEA_WORDS | {"link": "https:///spring"}), "variants[0].link"),
        (told("template", TEA_WORDS | {"link": "https://{name|tea}.example/"}), "variants[0].link"),
        (told("template", TEA_WORDS | {"link": "https://tea.example/\x07"}), "variants[0].link"),
        (
            told(
                "custom", {"reply": {"type": "news", "articles": [{"title": "{mood|好}", "url": "https://x.example"}]}}
            ),
            "variants[0].reply.articles[0].title",
        ),
        (
            told("custom", {"reply": {"type": "news", "articles": [{"title": "茶", "url": "{link}"}]}}),
            "variants[0].link",
        ),
    ],
)
def test_what_could_never_be_sent_is_told_while_it_is_written(api: Api, given: Json, place: str) -> None:
    assert problems(api, given)[place] is True


def test_a_preview_of_an_article_reads_its_words_and_nothing_else(api: Api) -> None:
    article = {"title": "{name|茶友}的茶", "url": "{link}"}
    given = told("custom", {"reply": {"type": "news", "articles": [article]}, "link": "https://tea.example/"})
    shown = api("POST", "/campaigns/preview", given).body
    assert (shown["text"], shown["missing"]) == ("茶友的茶", [])


def test_a_previews_link_is_the_one_that_will_open(shop: House, api: Api) -> None:
    given = told("template", TEA_WORDS | {"link": "https://tea.example/?who={name|茶友}&x=1"})
    follower(shop, "carol", facts={"nickname": {"value": "A&B"}})
    links = [api("POST", "/campaigns/preview", given | {"openid": one}).body["link"] for one in ("", "carol")]
    assert links == ["https://tea.example/?who=%E8%8C%B6%E5%8F%8B&x=1", "https://tea.example/?who=A%26B&x=1"]


def test_words_that_are_all_variable_are_not_asked_about(shop: House, api: Api, mini: str) -> None:
    shop.phone("alice", "visit", alias=mini)
    words = {"template": "notice", "fields": {"thing1": "{account}"}}
    assert problems(api, told("template", words, check_content=True)) == {}


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        ({"errcode": 47003, "errmsg": "argument invalid"}, 1),
        ({"errcode": 45009}, 1),
        ({"errcode": 40003}, 1),
        ({"errcode": 43101}, 0),
    ],
)
def test_a_preview_that_surely_did_not_arrive_costs_no_consent(shop: House, mai: Any, fault: Json, left: int) -> None:
    shop.world.accounts["tea"].notices["once"] = NoticeTemplate("once", "到货通知", "商品:{{thing1.DATA}}")
    template_library.sync(shop.svc, shop.tea)
    template_names.save(shop.svc, shop.tea, "once", "once")
    shop.phone("alice", "subscribe", answers={"once": "accept"})
    assert eventually(lambda: notices.of_person(shop.svc, shop.tea, "alice"))
    shop.control("faults", path="/cgi-bin/message/subscribe/bizsend", **fault)

    given = told("notice", {"template": "once", "fields": {"thing1": "茶"}})
    assert mai("POST", "tea/campaigns/preview-send", given).status in {409, 503}
    assert [one.remaining for one in notices.of_person(shop.svc, shop.tea, "alice")] == [left]


def test_what_the_administrator_let_go_out_counts_for_the_day(shop: House, api: Api) -> None:
    shop.control("settings", account="tea", confirm_masses=True)
    campaign = running(shop, [], document("mass", {"mass": {"msgtype": "text", "content": "茶"}}))
    mass.go(shop.svc, shop.tea, campaign.campaign_id)
    (part,) = mass_parts.listed(shop.svc, shop.tea, campaign.campaign_id)
    shop.control("masses", account="tea", msg_id=part.msg_id, agrees=True)
    assert eventually(lambda: "verdict" in (mass_parts.report(shop.svc, shop.tea, part.msg_id) or {}))
    mass_reports.look(shop.svc, shop.tea, campaign.campaign_id)

    assert problems(api, mass_of()) == {"send_at": True}
