"""The stack as one thing: where it keeps its state, its three programs, and the order in which they start and end."""

import contextlib
import json
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.features.operators import address as sign_in_address

from ..doors import Controls
from . import shop
from .processes import HOST, Program, free_port

# These two services of the emulator listen on every address of the machine, and nobody here needs them.
LOOPBACK_ONLY = {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
APP_ENDS = 1.0  # seconds that each gets to end by itself
AWS_ENDS = 3.0  # it also writes its state to disk


@dataclass(frozen=True)
class Ports:
    app: int = field(default_factory=free_port)
    simulator: int = field(default_factory=free_port)
    aws: int = field(default_factory=free_port)


class Stack:
    """`folder` holds everything the stack keeps; two stacks with other folders and ports know nothing of each other."""

    def __init__(self, folder: Path, ports: Ports | None = None) -> None:
        self.folder = folder
        self.ports = ports or Ports()
        self.app = f"http://{HOST}:{self.ports.app}"
        self.simulator = f"http://{HOST}:{self.ports.simulator}"
        self.aws = f"http://{HOST}:{self.ports.aws}"
        self.programs: dict[str, Program] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self.accounts: list[dict[str, Any]] = shop.load(folder / "secrets.json")["accounts"]

    def start(self) -> None:
        for old in (*self.folder.glob("*.log"), self.folder / "stack.json"):
            old.unlink(missing_ok=True)
        self._forget_half_a_state()
        self.programs["aws"] = self._start_aws()
        self.programs["simulator"] = self._start_simulator()
        self.programs["aws"].wait_for(self.ports.aws)
        self._run("prepare", "ops.local.prepare", str(self.folder), self.app, self.simulator).finish()
        self.start_app()
        self.programs["simulator"].wait_for(self.ports.simulator)
        self.programs["app"].wait_for(self.ports.app)
        Controls(self.simulator).give_other_site(self.api_token)
        self._tell()

    def start_app(self) -> None:
        self.programs["app"] = self._run("app", "ops.local.app_server", str(self.ports.app))

    def start_app_again(self) -> None:
        self.start_app()
        self.programs["app"].wait_for(self.ports.app)

    def kill_app(self) -> None:
        """As when the power goes: it finishes nothing that it has begun."""
        self.programs["app"].kill()

    def restart_app(self) -> None:
        self.programs["app"].stop(APP_ENDS)
        self.start_app()

    def stop(self) -> None:
        """The app first, since the emulator waits for its open polls; what both others kept belongs together."""
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "stack.json").unlink()
        for name in ("app", "simulator"):
            if name in self.programs:
                self.programs[name].ask_to_stop()
        clean = [program.stop(AWS_ENDS if name == "aws" else APP_ENDS) for name, program in self._from_the_app()]
        if all(clean) and len(clean) == len(("app", "simulator", "aws")):
            (self.folder / "clean").touch()

    def environment(self) -> dict[str, str]:
        """What the app sees of the stack, and what a script needs to use the same table and queues."""
        return {
            "GAIWAN_STAGE": "local",
            "GAIWAN_PUBLIC_URL": self.app,
            "GAIWAN_WECHAT_API": f"{self.simulator}/api.weixin.qq.com",
            "GAIWAN_WECHAT_OPEN": f"{self.simulator}/open.weixin.qq.com",
            "GAIWAN_WECHAT_JSSDK": f"{self.simulator}/res.wx.qq.com/open/js/jweixin-1.6.0.js",
            "GAIWAN_CLOCK_FILE": str(self.folder / "clock"),
            "GAIWAN_OUTBOUND_PRIVATE": f"{HOST}:{self.ports.simulator}",  # where other systems' stand-ins are
            **self._aws_environment(),
        }

    @property
    def api_token(self) -> str:
        """Lets a machine use the API, as an operator would."""
        return (self.folder / "api_token").read_text()

    @property
    def sign_in_url(self) -> str:
        """Lets a person into the console."""
        return sign_in_address(self.app, (self.folder / "sign_in").read_text())

    def account(self, alias: str) -> dict[str, Any]:
        return next(account for account in self.accounts if account["alias"] == alias)

    def _from_the_app(self) -> list[tuple[str, Program]]:
        return [(name, self.programs[name]) for name in ("app", "simulator", "aws") if name in self.programs]

    def _forget_half_a_state(self) -> None:
        """After a kill one of the two has lost its state; the other's would not fit it."""
        clean = self.folder / "clean"
        if clean.exists():
            clean.unlink()
            return
        for name in ("aws", "simulator"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / "clock").unlink(missing_ok=True)

    def _start_aws(self) -> Program:
        env = {
            **self._aws_environment(),
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.ports.aws),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.folder / "aws"),
            "S3_DATA_DIR": str(self.folder / "s3"),
            "TMPDIR": str(self.folder),
            "LOG_LEVEL": "WARNING",
            **LOOPBACK_ONLY,
        }
        return Program("AWS emulator", ["-m", "ministack"], env, self.folder / "aws.log")

    def _start_simulator(self) -> Program:
        config = self.folder / "simulator.json"
        config.touch(mode=0o600)
        config.write_text(
            json.dumps(shop.simulator_config(self.accounts, self.app, self.simulator), ensure_ascii=False)
        )
        files = ["--config", str(config), "--state", str(self.folder / "simulator"), "--clock-file"]
        arguments = ["-m", "simulator", "--port", str(self.ports.simulator), *files, str(self.folder / "clock")]
        return Program("simulator", arguments, {}, self.folder / "simulator.log")

    def _run(self, label: str, module: str, *arguments: str) -> Program:
        env = {**self.environment(), "PYTHONUNBUFFERED": "1"}
        return Program(label, ["-m", module, *arguments], env, self.folder / f"{label}.log")

    def _aws_environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_DEFAULT_REGION": "ap-northeast-1",
            "AWS_REGION": "ap-northeast-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "",
            "AWS_PROFILE": "",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "MINISTACK_REGION": "ap-northeast-1",
        }

    def _tell(self) -> None:
        """Written whole or not at all, since others wait for it."""
        told: dict[str, Any] = {
            "app": self.app,
            "simulator": self.simulator,
            "aws": self.aws,
            "accounts": self.accounts,
        }
        told |= {"operator": {"sign_in_url": self.sign_in_url, "api_token": self.api_token}}
        fresh = self.folder / "stack.json.new"
        fresh.touch(mode=0o600)
        fresh.write_text(
            json.dumps({**told, "started": int(time.time())}, ensure_ascii=False, indent=2), encoding="utf-8"
        )
        fresh.rename(self.folder / "stack.json")
