"""Nobody but WeChat gets a message in, and every way of being somebody else looks the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64decode, b64encode

import pytest
from Crypto.Cipher import AES

from chalicelib.wechat.envelope import (
    BadMessage,
    BadSignature,
    CallbackKey,
    Envelope,
    TooBig,
    decrypt,
    encrypt,
    msg_signature,
    url_signature,
)
from tests.wechat.letters import (
    AES_KEY,
    APP_ID,
    NONCE,
    NOW,
    OTHER_AES_KEY,
    TEA_SHOP,
    TOKEN,
    covering,
    door,
    safe,
    seal,
    signed,
    xml,
)

SENTENCE = "not from WeChat, or not for this account"

PUBLISHED_MESSAGE = (
    "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[oSimUser0001]]></FromUserName>"
    "<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content>"
    "<MsgId>24300000000000001</MsgId></xml>"
)
PUBLISHED_SEALED = (
    "4j/AuRx71kQlxVlzbpsMWKArmag+eIKe8fW3F8UUT6wginOqd/RaPoAgJFashUgqNq0QTX1iuKH29UCrm2vS6PqffpmhZRIUK+wfaQcY0v6a"
    "k1qYaP8+rugqaWvL9EqH/02QvFfa4wnk4lnkj6S0BJ97B5EofJJUQ+D7BiZdZ7mVQqzGAPOlADYrf5dePFJlnHGf0V9y0wL9IioKm7c5FEcB"
    "bn+SpZaG2eSy9SqyTyzP5D0oM0tK6PgeVtA834s+5v91uRz1RSFJH1PTqbZMu0T+6Khs1tWMLBOI56V9ZbcI3bqpeoy4qqqx/S2ZdLDgfbGX"
    "1MrmnKitmDjzdvZREE9TItqYID6PCLHpc2YVUAtE8ma4zf+vfSoFSgW/MJCBReB2fJ6HBugT7+pSc/+3uNi+SNvr/t3VXLO7bXurUa0="
)
PUBLISHED_REPLY = (
    "<xml><ToUserName><![CDATA[oSimUser0001]]></ToUserName><FromUserName><![CDATA[gh_0123456789ab]]></FromUserName>"
    "<CreateTime>1700000001</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[收到]]></Content></xml>"
)
PUBLISHED_SEALED_REPLY = (
    "wrNmYnsdngNwZHPRm4NnS2+dMC7mCFnVok2cbBMoHZLHQ2zyPPHssc3ZLmBF8iDX51NXboSCeBfh/pqKb0pnRKMoo/EFy5LDOjClN4UFmfsr"
    "bXRImQew2kTKdursGLcyDst+IP2giY7t9RMmlbfzBEu5sViFhQ1IBzZ8m4ibrUDszMSY78gbUPedOgEZBv8d6KQ+a81qPabV8rgvEWh5QM8a"
    "PsZY6Iz8Na7BipmCYWSewIWOmTnSGSa/+n91nFT/gUe4rNVh8qJoeazVBk7H/HuM6ziBPUF5uY4g7tiDxP5ZZPByroyR3sQm6M54jpabM0jd"
    "VBPi5tLn3lQBGIZKiSvF9D7Vs+skmB2OZrrqrUcInAQ5SJjhX0S5wv0EC6dz"
)


def block(plain: bytes) -> str:
    """Sealed as it stands, for insides that WeChat would never make."""
    key = b64decode(AES_KEY + "=")
    return b64encode(AES.new(key, AES.MODE_CBC, key[:16]).encrypt(plain)).decode()


def inside(content: bytes, app_id: str = APP_ID, length: int | None = None) -> bytes:
    return b"0" * 16 + (len(content) if length is None else length).to_bytes(4) + content + app_id.encode()


def padded(plain: bytes, padding: bytes = b"") -> bytes:
    missing = 32 - len(plain) % 32
    return plain + (padding or bytes([missing])) * missing


def is_refused(sealed: str, envelope: Envelope | None = None) -> bool:
    """It carries a right signature, so only what is inside can be the reason."""
    with pytest.raises(BadSignature) as refusal:
        (envelope or door()).open(covering(sealed), safe(sealed), NOW)
    return str(refusal.value) == SENTENCE and refusal.value.__cause__ is None


# Who is let in, in clear


@pytest.mark.parametrize("signature", ["", "0" * 40, "abc", "签名", "é" * 40, "\x00" * 40, "\ud800", "a" * 5000])
def test_a_wrong_signature_is_refused_whatever_it_is_made_of(signature: str) -> None:
    with pytest.raises(BadSignature, match=SENTENCE):
        door().open(signed() | {"signature": signature}, xml(), NOW)


@pytest.mark.parametrize("missing", ["signature", "timestamp", "nonce"])
def test_every_part_of_the_signature_must_be_there(missing: str) -> None:
    query = signed()
    del query[missing]
    with pytest.raises(BadSignature):
        door().open(query, xml(), NOW)


@pytest.mark.parametrize("token", ["othertoken", TOKEN + " ", TOKEN.upper()])
def test_another_token_does_not_sign_for_us(token: str) -> None:
    with pytest.raises(BadSignature):
        door().open(signed(token), xml(), NOW)


@pytest.mark.parametrize("age", [301, -301, 86_400, 10**8])
def test_a_letter_from_another_time_is_refused(age: int) -> None:
    with pytest.raises(BadSignature, match=SENTENCE):
        door().open(signed(timestamp=str(NOW - age)), xml(), NOW)


@pytest.mark.parametrize("age", [300, -300, 0])
def test_five_minutes_either_way_are_allowed(age: int) -> None:
    assert door().open(signed(timestamp=str(NOW - age)), xml(), NOW).message.openid == "alice"


def test_a_shop_whose_pushes_repeat_for_hours_has_a_wider_window() -> None:
    four_hours_ago = signed(timestamp=str(NOW - 4 * 3600))
    assert door(window=4 * 3600).open(four_hours_ago, xml(), NOW).message.text == "oolong?"


@pytest.mark.parametrize(
    "timestamp", ["", "soon", "-5", "9" * 60, "１７０００００００００", " 1700000000", "1.7e9", "0x6553"]
)
def test_a_time_that_is_no_plain_number_is_refused(timestamp: str) -> None:
    with pytest.raises(BadSignature):
        door().open(signed(timestamp=timestamp), xml(), NOW)


# Who is let in, sealed


@pytest.mark.parametrize("signature", ["", "0" * 40, "签" * 40, "\ud800", signed()["signature"]])
def test_a_sealed_letter_needs_the_signature_that_covers_it(signature: str) -> None:
    sealed = seal(xml())
    with pytest.raises(BadSignature):
        door().open(covering(sealed) | {"msg_signature": signature}, safe(sealed), NOW)


def test_the_signature_of_one_letter_does_not_cover_another() -> None:
    with pytest.raises(BadSignature):
        door().open(covering(seal(xml(Content="1"))), safe(seal(xml(Content="2"))), NOW)


def test_a_letter_for_another_account_is_refused() -> None:
    assert is_refused(seal(xml(), app_id="wx0000000000000000"))
    assert is_refused(seal(xml(), app_id=APP_ID + "x"))
    assert is_refused(seal(xml(), app_id=APP_ID[:-1]))
    assert is_refused(seal(xml(), app_id=""))


def test_another_aes_key_opens_nothing() -> None:
    assert is_refused(seal(xml(), CallbackKey(TOKEN, OTHER_AES_KEY)))


@pytest.mark.parametrize("padding", [b"\x00", b"\x21", b"\xff"])
def test_a_padding_outside_1_to_32_is_refused(padding: bytes) -> None:
    assert is_refused(block(padded(inside(xml()), padding)))


def test_every_byte_of_the_padding_counts() -> None:
    whole = inside(xml(Content="x"))
    missing = 32 - len(whole) % 32
    assert missing > 1
    assert is_refused(block(whole + b"\x07" * (missing - 1) + bytes([missing])))


@pytest.mark.parametrize("length", [0, 5, 0xFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_length_that_is_not_the_messages_is_refused(length: int) -> None:
    assert is_refused(block(padded(inside(xml(), length=length))))


@pytest.mark.parametrize("plain", [b" " * 64, b"\x01" * 32, padded(b"0" * 16), padded(b"0" * 19)])
def test_an_inside_too_short_for_anything_is_refused(plain: bytes) -> None:
    assert is_refused(block(plain))


@pytest.mark.parametrize("sealed", ["", "!!!!", "密文", "AAAA", "A" * 43, "-_" + seal(xml())[2:], seal(xml())[:-1]])
def test_what_is_not_a_sealed_text_at_all_is_refused_with_the_same_sentence(sealed: str) -> None:
    assert is_refused(sealed)


def test_an_encrypt_with_parts_or_twice_is_no_sealed_letter() -> None:
    sealed = seal(xml())
    for body in (f"<xml><Encrypt><a>{sealed}</a></Encrypt></xml>", f"<xml>{f'<Encrypt>{sealed}</Encrypt>' * 2}</xml>"):
        with pytest.raises(BadSignature):
            door().open(covering(sealed), body.encode(), NOW)


def test_padding_may_take_every_length_from_1_to_32() -> None:
    for more in range(32):
        sealed = seal(xml(Content="a" * (more + 1)))
        assert door("safe").open(covering(sealed), safe(sealed), NOW).message.text == "a" * (more + 1)


def test_the_random_head_may_be_sixteen_hex_digits_or_any_bytes() -> None:
    for head in (b"707722b803182950", bytes(range(240, 256)), b"\x00" * 16):
        sealed = encrypt(AES_KEY, APP_ID, xml().decode(), head)
        assert door("safe").open(covering(sealed), safe(sealed), NOW).message.openid == "alice"


def test_an_encoding_aes_key_may_have_spare_bits_in_its_last_letter() -> None:
    spare = CallbackKey(TOKEN, AES_KEY[:-1] + "9")
    sealed = seal(xml())
    assert door("safe", keys=(spare,)).open(covering(sealed), safe(sealed), NOW).message.key == "7"


# Which modes an account accepts


def test_a_safe_account_takes_no_plain_letter_however_well_signed() -> None:
    with pytest.raises(BadSignature, match=SENTENCE):
        door("safe").open(signed(), xml(), NOW)


@pytest.mark.parametrize("encrypt_type", ["raw", "rot13", "", "AES"])
def test_the_sender_cannot_talk_a_safe_account_into_plain(encrypt_type: str) -> None:
    with pytest.raises(BadSignature):
        door("safe").open(signed() | {"encrypt_type": encrypt_type}, xml(), NOW)


def test_a_safe_account_takes_no_letter_with_plain_fields_beside_the_sealed_ones() -> None:
    sealed = seal(xml())
    with pytest.raises(BadSignature):
        door("safe").open(covering(sealed), safe(sealed, "<FromUserName>mallory</FromUserName>"), NOW)


def test_a_plain_account_without_a_key_takes_no_sealed_letter() -> None:
    sealed = seal(xml())
    with pytest.raises(BadSignature):
        door("plain").open(covering(sealed), safe(sealed), NOW)
    assert is_refused(sealed, door(keys=(CallbackKey(TOKEN),)))


def test_who_announces_a_sealed_letter_must_bring_one() -> None:
    with pytest.raises(BadSignature):
        door().open(signed() | {"encrypt_type": "aes"}, xml(), NOW)
    with pytest.raises(BadSignature):
        door().open(signed() | {"msg_signature": signed()["signature"]}, xml(), NOW)


def test_in_compatible_mode_only_the_sealed_part_is_read() -> None:
    sealed = seal(xml(Content="truth"))
    forged = "<FromUserName>mallory</FromUserName><MsgType>text</MsgType><Content>forged</Content>"
    message = door("compatible").open(covering(sealed), safe(sealed, forged), NOW).message
    assert (message.openid, message.text) == ("alice", "truth")


def test_a_message_has_the_same_key_in_every_mode() -> None:
    follow = xml(MsgType="event", Event="subscribe", Content="", MsgId="")
    sealed = seal(follow)
    plain = door().open(signed(), follow, NOW)
    compatible = door().open(covering(sealed), safe(sealed, "<MsgType>event</MsgType>"), NOW)
    in_safe_mode = door().open(covering(sealed), safe(sealed), NOW)
    assert plain.message.key == compatible.message.key == in_safe_mode.message.key


# What is too big or cannot be read


def test_of_a_stranger_nothing_over_64_kib_is_looked_at() -> None:
    unsigned = {"timestamp": str(NOW), "nonce": "1", "msg_signature": "0" * 40}
    with pytest.raises(TooBig):
        door().open(unsigned, b"x" * (64 * 1024 + 1), NOW)


def test_of_who_knows_the_token_nothing_over_512_kib_is_looked_at() -> None:
    with pytest.raises(TooBig):
        door().open(signed(), b"x" * (512 * 1024 + 1), NOW)


def test_512_kib_of_who_knows_the_token_are_not_too_big() -> None:
    letter = xml(Content="茶")
    whole = letter.replace("茶".encode(), b"a" * (512 * 1024 - len(letter) + 3))
    assert len(whole) == 512 * 1024
    assert len(door().open(signed(), whole, NOW).message.text) > 500_000


def test_a_stranger_never_learns_whether_a_letter_could_be_read() -> None:
    with pytest.raises(BadSignature):
        door().open(signed("othertoken"), b"<xml><broken", NOW)
    with pytest.raises(BadSignature):
        door().open({"timestamp": str(NOW), "nonce": "1", "msg_signature": "0" * 40}, b"<xml><broken", NOW)


@pytest.mark.parametrize(
    "body", [b"", b" \n ", b"hello", b"<xml>", b"{", b"<xml/>", b'<!DOCTYPE x [<!ENTITY e "x">]><xml/>']
)
def test_what_wechat_signed_but_nobody_can_read_is_a_bad_message(body: bytes) -> None:
    with pytest.raises(BadMessage):
        door().open(signed(), body, NOW)


@pytest.mark.parametrize("content", ["hello", "<xml>", '<!DOCTYPE x [<!ENTITY e "x">]><xml>&e;</xml>', "[1]", "<xml/>"])
def test_unreadable_things_inside_a_seal_are_bad_messages_too(content: str) -> None:
    sealed = seal(content)
    with pytest.raises(BadMessage):
        door().open(covering(sealed), safe(sealed), NOW)


# When keys change


def test_the_previous_key_still_opens_and_seals_the_answer() -> None:
    new, old = CallbackKey("newtoken", OTHER_AES_KEY), TEA_SHOP
    sealed = seal(xml())
    opened = door("safe", keys=(new, old)).open(covering(sealed), safe(sealed), NOW)
    _, content = read_sealed(opened.seal("<xml>tea</xml>", NOW), old)
    assert content == b"<xml>tea</xml>"


def test_a_new_aes_key_under_the_old_token_opens_both() -> None:
    new = CallbackKey(TOKEN, OTHER_AES_KEY)
    rotating = door("safe", keys=(new, TEA_SHOP))
    for key in (new, TEA_SHOP):
        sealed = seal(xml(Content="for both"), key)
        opened = rotating.open(covering(sealed), safe(sealed), NOW)
        assert opened.message.text == "for both"
        assert read_sealed(opened.seal("<xml>ok</xml>", NOW), key)[1] == b"<xml>ok</xml>"


def test_a_key_that_is_gone_opens_nothing() -> None:
    assert is_refused(seal(xml()), door("safe", keys=(CallbackKey("newtoken", OTHER_AES_KEY),)))
    assert is_refused(seal(xml()), door("safe", keys=()))


@pytest.mark.parametrize("key", [CallbackKey(""), CallbackKey(TOKEN, "short"), CallbackKey(TOKEN, "!" * 43)])
def test_an_account_with_impossible_keys_is_a_mistake_told_at_once_and_without_the_key(key: CallbackKey) -> None:
    with pytest.raises(ValueError, match="Token|EncodingAESKey") as mistake:
        door(keys=(key,))
    assert "short" not in str(mistake.value)
    assert TOKEN not in repr(key)


def test_an_unknown_mode_is_a_mistake_told_at_once() -> None:
    with pytest.raises(ValueError, match="compatible, plain, safe"):
        door("compat")


# Answers


def read_sealed(answer: str, key: CallbackKey = TEA_SHOP) -> tuple[dict[str, str], bytes]:
    fields = dict(re.findall(r"<(\w+)>(?:<!\[CDATA\[)?([^<\]]+)", answer.removeprefix("<xml>")))
    assert fields["MsgSignature"] == msg_signature(key.token, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
    return fields, decrypt(key.aes_key, APP_ID, fields["Encrypt"])


def test_a_plain_letter_is_answered_in_clear() -> None:
    assert door().open(signed(), xml(), NOW).seal("<xml>tea</xml>", NOW) == "<xml>tea</xml>"


@pytest.mark.parametrize("beside", ["", "<MsgType>text</MsgType>"])
def test_a_sealed_letter_is_answered_sealed_in_blocks_of_32(beside: str) -> None:
    sealed = seal(xml())
    answer = door().open(covering(sealed), safe(sealed, beside), NOW).seal("<xml>一壶茶</xml>", NOW + 1)
    fields, content = read_sealed(answer)
    assert content.decode() == "<xml>一壶茶</xml>"
    assert fields["TimeStamp"] == str(NOW + 1)
    assert len(b64decode(fields["Encrypt"])) % 32 == 0


def test_no_two_answers_look_alike() -> None:
    sealed = seal(xml())
    opened = door().open(covering(sealed), safe(sealed), NOW)
    assert opened.seal("<xml>tea</xml>", NOW) != opened.seal("<xml>tea</xml>", NOW)


@pytest.mark.parametrize("quiet", ["", "success"])
def test_success_is_said_in_clear_in_every_mode(quiet: str) -> None:
    sealed = seal(xml())
    assert door().open(covering(sealed), safe(sealed), NOW).seal(quiet, NOW) == quiet


def test_a_json_letter_is_answered_in_json() -> None:
    letter = {"ToUserName": "gh", "FromUserName": "alice", "CreateTime": NOW, "MsgType": "text", "MsgId": 2**60}
    sealed = seal(json.dumps(letter))
    body = json.dumps({"ToUserName": "gh", "Encrypt": sealed}).encode()
    opened = door("safe").open(covering(sealed), body, NOW)
    answer = json.loads(opened.seal('{"demo_resp":"good luck"}', NOW))
    assert opened.message.key == str(2**60)
    assert answer["TimeStamp"] == NOW
    assert decrypt(AES_KEY, APP_ID, answer["Encrypt"]) == b'{"demo_resp":"good luck"}'


# When the address is saved in the console


def test_the_echo_is_given_back_exactly() -> None:
    assert door("safe").echo(signed() | {"echostr": " 4375120948345356249+/="}, NOW) == " 4375120948345356249+/="


@pytest.mark.parametrize("change", [{"signature": "0" * 40}, {"timestamp": "1"}, {"nonce": "1"}, {"timestamp": "abc"}])
def test_a_stranger_gets_no_echo(change: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        door().echo(signed() | {"echostr": "1"} | change, NOW)
    with pytest.raises(BadSignature):
        door().echo({}, NOW)


def test_wecom_sends_its_echo_sealed_and_unsigned_otherwise() -> None:
    wecom = door("safe", encrypted_echo=True)
    sealed = seal("5927782489442352469")
    query = {name: value for name, value in covering(sealed).items() if name != "signature"}
    assert wecom.echo(query | {"echostr": sealed}, NOW) == "5927782489442352469"
    assert wecom.open(covering_without_signature(xml()), safe(seal(xml())), NOW).message.openid == "alice"
    with pytest.raises(BadSignature):
        wecom.echo(signed() | {"echostr": "in clear"}, NOW)


def covering_without_signature(letter: bytes) -> dict[str, str]:
    return {name: value for name, value in covering(seal(letter)).items() if name != "signature"}


# The published vectors


def test_the_vector_of_wechats_own_page() -> None:
    assert url_signature("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_the_published_letter_opens() -> None:
    assert url_signature(TOKEN, str(NOW), NONCE) == "093b93c74d2325beadb526ac1fcbe41fd6aa7e03"
    assert msg_signature(TOKEN, str(NOW), NONCE, PUBLISHED_SEALED) == "e33ded4e12b772d90ef82ea758993454e0a76c04"
    assert encrypt(AES_KEY, APP_ID, PUBLISHED_MESSAGE, b"0123456789abcdef") == PUBLISHED_SEALED
    opened = door("safe").open(covering(PUBLISHED_SEALED), safe(PUBLISHED_SEALED), NOW)
    assert (opened.message.text, opened.message.key) == ("你好", "24300000000000001")


def test_the_published_reply_is_sealed_as_published() -> None:
    assert encrypt(AES_KEY, APP_ID, PUBLISHED_REPLY, b"fedcba9876543210") == PUBLISHED_SEALED_REPLY
    signature = msg_signature(TOKEN, "1700000001", "12345678", PUBLISHED_SEALED_REPLY)
    assert signature == "3405ef80be083ebe37c6afbf13e7e25edea2421e"


def test_the_door_opens_without_loading_what_only_sealed_letters_need() -> None:
    loaded = "import sys, chalicelib.wechat.envelope; print(*{'Crypto', 'urllib3', 'defusedxml'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""
