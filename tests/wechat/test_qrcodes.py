"""QR codes with a scene, for a while and for good."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.features import tokens
from chalicelib.wechat.errors import WeChatError
from chalicelib.wechat.qrcodes import LONGEST_LIFE, QrCodes, picture_address
from tests.house import HTTP, House


@pytest.fixture
def qrcodes(house: House) -> Iterator[QrCodes]:
    tokens.refresh_all(house.svc)
    yield house.tea.wechat.qrcodes


@pytest.mark.parametrize("scene", ["", "x" * 65, 0, -1, 100_001])
def test_a_scene_that_does_not_fit_is_refused(qrcodes: QrCodes, scene: str | int) -> None:
    with pytest.raises(WeChatError, match="40053"):
        qrcodes.permanent(scene)


def test_a_code_for_a_while_ends(house: House, qrcodes: QrCodes) -> None:
    codes = [qrcodes.temporary("poll_7", 600), qrcodes.temporary(2**32 - 1), qrcodes.temporary("x" * 64, 10**9)]

    assert [code.expires_in for code in codes] == [600, LONGEST_LIFE, LONGEST_LIFE]
    known = house.world.accounts["tea"].qrcodes
    assert [known[code.ticket].scene for code in codes] == ["poll_7", str(2**32 - 1), "x" * 64]
    assert [known[code.ticket].url for code in codes] == [code.address for code in codes]


def test_a_code_for_good_has_no_end(qrcodes: QrCodes) -> None:
    assert [qrcodes.permanent(scene).expires_in for scene in ("till", 100_000)] == [0, 0]


def test_wechat_shows_a_code_to_whoever_has_its_ticket(house: House, qrcodes: QrCodes) -> None:
    base = f"{house.simulator}/mp.weixin.qq.com"

    shown = HTTP.request("GET", picture_address(qrcodes.temporary("till").ticket, base))

    assert shown.headers["Content-Type"] == "image/png"
    assert HTTP.request("GET", picture_address("a ticket/of+mine", base)).status == 404
    assert picture_address("a/b+c").startswith("https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=a%2Fb%2Bc")
