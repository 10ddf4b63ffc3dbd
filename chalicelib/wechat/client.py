"""WeChat as the features see it: one attribute per family of calls."""

from __future__ import annotations

from .calls import Calls, Tokens
from .credentials import Credentials
from .custom import Custom
from .http import Http
from .menus import Menus
from .oauth import OAuth
from .qrcodes import QrCodes
from .tags import Tags
from .templates import Templates
from .users import Users

__all__ = ["Tokens", "WeChat"]


class WeChat:
    def __init__(self, app_id: str, http: Http, tokens: Tokens) -> None:
        calls = Calls(http, tokens)
        self.credentials = Credentials(app_id, http, calls)
        self.users = Users(calls)
        self.tags = Tags(calls)
        self.menus = Menus(calls)
        self.qrcodes = QrCodes(calls)
        self.templates = Templates(calls)
        self.custom = Custom(calls)
        self.oauth = OAuth(app_id, http)
