"""What surrounds a storm of votes, each in a process of its own, with the stack's environment.

`python -m tests.poll_storm prepare visitors.json PEOPLE` makes a poll and signs in so many people: {poll, cookies}.
`python -m tests.poll_storm vote visitors.json URL[,URL…] SHARE OF THREADS SEED` sends its share of all votes, each
person's twice with other answers: {status: how often}.
`python -m tests.poll_storm count visitors.json` tells what is stored: {people, counts, votes, votes_counts}.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, RemoteDisconnected
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chalicelib.features import people, polls
from chalicelib.features.identities import visits
from chalicelib.features.polls import Poll, Question
from chalicelib.services import Services
from chalicelib.settings import Settings
from chalicelib.wechat.oauth import NOBODY, OAuthToken

AN_HOUR = 3600
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
QUESTIONS = (
    Question("喜欢哪种茶？", ("龙井", "乌龙", "普洱")),
    Question("配什么？", ("花生", "绿豆糕", "瓜子", "什么都不要"), choose=2),
)


def prepare(file: str, number: str) -> None:
    svc = Services(Settings.from_env())
    tea, until = svc.accounts["tea"], svc.now() + AN_HOUR
    poll = polls.save(svc, tea, kind="poll", title="这个夏天喝什么", questions=QUESTIONS, closes_at=until)

    def sign_in(person: int) -> str:
        known = OAuthToken(openid(person), "", "", "snsapi_base", "", is_snapshotuser=False)
        return visits.begin(svc, tea, known, NOBODY).cookie

    with ThreadPoolExecutor(4) as crew:
        cookies = list(crew.map(sign_in, range(int(number))))
    Path(file).write_text(json.dumps({"poll": poll.poll_id, "cookies": cookies}))


def vote(file: str, urls: str, share: str, of: str, threads: str, seed: str) -> None:  # noqa: PLR0913, PLR0917
    told = json.loads(Path(file).read_text())
    votes = [(person, turn) for person in range(len(told["cookies"])) for turn in range(2)]
    random.Random(seed).shuffle(votes)
    waiting = iter(votes[int(share) :: int(of)])
    taking, statuses = threading.Lock(), Counter[str]()

    def send_some() -> None:
        doors = cycle([HTTPConnection(str(urlsplit(url).netloc), timeout=30) for url in urls.split(",")])
        while True:
            with taking:
                next_vote = next(waiting, None)
            if next_vote is None:
                return
            person, turn = next_vote
            status = send(next(doors), told["poll"], told["cookies"][person], form(person, turn))
            with taking:
                statuses[status] += 1

    with ThreadPoolExecutor(int(threads)) as crowd:
        for one in [crowd.submit(send_some) for _ in range(int(threads))]:
            one.result()
    sys.stdout.write(json.dumps(statuses))


def count(file: str) -> None:
    """The sums of the shards, and those of all votes one by one, which must be the same."""
    told = json.loads(Path(file).read_text())
    svc = Services(Settings.from_env())
    tea, poll = svc.accounts["tea"], polls.find(svc, told["poll"])
    tally = polls.tally(svc, poll)
    keys = [
        (people.key(tea, openid(person)), f"vote#{poll.poll_id}#{poll.edition}")
        for person in range(len(told["cookies"]))
    ]
    votes = list(svc.table.get_many(keys, "answers"))
    stored = {
        "people": tally.people,
        "counts": tally.counts,
        "votes": len(votes),
        "votes_counts": summed(poll, votes),
        "shards": len(list(svc.table.under(f"tally#{poll.poll_id}"))),
    }
    sys.stdout.write(json.dumps(stored))


def summed(poll: Poll, votes: list[dict[str, Any]]) -> list[list[int]]:
    ticked = Counter((i, j) for vote in votes for i, options in enumerate(vote["answers"]) for j in options)
    return [[ticked[i, j] for j in range(len(question.options))] for i, question in enumerate(poll.questions)]


def openid(person: int) -> str:
    return f"o-tea-voter-{person}-".ljust(28, "0")


def form(person: int, turn: int) -> str:
    """One thing the first time, another the second; every fifth person ticks two things with their tea."""
    with_it = [(person + turn) % 4] + ([(person + turn + 1) % 4] if person % 5 == 0 else [])
    return "&".join([f"q0={(person + turn) % 3}", *(f"q1={option}" for option in with_it)])


def send(door: HTTPConnection, poll: str, cookie: str, body: str) -> str:
    """As browsers do: where a kept connection was closed meanwhile, once more on a new one."""
    told = ("POST", f"/h5/polls/{poll}", body, FORM | {"Cookie": f"__Host-visit-tea={cookie}"})
    try:
        door.request(*told)
        answer = door.getresponse()
    except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
        door.close()
        door.request(*told)
        answer = door.getresponse()
    answer.read()
    return f"{answer.status} {answer.headers.get('Location', '').partition('=')[0]}"


if __name__ == "__main__":
    doings: dict[str, Callable[..., None]] = {"prepare": prepare, "vote": vote, "count": count}
    doings[sys.argv[1]](*sys.argv[2:])
