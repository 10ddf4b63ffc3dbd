"""What the doctor says of unionids: whether they come, whether the stage knows, and how to have them."""

from __future__ import annotations

from typing import Any

from chalicelib.features.identities import unions
from ops.doctor.finding import BAD, OK, WARN
from tests.ops.visit import Visit, visit

__all__ = ["visit"]

INFO = "/cgi-bin/user/info"


def an_hour_passes(visit: Visit) -> None:
    """What the stage remembers of its accounts is read anew."""
    visit.house.svc._cache.clear()


def change(visit: Visit, alias: str, **told: Any) -> None:
    visit.house.svc.table.update("accounts", alias, told)
    an_hour_passes(visit)


def two_accounts(visit: Visit) -> None:
    """The leaf is verified now, so its followers could be known by a unionid as well."""
    visit.house.control("settings", account="leaf", verified=True)
    change(visit, "leaf", verified=True)


def the_job_runs(visit: Visit) -> None:
    """Of a deployed stage the queues are emptied by Lambda's poller."""
    unions.note_unionid(visit.house.svc, visit.house.tea, "alice")


def test_one_account_alone_has_nothing_to_join(visit: Visit) -> None:
    visit.house.phone("alice", "follow")

    assert visit.says("unionids") == []


def test_several_accounts_without_unionids_are_advised_and_not_blamed(visit: Visit) -> None:
    two_accounts(visit)
    visit.house.phone("alice", "follow")

    (told,) = visit.says("unionids", OK)
    assert told.startswith("no unionids: not marked as bound to an Open Platform account: leaf, tea |")
    assert "没有标记为已绑定开放平台" in visit.run("--only", "unionids").output
    assert "bind every account in the management centre" in told
    assert f"python -m ops account change ALIAS --open-platform yes --stage {visit.target.stage}" in told
    assert visit.is_content("unionids")


def test_accounts_that_can_tell_no_unionid_are_not_advised(visit: Visit) -> None:
    change(visit, "leaf", kind="shop")

    assert visit.says("unionids") == []


def test_a_marked_account_whose_followers_have_no_unionid_is_odd(visit: Visit) -> None:
    change(visit, "tea", open_platform=True)
    visit.house.phone("alice", "follow")

    (told,) = visit.says("unionids", WARN)
    assert told.startswith("tea is marked, but its followers have no unionid | bind every account")
    assert not visit.says("unionids", BAD)


def test_an_account_whose_unionids_nobody_uses_is_to_be_marked(visit: Visit) -> None:
    two_accounts(visit)
    visit.house.control("settings", account="tea", open_platform=True)
    visit.house.phone("alice", "follow")

    (told,) = visit.says("unionids")
    assert told.startswith("tea: WeChat tells unionids, and it is not marked")
    assert f"run `python -m ops account change tea --open-platform yes --stage {visit.target.stage}`" in told


def test_a_marked_account_whose_unionids_come_is_well(visit: Visit) -> None:
    two_accounts(visit)
    visit.house.control("settings", account="tea", open_platform=True)
    change(visit, "tea", open_platform=True)
    assert "no follower to try it on" in visit.says("unionids", OK)[0]
    visit.house.phone("alice", "follow")
    the_job_runs(visit)

    assert visit.says("unionids", OK)[0].startswith("tea: WeChat tells unionids")
    assert visit.is_content("unionids")


def test_a_newly_marked_account_waits_for_the_night(visit: Visit) -> None:
    visit.house.control("settings", account="tea", open_platform=True)
    visit.house.phone("alice", "follow")
    change(visit, "tea", open_platform=True)

    (told,) = visit.says("unionids", WARN)
    assert told.startswith(
        "tea: WeChat tells unionids, and none of its followers has one here yet | wait for the night"
    )
    assert f"run `python -m ops logs run_bulk --since 1d --stage {visit.target.stage}`" in told

    the_job_runs(visit)
    assert visit.is_content("unionids")


def test_a_newcomer_without_a_unionid_yet_alarms_nobody(visit: Visit) -> None:
    visit.house.control("settings", account="tea", open_platform=True)
    change(visit, "tea", open_platform=True)
    visit.house.phone("alice", "follow")
    the_job_runs(visit)
    visit.house.phone("bob", "follow")

    assert visit.is_content("unionids")


def test_a_follower_who_has_just_left_proves_nothing(visit: Visit) -> None:
    change(visit, "tea", open_platform=True)
    visit.house.phone("alice", "follow")
    visit.house.world.accounts["tea"].person("alice").unfollow()  # and the event was lost

    assert "no follower to try it on" in visit.says("unionids")[0]


def test_few_followers_are_looked_up_however_many_there_are(visit: Visit) -> None:
    change(visit, "tea", open_platform=True)
    for number in range(6):
        visit.house.phone(f"guest{number}", "follow")
    visit.house.work()
    asked = visit.house.count(INFO)
    visit.house.control("faults", path=INFO, errcode=40003, times=9)

    assert "no follower to try it on" in visit.says("unionids")[0]
    assert visit.house.count(INFO) - asked == 3


def test_without_a_living_token_nobody_is_asked_and_none_is_made(visit: Visit) -> None:
    change(visit, "tea", open_platform=True)
    visit.house.phone("alice", "follow")
    visit.house.work()
    visit.house.svc.table.delete("account#tea", "token#access")
    asked, made = visit.house.count(INFO), visit.house.count("/cgi-bin/stable_token")

    assert "no follower to try it on" in visit.says("unionids")[0]
    assert (visit.house.count(INFO), visit.house.count("/cgi-bin/stable_token")) == (asked, made)


def test_while_wechat_is_away_the_check_says_so(visit: Visit) -> None:
    change(visit, "tea", open_platform=True)
    visit.house.phone("alice", "follow")
    visit.house.control("faults", path=INFO, status=502)

    (told,) = visit.says("unionids", WARN)
    assert told.startswith("Unreachable | ")


def test_no_openid_is_shown(visit: Visit) -> None:
    change(visit, "tea", open_platform=True)
    visit.house.phone("oOfAlice0123456789", "follow")

    assert "oOfAlice" not in visit.run("--only", "unionids").output
