"""Settings: one variable must be set, and a wrong one is named with what to write instead."""

from __future__ import annotations

import pytest

from chalicelib.settings import BadSetting, Settings

DEV = {"GAIWAN_STAGE": "dev"}


def test_the_stage_is_enough() -> None:
    settings = Settings.from_env(DEV)

    assert (settings.table_name, settings.work_queue, settings.bulk_queue) == (
        "gaiwan-dev",
        "gaiwan-dev-work",
        "gaiwan-dev-bulk",
    )
    assert settings.secrets_path == "/gaiwan/dev"
    assert settings.refresh_function == "gaiwan-dev-refresh_tokens"
    assert settings.wechat_api == "https://api.weixin.qq.com"


@pytest.mark.parametrize("stage", ["", "d", "Dev", "dev-1", "1dev", "d" * 17, "dev\n", "дев"])
def test_without_a_usable_stage_nothing_starts(stage: str) -> None:
    with pytest.raises(BadSetting, match="GAIWAN_STAGE must be"):
        Settings.from_env({"GAIWAN_STAGE": stage})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GAIWAN_PUBLIC_URL", "wx.example.com"),
        ("GAIWAN_PUBLIC_URL", "https://wx.example.com/?a=b"),
        ("GAIWAN_WECHAT_API", "ftp://x"),
        ("GAIWAN_LOG_LEVEL", "LOUD"),
        ("GAIWAN_MESSAGE_DAYS", "0"),
        ("GAIWAN_MESSAGE_DAYS", "many"),
        ("GAIWAN_VISIT_DAYS", "366"),
        ("GAIWAN_VISIT_DAYS", "-1"),
        ("GAIWAN_HELD_DELIVERIES", "1.5"),
        ("GAIWAN_HELD_DELIVERIES", "\u0663"),
    ],
)
def test_a_wrong_one_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"{name} must be"):
        Settings.from_env(DEV | {name: value})


def test_an_empty_one_counts_as_absent() -> None:
    absent = dict.fromkeys(("GAIWAN_PUBLIC_URL", "GAIWAN_WECHAT_API", "GAIWAN_LOG_LEVEL", "GAIWAN_VISIT_DAYS"), "")

    assert Settings.from_env(DEV | absent) == Settings.from_env(DEV)


@pytest.mark.parametrize(
    ("name", "written", "kept"),
    [
        ("public_url", "HTTPS://WX.Brand.com/V1/", "https://wx.brand.com/V1"),
        ("public_url", "https://WX.Brand.com:8443", "https://wx.brand.com:8443"),
        ("wechat_https_proxy", "http://Who:PassWord@Proxy.Example:3128", "http://Who:PassWord@proxy.example:3128"),
    ],
)
def test_scheme_and_host_are_kept_in_lower_case(name: str, written: str, kept: str) -> None:
    variable = "WECHAT_HTTPS_PROXY" if name == "wechat_https_proxy" else f"GAIWAN_{name.upper()}"

    assert getattr(Settings.from_env(DEV | {variable: written}), name) == kept


def test_addresses_lose_their_last_slash_and_levels_their_case() -> None:
    settings = Settings.from_env(DEV | {"GAIWAN_PUBLIC_URL": "https://wx.example.com/", "GAIWAN_LOG_LEVEL": "debug"})

    assert (settings.public_url, settings.log_level) == ("https://wx.example.com", "DEBUG")
