"""Automations in tests: one that runs, its people, the minutes that pass, and what was said to whom."""

from __future__ import annotations

from typing import Any

from chalicelib.aws import session
from chalicelib.features import automations, events
from chalicelib.features.automations import Automation
from tests.crowd import follower
from tests.house import NOTICE, House, Json

ORDERED: Json = {"kind": "ordered"}
THANKS: Json = {"do": "template", "template_id": NOTICE, "fields": {"thing1": "{name|茶友}，谢谢"}, "step_id": "thanks"}
TEN_MINUTES: Json = {"do": "wait", "minutes": 10, "step_id": "ten"}


def message(text: str, step_id: str = "say") -> Json:
    return {"do": "message", "reply": {"type": "text", "content": text}, "step_id": step_id}


def document(*steps: Json, when: Json = ORDERED, **told: Any) -> Json:
    return {"name": "谢谢", "when": when, "enter": "cause", "steps": list(steps)} | told


def running(house: House, *steps: Json, when: Json = ORDERED, **told: Any) -> Automation:
    """In force at once, in this container."""
    made = automations.create(house.svc, house.tea, document(*steps, when=when, **told), "小满")
    return automations.start(house.svc, house.tea, made.automation_id)


def buys(house: House, openid: str, order: str = "order-1", fen: int = 8900, at: int = 0) -> events.Event:
    return happens(house, openid, "ordered", {"order_id": order, "fen": fen}, order, at)


def happens(house: House, openid: str, kind: str, data: Json, cause: str, at: int = 0) -> events.Event:
    """Told to automations as `reactions.tell` would."""
    event = events.Event(
        id=f"{abs(hash((kind, openid, cause))):032x}"[:32],
        kind=kind,
        account="tea",
        at=at or house.svc.now(),
        openid=openid,
        data=data,
    )
    automations.heed(house.svc, house.tea, event)
    return event


def people(house: House, number: int, prefix: str = "guest") -> list[str]:
    return [follower(house, f"{prefix}-{one}") for one in range(number)]


def work(house: House) -> None:
    """All that may be received now; what is delayed stays in the queue."""
    while house.work():
        pass


def forget_queues(house: House) -> None:
    """What is delayed is lost, as no test waits for SQS's own clock; shelves and `tick` bring everybody back."""
    for queue in (house.svc.work, house.svc.bulk):
        session.client("sqs").purge_queue(QueueUrl=queue._address())


def pass_time(house: House, seconds: int) -> None:
    """The clock moves, `tick` comes, and what it queues is done at once, delays and all."""
    house.advance(seconds)
    tick(house)


def tick(house: House) -> None:
    with undelayed(house):
        automations.start_due(house.svc)
        work(house)


class undelayed:  # noqa: N801 (reads as a word in `with`)
    """Queues that hand over at once what would be delayed; a job that came early finds that it is not due."""

    def __init__(self, house: House) -> None:
        self._queues = (house.svc.work, house.svc.bulk)

    def __enter__(self) -> None:
        for queue in self._queues:
            copy, send = queue.copy, queue._send_batch
            vars(queue)["copy"] = lambda body, delay=0, copy=copy: copy(body)
            vars(queue)["_send_batch"] = lambda entries, send=send: send([one | {"DelaySeconds": 0} for one in entries])

    def __exit__(self, *_: object) -> None:
        for queue in self._queues:
            vars(queue).pop("copy")
            vars(queue).pop("_send_batch")


def journeys(house: House, openid: str) -> list[Json]:
    return list(house.svc.table.under(f"person#tea#{openid}", "journey#", fresh=True))


def notices(house: House, openid: str) -> list[str]:
    """The template messages on the phone."""
    return [str(item["content"]) for item in house.inbox(openid) if item["channel"] == "template"]


def told(house: House, openid: str) -> list[str]:
    """The customer-service messages on the phone."""
    return [str(item.get("content")) for item in house.inbox(openid) if item["channel"] == "custom"]


def trail(house: House, openid: str) -> list[str]:
    """`<step>:<outcome>` of their only journey."""
    (journey,) = journeys(house, openid)
    return [":".join(one.split(":")[:2]) for one in journey["trail"]]
