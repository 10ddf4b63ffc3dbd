"""Whatever WeChat sends becomes one Message; whatever we answer becomes XML that WeChat takes."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from chalicelib.wechat.messages import (
    Article,
    BadMessage,
    Image,
    Message,
    Music,
    News,
    Reply,
    Text,
    Transfer,
    Video,
    Voice,
    message,
    parse,
    render,
    reply_data,
    reply_from,
    split_text,
)
from tests.wechat.letters import NOW, event, xml

BILLION_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><xml><MsgType>&b;</MsgType></xml>'

REPLIES: list[Reply] = [
    Text("茶 & <b>"),
    Image("m1"),
    Voice("m2"),
    Video("m3", "title", "words"),
    Music("m4", "title", "words", "https://a.example/1", "https://a.example/2"),
    News((Article("title", "words", "https://a.example/p", "https://a.example/u"),)),
    Transfer(),
    Transfer("desk1@tea"),
]


def asked(kind: str = "text") -> Message:
    return Message(kind=kind, openid="alice", original_id="gh_tea", created=NOW)


def rendered(reply: Reply, to: Message | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(render(reply, to or asked(), NOW))


def nested(levels: int) -> bytes:
    return xml().replace(b"</xml>", b"<a>" * levels + b"</a>" * levels + b"</xml>")


# What is no message


@pytest.mark.parametrize(
    "document",
    [
        BILLION_LAUGHS,
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/dtd"><xml><MsgType>text</MsgType></xml>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><MsgType>&e;</MsgType></xml>',
        "<!DOCTYPE xml [<!ELEMENT xml ANY>]><xml><MsgType>text</MsgType></xml>",
    ],
)
def test_a_document_with_a_dtd_is_refused(document: str) -> None:
    with pytest.raises(BadMessage, match="DTD"):
        parse(document.encode())


def test_a_follower_may_write_about_dtds_though() -> None:
    assert parse(xml(Content="<!DOCTYPE html> what is it?")).text == "<!DOCTYPE html> what is it?"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"hello",
        b"<xml></xml>",
        b"<xml>only text</xml>",
        b"<foo><MsgType>text</MsgType></foo>",
        b"<xml/><xml/>",
        b"[1, 2]",
        b"{",
        b'{"MsgType": "text"}',
        b"{" * 50_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        bytes(range(256)),
        xml(Content="茶").decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="gb2312"?>' + xml(Content="茶").decode().encode("gb2312"),
        xml(Content="@").replace(b"@", b"\xff\xfe\xc3\x28"),
        xml(Content="@").replace(b"@", b"\xed\xa0\x80"),
        xml(Content="@").replace(b"@", b"\x00"),
        xml(Content="@").replace(b"<![CDATA[@]]>", b"&nbsp;"),
        b'<x:xml xmlns:x="urn:x"><MsgType>text</MsgType></x:xml>',
    ],
)
def test_what_cannot_be_read_is_a_bad_message_and_nothing_else(document: bytes) -> None:
    with pytest.raises(BadMessage):
        parse(document)


def test_depth_beyond_reason_is_refused_without_a_crash() -> None:
    assert parse(nested(25)).openid == "alice"
    with pytest.raises(BadMessage, match="deep"):
        parse(nested(9000))


def test_width_is_no_trouble() -> None:
    many = "".join(f"<k{number}>1</k{number}>" for number in range(20_000))
    same = "<k>1</k>" * 20_000
    assert len(parse(xml().replace(b"</xml>", f"{many}</xml>".encode())).fields) == 20_006
    assert len(parse(xml().replace(b"</xml>", f"{same}</xml>".encode())).fields["k"]) == 20_000


@pytest.mark.parametrize("name", ["FromUserName", "MsgType", "CreateTime"])
@pytest.mark.parametrize("value", ["", "  ", "<a>b</a>"])
def test_who_when_and_what_must_be_there(name: str, value: str) -> None:
    letter = xml(**{name: "@"}).replace(b"<![CDATA[@]]>", value.encode())
    with pytest.raises(BadMessage):
        parse(letter)


@pytest.mark.parametrize("created", ["soon", "-1", "1e308", "1700000000.5", "9" * 400, "１７０", "0x10", "10" * 8])
def test_a_time_that_is_no_time_is_a_bad_message(created: str) -> None:
    with pytest.raises(BadMessage, match="CreateTime"):
        parse(xml(CreateTime=created))


def test_an_openid_too_long_to_be_one_is_refused() -> None:
    assert parse(xml(FromUserName="o" * 128)).openid == "o" * 128
    with pytest.raises(BadMessage, match="FromUserName"):
        parse(xml(FromUserName="o" * 129))


# What is one


def test_a_text_comes_as_it_was_typed() -> None:
    found = parse(xml(Content="  多少钱？\n😀 ]] > &amp; ", MsgId="24300000000000101"))
    assert (found.kind, found.openid, found.original_id, found.created) == ("text", "alice", "gh_tea", NOW)
    assert found.text == "  多少钱？\n😀 ]] > &amp; "
    assert found.key == "24300000000000101"
    assert found.event == found.event_key == found.scene == found.job_id == found.status == ""


def test_cdata_and_escapes_are_the_same_to_a_reader() -> None:
    escaped = xml(Content="@").replace(b"<![CDATA[@]]>", b"a&lt;b&#38;c<!-- no -->d")
    split = xml(Content="a<b&cd]]]]><![CDATA[>e")
    assert parse(escaped).text == "a<b&cd"
    assert parse(split).text == "a<b&cd]]>e"


@pytest.mark.parametrize(
    "before", [b"\xef\xbb\xbf", b"\n  ", b'<?xml version="1.0" encoding="utf-7"?>\n', b"<?php x ?>"]
)
def test_what_stands_before_the_letter_does_not_matter(before: bytes) -> None:
    assert parse(before + xml()).text == "oolong?"


def test_control_characters_that_phones_send_are_dropped_not_the_message() -> None:
    assert parse(xml(Content="a\x01\x08b\x1f\ufffec")).text == "abc"


def test_a_milliseconds_time_is_brought_to_seconds() -> None:
    assert parse(xml(CreateTime="1700000000123")).created == NOW
    assert parse(xml(CreateTime=" 1700000000 ")).created == NOW


def test_of_a_field_sent_twice_the_first_counts_and_both_are_kept() -> None:
    found = parse(xml().replace(b"</xml>", b"<MsgType>event</MsgType><MsgId>8</MsgId></xml>"))
    assert (found.kind, found.key) == ("text", "7")
    assert found.fields["MsgId"] == ["7", "8"]


def test_a_content_with_parts_is_no_text_but_is_kept() -> None:
    found = parse(xml(Content="@").replace(b"<![CDATA[@]]>", b"<a>1</a><b>2</b>"))
    assert found.text == ""
    assert found.fields["Content"] == {"a": "1", "b": "2"}


@pytest.mark.parametrize("kind", ["image", "voice", "video", "shortvideo", "location", "link", "file", "invented_2031"])
def test_every_kind_is_kept_whole_known_or_not(kind: str) -> None:
    found = parse(xml(MsgType=kind, Content="", MediaId="m1", Location_X="31.230416", Scale="16"))
    assert found.kind == kind
    assert (found.get("MediaId"), found.get("Location_X"), found.get("Scale")) == ("m1", "31.230416", "16")


# Events


def test_an_event_name_is_told_in_small_letters_because_wechat_writes_both() -> None:
    assert parse(event("SCAN", "<EventKey>store_17</EventKey>")).event == "scan"
    assert parse(event("TEMPLATESENDJOBFINISH")).event == "templatesendjobfinish"


@pytest.mark.parametrize(
    ("name", "event_key", "scene"),
    [
        ("subscribe", "qrscene_store_17", "store_17"),
        ("subscribe", "qrscene_qrscene_x", "qrscene_x"),
        ("subscribe", "last_trade_no_4008", ""),
        ("subscribe", "", ""),
        ("SCAN", "store_17", "store_17"),
        ("scan", "场景 值", "场景 值"),
        ("CLICK", "qrscene_1", ""),
    ],
)
def test_the_scene_is_what_the_scanned_code_was_made_for(name: str, event_key: str, scene: str) -> None:
    assert parse(event(name, f"<EventKey>{event_key}</EventKey>")).scene == scene


def test_an_event_key_with_parts_is_no_key() -> None:
    inside = "<EventKey><a/></EventKey><SendLocationInfo><EventKey>other</EventKey></SendLocationInfo>"
    assert parse(event("location_select", inside)).event_key == ""


def test_an_event_without_a_name_is_still_a_message() -> None:
    assert parse(xml(MsgType="event", Content="")).event == ""


def test_a_job_event_tells_which_job_and_how_it_ended() -> None:
    done = parse(event("TEMPLATESENDJOBFINISH", "<MsgID>3300000001</MsgID><Status>failed:user block</Status>"))
    assert (done.job_id, done.status) == ("3300000001", "failed:user block")
    assert parse(event("MASSSENDJOBFINISH", "<MsgId>12</MsgId>")).job_id == "12"


def test_a_privacy_event_is_about_the_person_it_names_not_about_its_sender() -> None:
    revoked = parse(event("user_authorization_revoke", "<OpenID>bob</OpenID><RevokeInfo>205</RevokeInfo>"))
    assert (revoked.openid, revoked.person) == ("alice", "bob")
    assert parse(event("user_info_modified", f"<OpenID>{'o' * 4000}</OpenID>")).person == "alice"
    assert parse(xml()).person == "alice"


@pytest.mark.parametrize(
    "one", [{"List": {"TemplateId": "A"}}, {"List": [{"TemplateId": "A"}]}, [{"List": {"TemplateId": "A"}}]]
)
def test_one_entry_or_a_list_of_them_reads_the_same(one: Any) -> None:
    fields = {"MsgType": "event", "FromUserName": "alice", "CreateTime": "1", "SubscribeMsgPopupEvent": one}
    assert message(fields).items("SubscribeMsgPopupEvent") == [{"TemplateId": "A"}]


def test_entries_are_found_below_any_wrapper_and_nowhere_is_an_empty_list() -> None:
    pictures = (
        "<SendPicsInfo><Count>2</Count><PicList><item><M>1</M></item><item><M>2</M></item></PicList></SendPicsInfo>"
    )
    found = parse(event("pic_weixin", pictures))
    assert found.items("SendPicsInfo", "PicList", "item") == [{"M": "1"}, {"M": "2"}]
    assert found.items("SendPicsInfo", "Count") == found.items("Nothing") == []
    assert (
        parse(event("x", "<SubscribeMsgSentEvent><List/></SubscribeMsgSentEvent>")).items("SubscribeMsgSentEvent") == []
    )


# Keys


def test_an_event_has_the_same_key_at_every_redelivery_and_another_when_anything_differs() -> None:
    popup = "<SubscribeMsgPopupEvent><List><TemplateId>{}</TemplateId></List></SubscribeMsgPopupEvent>"
    first, again = (parse(event("subscribe_msg_popup_event", popup.format("A"))) for _ in range(2))
    other = parse(event("subscribe_msg_popup_event", popup.format("B")))
    assert first.key == again.key != other.key
    assert len(first.key) == 32


def test_the_order_of_fields_does_not_change_the_key() -> None:
    fields = parse(event("VIEW", "<EventKey>u</EventKey><MenuId>4</MenuId>")).fields
    assert message(dict(reversed(fields.items()))).key == message(fields).key


def test_an_event_is_not_named_by_the_job_it_reports() -> None:
    once = parse(event("MASSSENDJOBFINISH", "<MsgId>12</MsgId><Status>sending</Status>"))
    then = parse(event("MASSSENDJOBFINISH", "<MsgId>12</MsgId><Status>send success</Status>"))
    assert once.key != then.key


@pytest.mark.parametrize("msg_id", ["abc", str(2**80), "-7", "７", "", "9" * 5000])
def test_a_msg_id_that_is_none_is_not_used_as_one(msg_id: str) -> None:
    assert len(parse(xml(MsgId=msg_id)).key) == 32


# JSON


def test_json_and_xml_of_one_message_are_one_message() -> None:
    letter = {
        "ToUserName": "gh_tea",
        "FromUserName": "alice",
        "CreateTime": NOW,
        "MsgType": "event",
        "Event": "channels_ec_order_pay",
        "order_info": {"order_id": 3700000000000000001, "pay_time": "1"},
    }
    inside = "<order_info><order_id>3700000000000000001</order_id><pay_time>1</pay_time></order_info>"
    assert parse(json.dumps(letter).encode()) == parse(event("channels_ec_order_pay", inside))


def test_numbers_stay_exact_whatever_their_size() -> None:
    found = parse(
        b'{"FromUserName": "alice", "CreateTime": 1700000000, "MsgType": "event", "id": 123456789012345678901234567890,'
        b' "price": 1.10, "yes": true, "nothing": null, "odd": NaN}'
    )
    assert found.fields["id"] == "123456789012345678901234567890"
    assert found.fields["price"] == "1.10"
    assert (found.fields["yes"], found.fields["nothing"], found.fields["odd"]) == ("true", "", "NaN")


def test_half_a_character_cannot_reach_what_stores_or_sends() -> None:
    found = parse(
        b'{"FromUserName": "alice", "CreateTime": 1, "MsgType": "text", "Content": "a\\ud83d", "\\udc00": "x"}'
    )
    assert found.text == "a?"
    assert found.key
    found.text.encode()


def test_a_message_survives_the_queue_as_its_fields() -> None:
    found = parse(event("pic_weixin", "<SendPicsInfo><Count>1</Count></SendPicsInfo>"))
    assert message(json.loads(json.dumps(found.fields))) == found


# Answers


def test_an_answer_goes_back_to_its_sender() -> None:
    answer = rendered(Text("a < b & c"))
    assert [answer.findtext(name) for name in ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Content")] == [
        "alice",
        "gh_tea",
        str(NOW),
        "text",
        "a < b & c",
    ]


@pytest.mark.parametrize("said", ["]]>", "a]]>b]]>c", "]]]]>>", "]]\x00>", "<![CDATA[x]]>", "&lt;", "😀\n\t中"])
def test_no_text_can_break_out_of_its_answer(said: str) -> None:
    assert rendered(Text(said)).findtext("Content") == said.replace("\x00", "")


def test_characters_that_xml_has_no_place_for_are_left_out() -> None:
    assert rendered(Text("a\x00\x08\x1f\ufffe\uffff\ud83db")).findtext("Content") == "ab"


@pytest.mark.parametrize("nothing", [Text(""), Text("\x00"), News(())])
def test_an_empty_answer_is_silence_because_an_empty_content_shows_the_failure_notice(nothing: Reply) -> None:
    assert render(nothing, asked(), NOW) == ""


def test_a_text_longer_than_wechat_takes_is_cut_not_refused() -> None:
    content = rendered(Text("茶" * 1000)).findtext("Content")
    assert content == "茶" * 682


@pytest.mark.parametrize("kind", ["text", "image", "voice", "video", "location", "link"])
def test_a_message_of_a_person_is_answered_with_one_article(kind: str) -> None:
    ten = News(tuple(Article(str(number)) for number in range(10)))
    assert rendered(ten, asked(kind)).findtext("ArticleCount") == "1"
    assert len(rendered(ten, asked(kind)).findall("Articles/item")) == 1


def test_an_event_is_answered_with_at_most_eight_articles() -> None:
    ten = News(tuple(Article(str(number)) for number in range(10)))
    titles = [title.text for title in rendered(ten, asked("event")).findall("Articles/item/Title")]
    assert titles == ["0", "1", "2", "3", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    ("reply", "inside"),
    [
        (Image("m"), "<Image><MediaId><![CDATA[m]]></MediaId></Image>"),
        (Voice("m"), "<Voice><MediaId><![CDATA[m]]></MediaId></Voice>"),
        (Video("m"), "<Video><MediaId><![CDATA[m]]></MediaId></Video>"),
        (Video("m", "t"), "<Video><MediaId><![CDATA[m]]></MediaId><Title><![CDATA[t]]></Title></Video>"),
        (Music("m"), "<Music><ThumbMediaId><![CDATA[m]]></ThumbMediaId></Music>"),
        (Transfer(), "<MsgType><![CDATA[transfer_customer_service]]></MsgType></xml>"),
        (Transfer("d@tea"), "<TransInfo><KfAccount><![CDATA[d@tea]]></KfAccount></TransInfo></xml>"),
    ],
)
def test_each_kind_of_answer_has_its_shape(reply: Reply, inside: str) -> None:
    assert inside in render(reply, asked(), NOW)


@pytest.mark.parametrize("reply", REPLIES)
def test_an_answer_can_be_stored_and_given_again(reply: Reply) -> None:
    stored = json.loads(json.dumps(reply_data(reply)))
    assert reply_from(stored) == reply
    assert render(reply_from(stored), asked(), NOW) == render(reply, asked(), NOW)


def test_what_was_never_an_answer_is_not_taken_for_one() -> None:
    for data in ({}, {"type": "poem"}, {"type": "text"}, {"type": "text", "content": 5}):
        with pytest.raises(msgspec.ValidationError):
            reply_from(data)


# Long texts


@pytest.mark.parametrize("text", ["a" * 5000, "茶" * 2000, "😀" * 1500, "é" * 3001, "a茶😀" * 700, "\n" * 5000])
@pytest.mark.parametrize("limit", [2048, 100, 7, 4])
def test_parts_fit_and_together_are_the_text(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert "".join(parts) == text
    assert all(0 < len(part.encode()) <= limit for part in parts)


def test_a_text_that_fits_is_one_part_and_no_text_is_none() -> None:
    assert split_text("茶" * 682) == ["茶" * 682]
    assert split_text("a" * 2048) == ["a" * 2048]
    assert split_text("") == []


def test_a_cut_waits_for_a_pause_when_one_is_near_and_not_when_it_is_far() -> None:
    assert split_text("你好。" + "茶" * 10, 30)[0] == "你好。" + "茶" * 7
    assert split_text("one two three four five", 20) == ["one two three four ", "five"]
    assert split_text("第一句话说完了。第二句", 27) == ["第一句话说完了。", "第二句"]
