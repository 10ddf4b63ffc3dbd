"""What a person takes back at WeChat leaves us: profile, consent, or all that we have."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import Conflict
from chalicelib.features import identities
from chalicelib.features.identities import withdrawals
from chalicelib.wechat.errors import Unreachable, WeChatError
from tests.house import House, Json, logged
from tests.signing_in import bind, signs_in, visits_of

REFRESH, USERINFO = "/sns/oauth2/refresh_token", "/sns/userinfo"
GONE = {"nickname", "picture", "consented", "renewal"}


def tells(house: House, event: str, openid: str = "alice", alias: str = "tea", **fields: Any) -> None:
    """As the platform sends it: from an id of its own, about the person in OpenID."""
    told: Json = {"Event": event, "OpenID": openid, "FromUserName": "oPlatform", "AppID": "wx0a1b2c3d4e5f6789"}
    house.phone(openid, "event", alias, **told | fields)


def is_known(house: House, cookie: str) -> bool:
    return identities.visitor(house.svc, house.tea, cookie) is not None


def rename(house: House, nickname: str, openid: str = "alice") -> None:
    house.world.accounts["tea"].person(openid).nickname = nickname


def nicknames(house: House) -> list[Any]:
    return [visit.get("nickname") for visit in visits_of(house)]


@pytest.mark.parametrize("told", ["205", "301", "201,205", "204 205", "201, 205", "201、205", ["201", "205"]])
def test_a_withdrawn_profile_leaves_every_visit_and_the_visits_stay(house: House, told: str | list[str]) -> None:
    bind(house, "tea")
    cookies = [signs_in(house), signs_in(house, scope="snsapi_base"), signs_in(house)]
    tells(house, "user_authorization_revoke", RevokeInfo=told)

    for visit in visits_of(house):
        assert not GONE & visit.keys()
        assert visit["granted"] == "snsapi_base"
    assert all(is_known(house, cookie) for cookie in cookies)
    assert sum("unionid" in visit for visit in visits_of(house)) == 2


@pytest.mark.parametrize("told", ["201", "206,207", "2050", "1205", "20 5"])
def test_what_else_is_withdrawn_leaves_the_profile(house: House, told: str) -> None:
    signs_in(house)
    before = visits_of(house)
    tells(house, "user_authorization_revoke", RevokeInfo=told)

    assert visits_of(house) == before


@pytest.mark.parametrize("fields", [{}, {"RevokeInfo": ""}, {"RevokeInfo": {"Item": "205"}}])
def test_a_revocation_that_says_nothing_readable_takes_the_profile(house: House, fields: Json) -> None:
    signs_in(house)
    tells(house, "user_authorization_revoke", **fields)

    assert not GONE & visits_of(house)[0].keys()


def test_a_revocation_is_about_the_person_it_names_and_nobody_else(house: House) -> None:
    signs_in(house, "alice")
    signs_in(house, "bob")
    tells(house, "user_authorization_revoke", "bob", RevokeInfo="205")

    assert nicknames(house) == ["alice"]
    assert not GONE & visits_of(house, "bob")[0].keys()


def test_a_revocation_by_somebody_unknown_or_at_another_kind_of_account_does_no_harm(house: House) -> None:
    house.svc.table.update("accounts", "leaf", {"kind": "miniprogram"})
    house.svc.forget("accounts")
    house.svc.forget("account#leaf")
    for event in ("user_authorization_revoke", "user_info_modified", "user_authorization_cancellation"):
        tells(house, event, "nobody", RevokeInfo="6,205")
        tells(house, event, "nobody", "leaf", RevokeInfo="6,205")
    house.work()

    left = [item["sk"] for item in house.svc.table.under("person#tea#nobody")]
    assert all(sk.startswith("message#") for sk in left)


def test_a_modified_profile_is_asked_for_anew(house: House) -> None:
    rename(house, "爱丽丝")
    signs_in(house)
    signs_in(house, scope="snsapi_base")
    signs_in(house)
    rename(house, "Alice in 杭州")
    tells(house, "user_info_modified")
    house.work()

    assert sorted(nicknames(house), key=str) == ["Alice in 杭州", "Alice in 杭州", None]
    assert house.count(REFRESH) == 1


@pytest.mark.parametrize("code", [42002, 40030])
def test_a_refresh_token_that_wechat_does_not_take_is_dropped_and_the_next_one_tried(house: House, code: int) -> None:
    signs_in(house)
    house.advance(1)
    signs_in(house)
    rename(house, "Alicia")
    house.control("faults", path=REFRESH, errcode=code)
    withdrawals.renew(house.svc, house.tea, "alice")

    assert ["renewal" in visit for visit in visits_of(house)] == [True, False]
    assert nicknames(house) == ["Alicia", "Alicia"]


def test_without_a_living_refresh_token_a_modified_profile_is_dropped(house: House) -> None:
    signs_in(house)
    house.control("faults", path=REFRESH, errcode=42002)
    tells(house, "user_info_modified")
    house.work()

    (visit,) = visits_of(house)
    assert not {"nickname", "picture", "renewal"} & visit.keys()
    assert "consented" in visit


def test_without_a_living_refresh_token_a_profile_that_nobody_doubts_stays(house: House) -> None:
    signs_in(house)
    house.control("faults", path=REFRESH, errcode=42002)
    withdrawals.renew(house.svc, house.tea, "alice")

    (visit,) = visits_of(house)
    assert visit["nickname"] == "alice" and "renewal" not in visit


@pytest.mark.parametrize("fault", [{"status": 502}, {"errcode": -1}, {"errcode": 48001}, {"errcode": 45009}])
@pytest.mark.parametrize("path", [REFRESH, USERINFO])
def test_while_wechat_does_not_tell_the_new_profile_the_old_one_is_not_shown(
    house: House, path: str, fault: Json
) -> None:
    signs_in(house)
    rename(house, "Alicia")
    house.control("faults", path=path, **fault)

    with pytest.raises((Unreachable, WeChatError)):
        withdrawals.renew(house.svc, house.tea, "alice", modified=True)
    assert nicknames(house) == [None]
    withdrawals.renew(house.svc, house.tea, "alice", modified=True)
    assert nicknames(house) == ["Alicia"]


def test_while_wechat_is_away_a_profile_that_nobody_doubts_stays(house: House) -> None:
    signs_in(house)
    house.control("faults", path=REFRESH, status=502)

    with pytest.raises(Unreachable):
        withdrawals.renew(house.svc, house.tea, "alice")
    assert nicknames(house) == ["alice"]


def test_a_profile_withdrawn_while_wechat_answers_does_not_come_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs_in(house)
    userinfo = house.tea.wechat.oauth.userinfo

    def slow(access_token: str, openid: str) -> Any:
        told = userinfo(access_token, openid)
        tells(house, "user_authorization_revoke", RevokeInfo="205")
        return told

    monkeypatch.setattr(house.tea.wechat.oauth, "userinfo", slow)
    withdrawals.renew(house.svc, house.tea, "alice")

    assert not GONE & visits_of(house)[0].keys()


def test_a_visit_that_ends_while_wechat_answers_does_not_come_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = signs_in(house)
    userinfo = house.tea.wechat.oauth.userinfo

    def slow(access_token: str, openid: str) -> Any:
        identities.sign_out(house.svc, house.tea, cookie)
        return userinfo(access_token, openid)

    monkeypatch.setattr(house.tea.wechat.oauth, "userinfo", slow)
    withdrawals.renew(house.svc, house.tea, "alice")

    assert visits_of(house) == []


def test_a_visit_that_ends_while_wechat_fails_does_not_come_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = signs_in(house)

    def away(refresh_token: str) -> Any:
        identities.sign_out(house.svc, house.tea, cookie)
        raise Unreachable(REFRESH, "ReadTimeoutError", sent=True)

    monkeypatch.setattr(house.tea.wechat.oauth, "refresh", away)
    with pytest.raises(Unreachable):
        withdrawals.renew(house.svc, house.tea, "alice", modified=True)

    assert visits_of(house) == []


def test_a_refresh_token_that_has_lost_its_scope_is_dropped_unasked(house: House) -> None:
    signs_in(house)
    (grant,) = house.world.accounts["tea"].grants.values()
    grant.scope = "snsapi_base"
    asked = house.count(USERINFO)
    withdrawals.renew(house.svc, house.tea, "alice", modified=True)

    (visit,) = visits_of(house)
    assert not {"renewal", "nickname", "picture"} & visit.keys()
    assert house.count(USERINFO) == asked


def test_another_refresh_token_replaces_the_one_before(house: House) -> None:
    signs_in(house)
    simulated = house.world.accounts["tea"]
    (grant,) = simulated.grants.values()
    rename(house, "Alicia")
    answer = house.tea.wechat.oauth.refresh(grant.value)
    simulated.grants["another"] = simulated.grants.pop(grant.value)
    house.svc.table.update(*_key(house), {"renewal": house.svc.keys.seal("renewal", {"token": "another"})})
    assert answer.refresh_token != "another"
    withdrawals.renew(house.svc, house.tea, "alice")

    (visit,) = visits_of(house)
    assert house.svc.keys.unseal("renewal", visit["renewal"]) == {"token": grant.value}
    assert visit["nickname"] == "Alicia"


def test_a_refresh_token_sealed_with_a_key_of_the_past_is_dropped(house: House) -> None:
    signs_in(house)
    house.svc.table.update(*_key(house), {"renewal": "sealed by somebody else"})
    withdrawals.renew(house.svc, house.tea, "alice")

    assert "renewal" not in visits_of(house)[0]


def test_a_renewal_is_ordered_only_where_a_refresh_token_is_kept(house: House) -> None:
    with pytest.raises(Conflict, match="must sign in with snsapi_userinfo"):
        withdrawals.order_renewal(house.svc, house.tea, "alice")
    signs_in(house, scope="snsapi_base")
    with pytest.raises(Conflict):
        withdrawals.order_renewal(house.svc, house.tea, "alice")
    signs_in(house)
    withdrawals.order_renewal(house.svc, house.tea, "alice")

    assert house.work() == 1
    house.advance(31 * 86_400)
    with pytest.raises(Conflict):
        withdrawals.order_renewal(house.svc, house.tea, "alice")


def test_who_deletes_their_wechat_account_is_erased_but_for_that_very_message(house: House) -> None:
    bind(house, "tea")
    cookie = signs_in(house)
    for openid in ("alice", "bob"):
        house.phone(openid, "follow")
        house.says(openid, "hello")
    house.work()
    tells(house, "user_authorization_cancellation")
    with logged() as lines:
        house.work()

    (left,) = house.svc.table.under("person#tea#alice", fresh=True)
    assert (left["event"], left["answer"]) == ("user_authorization_cancellation", None)
    assert not is_known(house, cookie)
    assert not list(house.svc.table.shelved(_shelf(house, "alice")))
    assert len(list(house.svc.table.under("person#tea#bob"))) >= 3
    assert "are erased" in lines.getvalue() and "alice" not in lines.getvalue()


def test_what_a_person_does_in_wechats_own_settings_is_heeded(house: House) -> None:
    signs_in(house)
    house.phone("alice", "rename", nickname="爱丽丝")
    house.work()
    assert nicknames(house) == ["爱丽丝"]

    house.phone("alice", "revoke", what=[201, 205])
    house.phone("alice", "rename", nickname="Alicia")
    house.work()
    assert nicknames(house) == [None]

    house.phone("alice", "cancel")
    house.work()
    assert visits_of(house) == []


def test_a_long_history_is_erased_in_several_jobs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdrawals, "MOST_DELETES", 4)
    for number in range(10):
        house.svc.table.put({"pk": "person#tea#alice", "sk": f"message#{number:03}"})
    tells(house, "user_authorization_cancellation")

    assert house.work() == 3
    assert len(list(house.svc.table.under("person#tea#alice"))) == 1


def test_a_repeated_event_changes_nothing_more(house: House) -> None:
    same: Json = {"CreateTime": house.svc.now(), "RevokeInfo": "205"}
    signs_in(house)
    tells(house, "user_authorization_revoke", **same)
    signs_in(house)
    tells(house, "user_authorization_revoke", **same)

    assert sorted("nickname" in visit for visit in visits_of(house)) == [False, True]


def test_nobody_and_nothing_is_in_the_log(house: House) -> None:
    signs_in(house)
    (grant,) = house.world.accounts["tea"].grants.values()
    with logged() as lines:
        tells(house, "user_info_modified")
        house.work()
        tells(house, "user_authorization_revoke", RevokeInfo="205")

    assert "withdrew nickname and picture" in lines.getvalue()
    for secret in ("alice", grant.value, grant.access_token):
        assert secret not in lines.getvalue()


def _key(house: House) -> tuple[str, str]:
    (visit,) = visits_of(house)
    return visit["pk"], visit["sk"]


def _shelf(house: House, openid: str) -> str:
    unionid = house.world.accounts["tea"].person(openid).unionid
    return f"union#{house.svc.keys.digest('union', unionid)}"
