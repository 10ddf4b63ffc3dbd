"""Who did what: every deed once, in order, without an openid; nothing that was only looked at or refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.errors import BadInput
from chalicelib.features import operators, tokens
from chalicelib.features.days import A_DAY
from chalicelib.features.operators import Who, audit
from tests.crowd import follower
from tests.house import House
from tests.web.asking import Api
from tests.web.operating import Browser, everything, signed_in

MAI = Who("小满", "operator", "0" * 12, role="admin")


def lines(house: House, **asked: Any) -> list[tuple[str, str, str, str]]:
    found, _ = operators.audit_page(house.svc, asked.get("cursor", ""), asked.get("limit", 100))
    return [(one.name, one.did, one.about, one.account) for one in found]


@pytest.fixture
def admin(house: House) -> Browser:
    return signed_in(house)


@pytest.mark.parametrize(
    "cursor",
    ["x", "²|", "999999999999|", "200001|", "202699|", "202600|", "99999999", "202611|x", "202611|" + "0" * 2000],
)
def test_a_made_up_cursor_is_refused_at_once(house: House, admin: Browser, cursor: str) -> None:
    with pytest.raises(BadInput):
        operators.audit_page(house.svc, cursor, 10)
    answer = admin.ask("GET", "/api/audit?cursor=" + cursor.replace("|", "%7C").replace("²", "%C2%B2"))
    assert answer.status == 400, answer.data


def test_what_was_refused_or_only_looked_at_is_not_in_it(house: House, admin: Browser) -> None:
    before = lines(house)
    assert admin("GET", "operators").status == 200
    assert admin("POST", "operators", {"name": "", "role": "admin"}).status == 400
    assert admin("DELETE", "operators/000000000000").status == 404
    assert signed_in(house, "viewer")("POST", "tea/tags", {"name": "x"}).status == 403
    assert Browser(house)("POST", "tea/tags", {"name": "x"}).status == 401
    assert lines(house)[1:] == before  # the viewer's sign-in


def test_each_deed_is_a_line_that_says_who_and_what(house: House, admin: Browser) -> None:
    made = admin("POST", "operators", {"name": "谷雨", "role": "editor"}).body
    admin("POST", f"operators/{made['operator_id']}/sign-in-link")
    admin("PUT", f"operators/{made['operator_id']}", {"name": "谷雨", "role": "viewer", "disabled": True})
    admin("DELETE", f"operators/{made['operator_id']}")
    token = admin("POST", "tokens", {"label": "收银台", "scopes": ["rules:write"]}).body
    rule = {"match": "exact", "pattern": "hi", "reply": {"type": "text", "content": "您好"}}
    by_token = Browser(house).ask("POST", "/api/tea/rules", rule, Authorization=f"Bearer {token['token']}").json()
    admin("DELETE", f"tokens/{token['mark']}")

    one = made["operator_id"]
    assert lines(house)[::-1] == [
        ("admin 小满", "sign_in", "by a link", ""),
        ("admin 小满", "operators_add", "谷雨 editor", ""),
        ("admin 小满", "operators_sign_in_link", f"{one} 谷雨 editor", ""),
        ("admin 小满", "operators_change", f"{one} 谷雨 viewer disabled", ""),
        ("admin 小满", "operators_remove", f"{one} 谷雨 viewer disabled", ""),
        ("admin 小满", "operators_issue", "收银台: rules:write", ""),
        ("收银台", "rules_create", by_token["rule_id"], "tea"),
        ("admin 小满", "operators_revoke", f"{token['mark']} 收银台", ""),
    ]


def test_a_person_is_named_as_in_the_logs(house: House, admin: Browser) -> None:
    tokens.refresh_all(house.svc)
    follower(house, "o-alice_1")
    assert admin("PUT", "tea/followers/o-alice%5F1/remark", {"remark": "常客"}).status < 300
    assert admin("PUT", "tea/followers/o-alice_1/facts", {"facts": {"杯": "大"}}).status < 300
    assert admin("DELETE", "tea/followers/o-alice_1/facts/%E6%9D%AF").status < 300

    person = house.svc.keys.person("o-alice_1")
    assert [about for _, _, about, account in lines(house) if account] == [f"{person} 杯", person, person]
    assert "o-alice" not in str([item for item in everything(house) if item["pk"]["S"].startswith("audit#")])


def test_a_repeat_is_no_second_line(house: House, admin: Browser) -> None:
    for _ in range(2):
        admin("POST", "operators", {"name": "谷雨", "role": "viewer"}, **{"Idempotency-Key": "k"})
    assert [did for _, did, _, _ in lines(house)].count("operators_add") == 1


def test_pages_go_back_over_months_and_lose_nothing(house: House) -> None:
    for number in range(7):
        operators.note_deed(house.svc, MAI, "tags_create", str(number), "tea")
        house.advance(20 * A_DAY)
    found, cursor = operators.audit_page(house.svc, "", 3)
    seen = [one.about for one in found]
    while cursor:
        found, cursor = operators.audit_page(house.svc, cursor, 3)
        seen += [one.about for one in found]
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def test_a_line_is_kept_for_four_hundred_days(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    operators.note_deed(house.svc, MAI, "tags_create", "x" * 1000, "tea")
    (line,) = [item for item in everything(house) if item["pk"]["S"].startswith("audit#")]
    assert int(line["expires"]["N"]) - house.svc.now() in range(400 * A_DAY - 60, 400 * A_DAY + 1)
    assert len(line["about"]["S"]) == audit.LONGEST_ABOUT
    house.advance(399 * A_DAY)
    assert len(lines(house)) == 1
    pages: list[str] = []
    asked = house.svc.table.page

    def page(pk: str, *told: Any, **more: Any) -> Any:
        pages.append(pk)
        return asked(pk, *told, **more)

    monkeypatch.setattr(house.svc.table, "page", page)
    house.advance(40 * A_DAY)
    assert not lines(house)
    assert len(pages) <= 15  # a month each, however long ago


def test_the_log_can_be_narrowed(house: House, admin: Browser) -> None:
    admin("POST", "operators", {"name": "谷雨", "role": "viewer"})
    Api(house)("POST", "/rules", {"match": "exact", "pattern": "hi", "reply": {"type": "text", "content": "hi"}})
    told = [entry["did"] for entry in admin("GET", "audit?who=the%20till").body["items"]]
    assert told == ["rules_create"]
    assert [entry["did"] for entry in admin("GET", "audit?did=operators").body["items"]] == ["operators_add"]


def test_taking_the_list_of_followers_away_is_told_once_and_not_for_each_page(house: House) -> None:
    for n in range(3):
        follower(house, f"guest-{n}")
    api = Api(house)

    first = api("GET", "/followers/export?limit=1").body
    api("GET", f"/followers/export?limit=1&cursor={quote(first['cursor'])}")
    api("GET", "/followers")

    assert [(name, did, account) for name, did, _, account in lines(house)] == [
        ("the till", "spreadsheets_export", "tea")
    ]
