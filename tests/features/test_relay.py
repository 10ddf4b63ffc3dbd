"""An older system gets the same messages, and whatever it does, followers get their answer in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.features import alarms, inbox, relay, rules
from chalicelib.features.claims import Claim
from chalicelib.outbound import Outbound
from chalicelib.wechat import messages, relaying
from chalicelib.wechat.envelope import CallbackKey, Envelope
from chalicelib.wechat.messages import Article, Image, Message, Music, News, Reply, Text, Transfer, Video, Voice
from chalicelib.wechat.relaying import Relay
from simulator.other_systems import older_crm
from tests.house import House, store_secret
from tests.other_system import KEYS, Answering, Asked, OtherSystem, other_system, relayed

Json = dict[str, Any]


@pytest.fixture
def older() -> Iterator[OtherSystem]:
    with other_system() as system:
        yield system


def opened(house: House, asked: Asked, mode: str = "safe") -> Message:
    """The relayed message, verified as the older system would: by our own reading of WeChat's envelope."""
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    envelope = Envelope(house.tea.app_id, [KEYS], [mode])
    return envelope.open(query, asked.body, house.svc.now()).message


def saying(house: House, reply: Reply | None, mode: str = "safe", keys: CallbackKey = KEYS) -> Answering:
    """An older system that answers every message with this."""

    def answers(asked: Asked) -> tuple[int, bytes]:
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        got = Envelope(house.tea.app_id, [KEYS], [mode]).open(query, asked.body, house.svc.now())
        got._key = keys if got._key else None
        xml = messages.render(reply, got.message, house.svc.now()) if reply else "success"
        return 200, got.seal(xml, house.svc.now()).encode()

    return answers


def always(status: int, body: bytes) -> Answering:
    return lambda _: (status, body)


def after(seconds: float, answers: Answering) -> Answering:
    def slowly(asked: Asked) -> tuple[int, bytes]:
        time.sleep(seconds)
        return answers(asked)

    return slowly


def words(house: House, match: str = "price", text: str = "89") -> None:
    rules.save(house.svc, house.tea, match="exact", pattern=match, reply={"type": "text", "content": text})


def said(house: House, text: str = "price", number: int = 7, openid: str = "alice") -> Json:
    """One and the same message, each time this is called: its deliveries, and what the phone shows."""
    created = house.svc.now() // 60 * 60
    fields: Json = {"MsgType": "text", "Content": text, "MsgId": str(number), "CreateTime": created}
    return house.phone(openid, "event", **fields)


def seen(shown: Json) -> str:
    return str(shown["replies"][0].get("content", "")) if shown["replies"] else ""


def work(house: House, times: int = 1) -> None:
    for number in range(times):
        if number:
            time.sleep(relay.APART + 0.2)
        house.work()


def ringing(house: House) -> str:
    return alarms.ringing(house.svc, house.tea).get("relay_crm", "")


# Ours first.


@pytest.mark.parametrize("mode", ["safe", "compatible", "plain"])
def test_the_older_system_gets_the_message_signed_and_sealed_with_its_own_keys(
    house: House, older: OtherSystem, mode: str
) -> None:
    relayed(house, older.url, mode=mode)
    words(house)

    assert seen(said(house)) == "89"
    assert older.asked == []  # not on the way of our answer
    house.work()

    (asked,) = older.asked
    got = opened(house, asked, mode)
    assert (got.kind, got.text, got.openid, got.get("MsgId")) == ("text", "price", "alice", "7")
    assert parse_qs(asked.query)["openid"] == ["alice"]
    assert ("encrypt_type=aes" in asked.query) == (mode != "plain")
    assert (b"price" in asked.body) == (mode != "safe")
    assert asked.headers["Content-Type"] == "text/xml"


def test_a_message_without_a_relay_costs_nothing_more(house: House, older: OtherSystem) -> None:
    words(house)

    assert seen(said(house)) == "89"

    assert house.work() == 0
    assert "accounts/tea/relay" not in house.svc.secrets._known
    assert not list(house.svc.table.under("person#tea#alice", "relayed#"))


def test_a_redelivery_is_not_relayed_twice(house: House, older: OtherSystem) -> None:
    relayed(house, older.url)
    words(house)

    for _ in range(3):
        assert seen(said(house)) == "89"
        house.work()
    said(house, number=8)
    house.work()

    assert [opened(house, asked).get("MsgId") for asked in older.asked] == ["7", "8"]


def test_copies_that_arrive_at_once_are_relayed_once(house: House, older: OtherSystem) -> None:
    relayed(house, older.url)
    words(house)

    with ThreadPoolExecutor(8) as crowd:
        shown = list(crowd.map(lambda _: seen(said(house)), range(8)))
    house.work()

    assert set(shown) == {"89"}
    assert len(older.asked) == 1


def test_a_job_that_the_queue_delivers_twice_relays_once(house: House, older: OtherSystem) -> None:
    relayed(house, older.url)
    said(house)
    older.answers = after(0.3, lambda _: (200, b"success"))
    fields = Claim(house.svc, house.tea, message(house)).look() and message(house).fields

    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(lambda _: relay.pass_on(house.svc, house.tea, relay="crm", fields=fields or {}), range(4)))
    relay.pass_on(house.svc, house.tea, relay="crm", fields=fields or {})

    assert len(older.asked) == 1


def message(house: House, number: int = 7) -> Message:
    fields = {
        "ToUserName": "gh_tea",
        "FromUserName": "alice",
        "CreateTime": str(house.svc.now() // 60 * 60),
        "MsgType": "text",
        "Content": "price",
        "MsgId": str(number),
    }
    return messages.message(fields)


@pytest.mark.parametrize("answers", ["ours", "theirs"])
def test_a_worker_killed_between_claim_and_relay_loses_no_message(
    house: House, older: OtherSystem, answers: str
) -> None:
    relayed(house, older.url, answers=answers)
    words(house)
    dead = Claim(house.svc, house.tea, message(house))
    assert dead.take() is None
    item = dead.look() or {}
    house.svc.table.update(item["pk"], item["sk"], {"until_ms": item["until_ms"] - 5000})

    assert "89" in inbox.receive(house.svc, house.tea, message(house))
    house.work()

    assert len(older.asked) == 1


def test_whoever_was_killed_while_asking_is_followed_by_another_and_the_message_still_arrives(
    house: House, older: OtherSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayed(house, older.url, answers="theirs")
    words(house)
    monkeypatch.setattr(relay, "WITHIN", 0.4)
    monkeypatch.setattr(relay, "APART", 0)
    killed = relay._Handover(house.svc, house.tea, house.tea.relays[0], message(house))
    assert killed.take(relay.WITHIN)

    assert "89" in inbox.receive(house.svc, house.tea, message(house))
    time.sleep(1.2)
    house.work()

    assert len(older.asked) == 1


@pytest.mark.slow
def test_a_system_that_fails_gets_the_message_three_times_and_somebody_is_told(
    house: House, older: OtherSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "APART", 1)
    relayed(house, older.url)
    words(house)
    older.answers = lambda _: (500, b"oops")

    assert seen(said(house)) == "89"
    for _ in range(4):
        house.work()
        time.sleep(1.1)

    assert len(older.asked) == relay.TRIES
    assert "HTTP 500" in ringing(house)
    assert house.svc.table.get("person#tea#alice", _sk(house))

    older.answers = lambda _: (200, b"")
    said(house, number=8)
    house.svc._cache.clear()
    house.work()
    assert ringing(house) == ""


def _sk(house: House) -> str:
    (item,) = house.svc.table.under("person#tea#alice", "relayed#crm#")
    return str(item["sk"])


def test_a_relay_that_was_taken_off_meanwhile_and_a_person_erased_meanwhile_get_nothing(
    house: House, older: OtherSystem
) -> None:
    relayed(house, older.url)
    fields = message(house).fields
    relay.pass_on(house.svc, house.tea, relay="another", fields=fields)
    relay.pass_on(house.svc, house.tea, relay="crm", fields=fields)  # no such message is in the log

    assert older.asked == []
    assert not list(house.svc.table.under("person#tea#alice", "relayed#"))


def test_a_relay_without_keys_is_told_and_harms_nobody(house: House, older: OtherSystem) -> None:
    relayed(house, older.url)
    store_secret(house.svc, "accounts/tea/relay", "{}")
    words(house)

    assert seen(said(house)) == "89"
    house.work()

    assert older.asked == []


@pytest.mark.parametrize("kept", ["{", "[]", '{"crm": {}}', '{"crm": {"token": "t", "aes_key": "short"}}'])
def test_keys_that_somebody_spoilt_by_hand_harm_nobody(house: House, older: OtherSystem, kept: str) -> None:
    relayed(house, older.url, answers="theirs")
    store_secret(house.svc, "accounts/tea/relay", kept)
    words(house)

    assert seen(said(house)) == "89"

    assert older.asked == []
    assert ringing(house) and kept not in ringing(house)


# Theirs first.


def test_their_answer_becomes_ours_to_the_letter_and_stays_so(house: House, older: OtherSystem) -> None:
    older.answers = saying(house, Text("from the CRM ]]> & <b>"))
    relayed(house, older.url, answers="theirs")
    words(house)

    first, second = said(house), said(house)

    assert seen(first) == seen(second) == "from the CRM ]]> & <b>"
    assert len(older.asked) == 1
    assert first["deliveries"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        Text("words"),
        Image("M1"),
        Voice("M1"),
        Video("M1", title="t", description="d"),
        Music("M1", title="t", url="https://example.com/a.mp3"),
        News((Article("t", "d", "https://example.com/p.png", "https://example.com/"),)),
        News((Article("one"), Article("two"))),
        Transfer(),
        Transfer("desk@tea"),
    ],
    ids=lambda answer: type(answer).__name__,
)
@pytest.mark.parametrize("mode", ["safe", "compatible", "plain"])
def test_every_kind_of_answer_is_understood(house: House, answer: Reply, mode: str) -> None:
    one = Relay("crm", "https://crm.example.com/wx?app=1", mode)
    asked = message(house)
    letter = relaying.letter(one, KEYS, "wxapp", asked, 1_800_000_000)
    query = {name: values[0] for name, values in parse_qs(urlsplit(letter.url).query).items()}
    got = Envelope("wxapp", [KEYS], [mode]).open(query, letter.body, 1_800_000_000)
    xml = messages.render(answer, got.message, 1_800_000_000)

    back = relaying.answer_in(one, KEYS, "wxapp", asked, got.seal(xml, 1_800_000_000).encode())

    # A message written by hand is answered with one article at most.
    expected = News(answer.articles[:1]) if isinstance(answer, News) else answer
    assert back == expected
    assert got.message.fields == (asked.fields if mode != "compatible" else got.message.fields)
    assert query["app"] == "1"


def test_every_field_of_a_message_survives_the_way(house: House) -> None:
    fields = {
        "ToUserName": "gh_tea",
        "FromUserName": "alice",
        "CreateTime": "1800000000",
        "MsgType": "event",
        "Event": "pic_sysphoto",
        "EventKey": "a ]]> <b> & 茶",
        "SendPicsInfo": {"Count": "2", "PicList": {"item": [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]}},
        "Empty": "",
    }
    one = Relay("crm", "https://crm.example.com/wx", "plain")

    letter = relaying.letter(one, KEYS, "wxapp", messages.message(fields), 1_800_000_000)

    assert messages.parse(letter.body).fields == fields
    assert "crm.example.com" not in repr(letter)


def test_a_system_with_nothing_to_say_leaves_the_answer_to_us(house: House, older: OtherSystem) -> None:
    relayed(house, older.url, answers="theirs")
    words(house)
    for number, nothing in enumerate((b"success", b"", b"  success\n")):
        older.answers = always(200, nothing)
        assert seen(said(house, number=number)) == "89"
    assert ringing(house) == ""


def wrong_token(house: House) -> Answering:
    return saying(house, Text("forged"), keys=CallbackKey("anotherToken", KEYS.aes_key))


def wrong_key(house: House) -> Answering:
    return saying(house, Text("forged"), keys=CallbackKey(KEYS.token, "R" * 43))


def in_clear(house: House) -> Answering:
    xml = messages.render(Text("in clear"), message(house), 1)
    return lambda _: (200, xml.encode())


def for_another(house: House) -> Answering:
    def answers(asked: Asked) -> tuple[int, bytes]:
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        got = Envelope(house.tea.app_id, [KEYS], ["safe"]).open(query, asked.body, house.svc.now())
        other = messages.message(got.message.fields | {"FromUserName": "mallory"})
        return 200, got.seal(messages.render(Text("for mallory"), other, 1), house.svc.now()).encode()

    return answers


def unknown_kind(house: House) -> Answering:
    def answers(asked: Asked) -> tuple[int, bytes]:
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        got = Envelope(house.tea.app_id, [KEYS], ["safe"]).open(query, asked.body, house.svc.now())
        xml = "<xml><ToUserName>alice</ToUserName><MsgType>hologram</MsgType></xml>"
        return 200, got.seal(xml, house.svc.now()).encode()

    return answers


@pytest.mark.parametrize(
    "broken",
    [
        wrong_token,
        wrong_key,
        in_clear,
        for_another,
        unknown_kind,
        lambda _: lambda _: (200, b"<html>it works!</html>"),
        lambda _: lambda _: (200, b"\xff\xfe\x00"),
        lambda _: lambda _: (200, b"<xml>" + b"x" * 5_000_000),
        lambda _: lambda _: (200, b'<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>'),
    ],
)
def test_what_is_broken_is_as_if_they_had_said_nothing(
    house: House, older: OtherSystem, broken: Callable[[House], Answering]
) -> None:
    older.answers = broken(house)
    relayed(house, older.url, answers="theirs")
    words(house)

    shown = said(house)

    assert seen(shown) == "89"
    assert shown["deliveries"] == 1
    assert "its answer is none" in ringing(house)
    house.work()
    assert len(older.asked) == 1  # they have the message, so they do not get it again


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_failure_of_theirs_leaves_the_answer_to_us_and_they_get_the_message_again(
    house: House, older: OtherSystem, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "APART", 0)
    older.headers = {"Location": "http://169.254.169.254/latest/meta-data/"}  # a redirect is not followed
    older.answers = lambda _: (status, b"")
    relayed(house, older.url, answers="theirs")
    words(house)

    assert seen(said(house)) == "89"
    assert f"HTTP {status}" in ringing(house)

    older.answers = saying(house, Text("too late"))
    house.work()
    assert len(older.asked) == 2
    assert seen(said(house)) == "89"


def test_a_system_that_nobody_reaches_costs_no_follower_anything(house: House) -> None:
    with other_system() as gone:
        url = gone.url
    relayed(house, url, answers="theirs")
    words(house)

    shown = said(house)

    assert seen(shown) == "89"
    assert shown["elapsed_ms"] < 2000
    assert "cannot be reached" in ringing(house)


def test_copies_that_arrive_at_once_ask_them_once_and_get_their_one_answer(house: House, older: OtherSystem) -> None:
    older.answers = after(0.5, saying(house, Text("theirs")))
    relayed(house, older.url, answers="theirs")
    words(house)

    with ThreadPoolExecutor(8) as crowd:
        shown = set(crowd.map(lambda _: seen(said(house)), range(8)))

    assert shown == {"theirs"}
    assert len(older.asked) == 1


def test_a_slow_system_behind_our_answers_delays_nobody(house: House, older: OtherSystem) -> None:
    older.answers = after(4.5, always(200, b"success"))
    relayed(house, older.url)
    words(house)

    shown = said(house)

    assert seen(shown) == "89"
    assert shown["elapsed_ms"] < 1000


@pytest.mark.slow
def test_a_slow_answer_is_waited_for_and_a_late_one_is_not(house: House, older: OtherSystem) -> None:
    answers = saying(house, Text("theirs"))
    relayed(house, older.url, answers="theirs")
    words(house)

    older.answers = after(1.9, answers)
    shown = said(house)
    assert (seen(shown), shown["deliveries"]) == ("theirs", 1)

    older.answers = after(6.0, answers)
    shown = said(house, number=8)
    assert (seen(shown), shown["deliveries"]) == ("89", 1)
    assert shown["elapsed_ms"] < 4900


def test_the_job_that_takes_over_a_slow_answer_does_not_ask_them_again(house: House, older: OtherSystem) -> None:
    answers = saying(house, Text("theirs"))
    older.answers = after(2.5, answers)
    relayed(house, older.url, answers="theirs")
    words(house)

    with ThreadPoolExecutor(2) as crowd:
        shown = crowd.submit(said, house)
        time.sleep(1.8)
        house.work()  # `run_job` makes the answer too by now

    assert seen(shown.result()) == "theirs"
    assert len(older.asked) == 1


@pytest.mark.parametrize("url", ["https://127.0.0.1/wx", "https://169.254.169.254/", "http://crm.example.com/"])
def test_no_relay_leads_into_our_own_network(house: House, url: str) -> None:
    relayed(house, url, answers="theirs")
    house.svc.outbound = Outbound()
    words(house)

    assert seen(said(house)) == "89"
    assert ringing(house)


def test_nobody_waits_for_their_answer_to_what_no_phone_shows(house: House, older: OtherSystem) -> None:
    relayed(house, older.url, answers="theirs")
    house.phone("alice", "follow")
    asked = len(older.asked)
    house.phone("alice", "unfollow")

    assert len(older.asked) == asked == 1
    house.work()
    assert opened(house, older.asked[-1]).event == "unsubscribe"


def test_a_scan_for_the_console_is_nobody_elses_business(house: House, older: OtherSystem) -> None:
    relayed(house, older.url)
    house.phone("alice", "follow")
    house.work()
    before = len(older.asked)

    house.phone("alice", "event", MsgType="event", Event="SCAN", EventKey="console_" + "a" * 32, Ticket="t")
    house.work()

    assert [opened(house, one).scene for one in older.asked[before:]] in ([], ["console_" + "a" * 32])


def test_what_is_kept_of_a_relay_goes_with_the_person(house: House, older: OtherSystem) -> None:
    relayed(house, older.url)
    said(house)
    house.work()

    (item,) = house.svc.table.under("person#tea#alice", "relayed#")

    assert item["done"] is True
    assert item["expires"] > house.svc.now()


# The real thing.


def test_a_werobot_app_gets_what_followers_say_and_answers_one(house: House) -> None:
    pytest.importorskip("werobot", reason="WeRoBot is in requirements-dev.txt")
    told = older_crm.keys_of("tea")
    url = f"{house.simulator}/older-crm/tea"
    relayed(house, url, answers="theirs", keys=CallbackKey(**told))
    words(house)

    followed = house.phone("alice", "follow")
    points, price = house.says("alice", "我的积分"), house.says("alice", "price")

    assert seen(followed) == older_crm.WELCOME
    assert points == older_crm.POINTS
    assert price == "89"  # it had nothing to say
    got = house._ask("GET", f"{url}/seen")["seen"]
    assert [(one["kind"], one["said"]) for one in got] == [
        ("subscribe_event", ""),
        ("text", "我的积分"),
        ("text", "price"),
    ]
