"""A day of the tea shop in which every function does all that it ever does: the demo's, and what that leaves out."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from ..demo import SCENES, Shop, answered, expect, farewell, tell
from ..doors import Controls, Phone, ask, eventually
from ..local import shop
from . import beside, brand, campaigns, systems
from .commands import BOOK, PROOF, PROVEN
from .world import STAGE, World

NIGHT = 18  # UTC; 02:00 in Shanghai
SHA1 = 40  # letters
BUSY, DEAD_TOKEN, TOO_OFTEN, ENOUGH = -1, 40001, 45011, 45047
TEMPLATES, CUSTOM, FOLLOWERS = "/cgi-bin/message/template/send", "/cgi-bin/message/custom/send", "/cgi-bin/user/get"
FIVE_TRIES = 120.0  # seconds: 2 + 4 + 8 + 16 + 32, a quarter more by chance, and the polls in between
# As EventBridge sends it. Waiting for the first one takes five minutes, and the clock cannot be moved on for it yet:
# the doctor goes by this machine's.
FIELDS = ("version", "id", "account", "region", "time", "source", "detail-type")
SCHEDULED: dict[str, Any] = {**dict.fromkeys(FIELDS, ""), "resources": [], "detail": {}}
Scene = Callable[[Shop, World], None]


def morning(world: World) -> None:
    """A Surprise where something goes otherwise than it should. Time goes its own way until the rest of the day."""
    meimei = _shop(world, "Meimei")
    for scene in BEFORE:
        scene(meimei, world)


def rest(world: World) -> None:
    """The demo; then the night, and another evening."""
    xiaolin, meimei = _shop(world, "Xiaolin"), _shop(world, "Meimei")
    for scene in (*SCENES, farewell):
        scene(xiaolin)
    for later in AFTER:
        later(meimei, world)


def phone(world: World, person: str) -> Phone:
    return Phone(world.simulator, "tea", shop.openid("tea", person))


def greeting(world: World) -> str:
    """What Meimei reads on the member page, signed in by WeChat."""
    return str(phone(world, "Meimei").open(f"{world.app}/oauth/tea/start?then=/h5/tea/hello")["text"])


def verifies(day: Shop, world: World) -> None:
    tell("微信后台验证回调地址", "WeChat's console verifies the callback address")
    for alias in ("tea", "leaf"):
        found = day.controls.verify(alias)
        expect(found["ok"], f"{alias}: 验证通过 verified", found)


def fetches_tokens(day: Shop, world: World) -> None:
    tell("五分钟一次的日程到了：给每个账号取令牌", "The five-minute schedule comes round: a token for each account")
    world.client("lambda").invoke(FunctionName=f"gaiwan-{STAGE}-refresh_tokens", Payload=json.dumps(SCHEDULED))
    for alias in ("tea", "leaf"):
        expect(_has_token(world, alias), f"{alias}: 有令牌 has a token", alias)


def doubts_a_signature(day: Shop, world: World) -> None:
    tell("微信说签名无效，页面再要一次", "WeChat calls a signature invalid, and the page asks again")
    asked = {"url": f"{world.app}/h5/tea/hello", "again": "1"}
    found = ask("GET", f"{world.app}/jssdk/tea?{urlencode(asked)}")
    expect(len(found["signature"]) == SHA1, "刷新者被叫醒，又签了 the refresher is woken; signed again", found)


def follows(day: Shop, world: World) -> None:
    tell("美美关注茶店", "Meimei follows the tea shop")
    answered(day.xiaolin.follow(), "欢迎来到一盏茶")


def nobody_knows_the_job(day: Shop, world: World) -> None:
    tell("队列里混进一个没人认识的任务", "A job that nobody knows gets into the queue")
    sqs = world.client("sqs")
    body = json.dumps({"job": "nobodys.job", "args": {"account": "tea"}})
    sqs.send_message(QueueUrl=_url(sqs, "work"), MessageBody=body)
    print("    （到晚上再看 we look again in the evening）")


def sends_too_often(day: Shop, world: World) -> None:
    tell("微信嫌模板消息发得太快", "WeChat says that template messages come too often")
    day.controls.fault(TEMPLATES, errcode=TOO_OFTEN)
    day.order("order-1")
    expect(
        bool(eventually(lambda: not _waits(day, TEMPLATES))), "推后一分钟 put off for a minute", day.stage("order-1")
    )


def thinks(day: Shop, world: World) -> None:
    tell("茶师要想三秒：run_job 一起来答", "The tea master takes three seconds: run_job makes the answer too")
    answered(day.xiaolin.say(brand.ASKED), brand.ANSWER)


def speaks_at_length(day: Shop, world: World) -> None:
    tell(
        "她问茶谱，太长，分几段；微信先忙，又不让发",
        "The book of teas comes in parts; WeChat is busy, then refuses one",
    )
    day.controls.fault(CUSTOM, errcode=BUSY)
    day.controls.fault(CUSTOM, errcode=ENOUGH)
    day.xiaolin.say("茶谱")
    expect(bool(eventually(lambda: _owes(world, day.xiaolin.openid))), "欠她一段 a part is owed to her", {})
    answered(day.xiaolin.say("今天的茶单？"), "茉莉花茶")
    expect(
        bool(eventually(lambda: _has_read_it_all(day))), "茶谱齐了，不多不少 all of the book, once", _texts(day)[-200:]
    )


def unlearns(day: Shop, world: World) -> None:
    tell("店长删掉茶谱这条规则", "The manager removes the rule of that book")
    address = f"{world.app}/api/tea/rules"
    (rule,) = [one for one in ask("GET", address, token=day.api_token)["items"] if one["pattern"] == "茶谱"]
    ask("DELETE", f"{address}/{rule['rule_id']}", token=day.api_token)
    left = [one["pattern"] for one in ask("GET", address, token=day.api_token)["items"]]
    expect("茶谱" not in left, "删掉了 it is gone", left)


def presses_the_button(day: Shop, world: World) -> None:
    tell("她在页面上要一条取茶通知", "On the page she asks for a notice")
    expect("您好" in greeting(world), "微信登录 signed in by WeChat", {})
    page = day.xiaolin.open(f"{world.app}/h5/tea/notice", method="POST")
    expect(page["status"] == HTTPStatus.OK, "按下了按钮 the button is pressed", page)
    expect(bool(eventually(lambda: "龙井一壶" in str(day.xiaolin.inbox()))), "手机收到通知 it is on her phone", {})


def fetches_the_proof(day: Shop, world: World) -> None:
    tell("微信来取域名校验文件", "WeChat fetches the proof file")
    page = day.xiaolin.open(f"{world.app}/{PROOF}")
    expect(page["text"] == PROVEN, "一字不差 to the letter", page)


def doubts_a_token(day: Shop, world: World) -> None:
    """Where every token dies at once, anybody may be the first to notice; here it is run_job."""
    tell("发模板消息时，微信不认令牌", "WeChat refuses the token of a template message")
    day.controls.fault(TEMPLATES, errcode=DEAD_TOKEN)
    day.order("order-11")
    expect(
        bool(eventually(lambda: day.stage("order-11") == "delivered", FIVE_TRIES)),
        "换了令牌，order-11 已送达 with another token it is delivered",
        day.stage("order-11"),
    )
    expect(not _waits(day, TEMPLATES), "坏令牌碰到了 it met the dead token", day.controls.faults())


def night(day: Shop, world: World) -> None:
    tell(
        "凌晨两点同步粉丝；微信先忙，又不认令牌",
        "At two in the night followers are listed; WeChat is busy, then refuses the token",
    )
    before = _sync(day, world)
    day.controls.fault(FOLLOWERS, errcode=BUSY)
    day.controls.fault(FOLLOWERS, errcode=DEAD_TOKEN)
    day.controls.advance(_seconds_until(NIGHT, day.controls.now()))
    done = eventually(lambda: _ended_after(before, _sync(day, world)), within=60)
    expect(bool(done), "核对完了 they are listed", _sync(day, world))
    expect(not _waits(day, FOLLOWERS), "忙与坏令牌都碰到了 it met both", day.controls.faults())


def evening(day: Shop, world: World) -> None:
    tell("又一个晚上，看看推后的与失败的", "Another evening: what was put off, and what failed")
    late = eventually(lambda: day.stage("order-1") == "delivered", FIVE_TRIES)
    expect(bool(late), "order-1: 已送达 delivered", day.stage("order-1"))
    expect(
        bool(eventually(lambda: _dead(world) == 1, FIVE_TRIES)), "没人认识的任务在死信队列 the job is a dead letter", {}
    )


BEFORE: tuple[Scene, ...] = (
    verifies,
    fetches_tokens,
    doubts_a_signature,
    follows,
    nobody_knows_the_job,
    sends_too_often,
    thinks,
    speaks_at_length,
    unlearns,
    presses_the_button,
    fetches_the_proof,
)
AFTER: tuple[Scene, ...] = (
    systems.bus,
    systems.crms,
    campaigns.to_everybody,
    campaigns.called_off,
    campaigns.mass_message,
    campaigns.notices,
    beside.relays,
    beside.token_service,
    doubts_a_token,
    night,
    evening,
)


def _shop(world: World, customer: str) -> Shop:
    return Shop(world.app, world.api_token, phone(world, customer), Controls(world.simulator))


def _waits(day: Shop, path: str) -> bool:
    """Whether a fault has not happened yet."""
    return any(fault["path"] == path for fault in day.controls.faults())


def _texts(day: Shop) -> str:
    return "\n".join(str(item.get("content", "")) for item in day.xiaolin.inbox())


def _has_read_it_all(day: Shop) -> bool:
    read = _texts(day)
    return all(read.count(line.partition("，")[0]) == 1 for line in BOOK.splitlines())


def _has_token(world: World, alias: str) -> bool:
    return any(
        item["sk"]["S"] == "token#access" and "token_text" in item for item in beside.items(world, f"account#{alias}")
    )


def _owes(world: World, openid: str) -> bool:
    return any(item["sk"]["S"].startswith("owed#") for item in beside.items(world, f"person#tea#{openid}"))


def _sync(day: Shop, world: World) -> Any:
    return ask("GET", f"{world.app}/api/tea/followers/sync", token=day.api_token)


def _ended_after(before: Any, run: Any) -> bool:
    return bool(run["state"] == "done" and run["started"] > before["started"])


def _dead(world: World) -> int:
    sqs = world.client("sqs")
    asked = {"QueueUrl": _url(sqs, "work-dead"), "AttributeNames": ["ApproximateNumberOfMessages"]}
    return int(sqs.get_queue_attributes(**asked)["Attributes"]["ApproximateNumberOfMessages"])


def _url(sqs: Any, queue: str) -> str:
    return str(sqs.get_queue_url(QueueName=f"gaiwan-{STAGE}-{queue}")["QueueUrl"])


def _seconds_until(hour: int, now: int) -> float:
    at = datetime.fromtimestamp(now, UTC)
    due = at.replace(hour=hour, minute=0, second=20, microsecond=0)
    return (due + timedelta(days=due <= at) - at).total_seconds()
