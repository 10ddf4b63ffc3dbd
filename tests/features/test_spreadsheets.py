"""People in and out as CSV: each mistake is told by its row, nothing is half done, and no cell runs as a formula."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

import pytest
from hypothesis import given, strategies

from chalicelib.errors import AppError, BadInput, NotFound, TooBig, Unavailable
from chalicelib.features import segments, spreadsheets, tags
from chalicelib.features.spreadsheets import Import, Outcome, importing, reading
from tests.crowd import day, follower, profile
from tests.house import House

AGREED = "会员登记表"


def look(house: House, text: str, apply: bool = False) -> Outcome:
    return spreadsheets.import_people(house.svc, house.tea, spreadsheets.read(text), "api:小满", apply)


def mistakes(house: House, text: str) -> list[tuple[int, str]]:
    told = look(house, text, apply=True)
    assert (told.item, told.state) == ("", "")
    assert house.work() == 0
    return [(one.row, one.column) for one in told.errors]


def applied(house: House, text: str) -> Import:
    told = look(house, text, apply=True)
    assert told.errors == []
    while house.work():
        pass
    return spreadsheets.find(house.svc, house.tea, told.item)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"openid", b"openid,remark\n\n", "\ufeffopenid\n".encode()])
def test_a_file_without_rows_is_none(content: bytes) -> None:
    with pytest.raises(BadInput, match="no rows"):
        spreadsheets.read_bytes(content)


@pytest.mark.parametrize("content", [b"openid\n\xff\x00", b"\xef\xbb\xbfopenid\n\xff", b"\xff\xfeo\x00p\x00\x00\xd8"])
def test_a_file_in_no_known_encoding_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match="UTF-8"):
        spreadsheets.read_bytes(content)


@given(strategies.one_of(strategies.binary(), strategies.text(alphabet='ab",;\t\r\n王\ufeff\x00=').map(str.encode)))
def test_whatever_the_bytes_are_they_are_read_or_refused_in_words(content: bytes) -> None:
    try:
        sheet = spreadsheets.read_bytes(content)
    except AppError as error:
        assert "。" in str(error)
    else:
        assert sheet.names
        assert sheet.rows or sheet.broken


def test_a_file_that_is_too_long_or_too_wide_is_refused() -> None:
    with pytest.raises(TooBig, match="5000"):
        spreadsheets.read("openid\n" + "a\n" * 5001)
    with pytest.raises(TooBig, match="60"):
        spreadsheets.read("a," * 60 + "b\nx")


@pytest.mark.parametrize(
    ("codec", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 (BOM)"),
        ("gb18030", "GB18030"),
        ("gbk", "GB18030"),
        ("utf-16", "UTF-16"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_and_delimiter_are_found_out_and_told(codec: str, told: str, delimiter: str) -> None:
    content = f"openid{delimiter}备注\r\nalice{delimiter}王阿姨\r\n".encode(codec)
    sheet = spreadsheets.read_bytes(content)
    assert (sheet.names, sheet.rows) == (["openid", "备注"], [(2, ["alice", "王阿姨"])])
    assert (sheet.encoding, sheet.delimiter) == (told, delimiter)


def test_rows_keep_the_spreadsheets_own_numbers() -> None:
    sheet = spreadsheets.read('openid,remark\n\nalice,"two\nlines"\n\nbob,x\n')
    assert [number for number, _ in sheet.rows] == [3, 5]


@pytest.mark.parametrize("broken", ['alice,"王阿姨\nbob,x\n', 'alice,"王"阿姨\nbob,x\n'])
def test_a_quote_that_is_wrong_is_told_with_its_row(shop: House, broken: str) -> None:
    follower(shop, "carol")
    assert mistakes(shop, f"openid,remark\ncarol,老陈\n{broken}") == [(3, "")]
    assert "remark" not in profile(shop, "carol")


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("name,备注", "openid"),
        ("openid,remark,备注", "备注"),
        ("openid,", ""),
        ("openid,1st", "1st"),
        ("openid,两 个", "两 个"),
        ("openid,=1+1", "=1+1"),
        ("openid," + "x" * 41, "x" * 41),
    ],
)
def test_a_heading_that_makes_no_sense_is_told_in_row_one(shop: House, heading: str, column: str) -> None:
    found = mistakes(shop, f"{heading}\nalice,x\n")
    assert found
    assert all(row == 1 for row, _ in found)
    assert column in [name for _, name in found]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("alice,x", "", "2 cells"),
        ("alice,x,y,z", "", "3 columns"),
        ("nobody,x,", "openid", "no such follower"),
        (",x,", "openid", "not an openid"),
        ("a#b,x,", "openid", "not an openid"),
        ("alice,一二三四五六七八九十,", "remark", "29 bytes"),
        ("alice,=1+1,", "remark", "formula"),
        ("alice,@SUM(A1),", "remark", "formula"),
        ("alice,x,没有的", "tags", "no tag"),
        ("alice,\ufffd\ufffd,", "remark", "encoding"),
        ("alice,a\x07b,", "remark", "control"),
        (f"alice,{'x' * 1001},", "remark", "1000"),
        ("bob,x,", "openid", "row 2"),
    ],
)
def test_each_mistake_is_told_and_nothing_is_applied(shop: House, row: str, column: str, words: str) -> None:
    for openid in ("alice", "bob"):
        follower(shop, openid)
    told = look(shop, f"openid,remark,tags\nbob,老陈,\n{row}\n", apply=True)
    assert [(one.row, one.column) for one in told.errors] == [(3, column)]
    assert words in told.errors[0].message
    assert (told.rows, told.accepted, told.item) == (2, 1, "")
    assert shop.work() == 0
    assert "remark" not in profile(shop, "bob")


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("城市", "=HYPERLINK(1)", "formula"),
        ("城市", "+1+1", "formula"),
        ("城市", "-2+3+cmd", "formula"),
        ("城市", "＝1", "formula"),
        ("城市", '"\t=1"', "formula"),
        ("城市", "x" * 201, "no value"),
        ("手机", "13800000000", "consent"),
        ("gender", "女", "consent"),
        ("生日", "1990-02-30", "consent"),
    ],
)
def test_a_fact_that_may_not_be_kept_is_told(shop: House, column: str, cell: str, words: str) -> None:
    follower(shop, "alice")
    told = look(shop, f"openid,{column}\nalice,{cell}\n")
    assert [one.row for one in told.errors] == [2]
    assert words in told.errors[0].message


def test_a_birthday_needs_to_be_the_persons_own_answer(shop: House) -> None:
    follower(shop, "alice")
    told = look(shop, f"openid,生日,同意,同意时间\nalice,1990-02-28,{AGREED},2026-01-02\n")
    assert "own answer" in told.errors[0].message


def test_a_day_of_consent_that_is_none_is_told(shop: House) -> None:
    follower(shop, "alice")
    told = look(shop, f"openid,phone,consent,consent_at\nalice,13800000000,{AGREED},去年\n")
    assert [(one.row, one.column) for one in told.errors] == [(2, "consent_at")]


def test_twenty_tags_are_enough_for_anybody(shop: House) -> None:
    tags.create(shop.svc, shop.tea, "第二十一")
    follower(shop, "alice", tag_ids=list(range(200, 220)))
    assert mistakes(shop, "openid,标签\nalice,第二十一\n") == [(2, "tags")]


def test_an_account_that_may_not_set_remarks_is_told_before_anything_else(house: House) -> None:
    sheet = spreadsheets.read("openid,remark\nalice,x\n")
    told = spreadsheets.import_people(house.svc, house.leaf, sheet, "api:x", True)
    assert [(one.row, one.column) for one in told.errors] == [(1, "remark")]


def test_only_so_many_mistakes_are_told(shop: House) -> None:
    told = look(shop, "openid\n" + "\n".join(f"nobody-{n}" for n in range(600)))
    assert (len(told.errors), told.rows) == (500, 600)


def test_looking_changes_nothing(shop: House) -> None:
    follower(shop, "alice")
    told = look(shop, "openid,remark,城市\nalice,王阿姨,杭州\n")
    assert (told.rows, told.accepted, told.errors, told.item) == (1, 1, [], "")
    assert shop.work() == 0
    assert "remark" not in profile(shop, "alice")


def test_an_import_does_what_it_says_here_and_at_wechat(shop: House) -> None:
    for openid in ("alice", "bob"):
        follower(shop, openid)
    old, new = (tags.create(shop.svc, shop.tea, name).tag_id for name in ("老客", "爱普洱"))
    text = (
        "OpenID;备注;标签;城市;手机;积分;同意;同意时间\n"
        f"alice;王阿姨;老客|爱普洱；;杭州;+86 138 0000 0000;120;{AGREED};2026-01-02\n"
        "bob;;老客;;;;;\n"
    )
    done = applied(shop, text)
    assert (done.state, done.rows, done.done, done.percent, done.errors) == ("done", 2, 2, 100, [])

    alice = profile(shop, "alice")
    assert (alice["remark"], alice["tag_ids"]) == ("王阿姨", [old, new])
    facts = {name: fact["value"] for name, fact in alice["facts"].items()}
    assert facts == {"城市": "杭州", "phone": "+86 138 0000 0000", "积分": 120}
    assert alice["facts"]["城市"]["source"] == "api:小满"
    assert alice["facts"]["phone"]["consent"]["text"] == AGREED
    assert "consent" not in alice["facts"]["城市"]
    assert profile(shop, "bob")["tag_ids"] == [old]
    tea = shop.world.accounts["tea"]
    assert tea.person("alice").remark == "王阿姨"
    assert set(tea.person("alice").tags) == {old, new}


def test_the_same_file_again_asks_wechat_nothing_and_writes_nothing(shop: House) -> None:
    follower(shop, "alice")
    tags.create(shop.svc, shop.tea, "老客")
    text = "openid,remark,tags,城市\nalice,王阿姨,老客,杭州\n"
    applied(shop, text)
    before, asked = profile(shop, "alice"), shop.calls()["counts"]
    done = applied(shop, text)
    assert (done.state, done.done) == ("done", 1)
    assert profile(shop, "alice") == before
    assert shop.calls()["counts"] == asked


def test_a_job_that_runs_twice_does_the_same_once(shop: House) -> None:
    follower(shop, "alice")
    told = look(shop, "openid,remark\nalice,王阿姨\n", apply=True)
    row = {"row": 2, "openid": "alice", "remark": "王阿姨"}
    for _ in range(2):
        importing.take_rows(shop.svc, shop.tea, name=told.item, number=0, source="api:x", changes=[row])
    assert spreadsheets.find(shop.svc, shop.tea, told.item).done == 1
    assert shop.count("/cgi-bin/user/info/updateremark") == 1


def test_when_wechat_does_not_answer_the_queue_tries_again(shop: House) -> None:
    follower(shop, "alice")
    told = look(shop, "openid,remark\nalice,王阿姨\n", apply=True)
    row = {"row": 2, "openid": "alice", "remark": "王阿姨"}
    shop.control("faults", path="/cgi-bin/user/info/updateremark", errcode=-1, times=9)
    with pytest.raises(Unavailable):
        importing.take_rows(shop.svc, shop.tea, name=told.item, number=0, source="api:x", changes=[row])
    assert spreadsheets.find(shop.svc, shop.tea, told.item).done == 0


def test_whoever_is_killed_before_all_rows_are_queued_has_begun_none(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = [follower(shop, f"guest-{n}") for n in range(120)]
    text = "openid,城市\n" + "".join(f"{openid},杭州\n" for openid in crowd)
    queue, left = shop.svc.in_bulk, iter(range(2))

    def killed(*job: Any, **told: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        queue(*job, **told)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shop.svc, "in_bulk", killed)
        look(shop, text, apply=True)
    shop.advance(importing.QUEUED_WITHIN + 1)
    assert shop.work() == 2

    assert not any("facts" in profile(shop, openid) for openid in crowd)
    assert applied(shop, text).done == 120


def test_rows_that_are_quicker_than_their_import_wait_for_it(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    follower(shop, "alice")
    monkeypatch.setattr(importing, "LOOK_AGAIN", 0)
    told = look(shop, "openid,城市\nalice,杭州\n", apply=True)
    (begun,) = shop.svc.table.under("imports#tea")
    shop.svc.table.delete(begun["pk"], begun["sk"])
    row = {"row": 2, "openid": "alice", "facts": {"城市": "杭州"}}
    now: dict[str, Any] = {"number": 0, "source": "api:x", "changes": [row], "queued": shop.svc.now()}
    importing.take_rows(shop.svc, shop.tea, name=told.item, **now)
    assert "facts" not in profile(shop, "alice")

    shop.svc.table.put(begun)
    shop.work()
    assert profile(shop, "alice")["facts"]["城市"]["value"] == "杭州"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_row_in_another_encoding_is_told_and_nothing_is_applied(shop: House, mark: bytes) -> None:
    for openid in ("alice", "bob", "carol"):
        follower(shop, openid)
    rows = ["openid,备注\n".encode(), "alice,王阿姨\n".encode(), "bob,老陈\n".encode("gbk"), "carol,茶友\n".encode()]
    sheet = spreadsheets.read_bytes(mark + b"".join(rows))
    told = spreadsheets.import_people(shop.svc, shop.tea, sheet, "api:x", True)

    assert [(one.row, one.column) for one in told.errors] == [(3, "备注")]
    assert (told.accepted, told.item, shop.work()) == (2, "", 0)


@pytest.mark.parametrize("day", ["2099-01-01", "1969-05-01"])
def test_nobody_agreed_on_a_day_to_come_or_before_the_world_began(shop: House, day: str) -> None:
    follower(shop, "alice")
    text = f"openid,phone,consent,consent_at\nalice,13900000000,{AGREED},{day}\n"
    assert mistakes(shop, text) == [(2, "consent_at")]


def test_a_cell_that_is_far_too_large_is_told_with_its_row(shop: House) -> None:
    follower(shop, "alice")
    assert mistakes(shop, f"openid,remark\nalice,{'x' * 140_000}\n") == [(2, "")]


def test_who_leaves_meanwhile_is_told_by_their_row(shop: House) -> None:
    for openid in ("alice", "bob"):
        follower(shop, openid)
    told = look(shop, "openid,remark\nalice,王阿姨\nbob,老陈\n", apply=True)
    shop.phone("alice", "unfollow")
    while shop.work():
        pass
    done = spreadsheets.find(shop.svc, shop.tea, told.item)
    assert (done.state, done.done, [(one.row, one.column) for one in done.errors]) == ("done", 2, [(2, "openid")])
    assert profile(shop, "bob")["remark"] == "老陈"


def test_many_rows_go_in_chunks_with_progress(shop: House) -> None:
    crowd = [follower(shop, f"guest-{n}") for n in range(120)]
    told = look(shop, "openid,城市\n" + "".join(f"{openid},杭州\n" for openid in crowd), apply=True)
    begun = spreadsheets.find(shop.svc, shop.tea, told.item)
    assert (begun.state, begun.rows, begun.done) == ("running", 120, 0)
    assert shop.work() == 3
    assert spreadsheets.find(shop.svc, shop.tea, told.item).state == "done"


def test_an_import_that_never_ends_is_told_to_have_failed(shop: House) -> None:
    follower(shop, "alice")
    told = look(shop, "openid,城市\nalice,杭州\n", apply=True)
    shop.advance(importing.GIVEN_UP + 1)
    assert spreadsheets.find(shop.svc, shop.tea, told.item).state == "failed"


@pytest.mark.parametrize("item", ["", "nobody", "a#b", "x/y", "文"])
def test_an_import_that_nobody_began_is_not_found(house: House, item: str) -> None:
    with pytest.raises(NotFound):
        spreadsheets.find(house.svc, house.tea, item)


def test_no_cell_of_an_export_can_run() -> None:
    risky = ["=1", "+1+1", "-cmd", "@x", "\tx", "\rx", "\nx", "＝1", "＋1", "－x", "＠x"]
    plain = ["-5", "12.5", "杭州", "a=b", "", "'x"]
    text = spreadsheets.write([risky, plain, [7, True, ["老客", "爱普洱"]]])
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert rows[0] == [f"'{cell}" for cell in risky]
    assert rows[1] == plain
    assert rows[2] == ["7", "True", "老客;爱普洱"]


def test_what_is_exported_comes_back_unchanged(shop: House) -> None:
    tags.create(shop.svc, shop.tea, "老客")
    formula = {"value": "=1+1", "source": "answer", "at": 1}
    phone = {"value": "+8613800000000", "source": "answer", "at": 1, "consent": {"at": 1, "text": AGREED}}
    follower(shop, "alice", remark="=王", tag_ids=[100], facts={"口味": formula, "phone": phone}, orders=2, spent=900)
    follower(shop, "bob")
    before = profile(shop, "alice")
    items, cursor = spreadsheets.page(shop.svc, shop.tea)
    assert cursor == ""
    text = spreadsheets.write(spreadsheets.rows_of(items))
    done = applied(shop, text)
    assert (done.rows, done.done, done.errors) == (2, 2, [])
    assert profile(shop, "alice") == before


def test_an_export_tells_what_is_known_in_pages_of_everybody_or_of_a_segment(shop: House) -> None:
    for n in range(5):
        follower(shop, f"guest-{n}", orders=n, last_order=day(shop), lang="zh_CN")
    found, cursor = [], ""
    while True:
        items, cursor = spreadsheets.page(shop.svc, shop.tea, None, cursor, limit=2)
        found += [item["openid"] for item in items]
        if not cursor:
            break
    assert sorted(map(str, found)) == [f"guest-{n}" for n in range(5)]

    question = {"field": "orders", "is": "at_least", "value": 4}
    segments.read(question)
    (item,), _ = spreadsheets.page(shop.svc, shop.tea, question)
    assert (item["openid"], item["orders"], item["tags"], item["language"]) == ("guest-4", 4, [], "zh_CN")


def test_nobody_gives_a_file_with_a_heading(house: House) -> None:
    assert spreadsheets.rows_of(spreadsheets.page(house.svc, house.tea)[0]) == [["openid"]]


def test_base64_is_how_a_file_of_any_encoding_comes_through_json() -> None:
    content = "openid,备注\nalice,王阿姨\n".encode("gb18030")
    assert spreadsheets.read_bytes(base64.b64decode(base64.b64encode(content))).encoding == "GB18030"
    assert reading.MOST_ROWS == 5000
