"""Runs the published checks of a conformance folder against a fresh local stack (see .ci/run)."""

import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from .doors import Phone
from .local import shop
from .local.processes import ROOT
from .local.stack import Stack

# The clients that speak for WeChat there; in an environment of their own, which is kept.
CLIENTS = ("wechatpy==1.8.18", "WeRoBot==1.13.1", "wechatpayv3==2.0.4", "xmltodict", "pycryptodome", "cryptography")
VENV = ROOT / ".venv-conformance"
SEEDS = (1, 20260101, 987654)
MESSAGES = 400
NOT_BUILT_YET = r"^pay\."
ONE_CHECK = 600  # seconds


def main(folder: Path) -> int:
    python = _clients()
    with tempfile.TemporaryDirectory(prefix="gaiwan-conformance-") as kept:
        stack = Stack(Path(kept))
        try:
            stack.start()
            failed = [label for label, command in _checks(folder, python, stack) if not _passes(label, command)]
            if failed:
                print(stack.programs["app"].last_words())
        finally:
            stack.stop()
    print(f"conformance: {len(failed)} failed {failed or ''}")
    return len(failed)


def _checks(folder: Path, python: str, stack: Stack) -> Iterator[tuple[str, list[str]]]:
    corpus = ["--corpus", str(folder / "corpus")]
    vectors = [
        str(folder / "check_vectors.py"),
        *corpus,
        "--adapter",
        "tests.vectors_adapter",
        "--only",
        "^(crypto|jssdk)/",
    ]
    yield "crypto and JS-SDK vectors", [sys.executable, *vectors, "--strict"]
    for seed in SEEDS:
        for alias, modes in (("tea", ["--mode", "safe"]), ("leaf", ["--mode", "all", "--account-mode", "compat"])):
            callback = [*_callback(stack, alias), *modes, *corpus, "--echo", "echo:", "-n", str(MESSAGES)]
            yield f"{alias}, seed {seed}", [python, str(folder / "differential.py"), *callback, "--seed", str(seed)]
    yield "clients against the simulator", [python, str(folder / "sim_client_check.py"), *_platform(stack)]


def _callback(stack: Stack, alias: str) -> list[str]:
    account = stack.account(alias)
    where = ["--base-url", stack.app, "--path", f"/wechat/{alias}", "--to", account["original_id"]]
    return [*where, "--token", account["token"], "--aes-key", account["aes_key"], "--appid", account["app_id"]]


def _platform(stack: Stack) -> list[str]:
    account = stack.account("tea")
    aming = Phone(stack.simulator, "tea", shop.openid("tea", "Aming"))
    aming.say("在吗？")  # only somebody who spoke a moment ago may be written to
    hosts = ("open.weixin.qq.com", "mp.weixin.qq.com")
    maps = [word for host in hosts for word in ("--map", f"{host}={stack.simulator}/{host}")]
    who = ["--appid", account["app_id"], "--secret", account["secret"], "--skip", NOT_BUILT_YET]
    who += ["--openid", aming.openid]
    return [
        "--base-url",
        f"{stack.simulator}/api.weixin.qq.com",
        *who,
        *maps,
        "--redirect-uri",
        f"{stack.app}/oauth/tea/return",
    ]


def _passes(label: str, command: list[str]) -> bool:
    """Prints the verdict; of a failure all that was said."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=ONE_CHECK, check=False)
    lines = ran.stdout.strip().splitlines()
    print(f"{'passed' if ran.returncode == 0 else 'FAILED'}  {label}: {lines[-1] if lines else ''}", flush=True)
    if ran.returncode:
        print("\n".join(lines[-120:]), ran.stderr[-4000:], sep="\n", flush=True)
    return ran.returncode == 0


def _clients() -> str:
    python, stamp = VENV / "bin" / "python", VENV / ".installed"
    if not stamp.exists() or stamp.read_text() != " ".join(CLIENTS):
        venv.create(VENV, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *CLIENTS], check=True)
        stamp.write_text(" ".join(CLIENTS))
    return str(python)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
