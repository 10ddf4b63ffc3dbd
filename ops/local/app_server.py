"""The app's process: its routes behind Chalice's local gateway, its workers and schedules beside them."""

import importlib
import json
import os
import signal
import sys
from pathlib import Path

from chalice.config import Config

from chalicelib.services import services

from . import gateway
from .lambdas import Lambdas
from .processes import HOST

CONFIG = Path(__file__).parent.parent.parent / ".chalice" / "config.json"


def main(port: int) -> None:
    module = importlib.import_module("app")
    config = Config(
        chalice_stage="dev",
        function_name="api_handler",
        config_from_disk=json.loads(CONFIG.read_text(encoding="utf-8")),
    )
    Lambdas(module.app, module, config).start(services())
    for number in (signal.SIGTERM, signal.SIGINT):
        # At once, as Lambda's own end is: a job under way comes back from its queue.
        signal.signal(number, lambda *_: os._exit(0))
    gateway.server(module.app, config, HOST, port).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
