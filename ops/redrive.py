"""`redrive`: jobs that failed five times get another five, once somebody has mended what they failed of."""

import json
from collections import Counter
from typing import Any

import click
from botocore.exceptions import ClientError

from .say import Problem, confirm, done
from .target import NO_QUEUE, Target, code_of, target_options

QUEUES = ("work", "bulk")
AT_ONCE = 10  # SQS's own limit
MOST = 1000  # messages in one run; run it again for more
HELD = 300  # seconds in which nobody else gets what we look at
Message = dict[str, Any]


@click.command(short_help="失败的任务再试 / give failed jobs another try")
@click.argument("queue", type=click.Choice(QUEUES), required=False)
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
@target_options
def redrive(target: Target, queue: str | None, yes: bool) -> None:
    """把失败五次的任务放回队列。先告诉您有哪些（只说任务名），再问。任务本来就可以运行两次。

    Put jobs that failed five times back. You are told which (names only) and asked first. Every job may run twice.
    """
    for name in (queue,) if queue else QUEUES:
        _redrive(target, name, yes)


def _redrive(target: Target, queue: str, yes: bool) -> None:
    held = hold(target, f"{queue}-dead")
    if not held:
        done(f"{queue} 没有失败的任务", f"{queue} has no dead letters")
        return
    told = ", ".join(f"{name} × {count}" for name, count in Counter(map(job, held)).most_common())
    zh, en = f"{queue}：{len(held)} 个任务（{told}）放回队列吗？", f"{queue}: put {len(held)} jobs back ({told})?"
    if not yes and not confirm(zh, en):
        let_go(target, f"{queue}-dead", held)
        return
    moved = move(target, queue, held)
    done(f"{queue}：{moved} 个任务已放回", f"{queue}: {moved} jobs are back")


def hold(target: Target, queue: str) -> list[Message]:
    """What is in the queue, hidden from others for five minutes."""
    found: dict[str, Message] = {}
    while len(found) < MOST:
        answer = target.client("sqs").receive_message(
            QueueUrl=_url(target, queue), MaxNumberOfMessages=AT_ONCE, VisibilityTimeout=HELD, WaitTimeSeconds=1
        )
        if not answer.get("Messages"):
            break
        found |= {message["MessageId"]: message for message in answer["Messages"]}
    return list(found.values())


def job(message: Message) -> str:
    """Its name and no more: the rest says whom it is about."""
    try:
        return str(json.loads(message["Body"])["job"])
    except (ValueError, KeyError, TypeError):
        return "?"


def move(target: Target, queue: str, held: list[Message]) -> int:
    """Sent before it is deleted: killed in between, a job is done twice rather than lost."""
    sqs, moved = target.client("sqs"), 0
    for start in range(0, len(held), AT_ONCE):
        some = held[start : start + AT_ONCE]
        bodies = [{"Id": str(number), "MessageBody": message["Body"]} for number, message in enumerate(some)]
        sent = sqs.send_message_batch(QueueUrl=_url(target, queue), Entries=bodies).get("Successful", [])
        receipts = [{"Id": one["Id"], "ReceiptHandle": some[int(one["Id"])]["ReceiptHandle"]} for one in sent]
        if receipts:
            sqs.delete_message_batch(QueueUrl=_url(target, f"{queue}-dead"), Entries=receipts)
        moved += len(receipts)
    return moved


def let_go(target: Target, queue: str, held: list[Message]) -> None:
    for message in held:
        target.client("sqs").change_message_visibility(
            QueueUrl=_url(target, queue), ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )


def _url(target: Target, queue: str) -> str:
    try:
        return str(target.client("sqs").get_queue_url(QueueName=target.name(queue))["QueueUrl"])
    except ClientError as error:
        if code_of(error) not in NO_QUEUE:
            raise
        raise Problem(
            f"没有队列 {target.name(queue)}：请先运行 python -m ops resources --stage {target.stage}",
            f"There is no queue {target.name(queue)}: run python -m ops resources --stage {target.stage} first.",
        ) from None


COMMANDS = (redrive,)
