"""How much waits in the queues, for how long, and what was given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ..resources import template
from .finding import Finding, bad, good, odd, run
from .patient import Patient

LATE, TOO_LATE = 600, 3600  # seconds that the oldest job may have waited
WINDOW = timedelta(minutes=15)
A_DAY = timedelta(days=1)


def depth(patient: Patient) -> Iterator[Finding]:
    for resource in template.resources().values():
        if resource["Type"] == "AWS::SQS::Queue":
            name = resource["Properties"]["QueueName"]["!Sub"].replace("${Stage}", patient.stage)
            yield _dead(patient, name) if name.endswith("-dead") else _waiting(patient, name)


def _dead(patient: Patient, name: str) -> Finding:
    number = _number(patient, name)
    if not number:
        return good(f"{name} 是空的", f"{name} is empty")
    age = _age(patient, name)
    return bad(
        (
            f"{name} 里有 {number} 个失败的任务（最久 {_told(age)}）",
            f"{name} holds {number} failed jobs (oldest: {_told(age)})",
        ),
        ("它们各失败了五次，两周后会被删除", "each failed five times; in two weeks they are gone"),
        run("redrive", patient.stage),
    )


def _waiting(patient: Patient, name: str) -> Finding:
    number, age = _number(patient, name), _age(patient, name)
    waited = age or 0
    if waited < LATE:
        return good(f"{name} 有 {number} 个任务", f"{name} holds {number} jobs")
    return (bad if waited >= TOO_LATE else odd)(
        (
            f"{name} 的任务已等了 {_told(age)}（共 {number} 个）",
            f"a job in {name} has waited {_told(age)} ({number} in all)",
        ),
        ("回答与群发都迟了", "answers and campaigns are late"),
        run("logs run_bulk" if name.endswith("bulk") else "logs run_job", patient.stage),
    )


def _number(patient: Patient, name: str) -> int:
    sqs = patient.target.client("sqs")
    told = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(told))["Attributes"]
    return sum(int(found.get(one, 0)) for one in told)


def _age(patient: Patient, name: str) -> int | None:
    """Seconds, as CloudWatch saw it lately; None where it has seen nothing, as of a queue at rest."""
    now = datetime.now(UTC)
    answer = patient.target.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": name}],
        StartTime=now - WINDOW,
        EndTime=now,
        Period=int(WINDOW.total_seconds()),
        Statistics=["Maximum"],
    )
    ages = [point["Maximum"] for point in answer["Datapoints"]]
    return round(max(ages)) if ages else None


def _told(age: int | None) -> str:
    return "?" if age is None else f"{age} s"
