"""Whoever is erased is erased altogether; and what messages cost while everybody listens."""

from __future__ import annotations

import pytest

from chalicelib.errors import BadInput, NotFound
from chalicelib.features import conversations, days, followers, operators, people, polls, qrcodes, tags, templates
from chalicelib.features.followers import leaving, migration
from chalicelib.features.identities import known, unions, withdrawals
from tests.crowd import profile
from tests.features.test_budgets import Bill, bill
from tests.features.test_people_together import about, comes, opened, votes, work
from tests.features.test_sign_in_budget import found
from tests.features.test_withdrawals import tells
from tests.house import NOTICE, House, Json, eventually
from tests.polling import poll
from tests.signing_in import bind, signs_in, visits_of
from tests.visiting import SHOP, Browser, exchange, list_sites, server, ticket_in

__all__ = ["bill"]


def a_life(shop: House) -> Browser:
    """Everything that we ever keep about alice."""
    bind(shop, "tea")
    list_sites(shop, SHOP)
    tag, another = (tags.create(shop.svc, shop.tea, name).tag_id for name in ("柜台", "熟客"))
    code = qrcodes.create(shop.svc, shop.tea, scene="counter", name="柜台", kind="temporary", tag_id=tag)
    asked = poll(shop)
    for question in ({"event": "said", "what": "tea"}, {"event": "voted"}, {"event": "visited"}):
        tags.save_rule(shop.svc, shop.tea, name="a rule", tag_id=another, question=question)
    shop.phone("alice", "scan", ticket=code.ticket)
    work(shop)
    shop.says("alice", "tea please")
    shop.phone("alice", "locate")
    votes(shop, asked, "alice")
    browser = comes(shop, scope="snsapi_userinfo")
    followers.note_order(shop.svc, shop.tea, "alice", "order-7", 8900, shop.svc.now())
    order: Json = {"openid": "alice", "template_id": NOTICE, "data": {"thing1": "x"}}
    templates.order(shop.svc, shop.tea, **order, once="n-1")
    templates.order(shop.svc, shop.tea, **order, once="n-2", at=shop.svc.now() + days.A_DAY)
    polls.thank(shop.svc, shop.tea, asked.poll_id, "alice")
    work(shop)
    _what_others_write(shop)
    kinds = {item["sk"].partition("#")[0] for item in shop.svc.table.under("person#tea#alice", fresh=True)}
    assert kinds >= {
        "profile", "message", "scan", "vote", "visit", "union", "order", "template", "delivery", "told", "owed",
        "ruled",
    }  # fmt: skip
    return browser


def _what_others_write(shop: House) -> None:
    assert eventually(lambda: templates.find(shop.svc, shop.tea, "alice", "n-1")["stage"] == "delivered")
    conversations.tell(shop.svc, shop.tea, "alice", {"type": "text", "content": "谢谢"}, "once-1")
    owed = {"reply": {"type": "text", "content": "x"}, "since": shop.svc.now(), "expires": 2**40}
    shop.svc.table.put({"pk": "person#tea#alice", "sk": "owed#1", **owed})
    unions.note_unionid(shop.svc, shop.tea, "alice")
    opened(shop)


def traces(shop: House, openid: str = "alice") -> list[str]:
    """Where the whole table tells of this person."""
    return [f"{item['pk']} {item['sk']}" for item in found(shop, "") if openid in str(item)]


def test_nothing_in_the_whole_table_tells_of_whoever_is_erased(shop: House) -> None:
    a_life(shop)
    assert traces(shop)

    removed = followers.erase(shop.svc, shop.tea, "alice")

    assert traces(shop) == []
    assert sum(removed.values()) >= 12
    assert unions.same_person(shop.svc, shop.tea, "alice") == []


def test_what_was_counted_of_an_erased_person_still_counts(shop: House) -> None:
    a_life(shop)
    (listed,), _ = polls.listed(shop.svc, shop.tea)
    asked = polls.find(shop.svc, listed.poll_id)
    today = days.today(shop.svc.now())
    followers.erase(shop.svc, shop.tea, "alice")

    assert polls.results.read(shop.svc, asked).people == 1
    assert qrcodes.days_of(shop.svc, shop.tea, "counter", today, today)[0].scans == 1


def test_who_deletes_their_wechat_account_leaves_one_empty_claim_for_a_day_and_a_hash(shop: House) -> None:
    a_life(shop)
    tells(shop, "user_authorization_cancellation")
    work(shop)

    (left,) = shop.svc.table.under("person#tea#alice", fresh=True)
    assert (left["answer"], "said" in left) == (None, False)
    assert left["expires"] <= shop.svc.now() + days.A_DAY
    assert traces(shop) == [f"{left['pk']} {left['sk']}"]
    assert leaving.has_left_before(shop.svc, shop.tea, "alice")


def test_a_visitor_who_never_followed_is_not_counted_among_those_who_left(shop: House) -> None:
    comes(shop)
    tells(shop, "user_authorization_cancellation")
    work(shop)

    assert visits_of(shop) == []
    assert not leaving.has_left_before(shop.svc, shop.tea, "alice")


def test_who_leaves_is_erased_as_completely_by_the_second_night(shop: House) -> None:
    a_life(shop)
    shop.advance(1)
    shop.phone("alice", "unfollow")
    shop.advance(days.A_DAY + 1)
    leaving.erase_left(shop.svc, shop.tea)

    assert traces(shop) == []
    assert leaving.has_left_before(shop.svc, shop.tea, "alice")


def test_cookies_tickets_and_id_tokens_of_an_erased_person_open_nothing(shop: House) -> None:
    browser, site = a_life(shop), server(shop)
    done = Browser(shop).sign_in(f"{SHOP}/cart", "alice", "code-before")
    late = ticket_in(done.headers["Location"])
    done = Browser(shop).sign_in(f"{SHOP}/cart", "alice", "code-early")
    token = exchange(shop, ticket_in(done.headers["Location"]), **site).json()["id_token"]
    assert browser.me()["signed_in"]
    followers.erase(shop.svc, shop.tea, "alice")

    assert not browser.me()["signed_in"]
    assert exchange(shop, late, **site).status == 400
    with_token = Browser(shop).get("/oauth/tea/me", Authorization=f"Bearer {token}", Origin=SHOP)
    assert not with_token.json()["signed_in"]
    assert traces(shop) == []


def test_jobs_that_still_wait_bring_nothing_back(shop: House) -> None:
    a_life(shop)
    asked = poll(shop)
    votes(shop, asked, "alice")
    templates.order(shop.svc, shop.tea, openid="alice", template_id=NOTICE, data={"thing1": "x"}, once="n-3")
    shop.svc.later(withdrawals.renew, shop.tea, openid="alice", modified=True)
    shop.svc.later(unions.note_unionid, shop.tea, openid="alice")
    shop.svc.later(tags.happened, shop.tea, openid="alice", what=["said", "visited", "voted"])
    shop.svc.later(followers.note_region, shop.tea, openid="alice", region="31.23,121.47")
    followers.erase(shop.svc, shop.tea, "alice")
    work(shop)
    polls.thank(shop.svc, shop.tea, asked.poll_id, "alice")
    work(shop)

    # Marks by which a late reader knows of no unionid, which go by themselves.
    left = list(shop.svc.table.under("person#tea#alice", fresh=True))
    assert all("expires" in item and not {"unionid", "said", "words"} & item.keys() for item in left)


def test_erasing_a_person_here_leaves_the_same_person_elsewhere(shop: House) -> None:
    a_life(shop)
    bind(shop, "leaf")
    shop.phone("alice", "follow", "leaf")
    work(shop)
    followers.erase(shop.svc, shop.tea, "alice")

    assert {line.split("#")[1] for line in traces(shop)} == {"leaf"}
    with pytest.raises(NotFound):
        known.find(shop.svc, shop.tea, "alice")


# The same person under another openid, after an account moved


def test_after_a_move_the_same_person_is_called_by_the_new_openid(shop: House) -> None:
    bind(shop, "tea", "leaf")
    for openid, account in (("alice", "tea"), ("alice", "leaf")):
        shop.phone(openid, "follow", account)
    signs_in(shop)
    work(shop)
    migration.move(shop.svc, shop.tea, "alice", "new-alice")

    assert unions.same_person(shop.svc, shop.leaf, "alice") == [("leaf", "alice"), ("tea", "new-alice")]


# What messages and scans cost, with everybody listening


@pytest.fixture
def busy(shop: House) -> House:
    """A shop that uses everything, and a follower of whom everything is known."""
    a_life(shop)
    shop.says("alice", "hello")
    work(shop)
    shop.says("alice", "hello")
    work(shop)
    return shop


def test_an_ordinary_text_costs_two_writes_with_everybody_listening(busy: House, bill: Bill) -> None:
    busy.says("alice", "anything else")

    assert (bill.units["write"], bill.units["index"]) == (2, 0)
    assert bill.units["read"] <= 1


def test_an_ordinary_picture_and_an_event_cost_two_writes_too(busy: House, bill: Bill) -> None:
    for told in ({"MsgType": "image", "MediaId": "m"}, {"Event": "VIEW", "EventKey": "https://shop.example.com"}):
        bill.units.clear()
        busy.phone("alice", "event", **told)
        assert (bill.units["write"], bill.units["index"]) == (2, 0), told
        assert bill.units["read"] <= 1


@pytest.mark.parametrize("scene", ["poll_0123456789ab", "console_made-up"])
def test_no_code_of_an_operators_can_have_a_scene_of_ours(shop: House, scene: str) -> None:
    with pytest.raises(BadInput):
        qrcodes.create(shop.svc, shop.tea, scene=scene, name="柜台", kind="temporary")


@pytest.mark.parametrize("follows_already", [True, False])
@pytest.mark.parametrize("made", ["poll", "console"])
def test_scans_of_our_own_codes_are_counted_for_no_code_of_an_operators(
    shop: House, made: str, follows_already: bool
) -> None:
    tag = tags.create(shop.svc, shop.tea, "柜台").tag_id
    qrcodes.create(shop.svc, shop.tea, scene="poll", name="柜台", kind="temporary", tag_id=tag)
    asked = poll(shop)
    scene = f"poll_{asked.poll_id}" if made == "poll" else "console_made-up"
    if follows_already:
        shop.phone("alice", "follow")

    shop.phone("alice", "scan", scene=scene)
    work(shop)

    today = days.today(shop.svc.now())
    assert qrcodes.days_of(shop.svc, shop.tea, "poll", today, today) == []
    assert traces(shop, "qrcounts") == []
    assert [item["sk"] for item in shop.svc.table.under(people.key(shop.tea, "alice"), "scan#")] == []
    assert profile(shop, "alice").get("tag_ids") is None


def test_a_follow_by_a_polls_code_is_known_as_one(shop: House) -> None:
    asked = poll(shop, afterwards=polls.Afterwards(tag="评茶人"))
    votes(shop, asked, "alice")
    shop.phone("alice", "scan", scene=f"poll_{asked.poll_id}")
    work(shop)

    assert profile(shop, "alice")["qr_scene"] == f"poll_{asked.poll_id}"
    assert about(shop, {"event": "scanned", "what": f"poll_{asked.poll_id}"}) == ["alice"]
    names = {tag.tag_id: tag.name for tag in shop.tea.wechat.tags.list()}
    assert [names[tag] for tag in shop.world.accounts["tea"].person("alice").tags] == ["评茶人"]


def test_the_console_hears_of_its_own_scenes_only(shop: House) -> None:
    assert operators.scans.PREFIX in qrcodes.codes.OURS
    assert polls.afterwards.SCENE in qrcodes.codes.OURS
