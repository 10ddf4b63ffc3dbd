"""One emulator and one app server for all tests; a house of its own for each (tests/house.py)."""

from __future__ import annotations

import itertools
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.config import Config

os.environ |= {
    "GAIWAN_STAGE": "test",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}

import app
from chalicelib import services
from chalicelib.features import tokens
from chalicelib.services import Services
from chalicelib.settings import Settings
from ops.local import gateway
from ops.local.processes import HOST, Program, free_port
from ops.local.stack import LOOPBACK_ONLY
from tests import house as houses
from tests.chromium import chromium
from tests.stack import controls, phone, stack

__all__ = ["chromium", "controls", "phone", "stack"]

_stages = itertools.count()


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The emulator, empty."""
    folder, port = tmp_path_factory.mktemp("aws"), free_port()
    env = {"BIND_HOST": HOST, "GATEWAY_PORT": str(port), "LOG_LEVEL": "WARNING", "TMPDIR": str(folder), **LOOPBACK_ONLY}
    emulator = Program("AWS emulator", ["-m", "ministack"], env, folder / "aws.log")
    emulator.wait_for(port)
    os.environ["AWS_ENDPOINT_URL"] = f"http://{HOST}:{port}"
    yield os.environ["AWS_ENDPOINT_URL"]
    emulator.stop(3)


@pytest.fixture(scope="session")
def app_server(aws: str) -> Iterator[str]:
    """The app behind the local gateway; whose services it uses is decided test by test."""
    port = free_port()
    config = json.loads((Path(__file__).parent.parent / ".chalice" / "config.json").read_text())
    server = gateway.server(app.app, Config("dev", "api_handler", config_from_disk=config), HOST, port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{HOST}:{port}"
    server.server.shutdown()


@pytest.fixture
def house(app_server: str, tmp_path: Path) -> Iterator[houses.House]:
    """The tea shop (tea: verified service account) and the leaf (unverified subscription account), just opened."""
    accounts: list[dict[str, Any]] = [houses.account(alias, app_server) for alias in ("tea", "leaf")]
    clock = tmp_path / "clock"
    with houses.weixin(accounts, clock) as (world, address):
        settings = Settings(
            stage=f"test{next(_stages)}",
            public_url=app_server,
            wechat_api=f"{address}/api.weixin.qq.com",
            wechat_open=f"{address}/open.weixin.qq.com",
            wechat_jssdk=f"{address}/res.wx.qq.com/open/js/jweixin-1.6.0.js",
            clock_file=str(clock),
        )
        svc = Services(settings)
        svc.functions = houses.InProcess(svc)  # type: ignore[assignment]
        houses.resources_for(svc, accounts)
        services.use(svc)
        yield houses.House(svc, world, address, app_server)
        services.use(None)


@pytest.fixture
def shop(house: houses.House) -> houses.House:
    """A house whose accounts have their tokens; files that need more make their own of it."""
    tokens.refresh_all(house.svc)
    return house
