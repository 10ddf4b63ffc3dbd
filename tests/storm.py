"""A client of its own: posts one and the same message many times at once, each time signed and sealed anew.

`python -m tests.storm account.json message.json URL[,URL…] COUNT THREADS` prints {answer: how often}, unsealed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from simulator import envelope
from simulator.accounts import Account, from_config


def main(account_file: str, message_file: str, urls: str, count: str, threads: str) -> None:
    account = from_config(json.loads(Path(account_file).read_text()), time.time())
    message = json.loads(Path(message_file).read_text())
    http = urllib3.PoolManager(maxsize=int(threads), retries=False, timeout=20)
    with ThreadPoolExecutor(int(threads)) as pool:
        targets = islice(cycle(urls.split(",")), int(count))
        answers = Counter(pool.map(lambda url: deliver(http, account, message, url), targets))
    sys.stdout.write(json.dumps(answers))


def deliver(http: urllib3.PoolManager, account: Account, message: dict[str, Any], url: str) -> str:
    body, sealed = envelope.request_body(account, message)
    query = envelope.signed_query(account, int(time.time()), os.urandom(4).hex(), message["FromUserName"], sealed)
    answer = http.request("POST", f"{url}?{urlencode(query)}", body=body, headers={"Content-Type": "text/xml"})
    if answer.data == b"success" or answer.status != 200:
        return f"{answer.status} {answer.data.decode()}"
    return f"200 {envelope.open_answer(account, envelope.from_xml(answer.data))}"


if __name__ == "__main__":
    main(*sys.argv[1:])
