"""Brings the emulated AWS to where a deployed stage begins: resources, secrets, accounts, the tea shop's rules."""

import json
import sys
from pathlib import Path
from typing import Any

import boto3

from chalicelib.errors import NotSignedIn
from chalicelib.features import operators, rules
from chalicelib.services import Services, services
from chalicelib.settings import Settings

from .. import resources
from . import shop

MANAGER = "店长 Manager"
A_WEEK = 7 * 86_400
STAND_IN = "pat-na1-stand-in"  # the CRM's token

RULES = {
    "tea": (
        (
            "exact",
            "/welcome",
            "欢迎来到一盏茶！回复「茶单」看今天的茶，或直接问我。\nWelcome to One Cup of Tea! Say “menu”, or just ask.",
        ),
        (
            "exact",
            "/fallback",
            "这个问题店长还没教我，稍后由店员回复您。\nNobody taught me that yet; a colleague will answer.",
        ),
        ("starts_with", "echo:", "{rest}"),
        ("contains", "茶单", "今日茶单：茉莉花茶 18 元、桂花乌龙 22 元、冻顶乌龙 26 元。"),
        ("contains", "menu", "Today: jasmine ¥18, osmanthus oolong ¥22, Dong Ding oolong ¥26."),
        ("exact", "TODAY", "今日茶单：茉莉花茶 18 元、桂花乌龙 22 元、冻顶乌龙 26 元。"),
        ("exact", "HOURS", "每天 10:00 到 22:00，西湖店与河坊街店。\nOpen daily from 10:00 to 22:00."),
        ("contains", "营业", "每天 10:00 到 22:00，西湖店与河坊街店。"),
        ("contains", "hours", "Open daily from 10:00 to 22:00."),
        (
            "pattern",
            r"(多少|几)\s*(钱|元)|价格|how much",
            "一盏茶 18 元起，外带减 2 元。\nA cup is ¥18 and up; ¥2 off to take away.",
        ),
    ),
    "leaf": (
        (
            "exact",
            "/welcome",
            "欢迎关注茶叶笔记！回复茶名，看它的故事。\nWelcome to Leaf Notes! Name a tea to read its story.",
        ),
        ("starts_with", "echo:", "{rest}"),
        ("contains", "龙井", "龙井：炒青绿茶，豆香，八十度水冲泡。"),
    ),
}


def main(folder: Path, origins: list[str]) -> None:
    settings = Settings.from_env()
    kept = shop.load(folder / "secrets.json")
    resources.apply(settings.stage)
    _store_secrets(settings, kept)
    svc = services()
    for account in kept["accounts"]:
        _store_account(svc, account, origins)
    for account in kept["accounts"]:
        _store_rules(svc, account["alias"])
    svc.table.put({"pk": "account#tea", "sk": "template#notice", "template_id": shop.TEA_READY})
    _store_api_token(svc, folder / "api_token")
    _store_sign_in(svc, folder / "sign_in")


def _store_secrets(settings: Settings, kept: dict[str, Any]) -> None:
    # Of the stand-in, simulator/other_systems/hubspot.py.
    secrets = {"master_key": kept["master_key"], "accounts/tea/crm_hubspot": json.dumps({"token": STAND_IN})}
    for account in kept["accounts"]:
        callback = {name: account[name] for name in ("token", "aes_key")}
        secrets[f"accounts/{account['alias']}/callback"] = json.dumps(
            {**callback, "previous_token": "", "previous_aes_key": ""}
        )
        secrets[f"accounts/{account['alias']}/app_secret"] = account["secret"]
    ssm = boto3.client("ssm")
    for name, value in secrets.items():
        ssm.put_parameter(Name=f"{settings.secrets_path}/{name}", Value=value, Type="SecureString", Overwrite=True)


def _store_account(svc: Services, account: dict[str, Any], origins: list[str]) -> None:
    told = {name: account[name] for name in ("kind", "verified", "app_id", "original_id", "label")}
    told["open_platform"] = account.get("open_platform", False)  # an older stack's secrets do not say
    alias = account["alias"]
    svc.table.put({"pk": "accounts", "sk": alias, **told, "modes": shop.MODES[alias], "then_origins": origins})


def _store_rules(svc: Services, alias: str) -> None:
    """Only into an empty account: what somebody changed since the first start stays."""
    account = svc.accounts[alias]
    if rules.listed(svc, account):
        return
    for match, pattern, text in RULES[alias]:
        reply = {"type": "text", "content": text}
        rules.save(svc, account, match=match, pattern=pattern, reply=reply)


def _store_api_token(svc: Services, file: Path) -> None:
    """The one of the last start, unless its table is gone."""
    try:
        operators.identify(svc, file.read_text() if file.exists() else "")
    except NotSignedIn:
        file.touch(mode=0o600)
        file.write_text(operators.issue_token(svc, "local stack"))


def _store_sign_in(svc: Services, file: Path) -> None:
    """A link to the console for whoever may read this folder: good for a week and as often as they like."""
    admins = (one for one in operators.operators(svc) if one.role == "admin" and not one.disabled)
    manager = next(admins, None) or operators.add(svc, MANAGER, "admin")
    file.touch(mode=0o600)
    file.write_text(operators.link(svc, manager, A_WEEK, reusable=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
