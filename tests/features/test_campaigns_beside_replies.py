"""Who writes to the account while it sends to crowds is answered as ever."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests import campaigning as c
from tests.crowd import follower
from tests.house import House, Json

SEND = "/cgi-bin/message/template/send"
DEADLINE = 4500  # ms; WeChat gives five seconds, and asks again after them


def test_ten_campaigns_and_interactive_replies_at_once(shop: House) -> None:
    """Replies stay within their deadline, and each campaign reaches everybody once."""
    guests = c.together(shop, 30)
    alice = follower(shop, "alice")
    campaigns = [c.running(shop, guests) for _ in range(10)]
    shop.control("faults", path=SEND, latency_ms=200, times=300)
    answers: list[Json] = []

    with ThreadPoolExecutor(len(campaigns)) as workers:
        sent = [workers.submit(c.go, shop, campaign) for campaign in campaigns]
        while not all(one.done() for one in sent):
            answers.append(shop.phone(alice, "say", text=f"在吗 {len(answers)}"))
    for one in sent:
        one.result()

    assert answers and all(one["replies"] for one in answers)
    assert {one["deliveries"] for one in answers} == {1}
    assert max(one["elapsed_ms"] for one in answers) < DEADLINE
    assert Counter({one: len(c.messages(shop, one)) for one in guests}) == Counter(dict.fromkeys(guests, 10))
    assert all(c.funnel(shop, campaign) == {"planned": 30, "a_accepted": 30} for campaign in campaigns)
