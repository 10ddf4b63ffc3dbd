"""What operators wrote is what followers read: every kind of match, in order, within a time limit."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chalicelib.errors import BadInput, NotFound
from chalicelib.features import rules
from chalicelib.wechat.messages import News, Text
from tests.house import House, Json, logged


def rule(house: House, match: str, pattern: str, text: str, alias: str = "tea", **more: Any) -> rules.Rule:
    reply = {"type": "text", "content": text}
    return rules.save(house.svc, house.svc.accounts[alias], match=match, pattern=pattern, reply=reply, **more)


def answer(house: House, said: str, alias: str = "tea") -> str | None:
    reply = rules.answer(house.svc, house.svc.accounts[alias], said)
    assert reply is None or isinstance(reply, Text)
    return reply.content if reply else None


@pytest.mark.parametrize(
    ("match", "pattern", "fits", "fits_not"),
    [
        ("exact", "Price", ["price", " PRICE\n", "Price"], ["prices", "the price", ""]),
        ("exact", " 茶单 ", ["茶单", "茶单 "], ["看茶单"]),
        ("exact", "straße", ["STRASSE", "Straße"], ["strase"]),
        ("contains", "Price", ["the PRICE?", "price"], ["pri ce"]),
        ("contains", "茶", ["喝茶吗"], ["咖啡"]),
        ("starts_with", "echo:", ["echo:", "ECHO: hi", "  echo:x"], ["an echo:", "ech"]),
        ("starts_with", "  buy", ["buy tea"], ["to buy"]),
        ("pattern", r"^\d{4}$", ["2026"], ["20266", "x"]),
        ("pattern", r"tea|茶", ["TEA please", "喝茶"], ["coffee"]),
    ],
)
def test_a_rule_fits_or_not(house: House, match: str, pattern: str, fits: list[str], fits_not: list[str]) -> None:
    rule(house, match, pattern, "yes")

    assert [answer(house, said) for said in fits] == ["yes"] * len(fits)
    assert [answer(house, said) for said in fits_not] == [None] * len(fits_not)


@pytest.mark.parametrize(
    ("pattern", "said", "rest"),
    [
        ("echo:", "echo:HeLLo  World ", "HeLLo  World "),
        ("echo:", "ECHO:{rest}", "{rest}"),
        ("echo:", "echo:echo:x", "echo:x"),
        ("straße", "STRASSE 5", " 5"),
        ("strasse", "Straße 5", " 5"),
        ("ß", "ssss", "ss"),
        ("İstanbul", "İSTANBUL çay", " çay"),
        ("\N{LATIN SMALL LIGATURE FFI}", "FFIce", "ce"),
        ("回声", "回声🍵茶", "🍵茶"),
    ],
)
def test_the_rest_is_what_they_wrote_letter_for_letter(house: House, pattern: str, said: str, rest: str) -> None:
    rule(house, "starts_with", pattern, "<{rest}>")

    assert answer(house, said) == f"<{rest}>"


def test_half_of_a_letter_is_not_a_beginning(house: House) -> None:
    rule(house, "starts_with", "s", "<{rest}>")

    assert answer(house, "ß") is None
    assert answer(house, "sß") == "<ß>"


def test_a_blank_rest_leaves_the_answer_to_the_next(house: House) -> None:
    rule(house, "starts_with", "echo:", "{rest}")

    assert answer(house, "echo:  ") is None
    house.phone("alice", "follow")
    assert "Thank you" in house.says("alice", "echo: \n")


def test_the_higher_priority_is_asked_first_and_then_the_closer_match(house: House) -> None:
    rule(house, "pattern", "oolong", "by pattern")
    rule(house, "contains", "oolong", "by part")
    assert answer(house, "oolong") == "by part"
    rule(house, "starts_with", "oolong", "by beginning")
    assert answer(house, "oolong") == "by beginning"
    rule(house, "exact", "oolong", "exactly")
    assert answer(house, "oolong") == "exactly"

    rule(house, "contains", "o", "first of all", priority=1)
    assert answer(house, "oolong") == "first of all"


def test_among_equals_the_older_is_asked_first(house: House) -> None:
    rule(house, "contains", "oolong", "older")
    house.advance(2)
    rule(house, "contains", "long", "younger", rule_id="0")

    assert answer(house, "oolong") == "older"


def test_a_rule_that_is_switched_off_answers_nothing_but_is_listed(house: House) -> None:
    rule(house, "exact", "oolong", "89", enabled=False)
    rule(house, "exact", "/welcome", "你好", enabled=False)

    assert answer(house, "oolong") is None
    assert "欢迎关注" in house.phone("alice", "follow")["replies"][0]["content"]
    assert len(rules.listed(house.svc, house.tea)) == 2


def test_accounts_do_not_share_rules(house: House) -> None:
    kept = rule(house, "exact", "oolong", "89")

    assert answer(house, "oolong", alias="leaf") is None
    with pytest.raises(NotFound):
        rules.remove(house.svc, house.leaf, kept.rule_id)
    assert answer(house, "oolong") == "89"


def test_rules_are_read_once_a_minute(house: House) -> None:
    rule(house, "exact", "oolong", "89")
    assert answer(house, "oolong") == "89"
    item = next(house.svc.table.under("rules#tea"))
    house.svc.table.put(item | {"reply": {"type": "text", "content": "99"}})  # another container saved it

    house.advance(58)
    assert answer(house, "oolong") == "89"
    house.advance(3)
    assert answer(house, "oolong") == "99"


def test_who_saves_or_removes_a_rule_sees_it_at_once(house: House) -> None:
    kept = rule(house, "exact", "oolong", "89")
    assert answer(house, "oolong") == "89"
    rule(house, "exact", "oolong", "99", rule_id=kept.rule_id)
    assert answer(house, "oolong") == "99"

    rules.remove(house.svc, house.tea, kept.rule_id)

    assert answer(house, "oolong") is None
    assert rules.listed(house.svc, house.tea) == []


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"(a|aa)+$", r"^(\w+\s?)*$", r"(?R)", r"(x+x+)+y"])
def test_an_evil_pattern_is_passed_over_in_time(house: House, pattern: str) -> None:
    rule(house, "pattern", pattern, "evil")
    rule(house, "contains", "a", "good", priority=-1)
    answer(house, "b")

    began = time.process_time()
    found = answer(house, "a" * 5000 + "!")

    assert found in ("evil", "good")
    assert time.process_time() - began < 5 * rules.PATIENCE


def test_many_evil_patterns_together_do_not_make_wechat_wait(house: House) -> None:
    for number in range(30):
        rule(house, "pattern", f"(a|aa)+{number}$", "evil")
    rule(house, "contains", "aaaa", "good", priority=-1)
    began = time.process_time()  # so that others who want the processor do not count
    assert answer(house, "a" * 60 + "!") == "good"
    assert time.process_time() - began < 2 * rules.PATIENCE_IN_ALL


def test_what_was_passed_over_is_told_without_the_words_of_the_follower(house: House) -> None:
    rule(house, "pattern", "(?R)", "evil")

    with logged() as lines:
        assert answer(house, "a" * 50) is None

    assert "was passed over" in lines.getvalue()
    assert "aaaa" not in lines.getvalue()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"match": "fuzzy"}, "match must be one of"),
        ({"pattern": " \n"}, "1 to 500"),
        ({"pattern": "x" * 501}, "1 to 500"),
        ({"match": "pattern", "pattern": "("}, "regular expression"),
        ({"match": "pattern", "pattern": r"\L<names>"}, "regular expression"),
        ({"match": "pattern", "pattern": "((a{999}){999}){999}"}, "multiply"),
        ({"match": "pattern", "pattern": "(a{,999}){5,999}"}, "multiply"),
        ({"reply": {}}, "reply is not valid"),
        ({"reply": {"type": "poem"}}, "reply is not valid"),
        ({"reply": {"type": "text"}}, "reply is not valid"),
        ({"reply": {"type": "text", "content": 7}}, "reply is not valid"),
        ({"reply": {"type": "text", "content": " "}}, "1 to 20000"),
        ({"reply": {"type": "text", "content": "x" * 20_001}}, "1 to 20000"),
        ({"reply": {"type": "news", "articles": []}}, "article"),
        ({"priority": 10**40}, "priority must"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_a_sentence(house: House, wrong: Json, told: str) -> None:
    usual: Json = {"match": "exact", "pattern": "oolong", "reply": {"type": "text", "content": "89"}}

    with pytest.raises(BadInput, match=told):
        rules.save(house.svc, house.tea, **(usual | wrong))

    assert rules.listed(house.svc, house.tea) == []


@pytest.mark.parametrize("rule_id", ["a#b", "../x", "x" * 65, "茶"])
def test_a_rule_that_cannot_exist_is_not_found(house: House, rule_id: str) -> None:
    with pytest.raises(NotFound):
        rule(house, "exact", "oolong", "89", rule_id=rule_id)
    with pytest.raises(NotFound):
        rules.remove(house.svc, house.tea, rule_id)


def test_there_is_a_last_rule(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_RULES", 2)
    first = rule(house, "exact", "one", "1")
    rule(house, "exact", "two", "2")

    with pytest.raises(BadInput, match="at most 2"):
        rule(house, "exact", "three", "3")
    rule(house, "exact", "one", "uno", rule_id=first.rule_id)


def test_operators_write_the_welcome_and_the_last_word(house: House) -> None:
    rule(house, "exact", "/welcome", "欢迎来喝茶")
    rule(house, "exact", "/fallback", "请稍等")

    assert house.phone("alice", "follow")["replies"][0]["content"] == "欢迎来喝茶"
    assert house.says("alice", "blah") == "请稍等"
    assert house.phone("alice", "tap", key="MENU")["replies"][0]["content"] == "请稍等"


def test_a_button_of_the_menu_is_answered_by_its_key(house: House) -> None:
    rule(house, "exact", "MENU", "龙井 乌龙 普洱")
    house.phone("alice", "follow")

    assert house.phone("alice", "tap", key="MENU")["replies"][0]["content"] == "龙井 乌龙 普洱"


def test_without_rules_everybody_still_gets_an_answer(house: House) -> None:
    assert "欢迎关注茶铺" in house.phone("alice", "follow")["replies"][0]["content"]
    assert "Thank you" in house.says("alice", "hello")
    assert "Thank you" in house.phone("alice", "say", type="image")["replies"][0]["content"]
    assert house.phone("alice", "locate")["replies"] == []


def test_a_reply_may_be_more_than_words(house: House) -> None:
    news = {"type": "news", "articles": [{"title": "春茶", "url": "https://tea.example.com/"}]}
    rules.save(house.svc, house.tea, match="exact", pattern="new", reply=news)

    assert isinstance(rules.answer(house.svc, house.tea, "new"), News)
    house.phone("alice", "follow")
    assert house.phone("alice", "say", text="new")["replies"][0]["type"] == "news"


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else "x"


@pytest.mark.parametrize("extra", [1.5, {"": 10**60}, nested(200)])
def test_of_a_reply_only_what_belongs_to_it_is_stored(house: House, extra: Any) -> None:
    saved = rules.save(
        house.svc, house.tea, match="exact", pattern="price", reply={"type": "text", "content": "89", "x": extra}
    )

    assert saved.reply == {"type": "text", "content": "89"}
    assert [one.reply for one in rules.listed(house.svc, house.tea)] == [saved.reply]
    assert answer(house, "price") == "89"


def test_a_label_has_an_end(house: House) -> None:
    with pytest.raises(BadInput, match="label"):
        rule(house, "exact", "price", "89", label="长" * 101)
    assert rules.listed(house.svc, house.tea) == []
