"""What this month has cost so far: CloudWatch's own counts times the price list. Nothing here asks Cost Explorer,
which charges for each question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..cost.bill import bill
from ..cost.prices import prices
from ..cost.usage import ALARM_METRICS, DAYS, METRICS, Use
from ..deploy import state
from ..resources import template
from .finding import Finding, good
from .patient import Patient

A_DAY = 86_400
GB = 1e9
OF_A_QUEUE = ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfEmptyReceives", "NumberOfMessagesDeleted")
UNITS = {"dynamodb_reads": "ConsumedReadCapacityUnits", "dynamodb_writes": "ConsumedWriteCapacityUnits"}


def spending(patient: Patient) -> Iterator[Finding]:
    month = Month(patient)
    listed = prices(patient.target.region)
    told = bill(month.uses(), listed)
    missing = f"（{len(told.unknown)} 项价格未知）" if told.unknown else ""
    lacking = f", {len(told.unknown)} prices unknown" if told.unknown else ""
    oldest_zh, oldest_en = listed.oldest or "未知", listed.oldest or "unknown date"
    yield good(
        f"本月至今约 $ {told.free:.2f}（用完免费额度则 $ {told.full:.2f}）{missing}，价目最早 {oldest_zh}",
        f"this month so far about $ {told.free:.2f} ($ {told.full:.2f} without the free tier){lacking}, "
        f"the oldest price seen in {oldest_en}; `python -m ops cost` estimates a whole month",
    )


@dataclass(frozen=True)
class Month:
    """Since its first day, in UTC as AWS bills."""

    patient: Patient

    def uses(self) -> Iterator[Use]:
        for name in template.functions(self.patient.stage):
            yield from self._function(name)
        for item, metric in UNITS.items():
            yield _use(item, sum(self._sum("AWS/DynamoDB", metric, **told) for told in self._tables()))
        yield _use(
            "sqs_requests",
            sum(self._sum("AWS/SQS", metric, QueueName=name) for name in self._queues() for metric in OF_A_QUEUE),
        )
        yield from self._logs()
        yield from self._kept()

    @property
    def passed(self) -> float:
        """Of a month of thirty days, as the price list counts."""
        return (datetime.now(UTC) - self._first).total_seconds() / (DAYS * A_DAY)

    @property
    def _first(self) -> datetime:
        return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    def _function(self, name: str) -> Iterator[Use]:
        full = state.full_name(self.patient.target, name)
        runs = self._sum("AWS/Lambda", "Invocations", FunctionName=full)
        seconds = self._sum("AWS/Lambda", "Duration", FunctionName=full) / 1000
        yield _use("lambda_requests", runs)
        yield _use(
            "lambda_gb_seconds", seconds * self.patient.config["lambda_functions"][name]["lambda_memory_size"] / 1024
        )
        if name == "api_handler":
            yield _use("api_requests", runs)

    def _tables(self) -> Iterator[dict[str, str]]:
        """The index has counts of its own."""
        yield {"TableName": self.patient.target.name()}
        yield {"TableName": self.patient.target.name(), "GlobalSecondaryIndexName": "by_shelf"}

    def _queues(self) -> Iterator[str]:
        for resource in template.resources().values():
            if resource["Type"] == "AWS::SQS::Queue":
                yield resource["Properties"]["QueueName"]["!Sub"].replace("${Stage}", self.patient.stage)

    def _logs(self) -> Iterator[Use]:
        written = sum(
            self._sum("AWS/Logs", "IncomingBytes", LogGroupName=name)
            for name in template.log_groups(self.patient.stage)
        )
        yield _use("log_gb", written / GB)
        yield _use("log_storage_gb", written / GB * self.passed)

    def _kept(self) -> Iterator[Use]:
        found = self.patient.target.client("dynamodb").describe_table(TableName=self.patient.target.name())["Table"]
        size = found.get("TableSizeBytes", 0) / GB * self.passed
        yield _use("dynamodb_storage_gb", size)
        yield _use("dynamodb_backup_gb", size)
        yield _use("alarm_metrics", ALARM_METRICS * self.passed)
        yield _use("custom_metrics", METRICS * self.passed)
        yield _use("dashboards", self.passed)

    def _sum(self, namespace: str, metric: str, **dimensions: str) -> float:
        answer: dict[str, Any] = self.patient.target.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=self._first,
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=A_DAY,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))


def _use(item: str, quantity: float) -> Use:
    return Use(item, quantity, "本月至今", "this month so far")
