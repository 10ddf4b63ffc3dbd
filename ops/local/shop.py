"""The local accounts: a tea shop that is a verified service account, and a small subscription account.

Their secrets are made at the first start and kept beside the rest of the local state, never in the repository.
"""

import base64
import json
import secrets
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ORDER_READY = "gaiwan-order-ready-000000000000000000000001"  # 43 characters, as WeChat's template ids have
TEA_READY = "gaiwan-tea-ready-00000000000000000000000001"
TEA = {
    "alias": "tea",
    "kind": "service",
    "verified": True,
    "label": "一盏茶 · One Cup of Tea",
    "open_platform": True,
}
LEAF = {
    "alias": "leaf",
    "kind": "subscription",
    "verified": False,
    "label": "茶叶笔记 · Leaf Notes",
    "open_platform": False,
}
MODES = {"tea": ["safe"], "leaf": ["plain", "compatible", "safe"]}
TEMPLATES = [
    {
        "template_id": ORDER_READY,
        "title": "取餐提醒",
        "content": "订单号：{{character_string1.DATA}}\n商品：{{thing2.DATA}}\n取餐时间：{{time3.DATA}}",
        "example": "订单号：A007\n商品：茉莉花茶\n取餐时间：2026年1月1日 15:30",
    },
    {
        "template_id": TEA_READY,
        "title": "取茶提醒",
        "content": "茶品：{{thing1.DATA}}\n时间：{{time2.DATA}}\n提示：{{thing3.DATA}}",
        "example": "茶品：龙井一壶\n时间：15:30\n提示：请到柜台取茶",
    },
]
# Notices that people agree to first; taken from the simulator's library of the category 616.
NEW_TEA = "gaiwan-new-tea-0000000000000000000000000001"
NOTICES = [
    {
        "template_id": NEW_TEA,
        "title": "新品到货通知",
        "content": "商品:{{thing1.DATA}}\n时间:{{date3.DATA}}\n备注:{{thing5.DATA}}",
        "example": "商品:明前龙井\n时间:2026年4月1日\n备注:欢迎来店试饮",
        "type": 2,
        "category": 307,
    },
]
# Who might pick up a phone. The first follows nobody yet.
PEOPLE = (("Xiaolin", "小林", False), ("Aming", "阿明", True), ("Zhouzhou", "周周", True), ("Meimei", "美美", False))


def load(path: Path) -> Json:
    """The secrets of this stack; made if the file is not there."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps(_made(), indent=2), encoding="utf-8")
    kept: Json = json.loads(path.read_text(encoding="utf-8"))
    return kept


def openid(alias: str, person: str) -> str:
    """28 characters beginning with o, the same on every machine, so that links to phones can be shared."""
    return f"o-{alias}-{person}-".ljust(28, "0")


def simulator_config(accounts: list[Json], app: str, simulator: str) -> Json:
    return {"home": simulator, "accounts": [_as_platform(account, app) for account in accounts]}


def _as_platform(account: Json, app: str) -> Json:
    """What WeChat's settings pages would show of this account."""
    alias = account["alias"]
    return {
        **account,
        "name": account["label"],
        "mode": MODES[alias][0],
        "callback_url": f"{app}/wechat/{alias}",
        # example.com is what third-party clients' own tests sign in to.
        "oauth_domains": ["127.0.0.1", "localhost", "example.com"],
        "ip_whitelist": [],
        "templates": TEMPLATES if alias == "tea" else [],
        "notices": NOTICES if alias == "tea" else [],
        "menu": _menu(alias, app),
        "followers": [
            {"openid": openid(alias, person), "nickname": nickname, "follows": follows, "talked": follows}
            for person, nickname, follows in PEOPLE
        ],
    }


def _menu(alias: str, app: str) -> Json:
    if alias != "tea":
        return {}
    return {
        "button": [
            {"type": "click", "name": "今日茶单", "key": "TODAY"},
            {"type": "view", "name": "会员中心", "url": f"{app}/h5/{alias}/hello"},
            {
                "name": "更多",
                "sub_button": [
                    {"type": "click", "name": "营业时间", "key": "HOURS"},
                    {"type": "scancode_waitmsg", "name": "扫码集章", "key": "STAMP"},
                    {"type": "location_select", "name": "附近门店", "key": "NEARBY"},
                ],
            },
        ]
    }


def _made() -> Json:
    return {
        "master_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "accounts": [_account(TEA), _account(LEAF)],
    }


def _account(told: Json) -> Json:
    return {
        **told,
        "app_id": "wx" + secrets.token_hex(8),
        "original_id": "gh_" + secrets.token_hex(6),
        "secret": secrets.token_hex(16),
        "token": secrets.token_hex(12),
        "aes_key": base64.b64encode(secrets.token_bytes(32)).decode().rstrip("="),
    }
