"""`status`: what runs of a stage, what waits, and what needs somebody."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import click
from botocore.exceptions import ClientError

from .resources import stack, template
from .say import done, warn
from .target import NO_QUEUE, Target, code_of, target_options

QUEUES = ("work", "bulk")
ABSENT = ("ResourceNotFoundException", *NO_QUEUE)
Item = dict[str, Any]


@click.command(short_help="现在怎么样 / how the stage is now")
@target_options
def status(target: Target) -> None:
    """现在跑着什么、排着什么、谁需要人处理。只读，不改动任何东西。

    What runs, what waits, and what needs somebody. Reads only.
    """
    for part in PARTS:
        part(target)


def show_resources(target: Target) -> None:
    found = stack.find(target)
    if found is None:
        warn("还没有资源：python -m ops resources", "no resources yet: python -m ops resources")
    else:
        done(f"资源 {found['StackStatus']}", f"resources, changed {_when(found)}")


def show_functions(target: Target) -> None:
    for function in template.functions(target.stage):
        found = _function(target, function)
        if found is None:
            warn(f"{function} 没有部署：python -m ops deploy", f"{function} is not deployed: python -m ops deploy")
        else:
            version = f"{found['CodeSha256'][:8]} {found['Runtime']}"
            done(f"{function:<15}{version}", f"deployed {found['LastModified'][:19]} UTC")


def show_queues(target: Target) -> None:
    for queue in QUEUES:
        waiting, dead = depth(target, queue), depth(target, f"{queue}-dead")
        if waiting is None or dead is None:
            warn(f"没有队列 {queue}", f"there is no queue {queue}")
        elif dead:
            warn(
                f"{queue}：{waiting} 个等待，{dead} 个失败五次：python -m ops redrive {queue}",
                f"{queue}: {waiting} waiting, {dead} failed five times: python -m ops redrive {queue}",
            )
        else:
            done(f"{queue}：{waiting} 个等待", f"{queue}: {waiting} waiting, no dead letters")


def show_accounts(target: Target) -> None:
    """Their tokens, and what the service itself found that a person must mend."""
    aliases = [str(item["sk"]) for item in under(target, "accounts")]
    if not aliases:
        warn("还没有公众号：python -m ops account add", "no account yet: python -m ops account add")
    for alias in aliases:
        items = {str(item["sk"]): item for item in under(target, f"account#{alias}")}
        _show_token(alias, items.get("token#access", {}))
        for name, item in items.items():
            if name.startswith("alarm#"):
                what, text = name.removeprefix("alarm#"), item.get("words", "")
                warn(f"{alias} 需要人处理（{what}）：{text}", f"{alias} needs a person since {_ago(item['since'])}")


def show_alarms(target: Target) -> None:
    found = list(ringing(target))
    for alarm in found:
        warn(f"告警 {alarm['AlarmName']}", str(alarm.get("AlarmDescription", "")))
    if not found:
        done("没有告警在响", "no alarm is ringing")


PARTS: tuple[Callable[[Target], None], ...] = (
    show_resources,
    show_functions,
    show_queues,
    show_accounts,
    show_alarms,
)


def depth(target: Target, queue: str) -> int | None:
    """About how many messages wait or are being worked on; None without such a queue."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs = target.client("sqs")
    try:
        url = sqs.get_queue_url(QueueName=target.name(queue))["QueueUrl"]
    except ClientError as error:
        _must_be_absent(error)
        return None
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def under(target: Target, pk: str) -> Iterator[Item]:
    """A partition of the table, texts and whole numbers as Python has them; nothing if there is no table."""
    pages = target.client("dynamodb").get_paginator("query")
    asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}}}
    try:
        for page in pages.paginate(TableName=target.name(), **asked):
            for item in page["Items"]:
                yield {name: _plain(value) for name, value in item.items()}
    except ClientError as error:
        _must_be_absent(error)


def ringing(target: Target) -> Iterator[Item]:
    pages = target.client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=f"{target.name()}-", StateValue="ALARM"):
        yield from page["MetricAlarms"]


def _function(target: Target, function: str) -> Item | None:
    name = template.function_name(target.stage, function)
    try:
        return dict(target.client("lambda").get_function_configuration(FunctionName=name))
    except ClientError as error:
        _must_be_absent(error)
        return None


def _must_be_absent(error: ClientError) -> None:
    if code_of(error) not in ABSENT:
        raise error


def _show_token(alias: str, token: Item) -> None:
    left = int(token.get("good_until", 0)) - int(time.time())
    if "good_until" not in token:
        warn(f"{alias} 还没有令牌", f"{alias} has no token yet: python -m ops logs refresh_tokens")
    elif left <= 0 or int(token.get("rejected_serial", -1)) >= int(token.get("serial", 0)):
        warn(f"{alias} 的令牌失效", f"{alias}: its token is dead; see python -m ops logs refresh_tokens")
    else:
        done(f"{alias} 的令牌还有 {left // 60} 分钟", f"{alias}: its token is good for {left // 60} minutes")


def _plain(value: dict[str, Any]) -> Any:
    kind, content = next(iter(value.items()))
    return int(float(content)) if kind == "N" else content


def _ago(moment: Any) -> str:
    return f"{max(0, int(time.time()) - int(moment)) // 3600} h"


def _when(found: Item) -> str:
    return f"{found.get('LastUpdatedTime', found['CreationTime']):%Y-%m-%d %H:%M} UTC"


COMMANDS = (status,)
