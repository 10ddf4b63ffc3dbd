"""What must be so before anything is touched, each in one sentence if it is not."""

from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import ClientError

from .. import runtimes
from ..say import Problem, step, warn
from ..target import Target, code_of
from . import releases

QUEUES = ("work", "bulk")


def machine(root: Path) -> None:
    """Of this machine: its Python becomes the functions' Python, its checkout their code."""
    runtime = runtimes.mine()
    if not runtimes.supported(runtime):
        raise Problem(
            f"不能用 {runtime} 部署：Lambda 上可用的是 {', '.join(runtimes.RUNTIMES)}。",
            f"{runtime} cannot deploy: what Lambda has and Gaiwan is tested with is {', '.join(runtimes.RUNTIMES)}.",
        )
    if told := runtimes.warning(runtime, datetime.now(UTC).date()):
        warn(*told)
    if not releases.is_clean(root):
        warn(
            "工作区有未提交的改动，会一起部署。",
            "the checkout has changes that are not committed; they are deployed too.",
        )


def account(target: Target) -> None:
    """Who deploys where."""
    step(
        f"账号 {target.account_id}，区域 {target.region}，环境 {target.stage}，身份 {target.caller.rpartition(':')[2]}",
        "the AWS account, region, stage and identity",
    )


def resources(target: Target) -> None:
    """Chalice would notice a missing queue only after it has made half of the functions."""
    for found, name in ((_table(target), target.name()), *((_queue(target, one), target.name(one)) for one in QUEUES)):
        if not found:
            raise Problem(
                f"账号 {target.account_id} 的 {target.region} 里没有 {name}：先运行 "
                f"python -m ops resources --stage {target.stage}，或检查 --region。",
                f"There is no {name} in {target.region} of account {target.account_id}: run "
                f"`python -m ops resources --stage {target.stage}` first, or check --region.",
            )
    if not _parameter(target, "master_key"):
        raise Problem(
            f"SSM 里没有 {target.parameter('master_key')}：请再运行 python -m ops resources --stage {target.stage}",
            f"SSM holds no {target.parameter('master_key')}: run `python -m ops resources --stage {target.stage}`.",
        )


def _table(target: Target) -> bool:
    client = target.client("dynamodb")
    try:
        client.describe_table(TableName=target.name())
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _queue(target: Target, queue: str) -> bool:
    try:
        target.client("sqs").get_queue_url(QueueName=target.name(queue))
    except ClientError as error:
        if "NonExistentQueue" in code_of(error) or "QueueDoesNotExist" in code_of(error):
            return False
        raise
    return True


def _parameter(target: Target, name: str) -> bool:
    """Whether it is there; its value is not asked for in clear."""
    return bool(target.client("ssm").get_parameters(Names=[target.parameter(name)])["Parameters"])
