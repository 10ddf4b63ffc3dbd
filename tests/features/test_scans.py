"""Signing in by scanning, with a real scan on the simulated phone; and what a thief of a code gets: nothing."""

from __future__ import annotations

import re

import pytest

from chalicelib.errors import BadInput, Conflict, Unavailable
from chalicelib.features import inbox, operators, tokens
from chalicelib.features.operators import NotConfirmed, NotScanned, NotTied, Operator, people, scans
from chalicelib.wechat import messages
from tests.house import House, logged
from tests.web.operating import everything

FIVE_MINUTES = scans.FIVE_MINUTES
TAP = re.compile(r"msgmenucontent=([^&]+)&")


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")
    return house


@pytest.fixture
def mai(shop: House) -> Operator:
    """Whose WeChat is alice's."""
    operator = operators.add(shop.svc, "小满", "admin")
    assert people.tie(shop.svc, operator, "tea", "alice")
    return operator


def scan(shop: House, openid: str, address: str) -> str:
    """What the phone shows."""
    replies = shop.phone(openid, "scan", url=address)["replies"]
    return str(replies[0]["content"]) if replies else ""


def confirm(shop: House, openid: str, told: str) -> str:
    """Tap what the chat offers."""
    found = TAP.search(told)
    assert found, told
    return shop.says(openid, found[1])


def digits(told: str) -> str:
    """What the chat says that the console wants to know."""
    return told[:6] if told[:6].isdigit() else "no digits"


def waits(shop: House, secret: str) -> bool:
    with pytest.raises(NotScanned) as told:
        operators.finish_scan(shop.svc, secret)
    return not isinstance(told.value, NotConfirmed)


def test_a_code_that_nobody_scanned_waits_and_then_is_over(shop: House, mai: Operator) -> None:
    asked = operators.begin_scan(shop.svc)
    assert waits(shop, asked.secret)
    shop.advance(FIVE_MINUTES + 1)
    with pytest.raises(BadInput, match="expired"):
        operators.finish_scan(shop.svc, asked.secret)


@pytest.mark.parametrize("secret", ["", "x", "x" * 50_000])
def test_a_made_up_secret_is_as_one_that_is_over(shop: House, secret: str) -> None:
    with pytest.raises(BadInput, match="expired"):
        operators.finish_scan(shop.svc, secret)


def test_an_operator_scans_taps_and_is_in_once(shop: House, mai: Operator) -> None:
    asked = operators.begin_scan(shop.svc)
    told = scan(shop, "alice", asked.address)
    assert "小满" in told
    assert not waits(shop, asked.secret)

    assert "Signed in" in confirm(shop, "alice", told)

    operator, session = operators.finish_scan(shop.svc, asked.secret)
    assert operator == mai
    assert operators.open_session(shop.svc, session.cookie) == mai.who
    with pytest.raises(BadInput, match="expired"):
        operators.finish_scan(shop.svc, asked.secret)


def test_who_scans_but_does_not_tap_signs_nobody_in(shop: House, mai: Operator) -> None:
    """A thief shows a code of theirs as "scan this for a discount"."""
    asked = operators.begin_scan(shop.svc)
    scan(shop, "alice", asked.address)
    shop.says("alice", "好的")
    assert not waits(shop, asked.secret)


def test_the_tap_counts_for_the_code_that_it_was_asked_about(shop: House, mai: Operator) -> None:
    thiefs, own = operators.begin_scan(shop.svc), operators.begin_scan(shop.svc)
    first, second = scan(shop, "alice", thiefs.address), scan(shop, "alice", own.address)
    assert "expired" in confirm(shop, "alice", first)
    confirm(shop, "alice", second)
    assert not waits(shop, thiefs.secret)
    assert operators.finish_scan(shop.svc, own.secret)[0] == mai


def test_no_other_link_or_message_can_say_it_for_them(shop: House, mai: Operator) -> None:
    """A thief with a right to send messages shows a code, and then a link of theirs called "your discount"."""
    asked = operators.begin_scan(shop.svc)
    scan(shop, "alice", asked.address)
    for words in (scans.CONFIRM, f"{scans.CONFIRM}000000", f"{scans.CONFIRM} ", f"{scans.CONFIRM}{asked.mark[:6]}"):
        assert "expired" in shop.says("alice", words)
    assert not waits(shop, asked.secret)


def test_the_words_alone_do_nothing(shop: House, mai: Operator) -> None:
    asked = operators.begin_scan(shop.svc)
    assert "expired" in shop.says("alice", scans.CONFIRM)
    assert waits(shop, asked.secret)


def test_the_words_of_somebody_else_do_nothing(shop: House, mai: Operator) -> None:
    asked = operators.begin_scan(shop.svc)
    told = scan(shop, "alice", asked.address)
    shop.phone("bob", "follow")
    confirm(shop, "bob", told)
    assert not waits(shop, asked.secret)


def test_a_tap_that_comes_too_late_does_nothing(shop: House, mai: Operator) -> None:
    asked = operators.begin_scan(shop.svc)
    told = scan(shop, "alice", asked.address)
    shop.advance(FIVE_MINUTES + 1)
    assert "expired" in confirm(shop, "alice", told)
    with pytest.raises(BadInput):
        operators.finish_scan(shop.svc, asked.secret)


def test_a_stranger_is_told_and_so_is_the_browser(shop: House, mai: Operator) -> None:
    asked = operators.begin_scan(shop.svc)
    assert "not tied" in scan(shop, "bob", asked.address)  # bob begins to follow by it
    with pytest.raises(NotTied, match="not tied"):
        operators.finish_scan(shop.svc, asked.secret)


def test_a_code_is_the_first_scanners(shop: House, mai: Operator) -> None:
    asked = operators.begin_scan(shop.svc)
    scan(shop, "bob", asked.address)
    assert "expired" in scan(shop, "alice", asked.address)
    with pytest.raises(NotTied):
        operators.finish_scan(shop.svc, asked.secret)


def test_scanning_twice_asks_twice(shop: House, mai: Operator) -> None:
    asked = operators.begin_scan(shop.svc)
    scan(shop, "alice", asked.address)
    confirm(shop, "alice", scan(shop, "alice", asked.address))
    assert operators.finish_scan(shop.svc, asked.secret)[0] == mai


def test_who_was_disabled_between_tap_and_look_stays_out_also_when_let_in_again(shop: House, mai: Operator) -> None:
    operators.add(shop.svc, "谷雨", "admin")
    asked = operators.begin_scan(shop.svc)
    confirm(shop, "alice", scan(shop, "alice", asked.address))
    for disabled in (True, False):
        operators.change(shop.svc, mai.operator_id, "小满", "admin", disabled=disabled)
    with pytest.raises(BadInput):
        operators.finish_scan(shop.svc, asked.secret)


@pytest.mark.parametrize("deed", ["disable", "remove"])
def test_an_operator_who_is_gone_meanwhile_does_not_get_in(shop: House, mai: Operator, deed: str) -> None:
    operators.add(shop.svc, "谷雨", "admin")
    asked = operators.begin_scan(shop.svc)
    confirm(shop, "alice", scan(shop, "alice", asked.address))
    if deed == "disable":
        operators.change(shop.svc, mai.operator_id, "小满", "admin", disabled=True)
    else:
        operators.remove(shop.svc, mai.operator_id)
    with pytest.raises(BadInput):
        operators.finish_scan(shop.svc, asked.secret)
    assert "not tied" in scan(shop, "alice", operators.begin_scan(shop.svc).address)


def test_whoever_sees_the_scene_cannot_use_it(shop: House, mai: Operator) -> None:
    """It stands in the scanner's timeline, which viewers read."""
    asked = operators.begin_scan(shop.svc)
    confirm(shop, "alice", scan(shop, "alice", asked.address))
    (code,) = (one for one in shop.world.accounts["tea"].qrcodes.values() if one.url == asked.address)
    assert code.scene.startswith("console_")
    for seen in (code.scene, code.scene.removeprefix("console_"), code.ticket):
        with pytest.raises(BadInput):
            operators.finish_scan(shop.svc, seen)
    assert asked.secret not in str(everything(shop))
    assert operators.finish_scan(shop.svc, asked.secret)


def test_the_same_scene_in_another_account_opens_nothing(shop: House, mai: Operator) -> None:
    assert people.tie(shop.svc, mai, "leaf", "alice")
    asked = operators.begin_scan(shop.svc)
    (code,) = (one for one in shop.world.accounts["tea"].qrcodes.values() if one.url == asked.address)
    shop.phone("alice", "scan", "leaf", scene=code.scene)
    assert waits(shop, asked.secret)


def test_an_event_that_is_told_twice_changes_nothing(shop: House, mai: Operator) -> None:
    asked = operators.begin_scan(shop.svc)
    (code,) = (one for one in shop.world.accounts["tea"].qrcodes.values() if one.url == asked.address)
    told = {"FromUserName": "alice", "ToUserName": "gh_tea", "CreateTime": "1"}
    event = messages.message({**told, "MsgType": "event", "Event": "SCAN", "EventKey": code.scene})
    operators.note_scan(shop.svc, shop.tea, event)
    asks = operators.reply(shop.svc, shop.tea, event)
    (said,) = TAP.findall(str(asks))
    words = messages.message({**told, "MsgType": "text", "Content": said, "MsgId": "1"})
    for message in (event, words, words):
        operators.note_scan(shop.svc, shop.tea, message)
    assert operators.finish_scan(shop.svc, asked.secret)[0] == mai
    for message in (event, words):
        operators.note_scan(shop.svc, shop.tea, message)
    with pytest.raises(BadInput):
        operators.finish_scan(shop.svc, asked.secret)


def test_who_is_signed_in_ties_their_wechat_and_it_is_in_the_log(shop: House) -> None:
    lin = operators.add(shop.svc, "谷雨", "viewer")
    with logged() as log:
        asked = operators.begin_scan(shop.svc, lin.who)
        told = scan(shop, "alice", asked.address)
        assert "谷雨" in told
        assert people.by_wechat(shop.svc, "tea", "alice") is None
        done = operators.finish_tie(shop.svc, lin.who, asked.mark, digits(told))
    assert done == ("tea", shop.svc.keys.person("alice"))
    assert people.by_wechat(shop.svc, "tea", "alice") == lin
    assert "alice" not in log.getvalue()
    assert "alice" not in str([item for item in everything(shop) if item["pk"]["S"].startswith("scan")])
    with pytest.raises(BadInput):
        operators.finish_scan(shop.svc, asked.secret)
    with pytest.raises(BadInput, match="expired"):
        operators.finish_tie(shop.svc, lin.who, asked.mark, digits(told))


def test_who_is_quicker_at_scanning_the_code_on_a_shared_screen_is_tied_to_nobody(shop: House) -> None:
    lin = operators.add(shop.svc, "谷雨", "admin")
    asked = operators.begin_scan(shop.svc, lin.who)
    assert digits(scan(shop, "bob", asked.address)).isdigit()
    assert "expired" in scan(shop, "alice", asked.address)
    assert people.by_wechat(shop.svc, "tea", "bob") is None
    assert people.by_wechat(shop.svc, "tea", "alice") is None
    with pytest.raises(BadInput):
        operators.finish_scan(shop.svc, asked.secret)


def test_the_digits_are_of_use_to_who_asked_alone_and_not_to_be_guessed(shop: House, mai: Operator) -> None:
    lin = operators.add(shop.svc, "谷雨", "viewer")
    asked = operators.begin_scan(shop.svc, lin.who)
    with pytest.raises(BadInput, match="not the digits"):
        operators.finish_tie(shop.svc, lin.who, asked.mark, "000000")
    right = digits(scan(shop, "bob", asked.address))
    assert digits(scan(shop, "bob", asked.address)) == right
    for who, mark in ((mai.who, asked.mark), (lin.who, "x"), (lin.who, "0" * 40), (lin.who, asked.secret)):
        with pytest.raises(BadInput, match="expired"):
            operators.finish_tie(shop.svc, who, mark, right)
    for wrong in ("", "x", "²²²²²²", f"{(int(right) + 1) % 10**6:06d}"):
        with pytest.raises(BadInput, match="not the digits"):
            operators.finish_tie(shop.svc, lin.who, asked.mark, wrong)
    with pytest.raises(BadInput, match="expired"):  # five were wrong
        operators.finish_tie(shop.svc, lin.who, asked.mark, right)
    assert people.by_wechat(shop.svc, "tea", "bob") is None


def test_digits_that_come_too_late_tie_nothing(shop: House) -> None:
    lin = operators.add(shop.svc, "谷雨", "viewer")
    asked = operators.begin_scan(shop.svc, lin.who)
    told = scan(shop, "bob", asked.address)
    shop.advance(FIVE_MINUTES + 1)
    with pytest.raises(BadInput, match="expired"):
        operators.finish_tie(shop.svc, lin.who, asked.mark, digits(told))


def test_of_two_who_are_told_digits_by_one_wechat_one_has_it(shop: House) -> None:
    one, two = operators.add(shop.svc, "谷雨", "viewer"), operators.add(shop.svc, "白露", "viewer")
    ours, theirs = operators.begin_scan(shop.svc, one.who), operators.begin_scan(shop.svc, two.who)
    first, second = (digits(scan(shop, "bob", asked.address)) for asked in (ours, theirs))
    operators.finish_tie(shop.svc, one.who, ours.mark, first)
    with pytest.raises(Conflict, match="another operator"):
        operators.finish_tie(shop.svc, two.who, theirs.mark, second)
    assert people.by_wechat(shop.svc, "tea", "bob") == one


def test_nobody_can_take_an_operators_wechat_by_having_them_scan(shop: House, mai: Operator) -> None:
    thief = operators.add(shop.svc, "thief", "viewer")
    assert "another operator" in scan(shop, "alice", operators.begin_scan(shop.svc, thief.who).address)
    assert people.by_wechat(shop.svc, "tea", "alice") == mai


@pytest.mark.parametrize("deed", ["disable", "remove"])
def test_who_is_gone_ties_nothing(shop: House, mai: Operator, deed: str) -> None:
    lin = operators.add(shop.svc, "谷雨", "viewer")
    asked = operators.begin_scan(shop.svc, lin.who)
    if deed == "disable":
        operators.change(shop.svc, lin.operator_id, "谷雨", "viewer", disabled=True)
    else:
        operators.remove(shop.svc, lin.operator_id)
    assert "not tied" in scan(shop, "bob", asked.address)
    assert people.by_wechat(shop.svc, "tea", "bob") is None


def test_strangers_cannot_use_up_the_accounts_codes(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "MOST_A_MINUTE", 2)
    lin = operators.add(shop.svc, "谷雨", "admin")
    for _ in range(2):
        operators.begin_scan(shop.svc)
    with pytest.raises(Unavailable, match="sign-in link"):
        operators.begin_scan(shop.svc)
    operators.begin_scan(shop.svc, lin.who)
    assert shop.count("/cgi-bin/qrcode/create") == 3
    shop.advance(60)
    operators.begin_scan(shop.svc)


def test_nor_can_one_operator(shop: House) -> None:
    """A viewer changes nothing, and so does not use up what the account may ask WeChat in a day."""
    lin, other = operators.add(shop.svc, "谷雨", "viewer"), operators.add(shop.svc, "白露", "viewer")
    for _ in range(scans.MOST_MINE):
        operators.begin_scan(shop.svc, lin.who)
    with pytest.raises(Unavailable):
        operators.begin_scan(shop.svc, lin.who)
    operators.begin_scan(shop.svc, other.who)
    assert shop.count("/cgi-bin/qrcode/create") == scans.MOST_MINE + 1


def test_without_an_account_that_can_make_codes_a_link_is_offered(shop: House) -> None:
    shop.svc.table.update("accounts", "tea", {"verified": False})
    shop.svc._cache.clear()
    with pytest.raises(Unavailable, match="sign-in link"):
        operators.begin_scan(shop.svc)


def test_an_ordinary_message_costs_this_nothing(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    message = messages.message(
        {"MsgType": "text", "Content": "茶单", "FromUserName": "alice", "ToUserName": "gh_tea", "CreateTime": "1"}
    )
    monkeypatch.setattr(shop.svc.table, "_call", lambda *_, **__: pytest.fail("a read"))
    operators.note_scan(shop.svc, shop.tea, message)
    assert operators.reply(shop.svc, shop.tea, message) is None
    assert operators.note_scan in inbox.LISTENERS


def test_the_picture_is_a_picture(shop: House) -> None:
    assert operators.picture("http://weixin.qq.com/q/x").startswith("data:image/png;base64,")
