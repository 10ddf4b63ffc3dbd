"""An AWS account, a WeChat, a clean checkout and an operator: all that a deploy needs, in a folder, on free ports."""

import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from ..accounts.fields import new_aes_key
from ..local import shop
from ..local.processes import HOST, ROOT, Program, free_port
from . import brand
from .emulator.apis import FIRST

STAGE, REGION = "dev", "ap-northeast-1"
ROOT_KEY = "test"  # the emulator's own
AWS_ENDS, SIMULATOR_ENDS = 6.0, 2.0  # seconds that each gets to end by itself
LONGEST_COMMAND = 300  # seconds
NOT_COPIED = (".git", ".venv*", ".local", "__pycache__", ".*_cache", ".hypothesis", "deployed", "deployments", "tests")
# What a person who deploys works with. A tighter policy for them is half proven at most: ministack checks some of
# their requests against `*` where AWS names the function or rule.
OPERATES = (
    *("acm", "apigateway", "cloudformation", "cloudwatch", "dynamodb", "events", "iam"),
    *("lambda", "logs", "s3", "sns", "sqs", "ssm", "sts"),
)
ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64"}
Json = dict[str, Any]


class CommandFailed(RuntimeError):
    """An operator's command ended with an error; the text holds what it said."""


@dataclass(frozen=True)
class Used:
    """One line of the emulator's record: who was allowed, or denied, to do what."""

    principal: str
    action: str
    resource: str
    allowed: bool
    leading: tuple[str, ...] = ()
    by: str = ""


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "gaiwan"
        self._aws_port, self._simulator_port = free_port(), free_port()
        self.aws, self.simulator = f"http://{HOST}:{self._aws_port}", f"http://{HOST}:{self._simulator_port}"
        # Under the stage's prefix, as every deploy is before it has a domain of its own.
        self.app = f"{self.aws}/_aws/execute-api/{FIRST}/v1"
        self.accounts = [_as_deployed(account) for account in shop.load(folder / "secrets.json")["accounts"]]
        self.api_token = ""
        self._operator: dict[str, str] = {}
        self._programs: list[tuple[Program, float]] = []

    def start(self) -> None:
        _copy(self.checkout)
        brand.add_replier(self.checkout)
        self._configure()
        self._start_aws().wait_for(self._aws_port)
        self._start_simulator().wait_for(self._simulator_port)
        self._operator = self._key_for("operator")

    def stop(self) -> None:
        for program, ends in reversed(self._programs):
            program.stop(ends)
        self._programs.clear()

    def client(self, service: str) -> Any:
        """With the root key, which may do everything: for looking on, and for what happens behind everyone's back."""
        key = {"aws_access_key_id": ROOT_KEY, "aws_secret_access_key": ROOT_KEY}
        return boto3.client(service, REGION, endpoint_url=self.aws, **key)

    def operate(self, *arguments: str, told: str = "", may_fail: bool = False) -> str:
        """`python …` as the operator types it, in their checkout; `told` goes to its standard input."""
        print(f"\n$ python {' '.join(arguments)}")
        ran = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.checkout,
            env={**self.environment(), **self._operator},
            input=told,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_COMMAND,
            check=False,
        )
        print(ran.stdout.strip())
        if ran.returncode and not may_fail:
            raise CommandFailed(f"python {' '.join(arguments)} ended with {ran.returncode}")
        return ran.stdout

    def environment(self) -> dict[str, str]:
        """The caller's, without their AWS accounts and settings of Gaiwan; for the root key."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GAIWAN_"))}
        return kept | {
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def addresses(self) -> dict[str, str]:
        """Settings of the stage: here even WeChat is somewhere else."""
        return {
            "public_url": self.app,
            "wechat_api": f"{self.simulator}/api.weixin.qq.com",
            "wechat_open": f"{self.simulator}/open.weixin.qq.com",
            "wechat_jssdk": f"{self.simulator}/res.wx.qq.com/open/js/jweixin-1.6.0.js",
        }

    def used(self) -> list[Used]:
        path = self.folder / "used.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [Used(**{**json.loads(line), "leading": tuple(json.loads(line).get("leading", ()))}) for line in lines]

    def last_words(self) -> str:
        return "\n".join(f"--- {program.label}\n{program.last_words()}" for program, _ in self._programs)

    def _configure(self) -> None:
        """In their checkout, as an operator would: the machine that functions run on is the emulator's own."""
        path = self.checkout / ".chalice" / "config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        config["lambda_architecture"] = ARCHITECTURES.get(platform.machine(), "x86_64")
        config["stages"][STAGE]["environment_variables"]["GAIWAN_CLOCK_FILE"] = str(self.folder / "clock")
        path.write_text(json.dumps(config, indent=2), encoding="utf-8")

    def _start_aws(self) -> Program:
        # Functions inherit the emulator's environment, so it gets hardly any.
        forgotten = dict.fromkeys(os.environ, "") | {
            name: os.environ.get(name, "") for name in ("PATH", "HOME", "LANG")
        }
        env = {
            **forgotten,
            **{name: value for name, value in self.environment().items() if name.startswith("AWS_")},
            # For functions, which inherit it: the stand-ins of other systems are on this machine.
            "GAIWAN_OUTBOUND_PRIVATE": f"{HOST}:{self._simulator_port}",
            "AUTH": "true",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self._aws_port),
            "MINISTACK_REGION": REGION,
            "TMPDIR": str(self.folder),
            "STATE_DIR": str(self.folder / "aws"),
            "S3_DATA_DIR": str(self.folder / "s3"),
            "LOG_LEVEL": "WARNING",
            # Else it listens for these on every address of the machine.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        return self._program("AWS emulator", ["-m", "ops.e2e.emulator", str(self.folder)], env, AWS_ENDS)

    def _start_simulator(self) -> Program:
        config = self.folder / "simulator.json"
        told = shop.simulator_config(self.accounts, self.app, self.simulator)
        told["accounts"] = [{**account, "mode": "safe"} for account in told["accounts"]]
        config.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        arguments = ["-m", "simulator", "--port", str(self._simulator_port), "--config", str(config)]
        arguments += ["--clock-file", str(self.folder / "clock")]
        return self._program("simulator", arguments, {}, SIMULATOR_ENDS)

    def _program(self, label: str, arguments: list[str], env: dict[str, str], ends: float) -> Program:
        program = Program(label, arguments, env, self.folder / f"{label}.log")
        self._programs.append((program, ends))
        return program

    def _key_for(self, name: str) -> dict[str, str]:
        """A user of its own, whose requests are signed and checked: the environment that makes one of them."""
        allow = {"Effect": "Allow", "Action": [f"{service}:*" for service in OPERATES], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def _copy(checkout: Path) -> None:
    shutil.copytree(ROOT, checkout, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))


def _as_deployed(account: Json) -> Json:
    """With a key as WeChat makes them, of letters and digits only."""
    return {**account, "aes_key": new_aes_key()}
