"""An account's templates: what their fields take, what sends them, taking one, giving one back, and their names."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import AppError, BadInput, Conflict, Forbidden, NotFound, Unavailable
from chalicelib.features import alarms, automations, stops, template_library, template_names, tokens
from chalicelib.features.template_library import Template, check_fields, of_content
from chalicelib.services import Account
from simulator.platform import templates as theirs
from tests.automating import document, running
from tests.house import NOTICE, House

A_DAY = 86_400
LISTS = "/cgi-bin/template/get_all_private_template"
ADD, ADD_NOTICE = "/cgi-bin/template/api_add_template", "/wxaapi/newtmpl/addtemplate"
DELETE = "/cgi-bin/template/del_private_template"
CONTENT = "商品：{{thing1.DATA}}\n金额：{{amount2.DATA}}\n取餐码：{{character_string3.DATA}}"


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    return house


def lib(house: House, does: Any, *args: Any, **told: Any) -> Any:
    return does(house.svc, house.tea, *args, **told)


def titles(house: House) -> dict[str, str]:
    return {one.title: one.state for one in lib(house, template_library.look).templates}


def take_notice(house: House, number: str = "1001", name: str = "", **told: Any) -> Template:
    usual: dict[str, Any] = {"kind": "notice", "number": number, "keyword_ids": [1, 2], "scene": "取餐"}
    made: Template = lib(house, template_library.add, **(usual | told), name=name)
    return made


def template(content: str = CONTENT, choices: dict[str, list[str]] | None = None) -> Template:
    return Template(template_id="x", title="订单", content=content, fields=of_content(content, choices))


def wrong(told: dict[str, str], one: Template | None = None, filled: bool = True) -> dict[str, str]:
    return {problem.where: problem.words for problem in check_fields(one or template(), told, filled)}


GOOD = {"thing1": "明前龙井", "amount2": "¥88.00", "character_string3": "A017"}


def test_fields_are_read_from_the_content_with_their_words_and_limits() -> None:
    fields = template().fields
    assert [(one.name, one.kind, one.longest, one.words) for one in fields] == [
        ("thing1", "thing", 20, "商品"),
        ("amount2", "amount", 24, "金额"),
        ("character_string3", "character_string", 32, "取餐码"),
    ]
    free = of_content("{{first.DATA}}\n您好 {{ keyword1.DATA }}：{{keyword1.DATA}}\n{{remark.DATA}}")
    assert [(one.name, one.kind, one.longest) for one in free] == [
        ("first", "", 200), ("keyword1", "", 200), ("remark", "", 200)
    ]  # fmt: skip
    assert "最多 20 个字" in fields[0].limit and "20 characters" in fields[0].limit


def test_words_that_fit_have_no_problems() -> None:
    assert wrong(GOOD) == {}


@pytest.mark.parametrize(
    ("field", "words", "told"),
    [
        ("thing1", "", "is empty"),
        ("thing1", "   ", "is empty"),
        ("thing1", "长" * 21, "has 21 characters"),
        ("amount2", "多少钱", "an amount"),
        ("character_string3", "A 017", "without spaces"),
    ],
)
def test_words_that_wechat_would_refuse_are_named_in_both_languages(field: str, words: str, told: str) -> None:
    found = wrong(GOOD | {field: words})
    assert list(found) == [field]
    assert told in found[field] and "。" in found[field]


def test_a_field_that_is_not_there_is_told_but_stops_nothing() -> None:
    (problem,) = check_fields(template(), GOOD | {"remark": "再见"})
    assert (problem.where, problem.blocks) == ("remark", False)
    assert {one.blocks for one in check_fields(template(), {})} == {True}


def test_words_with_variables_are_looked_at_as_somebody_unknown_gets_them() -> None:
    assert wrong(GOOD | {"thing1": "{name|茶友}，茶好了"}, filled=False) == {}
    assert "21 characters" in wrong(GOOD | {"thing1": "{name|" + "长" * 21 + "}"}, filled=False)["thing1"]
    assert "an amount" in wrong(GOOD | {"amount2": "{facts.price|面议}"}, filled=False)["amount2"]
    assert wrong(GOOD | {"amount2": "{facts.price|0}元"}, filled=False) == {}
    # What is always known has no default, so only the rest can be measured.
    assert wrong(GOOD | {"thing1": "{account}{today}"}, filled=False) == {}
    assert "thing1" in wrong(GOOD | {"thing1": "长" * 21 + "{today}"}, filled=False)
    assert wrong(GOOD | {"thing1": "{{" + "长" * 19}, filled=False) == {}


def test_a_const_says_one_of_wechats_words() -> None:
    one = template("状态：{{const1.DATA}}", {"const1": ["制作中", "已完成"]})
    assert wrong({"const1": "已完成"}, one) == {}
    assert "制作中、已完成" in wrong({"const1": "在路上"}, one)["const1"]


def kept(house: House) -> list[str]:
    return [item["sk"] for item in house.svc.table.under("templates#tea")]


def test_wechat_is_asked_every_night_and_when_told_to(shop: House) -> None:
    lib(shop, template_library.sync)
    for night in range(3):
        shop.advance(A_DAY)
        tokens.refresh_all(shop.svc)
        template_library.nightly(shop.svc)
        shop.work()
        assert titles(shop) == {"通知": "ready"}
        assert shop.count(LISTS) == night + 2


def test_looking_keeps_nothing_and_asks_once_a_minute(shop: House) -> None:
    for _ in range(3):
        assert titles(shop) == {"通知": "ready"}
    assert (shop.count(LISTS), kept(shop)) == (1, [])
    lib(shop, template_library.sync)
    shop.advance(27 * 3600)
    tokens.refresh_all(shop.svc)
    del shop.world.accounts["tea"].templates[NOTICE]
    assert titles(shop) == {"通知": "gone"}
    assert all(not item.get("gone_at") for item in shop.svc.table.under("templates#tea"))


def test_a_night_without_the_right_is_no_failure_and_one_without_wechat_is_tried_again(shop: House) -> None:
    shop.control("faults", path=LISTS, errcode=48001)
    shop.control("faults", path="/wxaapi/newtmpl/gettemplate", errcode=48001)
    template_library.mirror.refresh(shop.svc, shop.tea)
    assert kept(shop) == []
    shop.control("faults", path=LISTS, errcode=-1)
    with pytest.raises(Unavailable):
        template_library.mirror.refresh(shop.svc, shop.tea)
    # A right that is missing for one kind does not hide the other.
    shop.control("faults", path="/wxaapi/newtmpl/gettemplate", errcode=48001)
    lib(shop, template_library.sync)
    assert titles(shop) == {"通知": "ready"}


def test_when_wechat_is_silent_the_old_list_is_shown_and_why(shop: House) -> None:
    lib(shop, template_library.sync)
    shop.advance(27 * 3600)
    shop.control("faults", path=LISTS, errcode=-1, times=9)
    copy = lib(shop, template_library.look)
    assert [one.title for one in copy.templates] == ["通知"]
    assert "does not answer" in copy.trouble
    shop.control("faults", path=LISTS, errcode=45009, times=9)


def test_one_that_wechat_no_longer_lists_is_gone_and_forgotten_after_a_while(shop: House) -> None:
    lib(shop, template_library.sync)
    del shop.world.accounts["tea"].templates[NOTICE]
    lib(shop, template_library.sync)
    assert titles(shop) == {"通知": "gone"}
    assert lib(shop, template_library.find, NOTICE).state == "gone"
    shop.advance(91 * A_DAY)
    assert titles(shop) == {}


def test_one_made_at_wechat_a_moment_ago_is_found(shop: House) -> None:
    lib(shop, template_library.sync)
    with pytest.raises(NotFound, match="choose one"):
        lib(shop, template_library.find, "brand-new")
    account = shop.world.accounts["tea"]
    account.templates["brand-new"] = type(account.templates[NOTICE])("brand-new", "新的", "{{thing1.DATA}}")
    with pytest.raises(NotFound):
        lib(shop, template_library.find, "brand-new")  # WeChat was asked a moment ago
    shop.advance(61)
    assert lib(shop, template_library.find, "brand-new").title == "新的"


def test_a_refusal_of_wechats_shows_for_a_week(shop: House) -> None:
    lib(shop, template_library.sync)
    alarms.ring(shop.svc, shop.tea, f"template#{NOTICE}", "43116 template restricted")
    template_library.mirror.forget(shop.svc, shop.tea)
    found = lib(shop, template_library.find, NOTICE)
    assert (found.state, found.why) == ("refused", "43116 template restricted")
    shop.advance(8 * A_DAY)
    assert titles(shop) == {"通知": "ready"}


def test_an_account_without_templates_is_told_so_and_asks_nothing(shop: House) -> None:
    for does in (
        lambda leaf: template_library.sync(shop.svc, leaf),
        lambda leaf: template_library.categories(shop.svc, leaf),
        lambda leaf: template_library.page(shop.svc, leaf),
        lambda leaf: template_library.add(shop.svc, leaf, kind="template", number="TM00015"),
    ):
        with pytest.raises(Forbidden, match=r"may not send|must be verified"):
            does(shop.leaf)
    assert template_library.look(shop.svc, shop.leaf).templates == []
    assert shop.count(LISTS) == 0


def test_a_template_is_taken_by_its_number_and_named(shop: House) -> None:
    made = lib(shop, template_library.add, kind="template", number="43216", keywords=["商品", "时间"], name="ready")
    assert (made.name, made.kind, [one.words for one in made.fields]) == ("ready", "template", ["商品", "时间"])
    assert template_names.find(shop.svc, shop.tea, "ready") == made.template_id


def test_a_notice_is_looked_for_in_the_library_and_taken(shop: House) -> None:
    found = lib(shop, template_library.categories)
    assert [(one.category_id, one.name) for one in found.items] == [(616, "餐饮服务场所"), (307, "食品")]
    assert (found.most, found.changes_a_month) == (5, 5)
    page, cursor = lib(shop, template_library.page, 616)
    rest, end = lib(shop, template_library.page, 616, cursor=cursor)
    assert (len(page), len(rest), end) == (30, 13, "")
    (reminder,), _ = lib(shop, template_library.page, words="取餐")
    kinds = {one.keyword_id: (one.kind, one.longest) for one in lib(shop, template_library.keywords, reminder.number)}
    assert kinds[1] == ("thing", 20)
    made = take_notice(shop, reminder.number, keyword_ids=[1, 6])
    assert (made.kind, made.long_term, made.fields[1].choices) == ("notice", False, ["制作中", "已完成", "已取消"])
    (again,), _ = lib(shop, template_library.page, words="取餐")
    assert again.have and not reminder.have


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"kind": "card"}, BadInput, "template or notice"),
        ({"number": "../x"}, BadInput, "letters and digits"),
        ({"number": "7"}, NotFound, "no template of this number"),
        ({"keyword_ids": [1]}, BadInput, "2 to 5"),
        ({"keyword_ids": [1, 1]}, BadInput, "twice"),
        ({"keyword_ids": [1, 99]}, BadInput, "2 to 5"),
        ({"scene": "长" * 16}, BadInput, "15 characters"),
        ({"scene": " "}, BadInput, "15 characters"),
        ({"name": "No"}, BadInput, "a-z"),
        ({"name": "taken"}, Conflict, "called taken"),
    ],
)
def test_what_cannot_be_taken_is_said_and_takes_no_slot(
    shop: House, told: dict[str, Any], error: type[AppError], words: str
) -> None:
    template_names.save(shop.svc, shop.tea, "taken", NOTICE)
    with pytest.raises(error, match=words):
        take_notice(shop, **told)
    assert shop.world.accounts["tea"].notices == {}


def test_the_slots_are_counted_and_a_full_house_takes_no_more(shop: House) -> None:
    account = shop.world.accounts["tea"]
    for number in range(24):
        lib(shop, template_library.add, kind="template", number=str(number + 1))
    templates = lib(shop, template_library.look).templates
    slots = template_library.slots(templates, lib(shop, template_library.everywhere))
    assert (slots["template"].used, slots["template"].most, slots["notice"].used) == (25, 25, 0)
    calls = shop.count(ADD)
    with pytest.raises(Conflict, match="25 templates"):
        lib(shop, template_library.add, kind="template", number="99")
    assert shop.count(ADD) == calls
    # Deleted in WeChat's console meanwhile: there is room.
    account.templates.pop(next(iter(account.templates)))
    lib(shop, template_library.add, kind="template", number="99")


def test_a_lost_answer_says_that_it_may_have_been_taken(shop: House) -> None:
    shop.control("faults", path=ADD_NOTICE, timeout=True, after_effect=True)
    with pytest.raises(Unavailable, match="synchronise first"):
        take_notice(shop)
    lib(shop, template_library.sync)
    assert "取餐提醒" in titles(shop)


def test_what_is_in_use_is_not_deleted_unless_that_is_meant(shop: House) -> None:
    made = lib(shop, template_library.add, kind="template", number="1", name="ready")
    step = {"do": "template", "template": "ready", "fields": {"thing1": "好了"}, "step_id": "s"}
    inside = {"do": "branch", "if": {"field": "orders", "is": "at_least", "value": 2}, "then": [step], "else": []}
    running(shop, inside | {"step_id": "b"})
    with pytest.raises(Conflict) as refused:
        lib(shop, template_library.remove, made.template_id)
    (use,) = refused.value.details["uses"]
    assert (use["kind"], use["label"], use["phase"], use["fields"]) == ("automation", "谢谢", "running", ["thing1"])
    lib(shop, template_library.remove, made.template_id, anyway=True)
    assert made.template_id not in shop.world.accounts["tea"].templates
    # The name stays, for what says it, and waits.
    assert template_library.waiting(shop.svc, shop.tea, lib(shop, template_library.look).templates) == ["ready"]


def test_one_that_nothing_uses_is_deleted_at_once_and_twice_is_no_harm(shop: House) -> None:
    lib(shop, template_library.sync)
    alarms.ring(shop.svc, shop.tea, f"template#{NOTICE}", "43116 template restricted")
    shop.control("faults", path=DELETE, timeout=True, after_effect=True)
    with pytest.raises(Unavailable, match="synchronise"):
        lib(shop, template_library.remove, NOTICE)
    lib(shop, template_library.remove, NOTICE)
    lib(shop, template_library.remove, NOTICE)
    assert titles(shop) == {"通知": "gone"}
    assert alarms.ringing(shop.svc, shop.tea) == {}
    with pytest.raises(NotFound):
        lib(shop, template_library.remove, "none")


def test_a_notice_is_deleted_as_a_notice(shop: House) -> None:
    made = take_notice(shop)
    lib(shop, template_library.remove, made.template_id)
    assert shop.world.accounts["tea"].notices == {}


def test_a_name_moves_from_one_template_to_another_only_if_that_is_meant(shop: House) -> None:
    old = lib(shop, template_library.add, kind="template", number="1", name="ready")
    new = lib(shop, template_library.add, kind="template", number="2", keywords=["a", "b", "c"])
    running(shop, {"do": "template", "template": "ready", "fields": {"thing1": "x", "thing2": "y"}, "step_id": "s"})
    with pytest.raises(Conflict) as asked:
        lib(shop, template_library.name, new.template_id, "ready")
    assert asked.value.details["instead_of"] == old.template_id
    assert "thing3" in asked.value.details["problems"][0]["words"]
    named = lib(shop, template_library.name, new.template_id, "ready", instead=True)
    assert named.name == "ready"
    assert lib(shop, template_library.find, old.template_id).name == ""


def test_a_name_that_is_said_stays_when_its_template_gets_another(shop: House) -> None:
    made = lib(shop, template_library.add, kind="template", number="1", name="ready")
    automations.create(
        shop.svc,
        shop.tea,
        document({"do": "template", "template": "ready", "fields": {"thing1": "x"}, "step_id": "s"}),
        "小满",
    )
    with pytest.raises(Conflict) as asked:
        lib(shop, template_library.name, made.template_id, "done")
    assert [use["label"] for use in asked.value.details["losing"]] == ["谢谢"]
    lib(shop, template_library.name, made.template_id, "done", instead=True)
    assert template_names.listed(shop.svc, shop.tea) == {"done": made.template_id, "ready": ""}
    lib(shop, template_library.name, made.template_id, "")
    assert template_names.listed(shop.svc, shop.tea) == {"ready": ""}


@pytest.mark.parametrize("name", ["Ready", "x" * 33, "a b", "茶"])
def test_a_name_that_is_none(shop: House, name: str) -> None:
    lib(shop, template_library.sync)
    with pytest.raises(BadInput, match="a-z"):
        lib(shop, template_library.name, NOTICE, name)


def test_stops_of_a_template_are_not_its_state_but_its_alarm_is(shop: House) -> None:
    lib(shop, template_library.sync)
    stops.stop(shop.svc, shop.tea, f"template#{NOTICE}", "43116")
    assert titles(shop) == {"通知": "ready"}


def test_the_fields_of_every_kind_are_those_that_the_simulator_checks() -> None:
    assert {kind: one.rule.pattern for kind, one in template_library.KINDS.items()} == theirs.KINDS


def test_both_accounts_have_lists_of_their_own(shop: House) -> None:
    leaf: Account = shop.leaf
    lib(shop, template_library.sync)
    assert template_library.remembered(shop.svc, leaf) == []


def test_one_that_was_taken_is_not_taken_again_because_wechat_fell_silent(shop: House) -> None:
    lib(shop, template_library.sync)
    shop.advance(61)
    shop.control("faults", path=LISTS, errcode=-1, times=9)
    made = lib(shop, template_library.add, kind="template", number="43216", keywords=["商品", "时间"], name="ready")
    assert made.name == "ready"
    assert template_names.find(shop.svc, shop.tea, "ready") == made.template_id
    assert shop.count(ADD) == 1
