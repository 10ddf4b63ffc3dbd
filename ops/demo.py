"""`make demo`: a day of the tea shop, played through the doors that people use; any surprise ends it."""

import base64
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from . import demo_campaign, demo_relay, demo_systems
from .doors import Controls, Phone, Refused, ask, eventually
from .local import shop
from .local.processes import DidNotStart
from .local.stack import Stack

AN_HOUR = 3600
Json = dict[str, Any]


class Surprise(AssertionError):
    """Something went otherwise than the script says."""


@dataclass(frozen=True)
class Shop:
    """The people of the day: a customer, whoever runs the shop, and time itself."""

    app: str
    api_token: str
    xiaolin: Phone
    controls: Controls

    def order(self, once: str, at: int = 0) -> Json:
        """Xiaolin's tea is ready: a template message, as the till would order it."""
        data = {"character_string1": once, "thing2": "茉莉花茶", "time3": "2026年1月1日 15:30"}
        told = {"openid": self.xiaolin.openid, "template_id": shop.ORDER_READY, "data": data, "once": once, "at": at}
        return ask("POST", f"{self.app}/api/tea/templates/messages", told, self.api_token)

    def stage(self, once: str) -> str:
        url = f"{self.app}/api/tea/templates/messages?openid={self.xiaolin.openid}&once={once}"
        return str(ask("GET", url, token=self.api_token)["stage"])


def welcome(day: Shop) -> None:
    tell("小林关注茶店", "Xiaolin follows the tea shop")
    answered(day.xiaolin.follow(), "欢迎来到一盏茶")


def question(day: Shop) -> None:
    tell("她问茶单", "She asks for the menu")
    answered(_says(day, "今天的茶单？"), "茉莉花茶 18 元")


def unknown_question(day: Shop) -> None:
    tell("一个没人教过的问题", "A question that nobody prepared for")
    answered(_says(day, "你们的茶杯是哪个窑烧的？"), "稍后由店员回复")


def redelivery(day: Shop) -> None:
    tell("微信把同一条消息投递了两次", "WeChat delivers the same message twice")
    message = {
        "MsgType": "text",
        "Content": "echo:第七号订单",
        "MsgId": "7000000000000007",
        "CreateTime": int(time.time()),
    }
    first, second = day.xiaolin.event(**message), day.xiaolin.event(**message)
    answered(first, "第七号订单")
    expect(_texts(second) == _texts(first), "答案一字不差 the answer is the same, to the letter", second)


def menu(day: Shop) -> None:
    tell("点菜单「营业时间」", "She taps “opening hours” on the menu")
    answered(day.xiaolin.tap("营业时间"), "10:00")


def sign_in(day: Shop) -> None:
    tell("打开会员中心，微信登录", "She opens the member page and is signed in by WeChat")
    page = day.xiaolin.open(f"{day.app}/oauth/tea/start?then=/h5/tea/hello")
    expect("您好，茶友" in page["text"], f"页面 page: {page['url'].removeprefix(day.app)} {page['title']}", page)
    me = day.xiaolin.open(f"{day.app}/oauth/tea/me")
    expect(day.xiaolin.openid in me["text"], "网页认出了她 the page knows who she is", me)


def other_site(day: Shop) -> None:
    tell("到另一个团队的网站，也用微信登录", "Another team's site, and she signs in with WeChat there too")
    site = f"{day.controls.simulator}/other-site/"
    page = day.xiaolin.open(f"{day.app}/oauth/tea/start?{urlencode({'then': site})}")
    (ticket,) = parse_qs(urlsplit(page["url"]).query).get("ticket", [""])
    expect(page["url"].startswith(site) and bool(ticket), "带着凭票到了 she arrives with a ticket", page)
    known = ask("POST", f"{day.app}/oauth/tea/exchange", {"ticket": ticket}, day.api_token)
    expect(known["openid"] == day.xiaolin.openid, "那边的服务器认出了她 their server knows who she is", known)
    expect(
        _names_our_key(day, known["id_token"]),
        "ID token 用的是公开的钥匙 the ID token names a key that we publish",
        known,
    )


def poll(day: Shop) -> None:
    tell("店长问大家夏天喝什么，小林投了两次", "A poll on what to drink in summer; Xiaolin votes twice")
    asks = [{"text": "这个夏天喝什么？", "options": ["龙井", "乌龙", "普洱"]}]
    told = {"kind": "poll", "title": "夏天的茶", "questions": asks, "closes_at": day.controls.now() + AN_HOUR}
    made = ask("POST", f"{day.app}/api/tea/polls", told, day.api_token)
    for choice in ("1", "2"):
        page = day.xiaolin.open(made["page"], method="POST", form={"q0": choice})
    listed = ask("GET", f"{day.app}/api/tea/polls", token=day.api_token)
    expect("夏天的茶" in str(listed), "投票在列表里 the poll is on the list", listed)
    counted = eventually(lambda: _votes(day, made["poll_id"]) == [0, 1, 0])  # a container counts every two seconds
    expect(counted, "一人一票：乌龙 1 one vote each: oolong 1", _votes(day, made["poll_id"]))
    expect("乌龙" in page["text"] and "100%" in page["text"], "页面画出了结果 the page shows the results", page)


def counter_code(day: Shop) -> None:
    tell("柜台上的二维码：扫过的人自动打上标签", "A QR code on the counter: whoever scans it is tagged by a rule")
    tag = _api(day, "POST", "tags", {"name": "柜台扫码"})["tag_id"]
    _api(day, "POST", "qrcodes", {"scene": "counter", "name": "柜台立牌", "kind": "permanent", "place": "西湖店"})
    question = {"event": "scanned", "what": "counter", "within_days": 30}
    _api(day, "POST", "tag-rules", {"name": "扫过柜台的码", "tag_id": tag, "question": question})
    day.controls.outlast_memories()
    day.xiaolin.scan("counter")
    tagged = eventually(lambda: tag in _api(day, "GET", f"followers/{day.xiaolin.openid}")["tags"])
    expect(bool(tagged), "标签打上了 she is tagged", _api(day, "GET", f"followers/{day.xiaolin.openid}"))
    counts = _api(day, "GET", "qrcodes/counter")
    expect(counts["scans"] == 1, "这个码被扫了 1 次 the code was scanned once", counts)


def everybody(day: Shop) -> None:
    tell("和微信核对全部粉丝，再数一群人", "All followers are compared with WeChat's list; then some are counted")
    _api(day, "POST", "followers/sync")
    done = eventually(lambda: (run := _api(day, "GET", "followers/sync"))["state"] == "done" and run)
    expect(bool(done), f"同步完成，共 {(done or {}).get('listed')} 人 synced", _api(day, "GET", "followers/sync"))
    question = {"question": {"event": "scanned", "what": "counter", "within_days": 30}}
    about = _api(day, "POST", "segments/estimate", question)
    expect(about["about"] == 1, "扫过柜台码的有 1 人 one of them scanned the code", about)
    rows = _api(day, "GET", "followers/export")["items"]
    known = any(row["openid"] == day.xiaolin.openid for row in rows)
    expect(known, "名单可以导出 the list can be exported", rows)


def template_now(day: Shop) -> None:
    tell("茶好了：模板消息经 SQS 送出", "Tea is ready: a template message goes out through SQS")
    day.order("order-7")
    delivered(day, "order-7")


def template_twice(day: Shop) -> None:
    tell("收银机又报了一次同一单", "The till reports the same order again")
    expect(day.order("order-7")["stage"] == "delivered", "不会再发 nothing is sent again", day.xiaolin.inbox()[-1:])
    expect(_received(day, "order-7") == 1, "手机上只有一条 one message on her phone", {})


def template_later(day: Shop) -> None:
    tell("预约一小时后的提醒，再把时钟拨快", "A reminder for an hour from now; then the clock is moved on")
    day.order("order-8", at=day.controls.now() + AN_HOUR)
    expect(day.stage("order-8") == "planned" and not _received(day, "order-8"), "还没有发 not sent yet", {})
    day.controls.advance(AN_HOUR + 60)
    delivered(day, "order-8")


def token_revoked(day: Shop) -> None:
    tell("微信吊销了所有 access_token", "WeChat revokes every access token")
    day.controls.kill_tokens("tea")
    before = _token_requests(day)
    day.order("order-9")
    delivered(day, "order-9")
    expect(_token_requests(day) - before == 1, "自愈：只换了一次新令牌 healed, with one new token", {})


def farewell(day: Shop) -> None:
    tell("小林取消关注", "Xiaolin unfollows")
    expect(_texts(day.xiaolin.unfollow()) == [], "安静地告别 a quiet farewell", {})
    day.order("order-10")
    expect(bool(eventually(lambda: day.stage("order-10") == "refused")), "不再打扰 nothing reaches her any more", {})


def purchase(day: Shop) -> None:
    demo_systems.purchase(day, tell, expect)


SCENES: tuple[Callable[[Shop], None], ...] = (
    welcome,
    question,
    unknown_question,
    redelivery,
    menu,
    sign_in,
    other_site,
    poll,
    counter_code,
    everybody,
    template_now,
    template_twice,
    template_later,
    token_revoked,
    purchase,
)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="gaiwan-demo-") as folder:
        stack = Stack(Path(folder))
        try:
            stack.start()
            day = play(stack)
            demo_campaign.two_thousand(day, stack, tell, expect)
        except (Surprise, Refused, DidNotStart) as error:
            print(f"\n  意外 · a surprise: {error}\n\n{_log(stack)}", file=sys.stderr)
            return 1
        finally:
            stack.stop()
    print("\n一天平安结束。\nThe day ended well.")
    return 0


def _log(stack: Stack) -> str:
    return stack.programs["app"].last_words() if "app" in stack.programs else ""


def play(stack: Stack) -> Shop:
    """All but the evening's campaign, which takes longer than the rest."""
    print("茶店的一天 · A day in the life of the tea shop")
    xiaolin = Phone(stack.simulator, "tea", shop.openid("tea", "Xiaolin"))
    day = Shop(stack.app, stack.api_token, xiaolin, Controls(stack.simulator))
    for scene in SCENES:
        scene(day)
    beside_others(day, stack)
    farewell(day)
    return day


def beside_others(day: Shop, stack: Stack) -> None:
    """Only at home: a deployed stage calls nobody on this machine."""
    demo_systems.crm_knows_her(day, tell, expect)
    demo_relay.older_crm(day, demo_relay.at_laptop(stack.environment()), tell, expect)


def tell(chinese: str, english: str) -> None:
    print(f"\n{chinese}\n{english}")


def _says(day: Shop, text: str) -> Json:
    print(f"    小林: {text}")
    return day.xiaolin.say(text)


def answered(shown: Json, with_words: str) -> None:
    texts = _texts(shown)
    for text in texts:
        print("    茶店: " + text.replace("\n", "\n          "))
    if not any(with_words in text for text in texts):
        raise Surprise(f"expected an answer with {with_words!r}, but the phone shows {shown}")


def _texts(shown: Json) -> list[str]:
    return [reply.get("content", "") for reply in shown["replies"]]


def delivered(day: Shop, once: str) -> None:
    stage = eventually(lambda: (found := day.stage(once)) == "delivered" and found)
    expect(bool(stage), f"{once}: 已送达 delivered", day.xiaolin.inbox()[-1:])
    expect(_received(day, once) == 1, "手机收到取餐提醒 it is on her phone", day.xiaolin.inbox()[-1:])


def _received(day: Shop, once: str) -> int:
    return sum(once in str(item) for item in day.xiaolin.inbox() if item.get("type") == "template")


def _votes(day: Shop, poll_id: str) -> list[int]:
    results = _api(day, "GET", f"polls/{poll_id}/results")
    return [option["votes"] for option in results["questions"][0]["options"]]


def _api(day: Shop, method: str, path: str, told: Json | None = None) -> Json:
    return ask(method, f"{day.app}/api/tea/{path}", told, day.api_token)


def _names_our_key(day: Shop, id_token: str) -> bool:
    """Whether it names a key that we publish; tests check the signature itself, with a library of others."""
    head = id_token.partition(".")[0]
    named = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]
    return any(key["kid"] == named for key in ask("GET", f"{day.app}/.well-known/jwks.json")["keys"])


def _token_requests(day: Shop) -> int:
    return int(day.controls.calls(account="tea", list="0")["counts"].get("/cgi-bin/stable_token", 0))


def expect(true: bool, what: str, seen: object) -> None:
    if not true:
        raise Surprise(f"{what}; instead: {seen}")
    print(f"    ✓ {what}")


if __name__ == "__main__":
    sys.exit(main())
