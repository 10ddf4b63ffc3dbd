"""Uses times prices: one line for each thing that AWS bills, with the month's free amounts and without."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .prices import Prices
from .usage import Use

# item -> what AWS calls it, in the order of the table
ITEMS = {
    "api_requests": ("API Gateway 请求", "API Gateway requests"),
    "lambda_requests": ("Lambda 请求", "Lambda requests"),
    "lambda_gb_seconds": ("Lambda GB-秒 (arm64)", "Lambda GB-seconds (arm64)"),
    "dynamodb_writes": ("DynamoDB 写单位", "DynamoDB write units"),
    "dynamodb_reads": ("DynamoDB 读单位", "DynamoDB read units"),
    "dynamodb_storage_gb": ("DynamoDB 存储 GB", "DynamoDB storage, GB"),
    "dynamodb_backup_gb": ("时间点恢复 GB", "point-in-time recovery, GB"),
    "sqs_requests": ("SQS 请求", "SQS requests"),
    "log_gb": ("日志写入 GB", "logs written, GB"),
    "log_storage_gb": ("日志留存 GB", "logs kept, GB"),
    "kms_requests": ("KMS 解密", "KMS decryptions"),
    "alarm_metrics": ("告警（每指标）", "alarm metrics"),
    "custom_metrics": ("自定义指标", "custom metrics"),
    "dashboards": ("仪表盘", "dashboards"),
}


@dataclass(frozen=True)
class Line:
    """Dollars a month: `free` with the free amounts of an otherwise unused account, `full` with none left."""

    item: str
    zh: str
    en: str
    quantity: float
    each: float | None
    free: float | None
    full: float | None
    what_for: tuple[str, ...]


@dataclass(frozen=True)
class Bill:
    lines: tuple[Line, ...]

    @property
    def free(self) -> float:
        """What is known of it."""
        return sum(line.free or 0.0 for line in self.lines)

    @property
    def full(self) -> float:
        return sum(line.full or 0.0 for line in self.lines)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Items used of which the price is unknown: the totals are without them."""
        return tuple(line.item for line in self.lines if line.full is None)

    @property
    def unknown_free(self) -> tuple[str, ...]:
        return tuple(line.item for line in self.lines if line.free is None)


def bill(uses: Iterable[Use], prices: Prices) -> Bill:
    used: dict[str, float] = dict.fromkeys(ITEMS, 0.0)
    what_for: dict[str, list[str]] = {item: [] for item in ITEMS}
    for use in uses:
        used[use.item] += use.quantity
        what_for[use.item].append(f"{use.zh} · {use.en}")
    free = prices.after_free(used)
    return Bill(
        tuple(
            Line(
                item, *ITEMS[item], used[item], prices.each.get(item), free[item],
                prices.full(item, used[item]), tuple(dict.fromkeys(what_for[item])),
            )
            for item in ITEMS
        )
    )  # fmt: skip
