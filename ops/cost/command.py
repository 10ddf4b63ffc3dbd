"""`ops cost`: nothing is asked of AWS; two dated files say what is used and what it costs."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

import click

from . import table
from .bill import ITEMS, Bill, bill
from .prices import Prices, prices, regions
from .usage import Plan, busy, idle, measured_on

NOTES = (
    "仪表盘不是默认的：用 resources --dashboard 建了就在这里加 --dashboard；每个账号前三个免费。",
    "No dashboard is made unless `resources --dashboard` asks for it; then say so here. Three are free.",
    "未计入：出站流量、自定义域名与证书、固定出口（见 docs/egress.md）、EventBridge 自定义事件、告警邮件。",
    "Not counted: traffic out, domain and certificate, fixed egress (docs/egress.md), EventBridge events, alarm mail.",
)


@click.command(short_help="估算月费 / what a stage costs a month")
@click.option("--messages", default=0, type=click.IntRange(0), help="每月消息数 / messages of followers a month")
@click.option("--campaign", default=0, type=click.IntRange(0), help="每月群发人次 / campaign recipients a month")
@click.option(
    "--followers", default=None, type=click.IntRange(0), help="关注者数，默认同 --campaign / followers there are"
)
@click.option(
    "--accounts", default=1, show_default=True, type=click.IntRange(1), help="公众号数 / WeChat accounts served"
)
@click.option("--dashboard/--no-dashboard", default=False, help="带仪表盘，账号内前三个免费 / with one; three are free")
@click.option("--region", default="", help="AWS 区域，默认取环境变量 / AWS region; default: the environment's")
@click.option("--json", "as_json", is_flag=True, help="给程序读 / for programs")
def cost(  # noqa: PLR0913, PLR0917 (one for each option)
    messages: int,
    campaign: int,
    followers: int | None,
    accounts: int,
    dashboard: bool,
    region: str,
    as_json: bool,
) -> None:
    """估算一个环境的月费：空闲时，以及给定消息数与群发量时；用到的价目与日期一并列出。

    What a stage costs a month: idle, and with so many messages and recipients; says which dated price list it used.
    """
    listed = prices(region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or regions()[0])
    plan = Plan(messages, campaign, campaign if followers is None else followers, accounts)
    alone = [*idle(accounts, int(dashboard))]
    told = plan, listed, bill(alone, listed), bill([*alone, *busy(plan)], listed)
    if as_json:
        click.echo(json.dumps(_told(*told), ensure_ascii=False, indent=2))
    else:
        _show(*told)


def _show(plan: Plan, listed: Prices, alone: Bill, month: Bill) -> None:
    click.echo(f"■ 空闲 · idle（{listed.region}）")
    _echo(table.lines(alone))
    click.echo()
    _echo(f"  {line}" for line in table.what_for(alone))
    if plan.messages or plan.campaign or plan.followers:
        click.echo(
            f"\n■ 消息 {plan.messages:,}、群发 {plan.campaign:,}、关注者 {plan.followers:,} · "
            f"with {plan.messages:,} messages, {plan.campaign:,} recipients, {plan.followers:,} followers"
        )
        _echo(table.lines(month))
    click.echo()
    _echo(_notes(listed, alone))


def _notes(listed: Prices, alone: Bill) -> list[str]:
    return [
        *_sources(listed),
        *_cent(alone),
        f"用量依据 {measured_on()} 的测量，AWS 应答时间为假定 · use as measured on {measured_on()}; "
        "AWS's own times are assumed (ops/cost/measured.json)",
        *NOTES,
    ]


def _sources(listed: Prices) -> list[str]:
    """Whoever relies on a price can see how old it is, and who said so."""
    if not listed.seen:
        return [f"{listed.region} 的价格未知 · prices of {listed.region} are unknown; AWS's list: {listed.source}"]
    return [
        f"价目（美元，首档）最早见于 {listed.oldest}，整理于 {listed.dated}；以 AWS 的为准 · prices (US dollars, "
        f"first tier): the oldest was seen in {listed.oldest}, put together on {listed.dated}; AWS's own: "
        f"{listed.source}",
        *(f"  {ITEMS[item][0]} · {ITEMS[item][1]}: {where}" for item, where in listed.seen.items()),
    ]


def _cent(alone: Bill) -> list[str]:
    """Not nothing, and said so."""
    paid = [line for line in alone.lines if line.free]
    if not paid:
        return []
    zh, en = "、".join(line.zh for line in paid), "; ".join(line.en for line in paid)
    return [
        f"免费额度内空闲也要 $ {alone.free:.2f}，不是零：{zh} · idle in the free tier is $ {alone.free:.2f}, not zero: "
        f"{en}"
    ]


def _told(plan: Plan, listed: Prices, alone: Bill, month: Bill) -> dict[str, Any]:
    return {
        "region": listed.region,
        "currency": "USD",
        "prices_dated": listed.dated,
        "prices_oldest": listed.oldest,
        "prices_seen": listed.seen,
        "measured": measured_on(),
        "plan": asdict(plan),
        "idle": _bill(alone),
        "month": _bill(month),
    }


def _bill(told: Bill) -> dict[str, Any]:
    totals = {
        "free_tier": told.free,
        "full": told.full,
        "unknown": told.unknown,
        "unknown_in_free_tier": told.unknown_free,
    }
    return {"lines": [asdict(line) for line in told.lines], **totals}


def _echo(lines: Any) -> None:
    for line in lines:
        click.echo(line)
