"""The account's own credentials: access token, jsapi ticket, and the addresses WeChat calls from.

https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

from __future__ import annotations

import msgspec

from .calls import Calls
from .http import Http


class Issued(msgspec.Struct, frozen=True):
    """An access token or a ticket, good for so many seconds from now."""

    token: str
    expires_in: int

    def __repr__(self) -> str:
        return f"Issued(…, expires_in={self.expires_in})"


class Credentials:
    def __init__(self, app_id: str, http: Http, calls: Calls) -> None:
        self._app_id = app_id
        self._http = http
        self._calls = calls

    def stable_token(self, secret: str, force: bool = False) -> Issued:
        """The same token for all who ask, until five minutes before its end. `force` ends it early: WeChat
        allows that 20 times a day and 30 seconds apart, and otherwise answers with the token there is."""
        body = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": secret,
            "force_refresh": force,
        }
        answer = self._http.post("/cgi-bin/stable_token", {}, body)
        return Issued(str(answer["access_token"]), int(answer["expires_in"]))

    def jsapi_ticket(self, token: str) -> Issued:
        """What `wx.config` signatures are made with; its daily quota is small, so it is kept like a token.
        Who asks for it is who refreshes `token`, so a refusal is theirs to mend."""
        answer = self._http.get("/cgi-bin/ticket/getticket", {"access_token": token, "type": "jsapi"})
        return Issued(str(answer["ticket"]), int(answer["expires_in"]))

    def callback_addresses(self) -> list[str]:
        """Addresses and networks that callbacks come from; WeChat advises to ask daily."""
        return [str(each) for each in self._calls.get("/cgi-bin/getcallbackip")["ip_list"]]
