"""What `ops cost` says before anybody has paid it: never an invented price, and an idle stage next to free."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ops import resources
from ops.cost import cost
from ops.cost.bill import ITEMS, bill
from ops.cost.prices import FILE, prices, regions
from ops.cost.usage import ALARM_METRICS, METRICS, Plan, busy, campaign, idle, reports

Json = dict[str, Any]
TEMPLATE = Path(resources.__file__).parent / "stack.yaml"


def told(*arguments: str) -> Json:
    ran = CliRunner().invoke(cost, [*arguments, "--json"], env={"AWS_REGION": "", "AWS_DEFAULT_REGION": ""})
    assert ran.exit_code == 0, ran.output
    answer: Json = json.loads(ran.output)
    return answer


def line(bill: Json, item: str) -> Json:
    found: Json = next(one for one in bill["lines"] if one["item"] == item)
    return found


def test_a_region_nobody_looked_up_has_unknown_prices_and_no_invented_ones() -> None:
    elsewhere = told("--region", "eu-west-9", "--messages", "120000")["month"]

    assert set(elsewhere["unknown"]) == {one["item"] for one in elsewhere["lines"] if one["quantity"]}
    assert elsewhere["full"] == 0
    assert all(one["each"] is None for one in elsewhere["lines"])


def test_what_is_free_in_every_region_is_free_where_its_price_is_unknown() -> None:
    elsewhere = told("--region", "ap-east-1")["idle"]

    assert line(elsewhere, "sqs_requests")["free"] == 0
    assert line(elsewhere, "dynamodb_reads")["free"] is None


@pytest.mark.parametrize("region", ["cn-north-1", "cn-northwest-1"])
def test_in_china_even_the_free_amounts_are_unknown(region: str) -> None:
    china = told("--region", region)["idle"]

    assert "sqs_requests" in china["unknown_in_free_tier"]
    shown = CliRunner().invoke(cost, ["--region", region]).output
    assert "未知 unknown" in shown and "$ 0.2" not in shown


def test_a_month_cannot_have_less_than_no_messages() -> None:
    assert CliRunner().invoke(cost, ["--messages", "-1"]).exit_code == 2


def test_an_idle_stage_costs_a_cent_in_the_free_tier_and_under_a_dollar_outside_it() -> None:
    alone = told()["idle"]

    # On-demand requests of DynamoDB are the one thing that AWS gives nothing of for free.
    paid = {one["item"] for one in alone["lines"] if one["free"]}
    assert paid == {"dynamodb_writes", "dynamodb_reads", "dynamodb_backup_gb"}
    assert alone["free_tier"] < 0.015
    assert alone["full"] < 1
    assert not alone["unknown"]


def test_the_cent_that_idling_costs_in_the_free_tier_is_said() -> None:
    shown = CliRunner().invoke(cost, ["--region", "us-east-1"]).output
    assert "idle in the free tier is $ 0.01, not zero: DynamoDB write units" in shown


def test_where_no_price_is_known_none_is_dated() -> None:
    shown = CliRunner().invoke(cost, ["--region", "ap-east-1"]).output
    assert "prices of ap-east-1 are unknown" in shown and "not zero" not in shown


def test_the_idle_bill_is_itemised() -> None:
    alone = told("--dashboard")["idle"]

    for item in ("alarm_metrics", "custom_metrics", "dynamodb_backup_gb", "sqs_requests", "dashboards"):
        assert line(alone, item)["what_for"], item
    shown = CliRunner().invoke(cost, env={"AWS_REGION": "us-east-1"}).output
    assert "空闲队列的轮询 · polls of the idle queues" in shown
    assert "自定义指标" in shown


def test_a_dashboard_is_free_unless_the_free_ones_are_taken() -> None:
    alone = told("--dashboard")["idle"]

    assert line(alone, "dashboards")["free"] == 0
    assert line(alone, "dashboards")["full"] == 3


def test_alarms_and_metrics_are_those_of_the_template() -> None:
    template = TEMPLATE.read_text()

    in_alarms = template.split("Resources:")[1].split("Overview:")[0]
    watched = re.findall(r"^ +MetricName: (\w+)$", in_alarms.split("DeadLettersAlarm:")[1], re.MULTILINE)
    assert len(watched) == ALARM_METRICS
    assert len(set(re.findall(r'\["Gaiwan", "(\w+)"', template))) == METRICS


def test_ten_times_the_messages_cost_ten_times_the_requests() -> None:
    little, much = told("--messages", "1000")["month"], told("--messages", "10000")["month"]

    assert line(much, "api_requests")["quantity"] == 10 * line(little, "api_requests")["quantity"]


def test_a_message_costs_what_the_budgets_promise() -> None:
    month, alone = told("--messages", "120000")["month"], told()["idle"]

    writes = line(month, "dynamodb_writes")["quantity"] - line(alone, "dynamodb_writes")["quantity"]
    assert writes == 2 * 120_000


def test_a_campaign_costs_no_more_than_its_budget_and_one_callback_for_each_report() -> None:
    month, alone = told("--campaign", "50000", "--followers", "0")["month"], told()["idle"]

    writes = line(month, "dynamodb_writes")["quantity"] - line(alone, "dynamodb_writes")["quantity"]
    assert 50_000 < writes <= 2 * 50_000
    assert line(month, "api_requests")["quantity"] == 50_000
    requests = line(month, "sqs_requests")["quantity"] - line(alone, "sqs_requests")["quantity"]
    assert 500 <= requests <= 2500


def test_what_a_campaign_costs_is_mostly_its_reports() -> None:
    listed = prices("us-east-1")
    sent, reported = bill(campaign(100_000), listed), bill(reports(100_000), listed)

    assert reported.full < sent.full < 1.5 * reported.full


def test_free_gigabytes_of_logs_are_shared_by_what_is_written_and_what_is_kept() -> None:
    spent = prices("us-east-1").after_free({"log_gb": 4.0, "log_storage_gb": 4.0})

    assert spent["log_gb"] == 0
    assert spent["log_storage_gb"] == pytest.approx(3 * 0.03)


def test_the_table_says_which_list_it_used_and_when_things_were_measured() -> None:
    shown = CliRunner().invoke(cost, ["--messages", "120000", "--campaign", "50000", "--region", "us-east-1"]).output

    told = json.loads(FILE.read_text())
    seen = told["regions"]["us-east-1"].values()
    assert f"最早见于 {min(one['seen'] for one in seen)}" in shown and f"put together on {told['dated']}" in shown
    assert not [one for one in seen if f"{one['source']} ({one['seen']})" not in shown]
    assert "docs/egress.md" in shown
    assert "120,000 messages, 50,000 recipients" in shown
    assert "合计 total" in shown


def test_every_price_says_where_and_when_it_was_seen() -> None:
    for listed in json.loads(FILE.read_text())["regions"].values():
        assert set(listed) <= set(ITEMS)
        for seen in listed.values():
            assert re.match(r"https://", seen["source"]) and re.match(r"20\d\d", seen["seen"])


def test_every_item_can_be_priced_somewhere() -> None:
    complete = bill([*idle(), *busy(Plan(1000, 1000, 1000))], prices(regions()[0]))

    assert not complete.unknown
