"""QR codes: what is refused, exact numbers whatever is told twice, a tag and a reply for each, pictures for posters."""

from __future__ import annotations

import re
import struct
import threading
import zlib
from typing import Any

import pytest
import segno

from chalicelib.errors import BadInput, Conflict, Forbidden, NotFound, Unavailable
from chalicelib.features import inbox, qrcodes, tags
from chalicelib.features.days import A_DAY
from chalicelib.features.qrcodes import Code, Day, codes, counts
from chalicelib.wechat import messages
from tests.crowd import day, profile
from tests.house import House

CREATE = "/cgi-bin/qrcode/create"


def make(shop: House, scene: str | int = "counter", kind: str = "temporary", **told: Any) -> Code:
    return qrcodes.create(shop.svc, shop.tea, **{"scene": scene, "name": "柜台", "kind": kind} | told)


def counted(shop: House, scene: str = "counter") -> list[Day]:
    return qrcodes.days_of(shop.svc, shop.tea, scene, day(shop, 30), day(shop))


def work(shop: House) -> None:
    while shop.work():
        pass


@pytest.mark.parametrize(
    "told",
    [
        {"scene": ""},
        {"scene": "x" * 65},
        {"scene": "柜台"},
        {"scene": "a b"},
        {"scene": "a#b"},
        {"scene": "console_x"},
        {"scene": "qrscene_x"},
        {"scene": "poll_7"},
        {"scene": 0},
        {"scene": -1},
        {"scene": 2**32},
        {"scene": 100_001, "kind": "permanent"},
        {"kind": "eternal"},
        {"days": 0},
        {"days": 31},
        {"name": " "},
        {"name": "x" * 41},
        {"place": "x" * 61},
        {"tag_id": -1},
        {"reply": {}},
        {"reply": {"type": "poem"}},
        {"reply": {"type": "text", "content": " "}},
        {"reply": {"type": "text", "content": "x" * 601}},
    ],
)
def test_a_code_that_cannot_be_is_refused_before_wechat_is_asked(shop: House, told: Any) -> None:
    with pytest.raises(BadInput) as refused:
        make(shop, **told)
    assert "。" in str(refused.value)
    assert shop.count(CREATE) == 0


def test_an_account_without_the_right_is_told_so(shop: House) -> None:
    with pytest.raises(Forbidden):
        qrcodes.create(shop.svc, shop.leaf, scene="counter", name="柜台", kind="temporary")


def test_a_scene_is_used_once(shop: House) -> None:
    make(shop)
    with pytest.raises(Conflict):
        make(shop)
    assert shop.count(CREATE) == 1


def test_two_who_make_the_same_code_at_once_make_one(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "known", lambda *_: None)
    for kind in ("temporary", "permanent"):
        make(shop, kind, kind)
        with pytest.raises(Conflict):
            make(shop, kind, kind)
    assert qrcodes.made_permanent(shop.svc, shop.tea) == 1


def test_the_permanent_ones_are_counted_for_good_and_their_end_is_told(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "MOST_PERMANENT", 2)
    make(shop, 1, "permanent")
    make(shop, "two", "permanent")
    qrcodes.remove(shop.svc, shop.tea, "two")
    with pytest.raises(Conflict, match="100,000"):
        make(shop, "three", "permanent")
    assert qrcodes.made_permanent(shop.svc, shop.tea) == 2
    make(shop, "three", "temporary")


@pytest.mark.parametrize(("code", "kind"), [(-1, Unavailable), (45009, Unavailable), (40053, Conflict)])
def test_what_wechat_refuses_is_told_in_words_and_nothing_is_stored(shop: House, code: int, kind: Any) -> None:
    for _ in range(5):
        shop.control("faults", path=CREATE, errcode=code)
    with pytest.raises(kind) as refused:
        make(shop)
    assert "。" in str(refused.value)
    with pytest.raises(NotFound):
        qrcodes.find(shop.svc, shop.tea, "counter")


def test_a_code_that_is_not_there_is_not_found(shop: House) -> None:
    for scene in ("counter", "", "柜台", "x" * 500):
        for does in (qrcodes.find, qrcodes.remove, qrcodes.renew):
            with pytest.raises(NotFound):
                does(shop.svc, shop.tea, scene)
        with pytest.raises(NotFound):
            qrcodes.change(shop.svc, shop.tea, scene, name="x")


def test_the_second_editor_is_told(shop: House) -> None:
    made = make(shop)
    qrcodes.change(shop.svc, shop.tea, "counter", name="左柜台", version=made.version)
    with pytest.raises(Conflict):
        qrcodes.change(shop.svc, shop.tea, "counter", name="右柜台", version=made.version)

    assert qrcodes.change(shop.svc, shop.tea, "counter", name="右柜台", place="门口").place == "门口"


def test_an_expired_code_is_not_drawn_until_it_is_renewed(shop: House) -> None:
    made = make(shop, days=1)
    shop.advance(A_DAY + 1)
    for draw in (lambda code: qrcodes.svg(shop.svc, code), lambda code: qrcodes.png(shop.svc, code, 512)):
        with pytest.raises(Conflict, match="renew"):
            draw(made)

    fresh = qrcodes.renew(shop.svc, shop.tea, "counter", 30)

    assert (fresh.expires_at - shop.svc.now() > 29 * A_DAY, fresh.address == made.address) == (True, False)
    assert qrcodes.svg(shop.svc, fresh)
    with pytest.raises(BadInput):
        qrcodes.renew(shop.svc, shop.tea, make(shop, "always", "permanent").scene)


def test_codes_are_listed_page_by_page(shop: House) -> None:
    for n in range(5):
        make(shop, f"stand-{n}")
    make(shop, "stand-5", "permanent")  # whose counter is no code
    seen: list[str] = []
    cursor = "start"
    while cursor:
        shown, cursor = qrcodes.page(shop.svc, shop.tea, cursor if seen else "", 2)
        seen += [code.scene for code in shown]
    assert seen == [f"stand-{n}" for n in range(6)]


def test_a_scan_of_somebody_elses_code_counts_nothing(shop: House) -> None:
    shop.phone("alice", "scan", scene="elsewhere")

    assert counted(shop, "elsewhere") == []
    assert list(shop.svc.table.under("person#tea#alice", "scan#")) == []


def test_scans_and_follows_are_counted_by_day(shop: House) -> None:
    made = make(shop)
    shop.phone("alice", "scan", ticket=made.ticket)  # follows by it
    shop.phone("bob", "follow")
    shop.phone("bob", "scan", ticket=made.ticket)
    shop.advance(2 * A_DAY)
    shop.phone("bob", "scan", ticket=made.ticket)

    assert counted(shop) == [Day(day(shop, 2), 2, 1), Day(day(shop, 1), 0, 0), Day(day(shop), 1, 0)]
    assert qrcodes.totals(shop.svc, shop.tea, [made]) == [Day(0, 3, 1)]


def event(shop: House, name: str = "SCAN", key: str = "counter", at: int = 0, openid: str = "alice") -> Any:
    told = {"FromUserName": openid, "ToUserName": "gh_tea", "MsgType": "event", "Event": name, "EventKey": key}
    return messages.message(told | {"CreateTime": str(at or shop.svc.now()), "Ticket": "x"})


def test_an_event_that_is_heard_again_counts_once(shop: House) -> None:
    make(shop)
    scan, follow = event(shop), event(shop, "subscribe", "qrscene_counter")
    for _ in range(3):
        qrcodes.note(shop.svc, shop.tea, scan)
        qrcodes.note(shop.svc, shop.tea, follow)

    assert counted(shop) == [Day(day(shop), 2, 1)]


def test_being_killed_behind_the_count_and_told_again_counts_once(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    make(shop)
    scan = event(shop)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.features.followers.note_recent", killed)
        with pytest.raises(KeyboardInterrupt):
            qrcodes.note(shop.svc, shop.tea, scan)
    qrcodes.note(shop.svc, shop.tea, scan)

    assert counted(shop) == [Day(day(shop), 1, 0)]


def test_a_day_begins_at_midnight_in_shanghai(shop: House) -> None:
    make(shop)
    midnight = (day(shop)) * A_DAY - 8 * 3600
    qrcodes.note(shop.svc, shop.tea, event(shop, at=midnight - 1))
    qrcodes.note(shop.svc, shop.tea, event(shop, at=midnight))

    assert counted(shop) == [Day(day(shop, 1), 1, 0), Day(day(shop), 1, 0)]


def test_a_crowd_at_one_poster_is_counted_exactly(shop: House) -> None:
    make(shop)
    crowd = [
        threading.Thread(
            target=qrcodes.note, args=(shop.svc, shop.tea, event(shop, openid=f"guest-{n % 20}", at=n + 1))
        )
        for n in range(40)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    while shop.work():
        pass

    assert qrcodes.totals(shop.svc, shop.tea, [qrcodes.find(shop.svc, shop.tea, "counter")]) == [Day(0, 40, 0)]


def test_when_the_table_is_busy_the_listener_is_asked_again_from_the_queue(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(shop)
    shop.phone("alice", "follow")
    busy = Conflict("正忙。Busy.")

    def refuse(*_: Any) -> None:
        raise busy

    with monkeypatch.context() as patch:
        patch.setattr(type(shop.svc.table), "put_new_and_add", refuse)
        patch.setattr(counts, "LONGEST", 0.0)
        shop.phone("alice", "scan", ticket=made.ticket)
    assert counted(shop) == []
    work(shop)

    assert counted(shop) == [Day(day(shop), 1, 0)]


def test_each_code_gives_its_tag_and_its_answer(shop: House) -> None:
    tag_id = tags.create(shop.svc, shop.tea, "西湖店").tag_id
    make(shop, tag_id=tag_id, reply={"type": "text", "content": "柜台欢迎您"})
    first = shop.phone("alice", "scan", scene="counter")
    shop.phone("bob", "follow")
    second = shop.phone("bob", "scan", scene="counter")
    work(shop)

    assert [one["content"] for one in (*first["replies"], *second["replies"])] == ["柜台欢迎您"] * 2
    for openid in ("alice", "bob"):
        assert profile(shop, openid)["tag_ids"] == [tag_id]
        assert shop.world.accounts["tea"].person(openid).tags == [tag_id]


def test_without_an_answer_of_its_own_the_usual_welcome_is_said(shop: House) -> None:
    make(shop)
    assert "欢迎关注" in shop.phone("alice", "scan", scene="counter")["replies"][0]["content"]
    assert shop.phone("alice", "scan", scene="counter")["replies"] == []


def test_a_tag_that_is_gone_stops_neither_the_answer_nor_the_count(shop: House) -> None:
    make(shop, tag_id=999, reply={"type": "text", "content": "柜台欢迎您"})
    shop.phone("alice", "scan", scene="counter")
    work(shop)

    assert counted(shop) == [Day(day(shop), 1, 1)]
    assert "tag_ids" not in profile(shop, "alice")


def test_a_scan_is_on_the_card_at_once(shop: House) -> None:
    make(shop)
    shop.phone("alice", "follow")
    shop.phone("alice", "scan", scene="counter")

    assert profile(shop, "alice")["recent"] == {"scanned:counter": day(shop)}


def test_places_are_added_up(shop: House) -> None:
    for scene, place in (("a", "西湖店"), ("b", "西湖店"), ("c", "机场")):
        make(shop, scene, place=place)
    shop.phone("alice", "scan", scene="a")
    shop.phone("alice", "scan", scene="b")
    shop.phone("alice", "scan", scene="c")

    told = qrcodes.by_place(shop.svc, shop.tea, day(shop), day(shop))
    assert [(one.place, one.codes, one.scans, one.follows) for one in told] == [("西湖店", 2, 2, 1), ("机场", 1, 1, 0)]
    assert [one.scans for one in qrcodes.by_place(shop.svc, shop.tea, 0, day(shop, 1))] == [0, 0]


def test_a_removed_code_is_counted_no_more_and_goes_on_if_it_is_made_again(shop: House) -> None:
    make(shop)
    shop.phone("alice", "scan", scene="counter")
    qrcodes.remove(shop.svc, shop.tea, "counter")
    shop.phone("alice", "scan", scene="counter")
    assert counted(shop) == [Day(day(shop), 1, 1)]

    make(shop)
    shop.phone("alice", "scan", scene="counter")
    assert counted(shop) == [Day(day(shop), 2, 1)]


def modules(picture: bytes, width: int) -> list[list[int]]:
    """What a scanner sees: 1 for dark, without the quiet zone."""
    length = struct.unpack(">I", picture[picture.index(b"IDAT") - 4 :][:4])[0]
    raw = zlib.decompress(picture[picture.index(b"IDAT") + 4 :][:length])
    row_bytes = (width + 7) // 8 + 1
    bits = [
        "".join(f"{byte:08b}" for byte in raw[at + 1 : at + row_bytes])[:width] for at in range(0, len(raw), row_bytes)
    ]
    scale = next(n for n in range(1, width) if bits[n * 4][n * 4] == "0")
    return [[int(bit == "0") for bit in row[::scale][4:-4]] for row in bits[::scale][4:-4]]


def test_pictures_say_the_codes_address_and_fit_a_poster(shop: House) -> None:
    made = make(shop, "always", "permanent")
    drawing = qrcodes.svg(shop.svc, made)
    assert "viewBox" in drawing
    assert not re.search(r"<svg[^>]* width=", drawing)
    assert "<script" not in drawing

    wanted = [list(row) for row in segno.make_qr(made.address, error="q").matrix]
    for size in (64, 512, 1024, 4096):
        picture = qrcodes.png(shop.svc, made, size)
        width, height = struct.unpack(">II", picture[16:24])
        assert width == height <= size
        assert modules(picture, width) == wanted
    for size in (0, 63, 4097):
        with pytest.raises(BadInput):
            qrcodes.png(shop.svc, made, size)


def test_a_name_with_angle_brackets_stays_a_name_in_the_picture(shop: House) -> None:
    made = make(shop, name="<script>alert(1)</script>")
    assert "<script>" not in qrcodes.svg(shop.svc, made)


def test_listeners_hear_of_scans_after_the_profile_is_known() -> None:
    names = [inbox._name(one) for one in inbox.LISTENERS]
    assert names.index("note.note") < names.index("scanning.note") < names.index("applying.note")
