"""Every knob of the service, read from the environment once and in one place."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

# The scheme, perhaps a proxy's user and password, the host, the path.
ADDRESS = re.compile(r"(https?://)((?:[^\s?#/@]+@)?)([^\s?#/@]+)((?:/[^\s?#]*)?)", re.IGNORECASE)

PLACE = re.compile(r"(?:[a-z0-9.-]+|\[[0-9a-f:.]+\]):[0-9]{1,5}")


class BadSetting(RuntimeError):
    """An environment variable is absent or makes no sense; the text names it and says what to write."""


@dataclass(frozen=True)
class Settings:
    """`stage` is the only one that must be set; `docs/settings.md` explains each."""

    stage: str
    public_url: str = ""
    wechat_api: str = "https://api.weixin.qq.com"
    wechat_open: str = "https://open.weixin.qq.com"
    wechat_jssdk: str = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"
    wechat_https_proxy: str = ""
    log_level: str = "INFO"
    message_days: int = 30
    visit_days: int = 30
    held_deliveries: int = 20
    outbound_private: frozenset[str] = frozenset()
    clock_file: str = ""

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        stage = env.get("GAIWAN_STAGE", "")
        if not re.fullmatch(r"[a-z][a-z0-9]{1,15}", stage):
            raise BadSetting("GAIWAN_STAGE must be 2 to 16 lower-case letters or digits, such as dev or prod")
        return cls(
            stage=stage,
            public_url=_address(env, "GAIWAN_PUBLIC_URL", cls.public_url),
            wechat_api=_address(env, "GAIWAN_WECHAT_API", cls.wechat_api),
            wechat_open=_address(env, "GAIWAN_WECHAT_OPEN", cls.wechat_open),
            wechat_jssdk=_address(env, "GAIWAN_WECHAT_JSSDK", cls.wechat_jssdk),
            wechat_https_proxy=_address(env, "WECHAT_HTTPS_PROXY", cls.wechat_https_proxy),
            log_level=_one_of(env, "GAIWAN_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), cls.log_level),
            message_days=_number(env, "GAIWAN_MESSAGE_DAYS", 1, 3650, cls.message_days),
            visit_days=_number(env, "GAIWAN_VISIT_DAYS", 1, 365, cls.visit_days),
            held_deliveries=_number(env, "GAIWAN_HELD_DELIVERIES", 0, 1000, cls.held_deliveries),
            outbound_private=_places(env, "GAIWAN_OUTBOUND_PRIVATE"),
            clock_file=env.get("GAIWAN_CLOCK_FILE", ""),
        )

    @property
    def table_name(self) -> str:
        return f"gaiwan-{self.stage}"

    @property
    def work_queue(self) -> str:
        return f"gaiwan-{self.stage}-work"

    @property
    def bulk_queue(self) -> str:
        return f"gaiwan-{self.stage}-bulk"

    @property
    def bus_name(self) -> str:
        return f"gaiwan-{self.stage}"

    @property
    def secrets_path(self) -> str:
        return f"/gaiwan/{self.stage}"

    @property
    def refresh_function(self) -> str:
        return f"gaiwan-{self.stage}-refresh_tokens"


def _address(env: Mapping[str, str], name: str, otherwise: str) -> str:
    """Scheme and host in lower case, as browsers write them and as they are compared."""
    value = env.get(name, "") or otherwise
    found = ADDRESS.fullmatch(value)
    if value and not found:
        raise BadSetting(f"{name} must be an address such as https://wx.example.com, without ? or #")
    return (found[1].lower() + found[2] + found[3].lower() + found[4]).rstrip("/") if found else ""


def _places(env: Mapping[str, str], name: str) -> frozenset[str]:
    """`host:port`s, as outbound/http.py compares them."""
    found = [one.strip().lower() for one in env.get(name, "").split(",") if one.strip()]
    if any(not PLACE.fullmatch(one) for one in found):
        raise BadSetting(f"{name} must be like 127.0.0.1:9000,crm.local:8080")
    return frozenset(found)


def _one_of(env: Mapping[str, str], name: str, choices: tuple[str, ...], otherwise: str) -> str:
    value = (env.get(name, "") or otherwise).upper()
    if value not in choices:
        raise BadSetting(f"{name} must be one of {', '.join(choices)}")
    return value


def _number(env: Mapping[str, str], name: str, least: int, most: int, otherwise: int) -> int:
    text = env.get(name, "") or str(otherwise)
    if not re.fullmatch(r"[0-9]{1,6}", text) or not least <= int(text) <= most:
        raise BadSetting(f"{name} must be a whole number from {least} to {most}")
    return int(text)
