"""WeChat as the features see it: one attribute per family of calls."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .calls import Calls, Tokens
from .credentials import Credentials
from .custom import Custom
from .http import Http
from .menus import Menus
from .notices import Notices
from .oauth import OAuth
from .qrcodes import QrCodes
from .tags import Tags
from .templates import Templates
from .users import Users

if TYPE_CHECKING:
    from .masses import Masses
    from .quotas import Quotas
    from .security import Security

__all__ = ["Tokens", "WeChat"]


class WeChat:
    def __init__(self, app_id: str, http: Http, tokens: Tokens) -> None:
        calls = self._calls = Calls(http, tokens)
        self.credentials = Credentials(app_id, http, calls)
        self.users = Users(calls)
        self.tags = Tags(calls)
        self.menus = Menus(calls)
        self.qrcodes = QrCodes(calls)
        self.templates = Templates(calls)
        self.notices = Notices(calls)
        self.custom = Custom(calls)
        self.oauth = OAuth(app_id, http)

    # Those that answering messages never needs are read when they are asked for: a cold start does not pay for them.

    @cached_property
    def masses(self) -> Masses:
        from .masses import Masses  # noqa: PLC0415

        return Masses(self._calls)

    @cached_property
    def quotas(self) -> Quotas:
        from .quotas import Quotas  # noqa: PLC0415

        return Quotas(self._calls)

    @cached_property
    def security(self) -> Security:
        from .security import Security  # noqa: PLC0415

        return Security(self._calls)
