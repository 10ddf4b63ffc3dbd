"""`resources`: everything that a stage needs before its first deploy, made or brought up to date."""

import base64
import secrets

import click
from botocore.exceptions import ClientError

from ..say import done, step
from ..target import Target, code_of, target_options
from . import logs, safeguards, stack, template

KEY_BYTES = 32
# What CloudWatch takes, and nothing in between.
LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


@click.command(short_help="建立或更新表、队列、告警 / make or update table, queues, alarms")
@click.option(
    "--alarm-email", default=None, help="告警发到这个邮箱（空串为不发）/ where alarms are sent; '' for nowhere"
)
@click.option("--alarm-topic", default=None, help="告警发到这个 SNS 主题 / ARN of an SNS topic for alarms")
@click.option(
    "--dashboard/--no-dashboard",
    default=None,
    help="建一个面板；账户内第四个起每月 3 美元 / make one; an account's fourth costs $3 a month",
)
@click.option(
    "--log-days",
    type=click.Choice([str(days) for days in LOG_DAYS]),
    metavar="DAYS",
    help=f"日志保留天数，默认 {logs.DAYS} / days that logs are kept",
)
@target_options
def resources(
    target: Target, alarm_email: str | None, alarm_topic: str | None, dashboard: bool | None, log_days: str | None
) -> None:
    """建立或更新一个环境的表、队列、总线、告警与日志组；反复运行没有坏处，数据从不改动。

    Make or update a stage's table, queues, bus, alarms and log groups. Run it as often as you like; no data is touched.
    """
    asked = {"AlarmEmail": alarm_email, "AlarmTopic": alarm_topic, "WithDashboard": _yes_or_no(dashboard)}
    make(target, {name: value for name, value in asked.items() if value is not None}, int(log_days or 0))


def make(target: Target, chosen: dict[str, str] | None = None, log_days: int = 0) -> None:
    """What `deploy` does first, too. `chosen`: parameters of the template that shall change."""
    step(f"{target.name()}，{target.region}", f"AWS account {target.account_id}")
    logs.keep_for(target, log_days)
    fixed = {"Stage": target.stage, "AccessLogGroup": template.access_log(target.stage)}
    stack.apply(target, {**fixed, **template.visibilities(target.stage), **(chosen or {})})
    safeguards.apply(target)
    make_master_key(target)


def make_master_key(target: Target) -> None:
    """Made once and never shown: what it sealed cannot be opened with another."""
    ssm, name = target.client("ssm"), target.parameter("master_key")
    try:
        ssm.get_parameter(Name=name)
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        fresh = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        ssm.put_parameter(Name=name, Value=fresh, Type="SecureString", Description="Gaiwan: seals and signs; keep it")
    done(f"主密钥 {name}", "master key, known to nobody")


def _yes_or_no(answer: bool | None) -> str | None:
    return None if answer is None else ("yes" if answer else "no")


COMMANDS = (resources,)
