"""What an operator types, in order: from nothing to a shop that is open; then a change, a step back, and the end."""

import re
from typing import Any

from ..demo import expect
from ..doors import ask
from ..local.prepare import RULES
from ..local.shop import TEA_READY
from .world import STAGE, World

OPS = ("-m", "ops")
TOKEN = re.compile(r"gaiwan_[\w-]+")
AS_EXPECTED = "✗ domain:"  # an emulator has neither HTTPS nor names
PROOF, PROVEN = "MP_verify_e2eE2e0000000001.txt", "e2eE2e0000000001"
# Of about 5 KB: more than two messages hold.
BOOK = "".join(f"第{number}泡，水温八十五度，出汤二十秒。\n" for number in range(1, 91))


def make_stage(world: World) -> None:
    """Resources, accounts, functions: what WeChat's first message needs."""
    world.operate(*OPS, "resources", "--stage", STAGE)
    for account in world.accounts:
        _add(world, account)
    list_other_site(world)
    _choose(world)
    deploy(world)


def furnish(world: World) -> None:
    """What an operator does once the stage is live: templates by name, a proof file, rules over the API."""
    world.operate(*OPS, "account", "template", "tea", "notice", TEA_READY)
    (world.checkout / PROOF).write_text(PROVEN, encoding="ascii")
    world.operate(*OPS, "domain", "verify", PROOF)
    said = world.operate(*OPS, "sign-in", "--for", "e2e")
    world.api_token = TOKEN.findall(said)[0]
    for alias, rules in RULES.items():
        for match, pattern, text in rules:
            _teach(world, alias, match, pattern, text)
    _teach(world, "tea", "exact", "茶谱", BOOK)


def look_over(world: World) -> None:
    """The doctor may find fault with the emulator's address, and with nothing else."""
    told = world.operate(*OPS, "doctor", "--stage", STAGE, may_fail=True).splitlines()
    bad = [line for line in told if line.startswith("✗") and not line.startswith(AS_EXPECTED)]
    expect(len(told) > 1 and not bad, "除了模拟器的地址，一切都好 all is well but the emulator's address", bad or told)


def deploy(world: World) -> None:
    world.operate(*OPS, "deploy", "--stage", STAGE)


def rollback(world: World) -> None:
    world.operate(*OPS, "rollback", "--stage", STAGE)


def destroy(world: World) -> None:
    world.operate(*OPS, "destroy", "--stage", STAGE, "--confirm", STAGE)


def _teach(world: World, alias: str, match: str, pattern: str, text: str) -> None:
    rule = {"match": match, "pattern": pattern, "reply": {"type": "text", "content": text}}
    ask("POST", f"{world.app}/api/{alias}/rules", rule, world.api_token)


def _add(world: World, account: dict[str, Any]) -> None:
    """The secrets go to standard input, a line each."""
    known = [
        word for name in ("app_id", "original_id", "label") for word in (f"--{name}".replace("_", "-"), account[name])
    ]
    verified = "--verified" if account["verified"] else "--unverified"
    known += ["--open-platform", "yes" if account["open_platform"] else "no"]
    secrets = "".join(f"{account[name]}\n" for name in ("secret", "token", "aes_key"))
    world.operate(*OPS, "account", "add", account["alias"], "--kind", account["kind"], verified, *known, told=secrets)


def list_other_site(world: World) -> None:
    """By hand: the command takes none that is not https, and here everything is on loopback."""
    key = {"pk": {"S": "accounts"}, "sk": {"S": "tea"}}
    origins = {":sites": {"L": [{"S": world.simulator}]}}
    change = {"UpdateExpression": "SET then_origins = :sites", "ExpressionAttributeValues": origins}
    world.client("dynamodb").update_item(TableName=f"gaiwan-{STAGE}", Key=key, **change)


def _choose(world: World) -> None:
    """Where the world is: everyone else has api.weixin.qq.com and an address that API Gateway gives them."""
    for name, value in world.addresses().items():
        full = f"/gaiwan/{STAGE}/settings/{name}"
        world.client("ssm").put_parameter(Name=full, Value=value, Type="String", Overwrite=True)
