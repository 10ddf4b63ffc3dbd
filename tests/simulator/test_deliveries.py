"""Callbacks: three tries, five seconds each (here a fraction), and what WeChat makes of the answers."""

from __future__ import annotations

import base64
import time
from xml.etree import ElementTree

import pytest

from simulator.accounts import Account
from simulator.envelope import decrypt, encrypt, request_body, signature, signed_query, to_xml
from tests.simulator.shop import AES_KEY, REPLY, Delivered, Doors, Shop

NOTICE = "该公众号提供的服务出现故障，请稍后再试"
HELLO = REPLY.format(to="alice", text="你好")


def account(mode: str) -> Account:
    return Account(
        "tea", "wx0a1b2c3d4e5f6789", "gh_0123456789ab", "secret", token="simtoken01", aes_key=AES_KEY, mode=mode
    )


def sealed(plain: str, token: str = "simtoken01") -> str:
    text = encrypt(account("safe"), plain)
    seal = signature(token, "1700000001", "12345678", text)
    return to_xml({"Encrypt": text, "MsgSignature": seal, "TimeStamp": 1700000001, "Nonce": "12345678"})


def test_the_envelope_is_the_one_of_the_published_example() -> None:
    published = (
        "wrNmYnsdngNwZHPRm4NnS2+dMC7mCFnVok2cbBMoHZLHQ2zyPPHssc3ZLmBF8iDX51NXboSCeBfh/pqKb0pnRKMoo/EFy5LDOjClN4UF"
        "mfsrbXRImQew2kTKdursGLcyDst+IP2giY7t9RMmlbfzBEu5sViFhQ1IBzZ8m4ibrUDszMSY78gbUPedOgEZBv8d6KQ+a81qPabV8rgv"
        "EWh5QM8aPsZY6Iz8Na7BipmCYWSewIWOmTnSGSa/+n91nFT/gUe4rNVh8qJoeazVBk7H/HuM6ziBPUF5uY4g7tiDxP5ZZPByroyR3sQm"
        "6M54jpabM0jdVBPi5tLn3lQBGIZKiSvF9D7Vs+skmB2OZrrqrUcInAQ5SJjhX0S5wv0EC6dz"
    )
    assert "<![CDATA[收到]]>" in decrypt(account("safe"), published)
    assert signature("simtoken01", "1700000001", "12345678", published) == "3405ef80be083ebe37c6afbf13e7e25edea2421e"
    query = signed_query(account("plain"), 1700000000, "87654321", "alice")
    assert query["signature"] == "093b93c74d2325beadb526ac1fcbe41fd6aa7e03"


@pytest.mark.parametrize(("mode", "inside"), [("plain", False), ("compatible", True), ("safe", True)])
def test_each_mode_has_its_body(mode: str, inside: bool) -> None:
    fields = {"ToUserName": "gh_0123456789ab", "MsgType": "text", "Content": "a]]>b"}
    body, text = request_body(account(mode), fields)
    root = ElementTree.fromstring(body)
    assert (root.findtext("Content") == "a]]>b") is (mode != "safe")
    assert (root.find("Encrypt") is not None) is inside
    assert not text or "a]]]]><![CDATA[>b" in decrypt(account(mode), text)
    assert not text or len(base64.b64decode(text)) % 32 == 0


def test_a_reply_is_shown_once_and_kept_in_the_inbox(tea: Doors, shop: Shop) -> None:
    shop.answer = lambda _: (200, HELLO)
    told = tea.phone("alice", "say", text="hi")
    assert told["replies"] == [{"type": "text", "content": "你好"}]
    assert told["deliveries"] == 1
    assert [(item["channel"], item["content"]) for item in tea.inbox("alice")] == [("reply", "你好")]


@pytest.mark.parametrize(("status", "body"), [(200, "success"), (200, ""), (204, "")])
def test_silence_is_an_answer(tea: Doors, shop: Shop, status: int, body: str) -> None:
    shop.answer = lambda _: (status, body)
    told = tea.phone("alice", "say", text="hi")
    assert (told["replies"], told["deliveries"]) == ([], 1)


@pytest.mark.parametrize("status", [400, 403, 500, 503, 302])
def test_a_failure_is_tried_three_times_and_then_told_to_the_follower(tea: Doors, shop: Shop, status: int) -> None:
    tea.set(pause_s=0.05)
    shop.answer = lambda _: (status, HELLO)
    told = tea.phone("alice", "say", text="hi")
    assert told["replies"] == [{"type": "notice", "content": NOTICE}]
    assert told["deliveries"] == len(shop.got) == 3


def test_tries_carry_the_same_message_under_new_signatures(tea: Doors, shop: Shop) -> None:
    shop.answer = lambda _: (500, "")
    began = time.monotonic()
    tea.phone("alice", "say", text="hi")
    assert len({one.body for one in shop.got}) == 1
    assert len({one.query["nonce"] for one in shop.got}) == 3
    assert len({one.query["signature"] for one in shop.got}) == 3
    assert {one.query["openid"] for one in shop.got} == {"alice"}
    waits = [one.at - began for one in shop.got]
    assert waits == pytest.approx([0, 0.3, 0.6], abs=0.12)


def test_an_answer_that_comes_too_late_is_thrown_away(tea: Doors, shop: Shop) -> None:
    def answer(one: Delivered) -> tuple[int, str] | tuple[int, str, float]:
        late = (200, REPLY.format(to="alice", text="late"), 0.5)
        return late if len(shop.got) == 1 else (200, HELLO)

    shop.answer = answer
    told = tea.phone("alice", "say", text="hi")
    assert told["deliveries"] == 2
    assert [item["content"] for item in tea.inbox("alice")] == ["你好"]


def test_nobody_at_home_is_a_failure(tea: Doors) -> None:
    tea.set(callback_url="http://127.0.0.1:1/wechat", pause_s=0.01)
    told = tea.phone("alice", "say", text="hi")
    assert (told["deliveries"], told["replies"][0]["content"]) == (3, NOTICE)


@pytest.mark.parametrize(
    "body",
    [
        '{"errcode": 0}',
        "<html>error</html>",
        "ok",
        "success ",
        HELLO.replace("xml>", "reply>"),
        REPLY.format(to="alice", text=""),
        REPLY.format(to="alice", text="长" * 683),
        REPLY.format(to="bob", text="swapped wrong"),
        HELLO.replace(">text<", ">telegram<"),
        HELLO.replace(">text<", ">image<"),
        sealed(HELLO),
    ],
)
def test_a_broken_answer_is_told_at_once_and_not_tried_again(tea: Doors, shop: Shop, body: str) -> None:
    shop.answer = lambda _: (200, body)
    told = tea.phone("alice", "say", text="hi")
    assert told["replies"] == [{"type": "notice", "content": NOTICE}]
    assert told["deliveries"] == 1


def test_broken_answers_are_tried_again_where_a_tester_wants_it(tea: Doors, shop: Shop) -> None:
    tea.set(retry_malformed=True, pause_s=0.01)
    shop.answer = lambda _: (200, "ok")
    assert tea.phone("alice", "say", text="hi")["deliveries"] == 3


def test_2048_bytes_are_not_too_many(tea: Doors, shop: Shop) -> None:
    shop.answer = lambda _: (200, REPLY.format(to="alice", text="a" * 2048))
    assert tea.phone("alice", "say", text="hi")["replies"][0]["type"] == "text"


def test_in_safe_mode_the_answer_must_be_sealed_with_our_keys(tea: Doors, shop: Shop) -> None:
    tea.set(mode="safe")
    shown = {}
    for name, body in {"sealed": sealed(HELLO), "plain": HELLO, "other token": sealed(HELLO, "stolen")}.items():
        shop.answer = lambda _, body=body: (200, body)  # type: ignore[misc]
        shown[name] = tea.phone("alice", "say", text="hi")["replies"][0]["content"]
    assert shown == {"sealed": "你好", "plain": NOTICE, "other token": NOTICE}
    assert "你好" not in shop.got[0].body


def test_compatible_mode_takes_either_unless_told_to_be_strict(leaf: Doors, shop: Shop) -> None:
    leaf.set(mode="compatible")
    shop.answer = lambda _: (200, REPLY.format(to="carol", text="hi").replace("gh_tea", "gh_leaf"))
    assert leaf.phone("carol", "say", text="hi")["replies"][0]["content"] == "hi"
    leaf.set(strict_compatible=True)
    assert leaf.phone("carol", "say", text="hi")["replies"][0]["content"] == NOTICE


def test_one_article_answers_a_message_and_eight_an_event(tea: Doors, shop: Shop) -> None:
    item = "<item><Title>t</Title><Description>d</Description><PicUrl>p</PicUrl><Url>u</Url></item>"
    head = HELLO.replace(">text<", ">news<").replace("<Content>你好</Content></xml>", "")
    shop.answer = lambda _: (200, f"{head}<ArticleCount>2</ArticleCount><Articles>{item * 2}</Articles></xml>")
    assert tea.phone("alice", "say", text="hi")["replies"][0]["type"] == "notice"
    clicked = tea.phone("alice", "tap", key="TODAY")["replies"][0]
    assert len(clicked["articles"]) == 2
    assert clicked["articles"][0] == {"title": "t", "description": "d", "pic_url": "p", "url": "u"}


@pytest.mark.parametrize("event", ["LOCATION", "VIEW", "TEMPLATESENDJOBFINISH", "unsubscribe", "pic_sysphoto"])
def test_nobody_is_told_of_failures_they_did_not_ask_for(tea: Doors, shop: Shop, event: str) -> None:
    tea.set(pause_s=0.01)
    shop.answer = lambda _: (500, "")
    told = tea.phone("alice", "event", Event=event)
    assert (told["replies"], told["deliveries"]) == ([], 3)


def test_every_try_is_on_record_with_what_was_said(tea: Doors, shop: Shop) -> None:
    tea.set(mode="safe")
    shop.answer = lambda _: (200, sealed(HELLO))
    tea.phone("alice", "say", text="机密")
    kept = tea.look("deliveries", account="tea", openid="alice")["deliveries"][0]
    assert "机密" in kept["plain"]
    assert "<Encrypt>" in kept["request"]
    assert kept["tries"][0]["outcome"] == "accepted"
    assert "你好" in kept["tries"][0]["plain"]


def test_saving_the_address_asks_for_the_echo(tea: Doors) -> None:
    assert tea.control("verify", account="tea")["ok"] is True
    tea.set(callback_url="http://127.0.0.1:1/")
    assert tea.control("verify", account="tea")["ok"] is False
