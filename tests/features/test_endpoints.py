"""Other systems are told of each event once or more, in order for each person, whatever fails when."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chalicelib.aws import session
from chalicelib.errors import BadInput, Conflict, NotFound, Unavailable
from chalicelib.features import alarms, endpoints, events, followers, jobs, timeline
from chalicelib.features.endpoints import lanes
from chalicelib.features.endpoints.endpoint import KINDS
from tests.house import House, logged
from tests.receiver import Receiver, hook, receiving

A_DAY = 86_400
PAGE = Path(__file__).parent.parent.parent / "docs" / "events.md"


@pytest.fixture
def crm(house: House) -> Iterator[Receiver]:
    with receiving(house) as receiver:
        yield receiver


def say(house: House, number: int, openid: str = "alice") -> None:
    """Something happened; later numbers later."""
    events.publish(
        house.svc, house.tea, "said", openid, {"text": f"no. {number}", "type": "text"}, cause=str(number), at=number
    )


def texts(receiver: Receiver, openid: str = "alice") -> list[str]:
    return list(dict.fromkeys(one["data"]["text"] for one in receiver.taken if one["openid"] == openid))


def pass_time(house: House, seconds: int, every: int = 600) -> None:
    """Let tick and the workers go on for so long."""
    for _ in range(seconds // every):
        house.advance(every)
        endpoints.start_due(house.svc)
        house.work()


def test_a_message_is_told_to_an_endpoint_that_asks_for_it(house: House, crm: Receiver) -> None:
    hook(house, crm, "followed", "said")

    house.phone("alice", "follow")
    house.says("alice", "您好")
    house.work()

    followed, said = (one.event for one in crm.got)
    assert (followed["kind"], followed["openid"], followed["account"]) == ("followed", "alice", "tea")
    assert (said["kind"], said["version"], said["data"]) == ("said", 1, {"text": "您好", "type": "text"})
    assert crm.got[1].headers["Gaiwan-Event-Id"] == said["id"] and len(said["id"]) == 32


def test_only_what_an_endpoint_asks_for_is_told(house: House, crm: Receiver) -> None:
    hook(house, crm, wants={"said": ["茶"], "clicked": ["MENU"]})

    house.phone("alice", "follow")
    for text in ("您好", "有什么茶？"):
        house.says("alice", text)
    house.phone("alice", "tap", key="MENU")
    house.work()

    assert [one["data"] for one in crm.taken] == [{"text": "有什么茶？", "type": "text"}, {"key": "MENU"}]


def test_events_of_one_person_arrive_in_their_order_though_the_queue_has_none(house: House, crm: Receiver) -> None:
    hook(house, crm)
    for number in (3, 1, 2):
        say(house, number)

    house.work()

    assert texts(crm) == ["no. 1", "no. 2", "no. 3"]


def test_the_same_cause_is_the_same_event_and_sent_once(house: House, crm: Receiver) -> None:
    hook(house, crm)
    for _ in range(3):
        say(house, 1)
        house.work()

    assert len(crm.got) == 1


def test_whoever_answers_500_at_random_gets_everything_in_order(house: House, crm: Receiver) -> None:
    dice = random.Random(7)
    crm.answers = lambda event: dice.choice([200, 500, 503, 429])
    hook(house, crm)
    people = ["alice", "bob", "carol"]
    for number in range(1, 9):
        for openid in people:
            say(house, number, openid)

    house.work()
    pass_time(house, A_DAY)

    for openid in people:
        assert texts(crm, openid) == [f"no. {number}" for number in range(1, 9)]
    assert len({one.event["id"] for one in crm.got}) == 24


def test_whoever_is_down_for_a_day_gets_everything_in_order(house: House, crm: Receiver) -> None:
    crm.answers = lambda event: 503
    endpoint = hook(house, crm)
    say(house, 1)
    for number in range(2, 6):
        pass_time(house, A_DAY // 4, 1200)
        say(house, number)
    failed = len(crm.got)

    crm.answers = lambda event: 200
    pass_time(house, 2 * 3600)

    assert texts(crm) == [f"no. {number}" for number in range(1, 6)]
    assert failed < 120
    after = endpoints.find(house.svc, house.tea, endpoint.endpoint_id)
    assert (after.enabled, after.failing_since, after.failures) == (True, 0, 0)


def test_after_a_day_without_success_an_endpoint_is_switched_off_and_somebody_is_told(
    house: House, crm: Receiver
) -> None:
    crm.answers = lambda event: 500
    endpoint = hook(house, crm)
    say(house, 1)
    house.work()
    say(house, 2)
    pass_time(house, A_DAY + 5 * 3600, 1200)

    after = endpoints.find(house.svc, house.tea, endpoint.endpoint_id)
    assert (after.enabled, after.switched_off) == (False, "HTTP 500")
    assert list(alarms.ringing(house.svc, house.tea)) == [f"endpoint#{endpoint.endpoint_id}"]
    assert not events.is_asked(house.svc, house.tea, "said")
    found, _ = endpoints.given_up(house.svc, house.tea, endpoint.endpoint_id, "", 10)
    assert len(found) == 2

    crm.answers = lambda event: 200
    hook(house, crm, endpoint_id=endpoint.endpoint_id)
    endpoints.begin_redelivery(house.svc, house.tea, endpoint.endpoint_id)
    house.work()
    house.work()

    assert texts(crm) == ["no. 1", "no. 2"]
    assert alarms.ringing(house.svc, house.tea) == {}
    assert endpoints.given_up(house.svc, house.tea, endpoint.endpoint_id, "", 10) == ([], "")


def test_what_will_never_be_taken_is_given_up_and_the_next_has_its_turn(house: House, crm: Receiver) -> None:
    crm.answers = lambda event: 400 if event["data"]["text"] == "no. 1" else 200
    endpoint = hook(house, crm)
    for number in (1, 2):
        say(house, number)
    house.work()

    assert texts(crm) == ["no. 2"]
    ((gone,), _) = endpoints.given_up(house.svc, house.tea, endpoint.endpoint_id, "", 10)
    assert (gone.kind, gone.reason) == ("said", "HTTP 400")

    crm.answers = lambda event: 200
    assert endpoints.redeliver(house.svc, house.tea, endpoint.endpoint_id, [gone.event_id, "0" * 32]) == 1
    house.work()
    assert texts(crm) == ["no. 2", "no. 1"]
    assert endpoints.redeliver(house.svc, house.tea, endpoint.endpoint_id, [gone.event_id]) == 0


class Killed(BaseException):
    """kill -9, as far as a test can."""


def steps(house: House, monkeypatch: pytest.MonkeyPatch, dies_at: int) -> list[str]:
    """Every write and every queueing from now on; the one of that number, and all after it, never come about."""
    done: list[str] = []

    def counted(thing: Any, name: str) -> None:
        real = getattr(thing, name)

        def step(*args: Any, **told: Any) -> Any:
            done.append(name)
            if len(done) > dies_at:
                raise Killed
            return real(*args, **told)

        monkeypatch.setattr(thing, name, step)

    for name in ("put", "put_new", "update", "delete", "delete_if"):
        counted(house.svc.table, name)
    counted(house.svc.work, "put")
    counted(house.svc.outbound, "send")
    return done


@pytest.mark.parametrize("dies_at", range(24))
def test_whoever_is_killed_between_any_two_steps_loses_nothing_and_keeps_the_order(
    house: House, crm: Receiver, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    hook(house, crm)
    say(house, 1)
    (message,) = received(house)

    with monkeypatch.context() as patch:
        steps(house, patch, dies_at)
        try:
            say(house, 2)
            jobs.run(house.svc, message["Body"])
        except Killed:
            pass
    # Whoever published does so again; the message is received again, once it is visible.
    house.advance(lanes.LEASE + 1)
    say(house, 2)
    jobs.run(house.svc, message["Body"])
    house.work()
    pass_time(house, 1200)

    assert texts(crm) == ["no. 1", "no. 2"]
    assert [item["sk"] for item in house.svc.table.under("person#tea#alice", "out#")] == []


def received(house: House) -> list[Any]:
    found = session.client("sqs").receive_message(
        QueueUrl=house.svc.work._address(), MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    return list(found.get("Messages", []))


def test_a_worker_that_finds_another_one_makes_it_look_again(house: House, crm: Receiver) -> None:
    endpoint = hook(house, crm)
    say(house, 1)

    def meanwhile(event: Any) -> int:
        if event["data"]["text"] == "no. 1" and len(crm.got) == 0:
            say(house, 2)
            lanes.deliver(house.svc, house.tea, endpoint_id=endpoint.endpoint_id, openid="alice")
        return 200

    crm.answers = meanwhile
    lanes.deliver(house.svc, house.tea, endpoint_id=endpoint.endpoint_id, openid="alice")

    assert [one["data"]["text"] for one in crm.taken] == ["no. 1", "no. 2"]


def test_a_lane_that_takes_long_goes_back_into_the_queue(
    house: House, crm: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(house, crm)
    for number in range(1, 5):
        say(house, number)
    monkeypatch.setattr(lanes, "BUDGET", 0.0)
    (message, *_) = received(house)
    jobs.run(house.svc, message["Body"])
    assert texts(crm) == []

    monkeypatch.undo()
    time.sleep(2.1)
    house.work()
    assert texts(crm) == [f"no. {number}" for number in range(1, 5)]


def test_many_workers_on_one_lane_send_each_event_once_and_in_order(house: House, crm: Receiver) -> None:
    hook(house, crm)
    for number in range(1, 9):
        say(house, number)
    messages = received(house)
    doubled = [one["Body"] for one in messages for _ in range(2)]
    random.Random(7).shuffle(doubled)
    with ThreadPoolExecutor(8) as crew:
        list(crew.map(lambda body: jobs.run(house.svc, body), doubled))

    assert [one["data"]["text"] for one in crm.taken] == [f"no. {number}" for number in range(1, 9)]


def test_a_worker_whose_lease_is_over_ends_nobody_elses(house: House, crm: Receiver) -> None:
    endpoint = hook(house, crm)
    say(house, 1)

    def slept(event: Any) -> int:
        if len(crm.got) == 0:
            house.advance(lanes.LEASE + 5)
            say(house, 2)
            crm.answers = lambda event: 200
            lanes.deliver(house.svc, house.tea, endpoint_id=endpoint.endpoint_id, openid="alice")
        return 200

    crm.answers = slept
    lanes.deliver(house.svc, house.tea, endpoint_id=endpoint.endpoint_id, openid="alice")
    house.work()

    assert texts(crm) == ["no. 1", "no. 2"]
    assert list(house.svc.table.under("person#tea#alice", "out#")) == []


def test_the_timeline_of_a_person_whose_events_wait_is_as_ever(house: House, crm: Receiver) -> None:
    crm.answers = lambda event: 503
    hook(house, crm)
    house.phone("alice", "follow")
    house.says("alice", "hello")
    house.work()

    kinds = [one.kind for one in timeline.page(house.svc, house.tea, "alice", "")[0]]
    assert "message" in kinds and not {"out", "lane", "event"} & set(kinds)


def test_two_ticks_at_once_send_nothing_twice(house: House, crm: Receiver) -> None:
    crm.answers = lambda event: 503
    hook(house, crm)
    say(house, 1)
    house.work()
    crm.answers = lambda event: 200
    house.advance(3600)
    endpoints.start_due(house.svc)
    endpoints.start_due(house.svc)
    house.work()

    assert len(crm.taken) == 1


def test_erasing_a_person_removes_what_is_owed_about_them(house: House, crm: Receiver) -> None:
    crm.answers = lambda event: 503
    endpoint = hook(house, crm)
    house.phone("alice", "follow")
    house.says("alice", "secret wish")
    house.work()
    followers.erase(house.svc, house.tea, "alice")
    crm.answers = lambda event: 200
    pass_time(house, 7200)

    assert crm.taken == []
    assert list(house.svc.table.under("person#tea#alice")) == []
    assert endpoints.given_up(house.svc, house.tea, endpoint.endpoint_id, "", 10) == ([], "")


def test_what_an_operator_sees_of_a_delivery_names_nobody(house: House, crm: Receiver) -> None:
    endpoint = hook(house, crm)
    house.phone("o6_bmjrPTlm6_2sgVt7hMZOPfL2M", "follow")
    house.says("o6_bmjrPTlm6_2sgVt7hMZOPfL2M", "我的电话是 13800138000，请打给我")
    house.work()

    ((one,), more) = endpoints.last_deliveries(house.svc, house.tea, endpoint.endpoint_id, "", 10)
    assert (one.outcome, one.kind, one.tries, more) == ("delivered", "said", 1, "")
    assert "o6_bmjr" not in one.body and "13800138" not in one.body and "打给" not in one.body
    assert json.loads(one.body)["openid"].startswith("person-")
    with logged() as written:
        house.work()
    assert "o6_bmjr" not in written.getvalue()


def test_somebody_elses_checker_verifies_a_signature_before_during_and_after_a_rotation(
    house: House, crm: Receiver
) -> None:
    endpoint = hook(house, crm)
    first = endpoints.secret(house.svc, house.tea, endpoint.endpoint_id)
    assert first.secret.startswith("whsec_") and (first.previous, first.previous_until) == ("", 0)
    say(house, 1)
    house.work()
    second = endpoints.rotate(house.svc, house.tea, endpoint.endpoint_id)
    assert second.previous == first.secret and second.secret != first.secret
    say(house, 2)
    house.work()
    with pytest.raises(Conflict):
        endpoints.rotate(house.svc, house.tea, endpoint.endpoint_id)
    house.advance(A_DAY + 60)
    say(house, 3)
    house.work()

    before, during, after = (one.headers["Gaiwan-Signature"].split(",") for one in crm.got)
    assert [len(before), len(during), len(after)] == [2, 3, 2]
    assert checked(before, crm.got[0].body, first.secret)
    assert checked(during, crm.got[1].body, first.secret) and checked(during, crm.got[1].body, second.secret)
    assert checked(after, crm.got[2].body, second.secret) and not checked(after, crm.got[2].body, first.secret)
    assert not checked(after, crm.got[2].body + b" ", second.secret)


@pytest.mark.parametrize("language", ["python", "js"])
def test_the_checkers_on_the_page_tell_ours_from_others(house: House, crm: Receiver, language: str) -> None:
    if language == "js" and shutil.which("node") is None:
        pytest.skip("no Node.js here")
    secret = endpoints.secret(house.svc, house.tea, hook(house, crm).endpoint_id).secret
    say(house, 1)
    house.work()
    ((header, body),) = [(one.headers["Gaiwan-Signature"], one.body.decode()) for one in crm.got]
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    tries = [
        (secret, header, body),
        (secret, header, body + " "),
        (secret[:-1], header, body),
        (secret, "t=1,v1=00", body),
        (secret, header.replace("v1=", "v1=" + "g" * 64 + ",v1="), body),
        (secret, header.partition(",")[0] + ",v1=" + "g" * 64, body),
        *((secret, wrong, body) for wrong in ("", ",", "v1", "t=,v1=é", "t=²,v1=0", f"t={'9' * 5000},v1=0", "v1=00")),
    ]

    told = [_run(language, code, *one) for one in tries]
    assert told == [True, False, False, False, True, *[False] * 8]


def _run(language: str, code: str, secret: str, header: str, body: str) -> bool:
    asked = json.dumps([secret, header, body])
    if language == "python":
        ask = f"import json\ns, h, b = json.loads({asked!r})\nprint(json.dumps(is_gaiwans(s, h, b.encode())))"
        command = [sys.executable, "-c", code + ask]
    else:
        command = ["node", "-e", code + f"const [s, h, b] = {asked}; console.log(isGaiwans(s, h, Buffer.from(b)))"]
    return bool(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def checked(header: list[str], body: bytes, secret: str) -> bool:
    """By OpenSSL."""
    stamp, marks = header[0].removeprefix("t="), [one.removeprefix("v1=") for one in header[1:]]
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"key:{secret}", "-r"]
    told = subprocess.run(command, input=f"{stamp}.".encode() + body, capture_output=True, check=True).stdout
    return told.split()[0].decode() in marks


def test_a_test_event_says_at_once_what_came_of_it(house: House, crm: Receiver) -> None:
    endpoint = hook(house, crm)
    assert endpoints.try_out(house.svc, house.tea, endpoint.endpoint_id).outcome == "delivered"
    crm.answers = lambda event: 404
    tried = endpoints.try_out(house.svc, house.tea, endpoint.endpoint_id)

    assert (tried.outcome, tried.reason) == ("failed", "HTTP 404")
    assert [one["data"]["name"] for one in crm.taken] == ["gaiwan.test"]
    assert endpoints.find(house.svc, house.tea, endpoint.endpoint_id).failing_since == 0


def test_the_bus_gets_events_as_rules_match_them(house: House) -> None:
    events_client, sqs = session.client("events"), session.client("sqs")
    bus = house.svc.settings.bus_name
    queue = sqs.create_queue(QueueName=f"{bus}-heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["gaiwan.tea"], "detail-type": ["said"]})
    events_client.put_rule(Name="heard", EventBusName=bus, EventPattern=pattern)
    events_client.put_targets(Rule="heard", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    endpoints.save(house.svc, house.tea, kind="bus", label="EventBridge", wants={"said": []})
    for number in range(1, 13):
        say(house, number)
    house.work()

    heard = []
    while found := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        heard += [json.loads(one["Body"]) for one in found]
        for one in found:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
    assert {one["detail"]["data"]["text"] for one in heard} == {f"no. {number}" for number in range(1, 13)}
    assert {(one["source"], one["detail-type"]) for one in heard} == {("gaiwan.tea", "said")}


def test_a_bus_that_is_busy_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoints.save(house.svc, house.tea, kind="bus", label="EventBridge", wants={"said": []})
    told: list[Any] = []

    def busy(source: str, entries: Any) -> None:
        if not told:
            told.append("busy")
            raise Unavailable("AWS 忙。AWS is busy.")
        told.extend(entries)

    monkeypatch.setattr(house.svc.bus, "put", busy)
    say(house, 1)
    house.work()
    pass_time(house, 600)
    assert [one[0] for one in told[1:]] == ["said"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://crm.example.com/"},
        {"url": "https://169.254.169.254/latest/meta-data"},
        {"url": ""},
        {"label": " "},
        {"wants": {}},
        {"wants": {"slept": []}},
        {"wants": {"said": [""]}},
        {"wants": {"said": ["x"] * 51}},
        {"kind": "pigeon"},
        {"kind": "bus"},
        {"fields": {"x": "y" * 30_000}},
    ],
)
def test_an_endpoint_that_makes_no_sense_is_refused_in_words(house: House, crm: Receiver, wrong: Any) -> None:
    with pytest.raises(BadInput) as refused:
        hook(house, crm, **wrong)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in str(refused.value))
    assert endpoints.listed(house.svc, house.tea) == []
    assert not events.is_asked(house.svc, house.tea, "said")


def test_an_endpoint_that_is_gone_is_owed_nothing(house: House, crm: Receiver) -> None:
    endpoint = hook(house, crm)
    say(house, 1)
    endpoints.remove(house.svc, house.tea, endpoint.endpoint_id)
    house.work()

    assert crm.got == []
    assert list(house.svc.table.under("person#tea#alice")) == []
    with pytest.raises(NotFound):
        endpoints.find(house.svc, house.tea, endpoint.endpoint_id)
    assert not events.is_asked(house.svc, house.tea, "said")


def test_every_kind_of_endpoint_can_be_told() -> None:
    assert set(KINDS) == set(endpoints.SENDERS)
