"""(j) A campaign's chunks sent to WeChat, each call 80 ms away: one worker process, then four; wechatpy in a loop.

The worker is what `run_bulk` runs, chunk after chunk, with DynamoDB played by the emulator and WeChat by the simulator,
both in processes of their own on this machine. Reports are another function's work: they are not brought meanwhile.
What each recipient costs is what DynamoDB says that it consumed, from the planning of their chunk to WeChat's report,
and the requests to SQS, counted; the price file makes it money.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ops.cost.bill import bill
from ops.cost.prices import prices
from ops.cost.usage import Recipient, campaign, reports

from .result import Result, missing

LATENCY_MS = 80
CHUNKS = 10  # of a hundred, for each worker
WORKERS = 4
LEAST_A_SECOND, LEAST_TIMES = 150, 3.4
MOST_WRITES, MOST_REQUESTS = 2.0, 0.05
BY_HAND = 25  # messages of the peer's loop
RECIPIENTS = 100_000
REGION = "us-east-1"
STAGE = "bench"
SEND = "/cgi-bin/message/template/send"
WHAT = f"(j) template messages a second, WeChat {LATENCY_MS} ms away"
Used = Mapping[str, float]
READS = ("GetItem", "Query", "BatchGetItem")


def measure(chunks: int = CHUNKS) -> list[Result]:
    with TemporaryDirectory() as folder, _Town(Path(folder), chunks * (WORKERS + 2)) as town:
        peer = town.wechatpy(BY_HAND)
        one, cpu_ms = town.send(1, chunks)
        four, _ = town.send(WORKERS, chunks)
        used = town.consume(chunks)
    return [_beside(one, peer, cpu_ms), _scaled(one, four), *_costs(_recipient(used, one, cpu_ms))]


def recipient(chunks: int = CHUNKS) -> Recipient:
    """What one takes, for `ops cost`."""
    with TemporaryDirectory() as folder, _Town(Path(folder), chunks * 2) as town:
        rate, cpu_ms = town.send(1, chunks)
        return _recipient(town.consume(chunks), rate, cpu_ms)


def _recipient(used: Used, rate: float, cpu_ms: float) -> Recipient:
    rounded = (round(number, 3) for number in (1000 / rate, cpu_ms, used["read"], used["write"], used["sqs"]))
    return Recipient(*rounded)


def _beside(one: float, peer: float | None, cpu_ms: float) -> Result:
    aim, met = f"≥ {LEAST_A_SECOND}/s", one >= LEAST_A_SECOND
    what = f"{WHAT}, one worker, {cpu_ms:.2f} ms CPU each"
    if peer is None:
        return missing(what, "wechatpy", met)
    return Result(what, f"{one:.0f}/s", "wechatpy in a loop", f"{peer:.1f}/s", f"{one / peer:.1f} times", aim, met)


def _scaled(one: float, four: float) -> Result:
    times, what = four / one, f"{WHAT}, {WORKERS} workers"
    aim = f"≥ {LEAST_TIMES} times"
    return Result(what, f"{four:.0f}/s", "one worker", f"{one:.0f}/s", f"{times:.2f} times", aim, times >= LEAST_TIMES)


def _costs(each: Recipient) -> list[Result]:
    """Of one recipient; and of a hundred thousand, in dollars."""
    listed = prices(REGION)
    sent, reported = bill(campaign(RECIPIENTS, each), listed), bill(reports(RECIPIENTS), listed)
    return [
        Result("(j) write units of a recipient", f"{each.writes:.2f}", "", "", f"{each.reads:.1f} read units",
               f"≤ {MOST_WRITES:.0f}", each.writes <= MOST_WRITES),
        Result("(j) requests to SQS of a recipient", f"{each.sqs_requests:.3f}", "", "", "", f"≤ {MOST_REQUESTS}",
               each.sqs_requests <= MOST_REQUESTS),
        Result(f"(j) {RECIPIENTS:,} recipients", f"${sent.full:.2f}", "of it their reports", f"${reported.full:.2f}",
               f"{REGION}, nothing free", ""),
    ]  # fmt: skip


class _Town:
    """The emulator and the simulator, with an account, people who follow it and a campaign to them."""

    def __init__(self, folder: Path, chunks: int) -> None:
        self._folder, self._chunks = folder, chunks
        self._keys: list[str] = []
        self._programs: list[subprocess.Popen[str]] = []

    def __enter__(self) -> _Town:
        from ops.local.processes import HOST, Program, free_port
        from ops.local.stack import LOOPBACK_ONLY

        port = free_port()
        env = {"BIND_HOST": HOST, "GATEWAY_PORT": str(port), "LOG_LEVEL": "WARNING", "TMPDIR": str(self._folder)}
        self._aws = Program("AWS", ["-m", "ministack"], env | LOOPBACK_ONLY, self._folder / "aws.log")
        self._aws.wait_for(port)
        os.environ |= {
            "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "ap-northeast-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "GAIWAN_STAGE": STAGE,
        }
        from tests import house

        self._told = house.account("tea", "http://127.0.0.1:1")
        people = self._people()
        self._wechat = self._simulator(people)
        self._open_shop()
        self._plan(people)
        return self

    def __exit__(self, *_: object) -> None:
        from chalicelib.aws import session

        for program in self._programs:
            program.kill()
        self._aws.stop(3)
        session.forget()
        del os.environ["AWS_ENDPOINT_URL"]

    def send(self, workers: int, chunks: int) -> tuple[float, float]:
        """(messages a second, CPU ms of a worker for each)."""
        parts = [[self._keys.pop() for _ in range(chunks)] for _ in range(workers)]
        running = [self._start("worker", self._wechat, self._campaign.campaign_id, *part) for part in parts]
        for one in running:
            assert _line(one) == "ready"
        begin = time.time() + 0.3
        for one in running:
            assert one.stdin is not None
            one.stdin.write(f"{begin}\n")
            one.stdin.flush()
        told = [json.loads(_line(one)) for one in running]
        sent = sum(one["sent"] for one in told)
        return sent / (max(one["ended"] for one in told) - begin), sum(one["cpu"] for one in told) / sent * 1000

    def wechatpy(self, number: int) -> float | None:
        """Messages a second, as its documentation sends them; None where it is not installed."""
        try:
            from wechatpy import WeChatClient
        except ImportError:
            return None
        client = WeChatClient(self._told["app_id"], self._told["secret"], access_token=self._tea.tokens.current())
        client.API_BASE_URL = f"{self._wechat}/api.weixin.qq.com/cgi-bin/"
        data = {"thing1": {"value": "茶友，新茶到了"}}
        began = time.perf_counter()
        for person in range(number):
            client.message.send_template(f"by-hand-{person}", self._told["templates"][0]["template_id"], data)
        return number / (time.perf_counter() - began)

    def consume(self, number: int) -> Used:
        """Of one recipient: DynamoDB's units and the requests to SQS, all through the queue and to the last report."""
        from chalicelib.aws import session
        from chalicelib.features import jobs, templates
        from chalicelib.features.campaigns import chunks, reconcile

        svc, tea, campaign = self._svc, self._tea, self._campaign
        keys = [self._keys.pop() for _ in range(number)]
        lists = [chunks.read(svc, tea, campaign, key) for key in keys]
        for key in keys:  # planned anew, to be counted as well
            for kind in ("people", "fates"):
                svc.table.delete(chunks.pk(tea, campaign.campaign_id), f"{kind}#{key}")
        bill = _Bill()
        for key, one in zip(keys, lists, strict=True):
            chunks.write(svc, tea, campaign, key, one.openids if one else [])
        told = {"account": "tea", "campaign_id": campaign.campaign_id}
        svc.bulk.put_many("sending.go", [(told | {"chunk": key}, 0) for key in keys])
        while (
            messages := session.client("sqs")
            .receive_message(QueueUrl=svc.bulk._address(), MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
            .get("Messages")
        ):
            jobs.work(svc, svc.bulk, [jobs.Record(one["Body"], one["ReceiptHandle"], 1) for one in messages], _long)
        for key in keys:
            sent = chunks.read(svc, tea, campaign, key)
            for openid, msgid in zip(sent.openids, sent.msgids, strict=True) if sent else ():
                templates.note_outcome(svc, tea, _report(openid, msgid))
        time.sleep(reconcile.FRESH + 1)
        reconcile.look(svc, tea, campaign.campaign_id)
        bill.end()
        return {name: units / (number * chunks.MOST) for name, units in bill.units.items()}

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "benchmarks.campaign_sending", *arguments]
        one = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._programs.append(one)
        return one

    def _simulator(self, people: list[list[str]]) -> str:
        names = [openid for part in people for openid in part] + [f"by-hand-{one}" for one in range(BY_HAND)]
        world = self._folder / "world.json"
        world.write_text(json.dumps({"account": self._told, "followers": names}))
        return _line(self._start("simulator", str(world)))

    def _open_shop(self) -> None:
        from chalicelib.aws import session
        from chalicelib.features import template_names
        from chalicelib.services import Services
        from chalicelib.settings import Settings
        from tests import house

        session.forget()
        self._svc = svc = Services(Settings(stage=STAGE, wechat_api=f"{self._wechat}/api.weixin.qq.com"))
        svc.functions = house.InProcess(svc)  # type: ignore[assignment]
        house.resources_for(svc, [self._told])
        self._tea = svc.accounts["tea"]
        self._tea.tokens.current()  # asked for here, as no worker may
        template_names.save(svc, self._tea, "notice", house.NOTICE)

    def _plan(self, people: list[list[str]]) -> None:
        from chalicelib.features.campaigns import Document, Variant, chunks, store

        svc, tea = self._svc, self._tea
        variant = Variant(template="notice", fields={"thing1": "{name|茶友}，新茶到了"})
        document = Document(name="新茶", kind="template", quiet=False, track=False, variants=[variant])
        made = store.create(svc, tea, document, "小满").campaign_id
        running = store.move(svc, tea, made, ("draft",), "running", started_at=svc.now(), planned_at=svc.now())
        assert running is not None
        self._campaign = running
        known = {"sk": "profile", "following": True, "since": 1, "facts": {}}
        for number, part in enumerate(people):
            for openid in part:
                svc.table.put({"pk": f"person#tea#{openid}", **known})
            key = "".join(chunks.mark_bucket(part[0], 1)) + f"#--#{number:05d}"
            chunks.write(svc, tea, running, key, part)
            self._keys.append(key)

    def _people(self) -> list[list[str]]:
        """A chunk of a hundred after the other, each of one shelf."""
        from chalicelib.features.campaigns import chunks

        shelves: dict[str, list[str]] = {}
        full: list[list[str]] = []
        number = 0
        while len(full) < self._chunks:
            number += 1
            openid = f"oBench{number:022d}"
            shelf = shelves.setdefault(chunks.mark_bucket(openid, 1)[0], [])
            shelf.append(openid)
            if len(shelf) == chunks.MOST:
                full.append(shelf[:])
                shelf.clear()
        return full


class _Bill:
    """What DynamoDB says that each request consumed, and how many SQS was asked."""

    def __init__(self) -> None:
        from chalicelib.aws import session

        self.units: defaultdict[str, float] = defaultdict(float)
        self._events = [session.client(service).meta.events for service in ("dynamodb", "sqs")]
        self._events[0].register_first("provide-client-params.dynamodb", self._ask)
        self._events[0].register("after-call.dynamodb", self._note)
        self._events[1].register("after-call.sqs", self._count)

    def end(self) -> None:
        self._events[0].unregister("provide-client-params.dynamodb", self._ask)
        self._events[0].unregister("after-call.dynamodb", self._note)
        self._events[1].unregister("after-call.sqs", self._count)

    def _ask(self, params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def _note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "BatchGetItem":  # of which the emulator tells nothing; each is small
            self.units["read"] += 0.5 * sum(len(found) for found in parsed.get("Responses", {}).values())
            return
        told = {"CapacityUnits": 1} if "Error" in parsed else parsed["ConsumedCapacity"]
        units = sum(used["CapacityUnits"] for used in (told if isinstance(told, list) else [told]))
        self.units["read" if model.name in READS else "write"] += units

    def _count(self, **_: Any) -> None:
        self.units["sqs"] += 1


def _line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def _long() -> float:
    return 60.0


def _report(openid: str, msgid: int) -> Any:
    from chalicelib.wechat import messages

    told = {"FromUserName": openid, "ToUserName": "gh_tea", "CreateTime": "1", "MsgType": "event"}
    return messages.message(told | {"Event": "TEMPLATESENDJOBFINISH", "MsgID": str(msgid), "Status": "success"})


def worker(wechat: str, campaign_id: str, *keys: str) -> None:
    from chalicelib.features.campaigns import sending
    from chalicelib.services import Services
    from chalicelib.settings import Settings

    svc = Services(Settings(stage=STAGE, wechat_api=f"{wechat}/api.weixin.qq.com"))
    tea = svc.accounts["tea"]
    tea.tokens.current()
    print("ready", flush=True)
    time.sleep(max(float(sys.stdin.readline()) - time.time(), 0))
    cpu = time.process_time()
    for key in keys:
        sending.go(svc, tea, campaign_id, key)
    told = {"ended": time.time(), "cpu": time.process_time() - cpu, "sent": len(keys) * 100}
    print(json.dumps(told), flush=True)


def simulator(file: str) -> None:
    from simulator.faults import Fault
    from simulator.server import Simulator
    from simulator.world import World

    told = json.loads(Path(file).read_text(encoding="utf-8"))
    world = World({"home": "", "accounts": [told["account"]]})
    for openid in told["followers"]:
        world.accounts["tea"].person(openid).follow(1, "", "")
    world.faults.waiting.append(Fault(path=SEND, latency_ms=LATENCY_MS, times=10_000_000))
    world.faults.waiting.append(Fault(event="lost", times=10_000_000))
    with Simulator(world) as address:
        print(address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    roles: dict[str, Any] = {"worker": worker, "simulator": simulator}
    if sys.argv[1:]:
        roles[sys.argv[1]](*sys.argv[2:])
    else:
        for result in measure():
            print(*result, sep="  ")
