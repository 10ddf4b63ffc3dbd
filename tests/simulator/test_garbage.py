"""Whatever is sent to the platform, it answers in its own dialect: an errcode, and never a crash of ours."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from simulator.platform.routes import API
from tests.simulator.shop import Doors

VALUES: list[Any] = [None, True, 0, -1, 10**30, 1.5, "", "alice", "长" * 50, [], ["alice"], [[]], [{}], {}, {"id": []}]
NAMES = re.findall(
    r"\w+",
    """
    touser openid openid_list template_id data msgtype text image news miniprogram client_msg_id tag tagid id
    name button matchrule menuid user_id action_name action_info scene expire_seconds media_id thumb_media_id
    articles index offset count type filter is_to_all tag_id appid appsecret cgi_path rid action user_list
    remark begin_date end_date kf_account nickname command publish_id article_id msg_id speed group to_groupid
    grant_type secret next_openid template_id_short keyword_name_list title content list clientmsgid custom
    sub_button key url
    """,
)
GOOD = {
    "touser": "alice",
    "openid": "alice",
    "template_id": "order",
    "data": {"thing1": {"value": "茶"}, "amount2": {"value": "1"}},
    "action_name": "QR_STR_SCENE",
    "tag": {"name": "常客"},
    "command": "Typing",
    "filter": {"is_to_all": True},
    "user_list": [{"openid": "alice"}],
}
KINDS = ["text", "image", "video", "news", "msgmenu", "music", "mpnews", "wxcard", "telegram"]


def garbage(random_: random.Random, deep: int = 2) -> Any:
    if deep and random_.random() < 0.5:
        return {name: garbage(random_, deep - 1) for name in random_.sample(NAMES, 8)}
    if deep and random_.random() < 0.2:
        return [garbage(random_, deep - 1) for _ in range(3)]
    return random_.choice(VALUES)


@pytest.mark.parametrize("path", sorted(path for path, route in API.items() if "POST" in route.verb))
def test_garbage_gets_an_errcode(tea: Doors, path: str) -> None:
    random_ = random.Random(path)
    tea.phone("alice", "say", text="hi")
    for _ in range(20):
        told = {name: garbage(random_) for name in random_.sample(NAMES, 30)}
        told |= {name: GOOD[name] for name in random_.sample(sorted(GOOD), 6)}
        kind = random_.choice(KINDS)
        told |= {"msgtype": kind, kind: garbage(random_)}
        status, body = tea.ask("POST", f"/api.weixin.qq.com{path}?access_token={tea.token()}", told)
        assert status == 200, told
        assert isinstance(json.loads(body), dict)


@pytest.mark.parametrize("act", ["follow", "say", "tap", "scan", "locate", "pay", "open", "event"])
def test_a_phone_says_what_it_cannot_do(tea: Doors, act: str) -> None:
    random_ = random.Random(act)
    for _ in range(15):
        names = ["text", "type", "index", "key", "name", "url", "scene", "ticket", "latitude", "headers", "form"]
        told = {name: garbage(random_, 1) for name in random_.sample(names, 6)}
        status, body = tea.ask("POST", f"/phone/tea/alice/{act}", told)
        assert status < 500, told
        assert isinstance(json.loads(body), dict)
