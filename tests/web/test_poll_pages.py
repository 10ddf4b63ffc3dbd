"""The pages of polls and quizzes: what they show to whom, what they take, and what they refuse."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qs, quote, urljoin, urlsplit

import pytest
import urllib3

from chalicelib.features import polls
from chalicelib.features.polls import Afterwards, Poll, Question, ScoreText, Share, checks, results
from chalicelib.web import pages
from chalicelib.web.polls import form
from tests.house import House, logged
from tests.polling import A_DAY, TEA, WITH_IT, poll, quiz
from tests.visiting import Browser

FORM = "application/x-www-form-urlencoded"
ANSWERS = "q0=0&q1=0&q1=1"
BUDGET = 60_000  # bytes
SIGNATURE = 200  # of them, what the JS-SDK is configured with
QR_CODE = "/cgi-bin/qrcode/create"
EVIL = "https://evil.example"


def path(asked: Poll) -> str:
    return f"/h5/{'quizzes' if asked.kind == 'quiz' else 'polls'}/{asked.poll_id}"


def reader(house: House, openid: str = "alice", **query: str) -> Browser:
    """Somebody's browser, signed in."""
    browser = Browser(house)
    assert browser.sign_in(openid=openid, code=f"code-of-{openid}", **query).status == 302
    return browser


def stranger(house: House) -> Browser:
    return Browser(house)


def sees(browser: Browser, asked: Poll, query: str = "") -> str:
    answer = browser.get(path(asked) + query)
    assert answer.status == 200, answer.data
    return answer.data.decode()


def sends(browser: Browser, asked: Poll, body: str | bytes = ANSWERS, **headers: str) -> urllib3.BaseHTTPResponse:
    return browser.send("POST", path(asked), body, **({"Content_Type": FORM} | headers))


def words(html: str) -> str:
    """What a reader reads."""
    shown = re.sub(r"<(style|script|title)[^>]*>.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(shown).split())


def edition(html: str) -> str:
    """Which questions the form on a page asks."""
    (found,) = re.findall(r"name=edition value=([0-9a-f]{8})>", html)
    return str(found)


def marked(html: str, kind: str) -> list[str]:
    """The options with such a seal in the picture of the results."""
    rows = re.findall(r"<tr class=([bmr]+)><th>([^<]*)<", html)
    return [label for kinds, label in rows if kind[0] in kinds]


def ticked(html: str) -> list[tuple[str, str]]:
    return re.findall(r"name=(q\d+) value=(\d+) checked", html)


def counts(house: House, asked: Poll) -> tuple[tuple[int, ...], ...]:
    house.svc._cache.clear()
    return polls.tally(house.svc, asked).counts


def nobody_voted(house: House, asked: Poll) -> bool:
    house.svc._cache.clear()
    return polls.tally(house.svc, asked).people == 0


# What is not there, and what makes no sense.


@pytest.mark.parametrize("poll_id", ["000000000000", "x", "..%2f..%2fapi", "%3Cscript%3E", "ABCDEFABCDEF", "a" * 500])
@pytest.mark.parametrize("folder", ["polls", "quizzes"])
def test_a_poll_that_does_not_exist_is_a_page_that_says_so(house: House, folder: str, poll_id: str) -> None:
    for method in ("GET", "POST"):
        answer = stranger(house).send(method, f"/h5/{folder}/{poll_id}", "q0=0", Content_Type=FORM)
        assert answer.status == 404
        assert "没有这个投票" in answer.data.decode()
        assert answer.headers["Content-Type"].startswith("text/html")


def test_the_wrong_kind_of_address_leads_to_the_right_one(house: House) -> None:
    asked = quiz(house)
    here = f"/h5/polls/{asked.poll_id}"

    answer = stranger(house).get(here)

    assert answer.status == 302
    assert urljoin(here, answer.headers["Location"]) == path(asked)


@pytest.mark.parametrize(
    "body",
    [
        "q0=0&evil=1",
        "q0",
        "q0=",
        "=0",
        "q0=3",
        "q2=0",
        "q99=99",
        "q0=0&q0=0",
        "q0=%30",
        "q0=-1",
        "q0=0&&q1=0",
        "Q0=0",
        "q0=0;q1=0",
        "q0=0\r\nq1=0",
        "q0=٠".encode(),
        "edition=",
        "edition=0123456",
        "edition=ABCDEF01&q0=0",
        "edition=01234567&edition=01234567&q0=0",
        b"\xff\xfe",
        b"\x00",
        '{"answers": [[0], [0]]}',
    ],
)
def test_what_our_form_cannot_send_is_refused_on_a_page(house: House, body: str | bytes) -> None:
    asked = poll(house)

    for browser in (reader(house), stranger(house)):
        answer = sends(browser, asked, body)
        html = answer.data.decode()
        assert (answer.status, "这份答卷读不懂" in html) == (400, True)
        assert ("<form" in html, ticked(html)) == (True, [])  # the way back is the page itself
    assert nobody_voted(house, asked)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_only_a_form_is_read(house: House, kind: str) -> None:
    asked = poll(house)

    assert sends(reader(house), asked, Content_Type=kind).status == 400
    assert nobody_voted(house, asked)


def test_a_body_that_is_too_big_is_not_read(house: House) -> None:
    answer = sends(reader(house), poll(house), "q0=0&" * 1000)

    html = answer.data.decode()
    assert (answer.status, "太大" in html, "<form" in html) == (413, True, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": f"{EVIL}/"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "null", "Sec_Fetch_Site": "cross-site"},
        {"Origin": EVIL, "Sec_Fetch_Site": "same-origin"},
    ],
)
def test_a_form_on_another_site_does_not_vote(house: House, headers: dict[str, str]) -> None:
    asked = poll(house)

    assert sends(reader(house), asked, **headers).status == 403
    assert nobody_voted(house, asked)


@pytest.mark.parametrize("origin", ["own", "null", ""])
def test_our_own_form_votes_whatever_the_browser_tells_of_where_it_stands(house: House, origin: str) -> None:
    asked = poll(house)
    headers = {"Origin": house.app if origin == "own" else origin} if origin else {}

    assert sends(reader(house), asked, **headers).status == 303
    assert counts(house, asked)[0] == (1, 0, 0)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "第 1 题请选一项。"),
        ("q0=1", "第 2 题请选 1 到 2 项。"),
        ("q0=0&q0=1&q1=0", "第 1 题请选一项。"),
        ("q0=1&q1=0&q1=1&q1=2", "第 2 题请选 1 到 2 项。"),
    ],
)
def test_answers_that_do_not_fit_come_back_with_what_is_missing_and_stay_ticked(
    house: House, body: str, says: str
) -> None:
    asked = poll(house)
    for browser in (reader(house), stranger(house)):  # also before anybody is sent to sign in
        answer = sends(browser, asked, body)
        html = answer.data.decode()
        assert (answer.status, says in html) == (400, True)
        assert ticked(html) == [tuple(pair.split("=")) for pair in body.split("&") if pair]
    assert nobody_voted(house, asked)


@pytest.mark.parametrize(
    "pick", ["x", "0", "0123456789", "-0.0", "0.9", "0.0.0", "c.0", "00.1", "..", "0.1<script>", "9" * 400, "%00"]
)
def test_a_made_up_pick_ticks_nothing_and_breaks_nothing(house: House, pick: str) -> None:
    assert ticked(sees(stranger(house), poll(house), f"?pick={pick}")) == []


# Questions that change.


def change(house: House, asked: Poll, *questions: Question) -> Poll:
    """As an operator does it elsewhere: this container remembers the old ones for eight seconds more."""
    remembered = polls.find(house.svc, asked.poll_id)
    changed = poll(house, poll_id=asked.poll_id, questions=questions)
    house.svc._cache[f"poll#{asked.poll_id}"] = (house.svc.clock.time() - 2, remembered)
    return changed


def test_a_form_of_other_questions_is_shown_the_new_ones_and_counts_nothing(house: House) -> None:
    asked, browser = poll(house), reader(house)
    old = edition(sees(browser, asked))
    changed = change(house, asked, WITH_IT, TEA)

    answer = sends(browser, asked, f"edition={old}&q0=1&q1=0")

    html = answer.data.decode()
    assert (answer.status, "题目刚刚改过，请重新选择。" in html) == (409, True)
    assert (ticked(html), edition(html)) == ([], changed.edition)
    assert html.index(WITH_IT.text) < html.index(TEA.text)
    assert nobody_voted(house, changed)
    assert sends(browser, asked, f"edition={edition(html)}&q0=1&q1=0").status == 303
    assert counts(house, changed) == ((0, 1, 0), (1, 0, 0))


def test_choices_that_a_sign_in_brings_back_to_other_questions_are_not_ticked(house: House) -> None:
    asked, browser = poll(house), stranger(house)
    sent = sends(browser, asked, f"edition={asked.edition}&q0=1&q1=0")
    back = browser.sign_in(parse_qs(urlsplit(sent.headers["Location"]).query)["then"][0]).headers["Location"]
    change(house, asked, WITH_IT, TEA)
    house.svc._cache.clear()

    html = browser.get(back.removeprefix(house.app)).data.decode()

    assert ("题目刚刚改过" in html, ticked(html), "已登录，您的选择还在" in html) == (True, [], False)


def test_a_form_that_does_not_say_which_questions_it_asks_is_taken_for_these(house: House) -> None:
    """As machines send it, and pages from before there were editions."""
    asked, browser = poll(house), reader(house)

    assert ticked(sees(browser, asked, "?pick=1.0")) == [("q0", "1"), ("q1", "0")]
    assert sends(browser, asked, "q0=1&q1=0").status == 303
    assert counts(house, asked) == ((0, 1, 0), (1, 0, 0))


def test_who_voted_already_is_not_asked_again_by_an_old_form(house: House) -> None:
    asked, browser = poll(house), reader(house)
    old = asked.edition
    changed = poll(house, poll_id=asked.poll_id, questions=(WITH_IT, TEA))
    sends(browser, changed, "q0=1&q1=0")

    html = sends(browser, changed, f"edition={old}&q0=0&q1=0").data.decode()

    assert ("以第一次为准" in html, "请重新选择" in html, "您的一票已收到" in html) == (True, False, True)


# Who may vote, and when.


def test_a_stranger_signs_in_and_finds_their_choices_again(house: House) -> None:
    asked, browser = poll(house), stranger(house)
    here = house.app + path(asked)

    sent = sends(browser, asked, "q0=1&q1=0&q1=2")
    assert sent.status == 303
    door = urlsplit(urljoin(here, sent.headers["Location"]))
    assert door.path == "/oauth/tea/start"
    then = parse_qs(door.query)["then"][0]
    back = browser.sign_in(then).headers["Location"]

    html = browser.get(back.removeprefix(house.app)).data.decode()
    assert ticked(html) == [("q0", "1"), ("q1", "0"), ("q1", "2")]
    assert "确认投票" in html
    assert nobody_voted(house, asked)

    assert sends(browser, asked, "q0=1&q1=0&q1=2").status == 303
    assert counts(house, asked) == ((0, 1, 0), (1, 0, 1))


def test_a_vote_counts_once_and_a_repeat_shows_the_first(house: House) -> None:
    asked, browser = poll(house), reader(house)

    for body in ("q0=1&q1=0", "q0=1&q1=0", "q1=0&q0=1"):
        answer = sends(browser, asked, body)
        assert answer.status == 303
        assert urljoin(path(asked), answer.headers["Location"]) == path(asked)

    assert counts(house, asked) == ((0, 1, 0), (1, 0, 0))
    html = sees(browser, asked)
    assert "您的一票已收到" in html
    assert "以第一次为准" not in html
    assert marked(html, "mine") == ["乌龙", "花生"]
    assert "<form" not in html


def test_who_chooses_something_else_the_second_time_is_told_that_the_first_counts(house: House) -> None:
    asked = poll(house)
    first, second = reader(house), stranger(house)
    sends(first, asked, "q0=1&q1=0")

    again = sends(first, asked, "q0=2&q1=1")
    sent = sends(second, asked, "q0=2&q1=1")  # another phone, not signed in yet
    back = second.sign_in(parse_qs(urlsplit(sent.headers["Location"]).query)["then"][0]).headers["Location"]

    assert again.status == 303
    for browser, led in ((first, urljoin(path(asked), again.headers["Location"])), (second, back)):
        html = browser.get(led.removeprefix(house.app)).data.decode()
        assert "您已投过票，以第一次为准。" in html
        assert "You had voted already; the first vote counts." in html
        assert marked(html, "mine") == ["乌龙", "花生"]
    assert counts(house, asked) == ((0, 1, 0), (1, 0, 0))


def test_before_it_opens_the_page_says_when_and_takes_nothing(house: House) -> None:
    now = house.svc.now()
    asked = poll(house, opens_at=now + 2 * A_DAY + 3600, closes_at=now + 5 * A_DAY)
    browser = reader(house)

    html = sees(browser, asked)
    assert "还有 2 天" in words(html).replace("还有  ", "还有 ")
    assert "<form" not in html
    refused = sends(browser, asked)
    assert (refused.status, "还没开始" in refused.data.decode()) == (409, True)

    house.advance(2 * A_DAY + 3601)
    assert "<form" in sees(browser, asked)


def test_the_last_hour_counts_down_by_itself(house: House) -> None:
    asked = poll(house, opens_at=house.svc.now() + 600)

    assert re.search(r"class=big data-left=(600|59\d)", sees(stranger(house), asked))


def test_after_the_close_nobody_votes_and_everybody_sees(house: House) -> None:
    asked = poll(house)
    sends(reader(house, "bob"), asked)
    late = reader(house)
    house.advance(A_DAY + 1)
    house.svc._cache.clear()

    refused = sends(late, asked)

    assert (refused.status, "投票已经结束" in refused.data.decode()) == (409, True)
    assert "1 人参与" in refused.data.decode()
    html = sees(stranger(house), asked)
    assert "1 took part" in html
    assert "<form" not in html


def test_results_that_are_nobodys_business_stay_inside(house: House) -> None:
    asked = poll(house, results="never")
    browser = reader(house)
    sends(browser, asked)

    assert "class=chart" not in sees(browser, asked)
    house.advance(A_DAY + 1)
    assert "结果没有公开" in sees(stranger(house), asked)


def test_results_wait_for_the_close_where_the_poll_says_so(house: House) -> None:
    asked, browser = poll(house, results="after_close"), reader(house)
    sends(browser, asked)

    html = sees(browser, asked)
    assert "结束后公布" in html
    assert "您选了 You chose ：花生、绿豆糕" in words(html)
    assert "人参与" not in html

    house.advance(A_DAY + 1)
    assert "1 人参与" in sees(browser, asked)


def test_results_for_all_are_shown_before_the_vote_to_who_asks(house: House) -> None:
    asked = poll(house, results="always")
    for browser in (stranger(house), reader(house)):
        html = sees(browser, asked)
        assert ('href="?results=1"' in html, "<form" in html, "class=chart" in html) == (True, True, False)

        html = sees(browser, asked, "?results=1")
        assert ("还没有人投票" in html, "<form" in html, html.count("class=chart")) == (True, False, 2)
        assert f"href={asked.poll_id}>我也来答" in html


@pytest.mark.parametrize("results", ["after_vote", "after_close", "never"])
def test_asking_for_results_that_are_not_for_all_shows_the_form(house: House, results: str) -> None:
    html = sees(reader(house), poll(house, results=results), "?results=1")

    assert ("<form" in html, "?results" in html, "class=chart" in html) == (True, False, False)


def test_only_followers_vote_where_the_poll_says_so_and_others_are_shown_how_to_follow(house: House) -> None:
    asked, browser = poll(house, voters="followers"), reader(house)

    assert "只有关注者可以投票" in sees(stranger(house), asked)
    html = sees(browser, asked)
    assert re.search(r'<img src="data:image/png;base64,[A-Za-z0-9+/=]+"', html)
    assert ("长按识别二维码" in html, "<form" in html) == (True, False)
    assert sends(browser, asked).status == 403
    assert nobody_voted(house, asked)

    house.phone("alice", "follow")
    assert "<form" in sees(browser, asked)
    assert sends(browser, asked).status == 303


def test_without_a_code_from_wechat_the_page_names_the_account(house: House) -> None:
    house.control("faults", path=QR_CODE, errcode=45009, times=5)

    assert "请在微信里搜索「茶铺」" in sees(reader(house), poll(house, voters="followers"))


def test_a_snapshot_is_led_to_the_full_page(house: House) -> None:
    asked, phone = poll(house), "alice"
    house.control("settings", account="tea", openid=phone, snapshot=True)
    url = f"{house.app}/oauth/tea/start?scope=snsapi_userinfo&then={path(asked)}"

    shown = house.phone(phone, "open", url=url)
    assert ("使用完整服务" in shown["text"], "登录" in shown["text"]) == (True, True)
    refused = house.phone(phone, "open", url=house.app + path(asked), method="POST", form={"q0": "0", "q1": "0"})

    assert refused["status"] == 403
    assert nobody_voted(house, asked)


def test_the_way_on_from_a_snapshot_takes_the_choices_along(house: House) -> None:
    asked = poll(house)
    house.control("settings", account="tea", openid="alice", snapshot=True)
    browser = reader(house, scope="snsapi_userinfo")

    for html in (sees(browser, asked, "?pick=1.02"), sends(browser, asked, "q0=1&q1=0&q1=2").data.decode()):
        assert "使用完整服务" in html
        assert f"then={quote(f'{path(asked)}?pick={asked.edition}-1.02', safe='')}" in html
    assert "pick" not in sees(browser, asked)


def test_after_voting_those_who_do_not_follow_are_invited(house: House) -> None:
    asked = poll(house, afterwards=Afterwards(follow_qr=True, thanks="到店领<茶点>"))
    alice, bob = reader(house), reader(house, "bob")
    house.phone("bob", "follow")
    for browser in (alice, bob):
        sends(browser, asked)

    assert "长按识别二维码" in sees(alice, asked)
    assert "到店领&lt;茶点&gt;" in sees(alice, asked)
    assert "长按识别二维码" not in sees(bob, asked)


# Quizzes.


def test_a_quiz_tells_nothing_before_and_everything_after(house: House) -> None:
    asked, browser = quiz(house), reader(house)

    before = sees(browser, asked)
    assert not re.search("正确|✓|right", words(before))
    assert sends(browser, asked, "q0=1&q1=0&q1=2").status == 303

    after = sees(browser, asked)
    assert 'aria-label="1 / 2"' in after
    assert "再喝几杯吧" in after
    assert marked(after, "right") == ["80 度", "龙井", "碧螺春"]
    assert marked(after, "mine") == ["100 度", "龙井", "碧螺春"]
    assert "选 您的选择 Your choice ✓ 正确答案 Right answer" in words(after)
    assert "人作答" not in words(after)  # nobody to compare with yet


def test_a_quiz_tells_how_one_did_among_the_others(house: House) -> None:
    asked = quiz(house)
    for openid, body in (("bob", "q0=1&q1=1"), ("carol", "q0=1&q1=1"), ("alice", "q0=0&q1=0&q1=2")):
        browser = reader(house, openid)
        sends(browser, asked, body)

    assert "3 人作答，平均答对 0.7 题；您胜过其中 67%。" in words(sees(browser, asked))


@pytest.mark.parametrize("results", ["after_close", "never"])
def test_a_quiz_whose_results_wait_tells_the_score_and_not_what_is_right(house: House, results: str) -> None:
    asked, browser = quiz(house, results=results), reader(house)
    sends(browser, asked, "q0=1&q1=0&q1=2")

    html = sees(browser, asked)
    assert 'aria-label="1 / 2"' in html
    assert "您选了 You chose ：100 度" in words(html)
    assert not re.search("正确|答对了|✓|right", words(html))
    assert "人参与" not in html


def test_a_quiz_whose_results_stay_inside_tells_what_is_right_once_it_is_closed(house: House) -> None:
    asked, browser = quiz(house, results="never"), reader(house)
    sends(browser, asked, "q0=1&q1=0&q1=2")
    house.advance(A_DAY + 1)

    told = words(sees(browser, asked))

    assert "您选了 You chose ：100 度 正确答案 Right answer ：80 度" in told
    assert "✓ 答对了 Right ：龙井、碧螺春" in told
    assert "正确答案" not in words(sees(stranger(house), asked))


@pytest.mark.parametrize("query", ["", "?results=1"])
def test_a_quiz_whose_results_anybody_may_see_tells_nobody_what_is_right_before_they_took_it(
    house: House, query: str
) -> None:
    asked = quiz(house, results="always")
    sends(reader(house, "bob"), asked, "q0=0&q1=0&q1=2")

    assert not re.search("正确|✓|right", words(sees(reader(house), asked, query)))


# What the pages are made of.


def test_what_operators_write_stays_text(house: House) -> None:
    evil = "</title><script>alert(1)</script>\"' onload=x"
    asked = poll(
        house,
        title=evil,
        intro=evil,
        questions=(
            Question(evil, (evil, "' autofocus onfocus=x y='"), choose=1),
            Question(evil, (evil, "b"), choose=2),
        ),
        share=Share(evil, evil, "https://a.example/x.png?a=1&b=2"),
        afterwards=Afterwards(thanks=evil),
        results="always",
    )
    house.svc.table.update("accounts", "tea", {"label": evil})
    house.svc._cache.clear()
    browser = reader(house)

    asking = sees(browser, asked)
    sends(browser, asked, "q0=0&q1=0")
    voted = sees(browser, asked)

    for html in (asking, voted):
        assert html.count("<script") == 1
        assert not re.search(r"<[^>]*\son(load|focus)=x(?=[^<]*>)(?![^\"]*\"[^<]*>)", html)
        assert html.count("&lt;/title&gt;") >= 5
        assert "' autofocus" not in html
    assert html_attributes_are_quoted(voted)


def html_attributes_are_quoted(html: str) -> bool:
    """Nothing that an operator wrote stands in an attribute without double quotes."""
    return all("alert" not in tag or '="' in tag for tag in re.findall(r"<[a-z][^>]*>", html))


def test_nothing_runs_or_loads_but_what_the_policy_names(house: House) -> None:
    answer = stranger(house).get(path(poll(house)))
    html, policy = answer.data.decode(), answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert f"style-src {hashed(html, 'style')};" in policy
    assert f"script-src {hashed(html, 'script')} 'self' {house.simulator};" in policy
    assert "unsafe" not in policy
    assert "img-src 'self' data:;" in policy + ";"
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", html)


def test_a_poll_with_a_picture_may_show_it(house: House) -> None:
    answer = stranger(house).get(path(poll(house, share=Share(picture="https://cdn.example/tea.jpg?a=1&b=2"))))

    assert "img-src 'self' data: https:" in answer.headers["Content-Security-Policy"]
    assert '<img class=picture src="https://cdn.example/tea.jpg?a=1&amp;b=2"' in answer.data.decode()


def hashed(html: str, tag: str) -> str:
    found: Any = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", html, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()}'"


def test_every_address_works_below_a_stage(house: House) -> None:
    """Through API Gateway's own domain the page stands below /v1."""
    asked = poll(house, results="always")
    html, here = sees(stranger(house), asked), f"https://x.execute-api.example/v1{path(asked)}"

    found = re.findall(r'\s(?:href|action|src|data-module)="?([^"\s>]*)', html)
    led = {urljoin(here, unescape(address)).partition("?")[0] for address in found if not address.startswith("#")}

    below = "https://x.execute-api.example/v1"
    assert led == {here, f"{below}/oauth/tea/start", f"{below}/h5/gaiwan.js"}
    sent = sends(stranger(house), asked).headers["Location"]
    assert urljoin(here, sent).startswith(f"{below}/oauth/tea/start?then=%2Fh5%2Fpolls%2F")


def test_the_card_for_friends_says_what_the_operator_wrote_or_the_poll_itself(house: House) -> None:
    plain = sees(stranger(house), poll(house, intro="第一行\n第二行"))
    assert 'data-title="这个夏天喝什么" data-text="第一行" data-picture=""' in plain

    own = sees(stranger(house), poll(house, share=Share("来投票", "就等您", "https://a.example/b.png")))
    assert 'data-title="来投票" data-text="就等您" data-picture="https://a.example/b.png"' in own


def test_the_form_works_without_script_and_for_screen_readers(house: House) -> None:
    html = sees(stranger(house), poll(house))

    assert html.count("<fieldset") == html.count("<legend") == 2
    assert html.count("type=radio required name=q0") == 3
    assert html.count("type=checkbox name=q1") == 3
    assert "最多选 2 项" in html
    assert re.findall(r"第 \d / \d 题", html) == ["第 1 / 2 题", "第 2 / 2 题"]
    assert 'lang="zh-CN"' in html
    assert html.count("aria-describedby=h") == 2


def test_the_largest_poll_can_be_voted_in(house: House) -> None:
    asked = poll(
        house, questions=tuple(Question(f"第{n}问", tuple(f"第{i}项" for i in range(12)), choose=12) for n in range(20))
    )
    body = "&".join(f"q{question}={option}" for question in range(20) for option in range(12))
    browser = stranger(house)

    sent = sends(browser, asked, body)
    back = browser.sign_in(parse_qs(urlsplit(sent.headers["Location"]).query)["then"][0]).headers["Location"]

    assert len(ticked(browser.get(back.removeprefix(house.app)).data.decode())) == 240
    assert sends(browser, asked, body).status == 303
    assert counts(house, asked) == ((1,) * 12,) * 20


def largest(house: House, letter: str, **changes: Any) -> Poll:
    """As many options as there may be, all of them right, and every text as long as it may be."""
    room = checks.LARGEST_IN_ALL - 20 * 12 * len("00")
    text = letter * (room // len(escape(letter).encode()) // (20 + 20 * 12))
    options = tuple(f"{number:02d}{text}" for number in range(12))
    usual: dict[str, Any] = {
        "title": "茶" * 60,
        "intro": "介" * 500,
        "questions": (Question(text, options, 12, tuple(range(12))),) * 20,
        "results": "always",
        "share": Share(picture="https://a.example/" + "x" * 472),
        "afterwards": Afterwards(follow_qr=True, thanks="谢" * 200),
        "scores": (ScoreText(0, "分" * 200),),
        "closes_at": house.svc.now() + 300 * A_DAY,
    }
    return quiz(house, **(usual | changes))


def crowd(house: House, asked: Poll) -> None:
    """A hundred thousand more, who all ticked everything."""
    everything = results.additions(asked, tuple(tuple(range(12)) for _ in range(20)), 20)
    counts = dict.fromkeys(everything, 100_000)
    house.svc.table.put({"pk": f"tally#{asked.poll_id}", "sk": f"shard#{asked.edition}#99"} | counts)
    house.svc._cache.clear()


@pytest.mark.parametrize("letter", ["茶", "&", '"', "a", "👨"])
def test_every_page_of_the_largest_poll_stays_small(house: House, letter: str) -> None:
    """Uncompressed, with all that it loads from us."""
    asked, browser = largest(house, letter), reader(house)
    everything = [list(range(12))] * 20
    sent = "&".join(f"q{question}={option}" for question, ticks in enumerate(everything) for option in ticks)

    shown = [sees(browser, asked), sees(browser, asked, f"?pick={form.pick(asked, everything)}")]
    assert sends(browser, asked, f"edition={asked.edition}&{sent}").status == 303
    shown.append(sees(browser, asked))
    crowd(house, asked)
    shown.append(sees(browser, asked))
    shown.append(sees(browser, largest(house, letter, poll_id=asked.poll_id, results="never")))
    house.advance(301 * A_DAY)
    shown.append(sees(reader(house), asked))

    assert ["class=chart" in html for html in shown] == [False, False, True, True, False, False]
    loaded = len(house.get("/h5/gaiwan.js?account=tea").data) + SIGNATURE
    sizes = [len(html.encode()) + loaded for html in shown]
    assert max(sizes) < BUDGET, sizes


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme: str) -> None:
    """WCAG AA, by day and by night."""
    blocks = re.findall(r":root\{([^}]*)\}", pages.asset("pages.css"))
    colours = dict(re.findall(r"--(\w+):(#\w+)", "".join(blocks[: 1 if scheme == "light" else 2])))

    for text, behind in [("ink", "paper"), ("ink", "card"), ("ink", "wash"), ("soft", "paper"), ("soft", "card")]:
        assert contrast(colours[text], colours[behind]) >= 4.5, (text, behind)
    for text, behind in [("tea", "paper"), ("tea", "card"), ("on", "tea"), ("seal", "card"), ("soft", "wash")]:
        assert contrast(colours[text], colours[behind]) >= 4.5, (text, behind)


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("status", "to_do", "again"),
    [(400, "请在微信里打开", False), (404, "链接不完整", False), (409, "稍等片刻", True), (503, "不是您的问题", True)],
)
def test_a_problem_says_what_to_do_and_offers_what_may_help(status: int, to_do: str, again: bool) -> None:
    answer = pages.problem("<出了事>。<Something> happened.", status)

    assert (answer.status_code, to_do in answer.body) == (status, True)
    assert "&lt;出了事&gt;" in answer.body
    assert "&lt;Something&gt;" in answer.body
    assert ('<a class=button href="">再试一次' in answer.body) == again
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_nothing_about_a_voter_is_logged(house: House) -> None:
    openid = "oAbCdEfGhIjKlMnOpQrStUvWxYz1"
    asked = poll(house, voters="followers")
    with logged() as lines:
        browser = reader(house, openid)
        house.phone(openid, "follow")
        sends(browser, asked)
        sees(browser, asked)

    assert openid not in lines.getvalue()
    assert "q0=0" not in lines.getvalue()
