"""A live account is taken over: looked at first, then brought along as drafts; twice is once."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.features import rules, tokens
from chalicelib.features.menus import drafts as menus
from ops.accounts import COMMANDS
from ops.accounts.takeover import replies, rivals
from ops.target import Target
from simulator.other_systems import token_service
from tests.house import House
from tests.ops import deployed
from tests.ops.operator import Operator
from tests.ops.test_accounts import a_minute_later

Json = dict[str, Any]
TOKEN, AES_KEY = "typedtoken", "Q" * 43

REPLIES: Json = {
    "add_friend_autoreply_info": {"type": "text", "content": "欢迎！"},
    "message_default_autoreply_info": {"type": "img", "content": "MEDIA"},
    "keyword_autoreply_info": {
        "list": [
            {
                "rule_name": "价格",
                "create_time": 1423028166,
                "reply_mode": "reply_all",
                "keyword_list_info": [
                    {"type": "text", "match_mode": "contain", "content": "多少钱"},
                    {"type": "text", "match_mode": "equal", "content": "price"},
                ],
                "reply_list_info": [
                    {"type": "text", "content": "一盏 18 元"},
                    {"type": "text", "content": "外带减 2 元"},
                ],
            },
            {
                "rule_name": "新闻",
                "create_time": 1423028166,
                "reply_mode": "random_one",
                "keyword_list_info": [{"type": "text", "match_mode": "contain", "content": "新闻"}],
                "reply_list_info": [
                    {
                        "type": "news",
                        "news_info": {
                            "list": [
                                {
                                    "title": "春茶",
                                    "author": "",
                                    "digest": "上市",
                                    "show_cover": 1,
                                    "cover_url": "https://mmbiz.qpic.cn/p",
                                    "content_url": "https://mp.weixin.qq.com/s/1",
                                    "source_url": "",
                                }
                            ]
                        },
                    },
                    {"type": "voice", "content": "MEDIA2"},
                    {"type": "text", "content": "或者问店员"},
                ],
            },
        ]
    },
}
MENU: Json = {
    "button": [
        {"type": "view", "name": "商城", "url": "https://shop.example.com/"},
        {
            "name": "更多",
            "sub_button": {
                "list": [
                    {"type": "text", "name": "营业时间", "value": "每天 10 点到 22 点"},
                    {"type": "img", "name": "地图", "value": "MEDIA3"},
                ]
            },
        },
    ]
}


@pytest.fixture
def ops(house: House) -> Operator:
    return Operator(COMMANDS[0], house.svc.settings.stage)


@pytest.fixture
def live(house: House, ops: Operator) -> House:
    """The leaf is a live account that nobody has added yet: its console answers."""
    told = house.world.accounts["leaf"]
    told.kind, told.verified, told.secret = "service", True, "0123456789abcdef0123456789abcdef"
    house.control("settings", account="leaf", callback_url="", console={"menu": MENU, "replies": REPLIES})
    deployed.setting(Target(house.svc.settings.stage), "wechat_api", f"{house.simulator}/api.weixin.qq.com")
    ops("remove", "leaf", "--yes")
    a_minute_later(house)
    return house


def add(house: House, *more: str) -> tuple[str, ...]:
    app_id = house.world.accounts["leaf"].app_id
    words = ("add", "leaf", "--kind", "service", "--verified", "--app-id", app_id, "--original-id", "gh_leaf")
    return (*words, "--take-over", "--watch", "0", *more)


def secret(house: House) -> str:
    return f"{house.world.accounts['leaf'].secret}\n"


def everything(house: House) -> str:
    return f"{secret(house)}{TOKEN}\n{AES_KEY}\n"


def listed(house: House) -> dict[str, rules.Rule]:
    return {one.pattern: one for one in rules.listed(house.svc, house.leaf)}


def test_a_look_tells_what_there_is_and_keeps_nothing(ops: Operator, live: House) -> None:
    said = ops(*add(live), types=secret(live))

    assert "becomes a draft" in said and "商城、更多" in said
    assert "5 rules that are switched off" in said or "rules that are switched off" in said
    assert "a voice message, which WeChat lends for three days" in said
    assert "only the first is taken" in said
    assert "no other system was seen to use stable_token" in said
    assert "--apply adds the account" in said
    assert live.world.accounts["leaf"].secret not in said
    assert live.svc.table.get("accounts", "leaf") is None
    assert not list(live.svc.table.under("rules#leaf")) and not list(live.svc.table.under("menus#leaf"))


def test_what_the_console_answered_becomes_rules_that_are_switched_off_and_a_menus_draft(
    ops: Operator, live: House
) -> None:
    said = ops(*add(live, "--apply"), types=everything(live))

    a_minute_later(live)
    found = listed(live)
    assert set(found) == {"/welcome", "多少钱", "price", "新闻", "IMPORTED_2_1"}
    assert not any(one.enabled for one in found.values())
    assert (found["多少钱"].match, found["price"].match) == ("contains", "exact")
    assert found["多少钱"].reply == {"type": "text", "content": "一盏 18 元\n\n外带减 2 元"}
    assert found["新闻"].reply["articles"][0]["url"] == "https://mp.weixin.qq.com/s/1"
    assert found["IMPORTED_2_1"].reply["content"] == "每天 10 点到 22 点"
    draft = menus.find(live.svc, live.leaf)
    assert [one.name for one in draft.menu.button] == ["商城", "更多"]
    assert draft.menu.button[1].sub_button[0].key == "IMPORTED_2_1"
    assert "only then switch the server URL on" in said
    assert "地图" in said


def test_twice_is_once_and_what_an_operator_threw_away_stays_away(ops: Operator, live: House) -> None:
    ops(*add(live, "--apply"), types=everything(live))
    a_minute_later(live)
    rules.remove(live.svc, live.leaf, listed(live)["price"].rule_id)
    changed = listed(live)["/welcome"]
    rules.save(
        live.svc,
        live.leaf,
        rule_id=changed.rule_id,
        match="exact",
        pattern="/welcome",
        reply={**changed.reply, "content": "新"},
    )

    said = ops(*add(live, "--apply"))  # no secret is asked for again

    a_minute_later(live)
    assert "imported before" in said
    assert set(listed(live)) == {"/welcome", "多少钱", "新闻", "IMPORTED_2_1"}
    assert listed(live)["/welcome"].reply["content"] == "新"
    assert menus.find(live.svc, live.leaf).version == 1


def test_an_import_that_was_stopped_goes_on(ops: Operator, live: House, monkeypatch: pytest.MonkeyPatch) -> None:
    save, saved = rules.save, []

    def killed(*args: Any, **more: Any) -> rules.Rule:
        saved.append(more["pattern"])
        if len(saved) == 3:
            raise KeyboardInterrupt
        return save(*args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(rules, "save", killed)
        ops.run(*add(live, "--apply"), types=everything(live))
    a_minute_later(live)
    assert len(listed(live)) == 2

    ops(*add(live, "--apply"))

    a_minute_later(live)
    assert len(listed(live)) == 5
    assert menus.find(live.svc, live.leaf).version == 1


def test_a_part_that_wechat_does_not_tell_hides_no_other_and_is_read_next_time(ops: Operator, live: House) -> None:
    live.control("faults", path="/cgi-bin/get_current_selfmenu_info", errcode=48001)
    said = ops(*add(live, "--apply"), types=everything(live))
    assert "the menu could not be read: 48001" in said and "run this again" in said
    a_minute_later(live)
    assert len(listed(live)) == 4

    ops(*add(live, "--apply"))

    assert menus.find(live.svc, live.leaf).version == 1


def test_a_draft_that_an_operator_wrote_stays(ops: Operator, live: House) -> None:
    ops(*add(live, "--apply"), types=everything(live))
    a_minute_later(live)
    live.svc.table.update("accounts", "leaf", {"taken_over": {}})
    draft = menus.find(live.svc, live.leaf)
    menus.save(live.svc, live.leaf, draft.menu, draft.version, "Xiaolin")

    assert "an operator wrote" in ops(*add(live, "--apply"))


def test_templates_and_tags_are_told(ops: Operator, live: House) -> None:
    told = live.world.accounts["leaf"]
    told.templates = live.world.accounts["tea"].templates
    told.tags = {"100": "熟客"}

    said = ops(*add(live), types=secret(live))

    assert "account template leaf NAME notice-template" in said
    assert "熟客" in said


def test_the_consoles_answers_stop_when_a_server_url_is_set(live: House) -> None:
    def shown(does: str, **told: Any) -> list[str]:
        found = live.phone("alice", does, "leaf", **told)["replies"]
        return [str(one.get("content", one["type"])) for one in found]

    assert shown("follow") == ["欢迎！"]
    assert shown("say", text="一杯多少钱") == ["一盏 18 元", "外带减 2 元"]
    assert shown("say", text="price") == ["一盏 18 元", "外带减 2 元"]
    assert shown("say", text="hello") == ["image"]
    assert shown("say", text="hello again") == []  # once an hour
    assert shown("tap", name="营业时间") == ["每天 10 点到 22 点"]

    live.control("settings", account="leaf", callback_url=f"{live.app}/wechat/leaf")
    told = live.world.accounts["leaf"]
    assert told.current_menu(told.person("alice")) == {}
    assert live.phone("alice", "say", "leaf", text="多少钱")["deliveries"] >= 1


# Who else is there.


def test_a_system_that_forces_refreshes_is_noticed(ops: Operator, live: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told = live.world.accounts["leaf"]

    def forced(_: float) -> None:
        told.forced_refreshes.clear()
        from simulator.platform.tokens import issue_stable  # noqa: PLC0415

        issue_stable(told, live.world.clock, force=True)

    monkeypatch.setattr(rivals.watch, "__defaults__", (forced,))
    said = ops(*add(live), types=secret(live))

    assert "another system uses force_refresh" in said
    assert "account token-source" in said


def test_a_system_that_shares_the_stable_token_does_no_harm(ops: Operator, live: House) -> None:
    from simulator.platform.tokens import issue_stable  # noqa: PLC0415

    issue_stable(live.world.accounts["leaf"], live.world.clock, force=False)
    live.advance(1000)

    said = ops(*add(live), types=secret(live))

    assert "s ago: another system uses stable_token too" in said
    assert "force_refresh" not in said


def test_the_token_is_never_asked_for_by_force(ops: Operator, live: House) -> None:
    ops(*add(live, "--apply"), types=everything(live))
    assert live.world.accounts["leaf"].forced_refreshes == []


def test_a_look_through_the_groups_token_service(ops: Operator, live: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAIWAN_OUTBOUND_PRIVATE", live.simulator.removeprefix("http://"))
    source = ("--token-source", f"{live.simulator}/token-service")
    assert "becomes a draft" in ops(*add(live, *source), types=f"{token_service.KEY}\n")

    typed = f"{token_service.KEY}\n{TOKEN}\n{AES_KEY}\n"
    ops(*add(live, *source, "--apply"), types=typed)

    a_minute_later(live)
    assert len(listed(live)) == 5
    assert live.count("/cgi-bin/stable_token") == 0


@pytest.mark.parametrize(
    ("breaks", "sentence"),
    [
        ({"ip_whitelist": ["203.0.113.9"], "caller_ip": "198.51.100.7"}, "198.51.100.7 (40164)"),
        ({"secret": "another0another0another0another0"}, "40125"),
    ],
)
def test_what_wechat_refuses_is_told_in_words(ops: Operator, live: House, breaks: Json, sentence: str) -> None:
    typed = secret(live)
    live.control("settings", account="leaf", **breaks)
    assert sentence in ops.fails(*add(live), types=typed)


def test_where_wechat_refuses_this_machine_the_token_of_the_stage_is_used(ops: Operator, live: House) -> None:
    ops(*add(live, "--apply"), types=everything(live))
    a_minute_later(live)
    tokens.refresh(live.svc, live.leaf)
    live.svc.table.update("accounts", "leaf", {"taken_over": {}})
    live.control("settings", account="leaf", ip_whitelist=["203.0.113.9"], caller_ip="198.51.100.7")

    said = ops(*add(live, "--apply"))

    assert "商城、更多" in said
    assert "0 条规则已导入" in said


def test_mistakes(ops: Operator, live: House) -> None:
    mini = [{"service": "miniprogram"}.get(word, word) for word in add(live)]
    assert "service, subscription and test" in ops.fails(*mini, types=secret(live))
    apply_alone = [word for word in add(live, "--apply") if word != "--take-over"]
    assert "goes with --take-over" in ops.fails(*apply_alone, types=everything(live))
    taken = ["tea" if word == "leaf" else word for word in add(live)]
    assert "already" in ops.fails(*taken, types=secret(live))


def test_an_account_with_nothing_in_its_console_is_taken_over_too() -> None:
    assert replies.taken({"is_autoreply_open": 0}, {}) == replies.Taken([], [])
    assert replies.taken({"keyword_autoreply_info": None}, {"button": None}) == replies.Taken([], [])
