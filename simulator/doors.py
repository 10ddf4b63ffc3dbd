"""What the phone's and the tester's routes share: the world, what was told, a refusal in two languages."""

from __future__ import annotations

from flask import current_app, request

from simulator.accounts import Account, Json
from simulator.world import World


class CannotDo(Exception):
    """A phone could not do this; the text says why, in Chinese and English."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def cannot(error: CannotDo) -> tuple[Json, int]:
    return {"error": str(error)}, error.status


def world() -> World:
    found: World = current_app.extensions["world"]
    return found


def account_named(alias: str) -> Account:
    account = world().accounts.get(alias)
    if account is None:
        raise CannotDo(404, f"没有公众号 no account {alias}")
    return account


def told_json() -> Json:
    """The request's JSON object; nothing at all counts as an empty one."""
    told = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(told, dict):
        raise CannotDo(400, "需要 JSON 对象 a JSON object is needed")
    return told
