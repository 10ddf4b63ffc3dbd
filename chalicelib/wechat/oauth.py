"""Signing in on a web page. The tokens here are the person's own and never the account's.

https://developers.weixin.qq.com/doc/service/guide/h5/auth.html
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import msgspec

from .errors import Unreachable
from .http import Http


class OAuthToken(msgspec.Struct, frozen=True):
    openid: str
    access_token: str
    refresh_token: str
    scope: str
    unionid: str  # "" unless the scope is snsapi_userinfo and the account is bound to an open platform
    is_snapshotuser: bool  # a preview of the page: the openid is made up, remember nothing of it

    def __repr__(self) -> str:
        return f"OAuthToken(…, scope={self.scope!r})"

    @property
    def has_profile(self) -> bool:
        """The person allowed nickname and picture to be asked for."""
        return "snsapi_userinfo" in self.scope.split(",")


class Profile(msgspec.Struct, frozen=True):
    nickname: str
    picture: str  # its address; WeChat lets it die when the person changes the picture
    unionid: str  # "" unless the account is bound to an open platform

    def __repr__(self) -> str:
        return "Profile(…)"


NOBODY = Profile("", "", "")
PERSON = re.compile(r"[A-Za-z0-9_@.-]{1,128}")  # openids and unionids; what is none would name several people alike
REAL = (None, 0, "0", "")  # how an answer may say that it is about a person; whatever else it says is a snapshot
LONGEST_NICKNAME = 64
JOINER = "\u200d"  # makes one picture of several emoji
PICTURE = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]{1,300}")


class OAuth:
    def __init__(self, app_id: str, http: Http) -> None:
        self._app_id = app_id
        self._http = http

    def authorize_url(self, open_base: str, redirect_uri: str, scope: str, state: str) -> str:
        """Where to send the browser. WeChat's apps want the parameters in just this order."""
        query = {
            "appid": self._app_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": scope,
            "state": state,
        }
        return f"{open_base}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"

    def exchange(self, secret: str, code: str) -> OAuthToken:
        """Who carries this code. A code works once (40163 after that) and for five minutes (42003)."""
        query = {"appid": self._app_id, "secret": secret, "code": code, "grant_type": "authorization_code"}
        return _token(self._http.get("/sns/oauth2/access_token", query))

    def refresh(self, refresh_token: str) -> OAuthToken:
        """For thirty days after signing in."""
        query = {"appid": self._app_id, "grant_type": "refresh_token", "refresh_token": refresh_token}
        return _token(self._http.get("/sns/oauth2/refresh_token", query))

    def userinfo(self, access_token: str, openid: str, lang: str = "zh_CN") -> Profile:
        """Only with the scope snsapi_userinfo."""
        query = {"access_token": access_token, "openid": openid, "lang": lang}
        told = self._http.get("/sns/userinfo", query)
        picture = _text(told, "headimgurl")
        return Profile(_written(_text(told, "nickname")), picture if PICTURE.fullmatch(picture) else "", _unionid(told))


def _written(nickname: str) -> str:
    """Nicknames come with control characters and halves of emoji, which nobody can store or show."""
    whole = nickname.encode("utf-8", "ignore").decode()
    return "".join(letter for letter in whole if letter.isprintable() or letter == JOINER)[:LONGEST_NICKNAME]


def _token(answer: dict[str, Any]) -> OAuthToken:
    """What is left out, null or of another kind is "" where we can do without it, and no usable answer elsewhere."""
    if not isinstance(answer["openid"], str) or not PERSON.fullmatch(answer["openid"]):
        raise Unreachable("/sns/oauth2", "the answer names nobody", sent=True)
    if not isinstance(answer["access_token"], str):
        raise Unreachable("/sns/oauth2", "the answer has no access_token", sent=True)
    return OAuthToken(
        openid=answer["openid"],
        access_token=answer["access_token"],
        refresh_token=_text(answer, "refresh_token"),
        scope=_text(answer, "scope"),
        unionid=_unionid(answer),
        is_snapshotuser=answer.get("is_snapshotuser") not in REAL,
    )


def _text(answer: dict[str, Any], name: str) -> str:
    found = answer.get(name)
    return found if isinstance(found, str) else ""


def _unionid(answer: dict[str, Any]) -> str:
    found = _text(answer, "unionid")
    return found if PERSON.fullmatch(found) else ""
