"""/api/{account}/automations: what they take, what they answer, and the sentence for each mistake with its place."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.errors import BadInput
from chalicelib.features import automations, tags, tokens
from tests.automating import buys, work
from tests.crowd import follower
from tests.house import NOTICE, House, Json
from tests.web.asking import Api, refused

WAIT: Json = {"do": "wait", "minutes": 10}
NOTE: Json = {"do": "template", "template_id": NOTICE, "fields": {"thing1": "谢谢"}}
SAY: Json = {"do": "message", "reply": {"type": "text", "content": "谢谢"}}
BOUGHT: Json = {"field": "orders", "is": "at_least", "value": 2}
BODY: Json = {"name": "谢谢", "when": {"kind": "ordered"}, "steps": [WAIT, NOTE]}


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    return house


@pytest.fixture
def api(shop: House) -> Api:
    return Api(shop)


def branch(**told: Any) -> Json:
    return {"do": "branch", "if": BOUGHT, "then": [WAIT], "else": []} | told


def deep(levels: int) -> Json:
    return WAIT if not levels else branch(then=[deep(levels - 1)])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "name: must be a text of 1 to 40"),
        ({"name": "x" * 41}, "name: must be a text"),
        ({"when": {}}, "when.kind: must be one of followed"),
        ({"when": {"kind": "delivered"}}, "when.kind: must be one of"),
        ({"when": {"kind": "followed", "scene": "1"}}, "when: has no scene"),
        ({"when": {"kind": "said"}}, "when.keyword: must be a text"),
        ({"when": {"kind": "tagged", "tag_id": 1}}, "when.tag_id: must be a whole number from 3"),
        ({"when": {"kind": "silent", "days": 0}}, "when.days: must be a whole number from 1 to 365"),
        ({"when": {"kind": "date", "attribute": "1x"}}, "when.attribute: must be the name"),
        ({"when": {"kind": "date", "attribute": "birthday", "offset_days": 91}}, "when.offset_days"),
        ({"when": {"kind": "date", "attribute": "birthday", "yearly": 1}}, "when.yearly: must be true or false"),
        ({"when": {"kind": "ordered", "at_least_fen": -1}}, "when.at_least_fen"),
        ({"question": {"all": [{"field": "nothing"}]}}, "question.all[0].field"),
        ({"enter": "often"}, "enter: must be one of person, cause, each"),
        ({"steps": []}, "steps: needs at least one step"),
        ({"steps": [{}]}, "steps[0].do: must be one of wait"),
        ({"steps": [WAIT | {"minutes": 0}]}, "steps[0].minutes: must be a whole number from 1 to 129600"),
        ({"steps": [WAIT | {"minutes": 129_601}]}, "steps[0].minutes"),
        ({"steps": [WAIT | {"clock": "20:00"}]}, "steps[0]: needs either minutes or clock"),
        ({"steps": [{"do": "wait", "clock": "24:00"}]}, "steps[0].clock: must be a time in Shanghai"),
        ({"steps": [WAIT | {"colour": 1}]}, "steps[0]: has no colour"),
        ({"steps": [WAIT | {"step_id": "A B"}]}, "steps[0].step_id"),
        ({"steps": [WAIT | {"step_id": "a"}, WAIT | {"step_id": "a"}]}, "steps[1].step_id: a is used twice"),
        ({"steps": [branch(then=[])]}, "steps[0]: has no step on either side"),
        ({"steps": [branch(then=[WAIT, WAIT | {"minutes": "5"}])]}, "steps[0].then[1].minutes"),
        ({"steps": [branch(**{"if": {"field": "x"}})]}, "steps[0].if.field: is no field"),
        ({"steps": [branch(then="x")]}, "steps[0].then: must be a list of steps"),
        ({"steps": [deep(6)]}, "5 deep at most"),
        ({"steps": [WAIT] * 41}, "steps[40]: is one step too many"),
        ({"steps": [NOTE | {"template_id": ""}]}, "steps[0].template: give either"),
        ({"steps": [NOTE | {"template_id": "", "template": "thanks"}]}, "No template of that name"),
        ({"steps": [NOTE | {"fields": {}}]}, "steps[0].fields: must have 1 to 20"),
        ({"steps": [NOTE | {"fields": {"thing1": "x" * 21}}]}, "steps[0].fields.thing1: may have 20 characters"),
        ({"steps": [NOTE | {"fields": {"thing1": "{name}"}}]}, "{name} may be unknown, so it needs a default"),
        ({"steps": [NOTE | {"fields": {"thing1": "{nickname|x}"}}]}, "knows no variable {nickname}"),
        ({"steps": [NOTE | {"fields": {"thing1": "{name|x"}}]}, "has a brace alone"),
        ({"steps": [NOTE | {"fields": {"thing1": "{event.scene|x}"}}]}, "knows no variable {event.scene}"),
        ({"steps": [NOTE | {"url": "javascript:x"}]}, "steps[0].url: must be an address"),
        ({"steps": [NOTE | {"miniprogram": {"appid": ""}}]}, "steps[0].miniprogram.appid"),
        ({"steps": [{"do": "message", "reply": {"type": "text", "content": ""}}]}, "steps[0].reply.content"),
        ({"steps": [{"do": "message", "reply": {"type": "transfer_customer_service"}}]}, "must be one message"),
        ({"steps": [{"do": "message", "reply": {"type": "song"}}]}, "is no message that can be sent"),
        ({"steps": [{"do": "tag", "tag_id": 999}]}, "steps[0].tag_id: is no tag of this account"),
        ({"steps": [{"do": "attribute", "attribute": "phone", "value": "1"}]}, "only with the person's consent"),
        ({"steps": [{"do": "attribute", "attribute": "x", "value": 1.5}]}, "steps[0].value: must be a text"),
        ({"steps": [{"do": "webhook", "fields": {"a b": "x"}}]}, "has a field of the wrong name"),
        ({"steps": [{"do": "hand_over", "hours": 169}]}, "steps[0].hours: must be a whole number from 1 to 168"),
        ({"steps": [{"do": "hand_over", "hours": 1, "desk": "nobody"}]}, "steps[0].desk: must be a desk"),
        ({"steps": [{"do": "end", "minutes": 1}]}, "steps[0]: has no minutes"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_with_its_place(api: Api, change: Json, told: str) -> None:
    assert told in refused(api("POST", "/automations", BODY | change), 400)


def test_an_account_that_may_not_send_says_so_while_it_is_written(api: Api) -> None:
    for step, told in ((NOTE, "verified service accounts"), (SAY, "customer-service messages")):
        assert told in refused(api("POST", "/automations", BODY | {"steps": [step]}, alias="leaf"), 400)


def test_a_check_tells_all_mistakes_and_else_reads_the_whole_out(api: Api) -> None:
    wrong = BODY | {
        "name": "",
        "steps": [WAIT | {"minutes": 0}, branch(then=[{"do": "tag", "tag_id": 9}], **{"if": {}})],
    }
    told = api("POST", "/automations/check", wrong).body
    assert [one["place"] for one in told["mistakes"]] == [
        "name", "steps[0].minutes", "steps[1].if.field", "steps[1].then[0].tag_id",
    ]  # fmt: skip
    assert told["sentences"] == []

    told = api("POST", "/automations/check", BODY | {"question": BOUGHT, "steps": [WAIT, branch(then=[SAY])]}).body
    assert told["mistakes"] == []
    assert [(one["part"], one["depth"], one["text"]) for one in told["sentences"]] == [
        ("when", 0, "下单后。When somebody buys."),
        ("question", 0, "如果订单数至少 2。If orders is 2 or more."),
        ("enter", 0, "每人只进一次。Each person enters once."),
        ("step", 0, "等 10 分钟。Wait 10 minutes."),
        ("step", 0, "如果订单数至少 2，走「是」，否则走「否」。If orders is 2 or more: then; otherwise: else."),
        ("step", 1, "如果还能发客服消息，说「谢谢」。If their window is open, say “谢谢”."),
    ]
    assert [one["place"] for one in told["sentences"]][-1] == "steps[1].then[0]"


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ({"kind": "followed"}, "关注后。When somebody follows."),
        ({"kind": "scanned", "scene": "12"}, "扫码「12」后。When somebody scans “12”."),
        ({"kind": "ordered", "at_least_fen": 10000}, "下单满 ¥100.00 后。When somebody buys for ¥100.00 or more."),
        ({"kind": "attribute_changed", "attribute": "level", "value": "gold"},
         "资料「level」变成「gold」后。When the attribute “level” changes to “gold”."),
        ({"kind": "silent", "days": 30}, "30 天没有动静时。When somebody has been silent for 30 days."),
        ({"kind": "date", "attribute": "birthday", "offset_days": -3},
         "birthday 前 3 天。3 days before birthday."),
        ({"kind": "date", "attribute": "contract", "yearly": False},
         "contract 当天（只此一次）。On the day of contract (that one day)."),
    ],
)  # fmt: skip
def test_when_reads_like_a_sentence(api: Api, when: Json, text: str) -> None:
    told = api("POST", "/automations/check", BODY | {"when": when}).body
    assert told["sentences"][0]["text"] == text, told


def test_every_step_reads_like_a_sentence(shop: House, api: Api) -> None:
    tag_id = tags.create(shop.svc, shop.tea, "熟客").tag_id
    steps: list[Json] = [
        {"do": "wait", "minutes": 1440}, {"do": "wait", "clock": "20:00"}, NOTE, {"do": "tag", "tag_id": tag_id},
        {"do": "untag", "tag_id": tag_id}, {"do": "attribute", "attribute": "level", "value": "gold"},
        {"do": "webhook", "fields": {"why": "x"}}, {"do": "hand_over", "hours": 2}, {"do": "end"},
    ]  # fmt: skip
    told = api("POST", "/automations/check", BODY | {"steps": steps}).body
    assert [one["text"] for one in told["sentences"][2:]] == [
        "等 1 天。Wait 1 day.",
        "等到 20:00（上海时间）。Wait until 20:00 in Shanghai.",
        f"发模板消息 {NOTICE}：谢谢。Send the template message {NOTICE}: 谢谢.",
        "打标签「熟客」。Add the tag “熟客”.",
        "取下标签「熟客」。Take off the tag “熟客”.",
        "把 level 记为「gold」。Set level to “gold”.",
        "通知其他系统：why。Tell the other systems: why.",
        "转人工，2 小时。Hand over to people for 2 hours.",
        "到此结束。End here.",
    ]


def test_an_automation_is_made_started_looked_at_changed_paused_and_removed(  # noqa: PLR0915 (one whole life)
    shop: House, api: Api
) -> None:
    made = api("POST", "/automations", BODY)
    assert made.status == 201
    assert (made.body["phase"], made.body["version"], made.body["changed_by"]) == ("draft", 1, "the till")
    path = f"/automations/{made.body['automation_id']}"
    assert refused(api("POST", f"{path}/pause"), 409)
    assert api("POST", f"{path}/start").body["phase"] == "running"
    follower(shop, "alice")
    buys(shop, "alice")

    shown = api("GET", path).body
    assert (shown["counts"]["entered"], shown["counts"]["inside"]) == (1, 1)
    assert shown["counts"]["steps"][0]["waiting"] == 1
    step_id = shown["automation"]["steps"][0]["step_id"]
    inside = api("GET", f"{path}/people").body["items"]
    assert [(one["openid"], one["step_id"]) for one in inside] == [("alice", step_id)]
    (journey,) = api("GET", "/followers/alice/journeys").body["items"]
    assert (journey["name"], journey["ending"], journey["step_id"]) == ("谢谢", "", step_id)
    (row,) = api("GET", "/automations").body["items"]
    assert (row["sentence"], row["entered"], row["inside"]) == ("下单后。When somebody buys.", 1, 1)

    steps = [shown["automation"]["steps"][0] | {"minutes": 20}, shown["automation"]["steps"][1]]
    assert api("PUT", path, BODY | {"steps": steps, "version": 1}).body["version"] == 2
    told = api("PUT", path, BODY | {"name": "别的", "steps": steps, "version": 1})
    assert "刚改过" in refused(told, 409)
    assert told.body["error"]["details"]["version"] == 2
    assert told.body["error"]["details"]["difference"][0]["after"] == "等 20 分钟。Wait 20 minutes."
    difference = api("GET", f"{path}/difference?old=1&new=2").body["items"]
    assert [(one["what"], one["place"]) for one in difference] == [("changed", "steps[0]")]
    assert api("PUT", path, BODY | {"steps": steps, "version": 2}).body["version"] == 2  # nothing changed

    assert api("POST", f"{path}/pause").body["phase"] == "paused"
    assert api("DELETE", path).status == 204
    for method, rest in (("GET", ""), ("DELETE", ""), ("POST", "/start"), ("GET", "/people")):
        refused(api(method, path + rest), 404)
    assert api("GET", "/automations").body["items"] == []


def test_a_dry_run_is_begun_and_asked_for(shop: House, api: Api) -> None:
    begun = api("POST", "/automations/dry-run", BODY)
    assert (begun.status, begun.body["state"], begun.body["percent"]) == (202, "running", 0)
    work(shop)
    assert api("GET", f"/automation-runs/{begun.body['run_id']}").body["state"] == "done"
    refused(api("GET", "/automation-runs/none"), 404)
    refused(api("POST", "/automations/dry-run", BODY | {"steps": []}), 400)


@pytest.mark.parametrize("path", ["?cursor=x", "?cursor=ff.", "?limit=0"])
def test_a_cursor_of_somebody_else_is_refused(api: Api, path: str) -> None:
    made = api("POST", "/automations", BODY).body["automation_id"]
    refused(api("GET", f"/automations/{made}/people{path}"), 400)


def test_a_reader_may_look_and_not_touch(shop: House) -> None:
    reads = Api(shop, "automations:read")
    assert reads("GET", "/automations").status == 200
    assert reads("POST", "/automations/check", BODY).status == 200
    assert reads("POST", "/automations", BODY).status == 403
    assert reads("POST", "/automations/dry-run", BODY).status == 403


# Another one every day, which the name of the test says.
@pytest.mark.parametrize("seed", [1, int(datetime.now(UTC).strftime("%Y%m%d"))])
def test_documents_that_were_made_at_random_never_break_the_reading(shop: House, seed: int) -> None:
    """Whatever is sent, it is read or refused with its place."""
    dice = random.Random(seed)
    scraps: list[Any] = [None, 0, -1, "", "x", "{", [], {}, True, 1.5, "20:00", WAIT, NOTE, SAY, BOUGHT, [WAIT]]
    for _ in range(400):
        body = {name: dice.choice([value, dice.choice(scraps)]) for name, value in BODY.items()}
        step = dict(dice.choice([WAIT, NOTE, SAY, branch(), {"do": "hand_over", "hours": 1}, {"do": "webhook"}]))
        step[dice.choice(["do", "fields", "then", "if", "minutes", "reply", "step_id", "url"])] = dice.choice(scraps)
        body["steps"] = dice.choice([body["steps"], [step]])
        try:
            automations.sentences(automations.check(shop.svc, shop.tea, body), {})
        except BadInput as error:
            assert "：" in str(error), error
