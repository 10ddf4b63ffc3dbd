"""The app with a replier that never comes back: something to kill between a message's claim and its answer."""

from __future__ import annotations

import sys
import time

from chalicelib.features import replies
from chalicelib.services import Account, Services
from chalicelib.wechat.messages import Message, Reply
from ops.local import app_server


def never(svc: Services, account: Account, message: Message) -> Reply | None:
    time.sleep(3600)
    return None


if __name__ == "__main__":
    replies.REPLIERS = (never,)
    app_server.main(int(sys.argv[1]))
