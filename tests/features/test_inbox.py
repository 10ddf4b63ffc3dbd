"""Each message once and with one answer: repeated, at once, late, and with a worker that died."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from chalicelib.features import inbox, lines, replies, rules
from chalicelib.features.claims import Claim
from chalicelib.services import Account, Services
from chalicelib.wechat import messages
from chalicelib.wechat.messages import Message, Reply, Text
from tests.house import House, eventually

NOTICE = "该公众号提供的服务出现故障，请稍后再试"


@pytest.fixture
def workers(house: House) -> Iterator[None]:
    """The queues are worked on all the time, as in production."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.1):
            house.work()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


@contextmanager
def replier(
    monkeypatch: pytest.MonkeyPatch, reply: Callable[[Services, Account, Message], Reply | None]
) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(replies, "REPLIERS", (reply, *replies.REPLIERS))
        yield


def said(house: House, openid: str, text: str, number: int = 7, alias: str = "tea") -> str:
    """One and the same message, each time this is called."""
    shown = house.phone(
        openid, "event", alias, MsgType="text", Content=text, MsgId=str(number), CreateTime=house.svc.now() // 60 * 60
    )
    return str(shown["replies"][0].get("content", "")) if shown["replies"] else ""


def answer_with(house: House, said: str, text: str) -> rules.Rule:
    return rules.save(house.svc, house.tea, match="exact", pattern=said, reply={"type": "text", "content": text})


def test_a_new_follower_is_welcomed(house: House) -> None:
    shown = house.phone("alice", "follow")
    assert shown["deliveries"] == 1
    assert "欢迎关注茶铺" in shown["replies"][0]["content"]


def test_a_repeat_gets_the_first_answer_even_if_the_rule_has_changed(house: House) -> None:
    house.phone("alice", "follow")
    rule = answer_with(house, "price", "89")
    assert said(house, "alice", "price") == "89"
    rules.save(
        house.svc,
        house.tea,
        rule_id=rule.rule_id,
        match="exact",
        pattern="price",
        reply={"type": "text", "content": "99"},
    )
    assert said(house, "alice", "price") == "89"
    assert said(house, "alice", "price", number=8) == "99"


def test_copies_that_arrive_at_once_have_one_effect_and_one_answer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.phone("alice", "follow")
    asked = []

    def count(svc: Services, account: Account, message: Message) -> Reply | None:
        asked.append(message.key)
        time.sleep(0.3)
        return Text(f"asked {len(asked)} times")

    with replier(monkeypatch, count), ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(lambda _: said(house, "alice", "hello"), range(20)))
    assert answers == {"asked 1 times"}


def test_a_message_whose_worker_was_killed_is_taken_over(house: House) -> None:
    house.phone("alice", "follow")
    answer_with(house, "price", "89")
    shown = house.phone("bob", "follow")
    assert shown["deliveries"] == 1
    message = messages.message(
        {"MsgType": "text", "FromUserName": "alice", "CreateTime": "1800000000", "Content": "price", "MsgId": "7"}
    )
    dead = Claim(house.svc, house.tea, message)
    assert dead.take() is None
    item = dead.look() or {}
    house.svc.table.update(item["pk"], item["sk"], {"until_ms": item["until_ms"] - 5000})
    assert "89" in inbox.receive(house.svc, house.tea, message)


def test_nobody_takes_over_from_a_worker_that_still_has_time(house: House) -> None:
    house.phone("alice", "follow")
    message = messages.message(
        {"MsgType": "text", "FromUserName": "alice", "CreateTime": "1800000000", "Content": "price", "MsgId": "7"}
    )
    assert Claim(house.svc, house.tea, message).take() is None
    other = Claim(house.svc, house.tea, message)
    assert not other.take_over(other.look() or {})


@pytest.mark.slow
@pytest.mark.usefixtures("workers")
def test_slow_repliers_end_in_an_answer_or_an_honest_sentence_and_never_in_a_failure(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def thinks(svc: Services, account: Account, message: Message) -> Reply | None:
        if not message.text.startswith("think"):
            return None
        time.sleep(float(message.text.removeprefix("think")))
        return Text(f"thought {message.text}")

    def ask(person: tuple[str, str, int]) -> list[str]:
        openid, alias, seconds = person
        house.phone(openid, "follow", alias)
        house.says(openid, f"think {seconds}", alias)
        if alias == "tea":
            eventually(lambda: any("thought" in str(item) for item in house.inbox(openid)), within=15)
        else:
            eventually(lambda: owed(house, openid), within=15)
            house.says(openid, "and now?", alias)
        return [item["content"] for item in house.inbox(openid, alias)][1:]

    people = [(f"{alias}{seconds}", alias, seconds) for alias in ("tea", "leaf") for seconds in (0, 3, 6, 9, 20)]
    with replier(monkeypatch, thinks), ThreadPoolExecutor(len(people)) as pool:
        told = {person[0]: texts for person, texts in zip(people, pool.map(ask, people), strict=True)}
    for seconds in (0, 3, 6, 9):
        assert told[f"tea{seconds}"] == [f"thought think {seconds}"]
        assert told[f"leaf{seconds}"][0] == f"thought think {seconds}"
    assert told["tea20"] == [inbox.SORRY.content, "thought think 20"]
    assert told["leaf20"][0] == inbox.SORRY_ASK_AGAIN.content
    assert told["leaf20"][1].startswith("thought think 20\n\n")
    assert NOTICE not in str(told)


def owed(house: House, openid: str) -> bool:
    return any(item["sk"].startswith("owed#") for item in house.svc.table.under(f"person#leaf#{openid}"))


def test_a_bug_of_a_replier_is_silence_and_another_try(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.phone("alice", "follow")
    tries = []

    def breaks_once(svc: Services, account: Account, message: Message) -> Reply | None:
        tries.append(message.key)
        if len(tries) == 1:
            raise ZeroDivisionError
        return Text("here it is")

    with replier(monkeypatch, breaks_once):
        assert said(house, "alice", "hello") == ""
        house.work()
        house.work()
    assert [item["content"] for item in house.inbox("alice")][-1] == "here it is"


def test_a_listener_that_fails_listens_again_from_the_queue(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []

    def listens_badly(svc: Services, account: Account, message: Message) -> None:
        heard.append(message.event)
        if len(heard) == 1:
            raise ZeroDivisionError

    monkeypatch.setattr(inbox, "LISTENERS", (*inbox.LISTENERS, listens_badly))
    assert "欢迎" in house.phone("alice", "follow")["replies"][0]["content"]
    house.work()
    assert heard == ["subscribe", "subscribe"]


def test_what_does_not_fit_into_one_text_follows_as_customer_service(house: House) -> None:
    house.phone("alice", "follow")
    answer_with(house, "story", "茶" * 1500)
    first = said(house, "alice", "story")
    assert len(first.encode()) <= 2048
    assert eventually(lambda: (house.work(), len(house.inbox("alice")) == 4)[1])
    assert "".join(item["content"] for item in house.inbox("alice")[1:]) == "茶" * 1500


def test_what_an_account_may_not_send_is_owed_until_they_write_again(house: House) -> None:
    house.phone("bob", "follow", "leaf")
    rules.save(house.svc, house.leaf, match="exact", pattern="story", reply={"type": "text", "content": "叶" * 1000})
    first = said(house, "bob", "story", alias="leaf")
    assert eventually(lambda: (house.work(), owed(house, "bob"))[1])
    second = said(house, "bob", "go on", number=8, alias="leaf")
    assert second.startswith("叶" * (1000 - len(first)) + "\n\n")
    assert said(house, "bob", "go on", number=8, alias="leaf") == second
    assert not said(house, "bob", "more", number=9, alias="leaf").startswith("叶")


@pytest.mark.slow
def test_when_all_lines_are_held_the_answer_is_told_later(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.phone("alice", "follow")
    monkeypatch.setattr(lines, "_take", lambda svc: None)

    def thinks(svc: Services, account: Account, message: Message) -> Reply | None:
        time.sleep(4)  # on a busy machine, too, long after patience has ended
        return Text("thought")

    with replier(monkeypatch, thinks):
        assert said(house, "alice", "hello") == ""
        house.work()
    assert eventually(lambda: (house.work(), house.inbox("alice")[-1]["content"] == "thought")[1])
    assert [item["content"] for item in house.inbox("alice")].count("thought") == 1


def test_the_same_person_at_two_accounts_is_two_people(house: House) -> None:
    house.phone("alice", "follow")
    answer_with(house, "price", "89")
    house.phone("alice", "follow", "leaf")
    assert said(house, "alice", "price") == "89"
    assert said(house, "alice", "price", alias="leaf") != "89"
