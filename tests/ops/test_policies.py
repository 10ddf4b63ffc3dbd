"""Each Lambda function has a role of its own, with what it needs and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

import app
from chalicelib.aws import session
from chalicelib.aws import tokens as stored
from chalicelib.aws.functions import Functions, refresh_event
from chalicelib.features import (
    automations,
    conversations,
    crm,
    endpoints,
    followers,
    jobs,
    operators,
    tags,
    template_names,
    templates,
    tokens,
)
from chalicelib.features.campaigns import control, dispatch, reading, store
from chalicelib.outbound import Answer
from ops import policies
from simulator.platform import users
from tests import polling
from tests.crm import beside
from tests.house import NOTICE, House, Json, store_secret
from tests.other_system import other_system, relayed

Asked = set[tuple[str, str, str]]  # service, action, and the last part of the ARN that it was asked of
# Lambda's own poller needs these; no code of ours asks for them.
POLLERS = {"sqs:ReceiveMessage", "sqs:GetQueueAttributes"}
# What IAM asks for where a request has another name.
AS_IN_IAM = {"SendMessageBatch": "SendMessage"}
SERVICES = ("dynamodb", "sqs", "ssm", "lambda", "events")
CUSTOM, SEND = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"

CONFIG = json.loads((policies.ROOT / ".chalice/config.json").read_text())


def test_the_policy_files_are_what_the_table_of_permissions_says() -> None:
    for path, text in policies.files():
        assert path.read_text() == text, f"{path.name} is stale: run python -m ops.policies"


def test_every_function_of_every_stage_names_its_own_policy() -> None:
    for stage in policies.STAGES:
        functions = CONFIG["stages"][stage]["lambda_functions"]
        assert functions.keys() == policies.policies(stage).keys()
        for name, settings in functions.items():
            assert settings["iam_policy_file"] == f"policy-{stage}-{name}.json"


def test_no_statement_names_everything() -> None:
    for _, text in policies.files():
        for statement in json.loads(text)["Statement"]:
            assert "*" not in statement["Resource"] and not any("*" in action for action in statement["Action"])


def test_no_function_may_write_a_secret_or_change_another_stage() -> None:
    for path, text in policies.files():
        assert "ssm:Put" not in text and "ssm:Delete" not in text
        other = {"dev": "prod", "prod": "dev"}[path.name.split("-")[1]]
        assert f"gaiwan-{other}" not in text and f"gaiwan/{other}" not in text


def test_the_app_secret_is_for_the_login_and_the_refresher_alone() -> None:
    may = {name for name, statements in policies.policies("prod").items() if "app_secret" in json.dumps(statements)}
    assert may == {"api_handler", "refresh_tokens"}


def test_a_batch_of_bulk_work_ends_before_wechat_forgets_its_client_msg_id() -> None:
    six_times = 6 * CONFIG["stages"]["prod"]["lambda_functions"]["run_bulk"]["lambda_timeout"]
    assert six_times < 9 * 60


def asked_of(service: str, arguments: Json) -> str:
    """The last part of the ARN."""
    if service == "dynamodb":
        table = arguments.get("TableName") or next(iter(arguments["RequestItems"]))
        return f"table/{table}" + (f"/index/{arguments['IndexName']}" if "IndexName" in arguments else "")
    if service == "sqs":
        return str(arguments.get("QueueName") or arguments["QueueUrl"].rsplit("/", 1)[1])
    if service == "events":
        return f"event-bus/{arguments['Entries'][0]['EventBusName']}"
    return f"parameter{arguments['Name']}" if service == "ssm" else f"function:{arguments['FunctionName']}"


@contextmanager
def noted(house: House) -> Iterator[Asked]:
    """What is asked of AWS for this stage meanwhile, by whatever thread, beginning as a new container does."""
    asked: Asked = set()
    ours = re.compile(rf"\b{house.svc.settings.stage}\b")

    def note(params: Json, model: Any, **_: Any) -> None:
        service = model.service_model.endpoint_prefix
        if "TransactItems" in params:
            # IAM asks for the rights of its parts, and knows no right of that name.
            parts = {f"{verb}Item": part[verb] for part in params["TransactItems"] for verb in part}
        else:
            parts = {"InvokeFunction" if service == "lambda" else AS_IN_IAM.get(model.name, model.name): params}
        for action, part in parts.items():
            if ours.search(name := asked_of(service, part)):
                asked.add((service, f"{service}:{action}", name))

    house.svc._cache.clear()
    for thing in ("work", "bulk", "secrets", "keys"):
        house.svc.__dict__.pop(thing, None)
    house.svc.functions = Functions(house.svc.settings.refresh_function)
    events = [session.client(service).meta.events for service in SERVICES]
    for each in events:
        each.register("provide-client-params", note)
        # There are no functions in the emulator; that one was asked for is what counts.
        each.register("before-call.lambda.Invoke", invoked)
    with mock.patch.object(stored, "WAIT_FOR_NEW", 0.0):
        yield asked
    for each in events:
        each.unregister("provide-client-params", note)
        each.unregister("before-call.lambda.Invoke", invoked)


def invoked(**_: Any) -> tuple[SimpleNamespace, Json]:
    return SimpleNamespace(status_code=202), {}


IN_LAMBDA = mock.Mock(memory_limit_in_mb=512, get_remaining_time_in_millis=lambda: 60_000)


def batch(house: House, queue: Any) -> Json:
    """What Lambda's poller hands over."""
    found = session.client("sqs").receive_message(
        QueueUrl=queue._address(), MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    names = {"Body": "body", "ReceiptHandle": "receiptHandle", "Attributes": "attributes"}
    return {"Records": [{ours: one[sqs] for sqs, ours in names.items()} for one in found["Messages"]]}


def order(house: House, once: str, at: int = 0) -> None:
    words = {"thing1": "x"}
    templates.order(house.svc, house.tea, openid="alice", template_id=NOTICE, data=words, once=once, at=at)


def api_handler(house: House) -> Asked:
    """What followers, visitors and machines want."""
    token = operators.issue_token(house.svc, "till")
    house.svc.table.put({"pk": "account#tea", "sk": "template#notice", "template_id": NOTICE})
    rule = b'{"match": "exact", "pattern": "x", "reply": {"type": "text", "content": "y"}}'
    asks, endpoint, hubspot = polling.poll(house), bus(house, "left"), beside(house, "hubspot")
    with noted(house) as asked:
        for does in ("follow", "unfollow", "follow"):
            house.phone("alice", does)
        house.says("alice", "hello")
        house.phone("bob", "follow")
        house.phone("alice", "open", url=f"{house.app}/oauth/tea/start?then=/h5/tea/hello")
        shown = house.phone("alice", "open", url=f"{house.app}/h5/tea/notice", method="POST")
        saved = house.post(
            "/api/tea/rules", rule, Authorization=f"Bearer {token}", **{"Content-Type": "application/json"}
        )
        page = f"{house.app}/h5/polls/{asks.poll_id}"
        voted = house.phone("alice", "open", url=page, method="POST", form={"q0": "1", "q1": "0"})
        house.phone("alice", "open", url=f"{house.app}/oauth/tea/sign-out", method="POST")
        listed = house.get("/api/tea/polls", Authorization=f"Bearer {token}")
        # There is no ticket yet, so the refresher is woken; nobody comes.
        signed = house.get(f"/jssdk/tea?url={house.app}/")
        tokens.refresh_all(house.svc)
        for path, body in (("followers/sync", b"{}"), ("tags", b'{"name": "x"}')):
            house.post(f"/api/tea/{path}", body, Authorization=f"Bearer {token}")
        house.get("/api/tea/followers/export", Authorization=f"Bearer {token}")
        house.post(f"/api/tea/endpoints/{endpoint}/test", b"", Authorization=f"Bearer {token}")
        hooked = house.post(f"/crm/tea/{hubspot.endpoint_id}", b"[]")
    assert hooked.status == 403
    assert (shown["status"], saved.status) == (200, 201)
    assert (voted["status"], listed.status, signed.status) == (200, 200, 503)
    return asked | relaying(house)


def relaying(house: House) -> Asked:
    """A message whose first answer is another system's."""
    with other_system() as older:
        relayed(house, older.url, answers="theirs")
        with noted(house) as asked:
            house.phone("zoe", "follow")
    house.svc.table.update("accounts", "tea", {}, remove=("relays",))
    return asked


def troubled(house: House) -> None:
    """WeChat refuses this and that; and tells nobody what became of a message, as that would be api_handler's work."""
    house.control("faults", event="lost", times=99)
    for path, errcode in ((CUSTOM, -1), (CUSTOM, 45015), (SEND, 40001), (SEND, 45011)):
        house.control("faults", path=path, errcode=errcode)


def run_job(house: House) -> Asked:
    """Messages to one person: sent, refused, to be tried again, and with a token that is refused."""
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")
    troubled(house)
    for once in ("one", "two", "three"):
        order(house, once)
        reply = {"type": "text", "content": "hello"}
        house.svc.later(conversations.tell, house.tea, openid="alice", reply=reply, once=once)
    tag = tags.create(house.svc, house.tea, "熟客").tag_id
    tags.save_rule(house.svc, house.tea, name="new", tag_id=tag, question={"field": "scene", "is": "unknown"})
    house.svc.later(tags.happened, house.tea, openid="alice", what=["followed"])
    with other_system() as gone:
        relayed(house, gone.url)
    house.says("alice", "for the older system")
    waiting = batch(house, house.svc.work)
    entering = entered(house)
    starting = campaign(house)
    beside(house, "hubspot").happens("alice", "one")
    for_crm = batch(house, house.svc.work)
    with noted(house) as asked:
        app.run_job(for_crm, IN_LAMBDA)  # first: what the others send comes back as callbacks, which are not its work
        with pytest.raises(jobs.JobsFailed):
            app.run_job(waiting, IN_LAMBDA)
        app.run_job(entering, IN_LAMBDA)
        app.run_job(starting, IN_LAMBDA)
    return asked


def entered(house: House) -> Json:
    """Somebody says what begins an automation, and what others want to hear."""
    automation(house, {"do": "wait", "minutes": 1}, {"do": "end"}, kind="said", keyword="tea")
    bus(house, "said")
    house.says("alice", "tea")
    return batch(house, house.svc.work)


def run_bulk(house: House) -> Asked:
    """A night: followers are asked for, and one who left is erased; an automation tells others of somebody; at last the
    token is refused."""
    tokens.refresh_all(house.svc)
    bus(house, "automation")
    house.phone("alice", "follow")
    automation(house, {"do": "wait", "minutes": 10}, {"do": "webhook"}, kind="said", keyword="tea")
    house.says("alice", "tea")
    house.work()
    (journey,) = house.svc.table.under("person#tea#alice", "journey#")
    house.advance(600)
    house.svc.in_bulk(automations.running.go, house.tea, persons=[["alice", journey["sk"]]])
    house.control("people", account="tea", count=7, prefix="guest-")
    house.control("faults", path="/cgi-bin/tags/members/getblacklist", errcode=40001)
    followers.leaving.leave(house.svc, house.tea, "zoe", house.svc.now() - 200_000)
    followers.nightly(house.svc)
    crm.begin(house.svc, house.tea, beside(house, "hubspot").endpoint_id)
    with noted(house) as asked, mock.patch.object(users, "PAGE", 3), pytest.raises(jobs.JobsFailed):
        while True:
            app.run_bulk(batch(house, house.svc.bulk), IN_LAMBDA)
    return asked


def refresh_tokens(house: House) -> Asked:
    """An account in trouble, and out of it again."""
    with noted(house) as asked:
        store_secret(house.svc, "accounts/tea/app_secret", "wrong")
        app.refresh_tokens(refresh_event(""), IN_LAMBDA)
        store_secret(house.svc, "accounts/tea/app_secret", "secret-of-tea")
        house.svc.__dict__.pop("secrets")
        app.refresh_tokens(refresh_event("tea"), IN_LAMBDA)
        house.svc.table.update("accounts", "leaf", {"token_source": "https://tokens.example.com/"})
        house.svc.table.delete("account#leaf", "token#access")
        store_secret(house.svc, "accounts/leaf/token_source", "key-of-the-group")
        house.svc._cache.clear()
        house.svc.outbound = mock.Mock(send=mock.Mock(return_value=Answer(503, {}, b"")))
        app.refresh_tokens(refresh_event("leaf"), IN_LAMBDA)
    return {one for one in asked if one[1] != "ssm:PutParameter"}  # that was this test


def automation(house: House, *steps: Json, **when: Any) -> str:
    """One that runs."""
    told = {"name": "thanks", "when": when, "enter": "each", "steps": list(steps)}
    made = automations.create(house.svc, house.tea, told, "xiaoman").automation_id
    automations.start(house.svc, house.tea, made)
    return made


def campaign(house: House) -> Json:
    """One that is due, and was seen by the clock."""
    template_names.save(house.svc, house.tea, "notice", NOTICE)
    words = {"template": "notice", "fields": {"thing1": "x"}}
    told = {"name": "spring", "kind": "template", "variants": [words], "send_at": house.svc.now() + 60}
    made = store.create(house.svc, house.tea, reading.check(house.svc, house.tea, told), "xiaoman")
    control.start(house.svc, house.tea, made.campaign_id)
    house.advance(61)
    dispatch.start_due(house.svc)
    return batch(house, house.svc.work)


def bus(house: House, kind: str) -> str:
    """An endpoint that is told of such events."""
    return endpoints.save(house.svc, house.tea, kind="bus", label="EventBridge", wants={kind: []}).endpoint_id


def tick(house: House) -> Asked:
    house.phone("alice", "follow")
    automation(house, {"do": "wait", "minutes": 1}, {"do": "end"}, kind="said", keyword="tea")
    house.says("alice", "tea")
    house.work()
    order(house, "later", at=house.svc.now() + 60)
    house.advance(61)
    with noted(house) as asked:
        app.tick(refresh_event(""), IN_LAMBDA)
    return asked


def nightly(house: House) -> Asked:
    with noted(house) as asked:
        app.nightly(refresh_event("") | {"time": "2026-11-23T18:00:00Z"}, IN_LAMBDA)
    return asked


WORK: tuple[Callable[[House], Asked], ...] = (api_handler, run_job, run_bulk, refresh_tokens, tick, nightly)


@pytest.mark.parametrize("function", WORK, ids=lambda function: function.__name__)
def test_a_function_may_do_what_its_work_asks_for_and_nothing_more(
    house: House, function: Callable[[House], Asked]
) -> None:
    asked = function(house)

    statements = policies.policies(house.svc.settings.stage)[function.__name__]
    for partition in ("aws", "aws-cn"):
        for service, action, name in asked:
            arn = f"arn:{partition}:{service}:cn-north-1:123456789012:{name}"
            assert any(allows(statement, action, arn) for statement in statements), f"{action} {arn}"
    for statement in statements:
        for action in set(statement["Action"]) - POLLERS:
            arns = [f"arn:aws:{service}:r:1:{name}" for service, doing, name in asked if doing == action]
            assert any(allows(statement, action, arn) for arn in arns), f"{action} on {statement['Resource']}"


def allows(statement: Json, action: str, arn: str) -> bool:
    return action in statement["Action"] and any(fnmatchcase(arn, allowed) for allowed in statement["Resource"])


def test_every_function_was_at_work() -> None:
    assert {function.__name__ for function in WORK} == policies.policies("dev").keys()


def test_arns_name_no_partition_so_that_china_is_the_same() -> None:
    for _, text in policies.files():
        for arn in re.findall(r"arn:[^\"]+", text):
            assert arn.startswith("arn:*:")
            assert arn.split(":")[2] in {*SERVICES, "logs"}
