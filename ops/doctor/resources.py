"""The stage's resources beside the template that they were made from."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from ..resources import safeguards, stack, template
from ..target import code_of
from .finding import Finding, Text, bad, good, odd, run
from .patient import Patient

GONE = ("ResourceNotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
DRIFT_PAUSE = 2.0  # seconds between two looks
NEEDED: Text = ("应用离不开它", "the app cannot do without it")
OF_A_QUEUE = ("VisibilityTimeout", "MessageRetentionPeriod")

Json = dict[str, Any]


def is_made(patient: Patient) -> bool:
    """Whether there is anything to look at: without its table nothing of a stage can be."""
    try:
        patient.target.client("dynamodb").describe_table(TableName=patient.target.name())
    except ClientError as error:
        return code_of(error) not in GONE
    return True


def stack_settled(patient: Patient) -> Iterator[Finding]:
    found = stack.find(patient.target)
    if found is None:
        yield bad(
            (f"没有堆栈 {stack.name(patient.target)}", f"there is no stack {stack.name(patient.target)}"),
            ("表、队列与告警都由它建立", "it makes the table, the queues and the alarms"),
            run("resources", patient.stage),
        )
    elif found["StackStatus"] not in SETTLED:
        yield odd(
            (f"堆栈状态是 {found['StackStatus']}", f"the stack is {found['StackStatus']}"),
            ("上次更新没有做完，模板与实物可能不同", "its last change was not finished"),
            run("resources", patient.stage),
        )
    else:
        yield good("堆栈完好", f"the stack is settled ({found['StackStatus']})")


def drift(patient: Patient) -> Iterator[Finding]:
    """CloudFormation's own comparison; it takes a few seconds. Not seen on AWS: tested against canned answers."""
    client, name = patient.target.client("cloudformation"), stack.name(patient.target)
    if stack.find(patient.target) is None:
        return
    asked = client.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    while (answer := client.describe_stack_drift_detection_status(StackDriftDetectionId=asked))[
        "DetectionStatus"
    ] == "DETECTION_IN_PROGRESS":
        time.sleep(DRIFT_PAUSE)
    if answer.get("StackDriftStatus") == "IN_SYNC":
        yield good("没有人绕过模板改动资源", "nobody changed resources behind the template's back")
        return
    changed = client.describe_stack_resource_drifts(
        StackName=name, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"]
    )["StackResourceDrifts"]
    for one in changed:
        logical, how = one["LogicalResourceId"], one["StackResourceDriftStatus"].lower()
        yield odd(
            (f"{logical} 被手工改过（{how}）", f"{logical} was changed by hand ({how})"),
            ("下次更新会改回去，或者失败", "the next update undoes it, or fails"),
            (
                "把改动写进 ops/resources/stack.yaml，或改回去",
                "put the change into ops/resources/stack.yaml, or undo it",
            ),
        )


def table(patient: Patient) -> Iterator[Finding]:
    name, client = patient.target.name(), patient.target.client("dynamodb")
    try:
        found = client.describe_table(TableName=name)["Table"]
    except ClientError as error:
        yield from _gone(error, patient, f"表 {name}", f"table {name}")
        return
    wrong = [part for part in ("KeySchema", "GlobalSecondaryIndexes") if _is_other(found, part)]
    for part in wrong:
        yield bad(
            (f"表 {name} 的 {part} 与模板不同", f"{part} of the table {name} is not the template's"),
            ("应用按模板的键与索引读写", "the app reads and writes by the template's keys and index"),
            ("这张表不是本项目建的：换一个 --stage", "this table was not made here: choose another --stage"),
        )
    for safeguard in safeguards.missing(patient.target):
        yield bad(
            (f"表的“{safeguard.zh}”没有打开", f"the table is without: {safeguard.en}"),
            ("没有它，误删或过期数据无法补救", "without it old data piles up, or lost data stays lost"),
            run("resources", patient.stage),
        )
    if not wrong:
        yield good(f"表 {name} 的键与索引与模板一致", f"the table {name} has the template's keys and index")


def _is_other(found: Json, part: str) -> bool:
    return _essence(found.get(part, [])) != _essence(template.resources()["Table"]["Properties"][part])


def _essence(schema: list[Json]) -> list[str]:
    """Keys, names and projections; AWS's answer holds sizes and states besides."""
    told = ("AttributeName", "KeyType", "IndexName", "KeySchema", "Projection")
    return sorted(json.dumps({key: one[key] for key in told if key in one}, sort_keys=True) for one in schema)


def queues(patient: Patient) -> Iterator[Finding]:
    for logical, resource in template.resources().items():
        if resource["Type"] == "AWS::SQS::Queue":
            yield from _queue(patient, logical, resource["Properties"])


def _queue(patient: Patient, logical: str, wanted: Json) -> Iterator[Finding]:
    name, client = wanted["QueueName"]["!Sub"].replace("${Stage}", patient.stage), patient.target.client("sqs")
    try:
        url = client.get_queue_url(QueueName=name)["QueueUrl"]
    except ClientError as error:
        yield from _gone(error, patient, f"队列 {name}", f"queue {name}")
        return
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    differences = list(_differences(found, _filled(wanted, patient)))
    for said, is_now, should in differences:
        yield bad(
            (f"队列 {name} 的 {said} 是 {is_now}，应为 {should}", f"{said} of {name} is {is_now} instead of {should}"),
            ("任务会在处理中被重复领取，或失败后丢失", "jobs are taken twice while they run, or lost when they fail"),
            run("resources", patient.stage),
        )
    if not differences:
        yield good(f"队列 {name} 与模板一致", f"the queue {name} is as the template says ({logical})")


def _differences(found: dict[str, str], wanted: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    redrive = json.loads(found.get("RedrivePolicy", "{}"))
    is_now = {**found, "dead letters": str(redrive.get("deadLetterTargetArn", "")).rpartition(":")[2]}
    is_now["receives"] = str(redrive.get("maxReceiveCount", ""))
    for said, should in wanted.items():
        if is_now.get(said, "") != should:
            yield said, is_now.get(said) or "-", should


def _filled(wanted: Json, patient: Patient) -> dict[str, str]:
    """The template's words for one queue, with this stage's numbers in them."""
    numbers = template.visibilities(patient.stage)
    plain = {key: wanted[key] for key in OF_A_QUEUE if key in wanted}
    told = {key: numbers[value["!Ref"]] if isinstance(value, dict) else str(value) for key, value in plain.items()}
    if "RedrivePolicy" in wanted:
        own = str(wanted["QueueName"]["!Sub"]).replace("${Stage}", patient.stage)
        told |= {"dead letters": f"{own}-dead", "receives": str(wanted["RedrivePolicy"]["maxReceiveCount"])}
    return told


def bus(patient: Patient) -> Iterator[Finding]:
    name = patient.target.name()
    try:
        patient.target.client("events").describe_event_bus(Name=name)
    except ClientError as error:
        yield from _gone(error, patient, f"事件总线 {name}", f"event bus {name}")
        return
    yield good(f"事件总线 {name} 在", f"the event bus {name} is there")


def logs(patient: Patient) -> Iterator[Finding]:
    endless = [name for name, days in _log_groups(patient).items() if not days]
    if endless:
        told = ", ".join(endless)
        yield odd(
            (f"日志组不存在或永不过期：{told}", f"log groups that are not there, or keep their lines for ever: {told}"),
            ("日志会一直收费，个人信息也不该久留", "they are billed for ever, and personal data should not stay"),
            run("resources", patient.stage),
        )
    else:
        yield good("日志都有保留期限", "all logs end some day")


def _log_groups(patient: Patient) -> dict[str, int]:
    """By name, after how many days its lines go; 0: never, or it is not there."""
    wanted, client = template.log_groups(patient.stage), patient.target.client("logs")
    kept = dict.fromkeys(wanted, 0)
    for name in wanted:
        for group in client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
            if group["logGroupName"] in kept:
                kept[group["logGroupName"]] = group.get("retentionInDays", 0)
    return kept


def alarms(patient: Patient) -> Iterator[Finding]:
    wanted = _alarm_names(patient.stage)
    found = patient.target.client("cloudwatch").describe_alarms(AlarmNames=wanted)["MetricAlarms"]
    ill = [*_missing(patient, wanted, found), *_ringing(patient, found), *_silent(patient, found)]
    yield from ill
    if not ill:
        yield good(f"{len(found)} 个告警都在", f"alarms: {len(found)}, all that the template has")


def _alarm_names(stage: str) -> list[str]:
    made = (one["Properties"] for one in template.resources().values() if one["Type"] == "AWS::CloudWatch::Alarm")
    return [properties["AlarmName"]["!Sub"].replace("${Stage}", stage) for properties in made]


def _missing(patient: Patient, wanted: list[str], found: list[Json]) -> Iterator[Finding]:
    gone = sorted(set(wanted) - {alarm["AlarmName"] for alarm in found})
    if gone:
        yield bad(
            (f"没有告警 {', '.join(gone)}", f"alarms that are not there: {', '.join(gone)}"),
            ("出事时没有人会知道", "nobody would hear of trouble"),
            run("resources", patient.stage),
        )


def _ringing(patient: Patient, found: list[Json]) -> Iterator[Finding]:
    for alarm in found:
        if alarm.get("StateValue") == "ALARM":
            described = str(alarm.get("AlarmDescription", "")).partition("。")
            yield bad(
                (f"告警 {alarm['AlarmName']} 正在响", f"the alarm {alarm['AlarmName']} is ringing"),
                (described[0] or "见告警说明", described[2] or "see its description"),
                run("status", patient.stage),
            )


def _silent(patient: Patient, found: list[Json]) -> Iterator[Finding]:
    if found and not any(alarm.get("AlarmActions") for alarm in found):
        yield odd(
            ("告警不通知任何人", "the alarms tell nobody"),
            ("出事时要有人知道", "somebody should hear of trouble"),
            run("resources --alarm-email YOU@EXAMPLE.COM", patient.stage),
        )


def _gone(error: ClientError, patient: Patient, zh: str, en: str) -> Iterator[Finding]:
    if code_of(error) not in GONE:
        raise error
    yield bad((f"没有{zh}", f"there is no {en}"), NEEDED, run("resources", patient.stage))
