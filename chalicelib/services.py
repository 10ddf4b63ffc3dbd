"""The long-lived things a feature may use, put together in this one file and built once per container."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from .aws.bus import Bus
from .aws.functions import Functions
from .aws.queues import Queue
from .aws.secrets import Secrets
from .aws.table import Table
from .aws.tokens import StoredTokens
from .errors import Misconfigured, NotFound
from .keys import Keys
from .outbound import Outbound
from .settings import Settings
from .wechat import abilities
from .wechat.client import WeChat
from .wechat.envelope import CallbackKey, Envelope
from .wechat.http import Http
from .wechat.relaying import Relay, relays_of

P = ParamSpec("P")
T = TypeVar("T")

ONE_MINUTE = 60


class Clock:
    """Unix time. The local stack's follows the simulator's: both read the same file of seconds to add."""

    def __init__(self, offset_file: str = "") -> None:
        self._offset_file = Path(offset_file) if offset_file else None
        self._read = (0, 0.0)  # the file's time of change, the offset it held

    def time(self) -> float:
        return time.time() + self._offset()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def _offset(self) -> float:
        if self._offset_file is None:
            return 0.0
        try:
            changed = self._offset_file.stat().st_mtime_ns
            if changed != self._read[0]:
                self._read = (changed, float(self._offset_file.read_text(encoding="ascii")))
        except (OSError, ValueError):
            pass  # the simulator has not written it yet
        return self._read[1]


@dataclass(frozen=True)
class Account:
    """One WeChat app id that this deployment serves, under a short alias.

        pk accounts   sk <alias>   {kind, verified, app_id, original_id, label, modes, then_origins,
                                    open_platform, relays, token_source, tester, taken_over}

    The callback's secrets are in SSM at accounts/<alias>/callback, the AppSecret at accounts/<alias>/app_secret,
    the keys of `relays` at accounts/<alias>/relay, the key of `token_source` at accounts/<alias>/token_source.
    `taken_over` says what `ops account add --take-over` has imported, and when.
    """

    alias: str
    kind: str  # service, subscription, test, miniprogram, wecom, shop
    verified: bool
    app_id: str
    original_id: str
    label: str
    then_origins: tuple[str, ...]  # other sites that a sign-in may lead back to
    open_platform: bool  # bound to an Open Platform account, so WeChat tells unionids
    read_envelope: Callable[[], Envelope] = field(repr=False, compare=False)
    tokens: StoredTokens = field(repr=False, compare=False)
    wechat: WeChat = field(repr=False, compare=False)
    relays: tuple[Relay, ...] = ()  # other systems that want its messages
    token_source: str = ""  # address of the token service that tells its token; "": its own AppSecret
    tester: str = ""  # of a mini-program: the openid in whose name words are checked

    @cached_property
    def envelope(self) -> Envelope:
        """Only the callback needs it: whoever else uses the account need not be able to read its secrets."""
        return self.read_envelope()

    def may(self, ability: str) -> bool:
        """By WeChat's rules for its kind (wechat/abilities.py); features/abilities.py says it in words."""
        return abilities.may(self.kind, self.verified, ability)

    @property
    def may_send_custom(self) -> bool:
        return self.may("custom")

    @property
    def may_list_followers(self) -> bool:
        return self.may("followers")

    @property
    def may_send_templates(self) -> bool:
        return self.may("templates")

    @property
    def may_sign_in(self) -> bool:
        """Web OAuth, and QR codes with a scene."""
        return self.may("sign_in")


class Accounts:
    """All accounts of the stage. Their list is read once a minute; an unknown alias costs nothing more."""

    def __init__(self, svc: Services) -> None:
        self._svc = svc

    def __getitem__(self, alias: str) -> Account:
        item = self._items().get(alias)
        if item is None:
            raise NotFound(f"没有名为 {alias[:40]} 的公众号。There is no account of that name.")
        return self._svc.cached(f"account#{alias}", ONE_MINUTE, lambda: self._build(item))

    def __iter__(self) -> Iterator[Account]:
        for alias in self.aliases():
            yield self[alias]

    def aliases(self) -> list[str]:
        return sorted(self._items())

    def _items(self) -> dict[str, dict[str, Any]]:
        return self._svc.cached(
            "accounts", ONE_MINUTE, lambda: {item["sk"]: item for item in self._svc.table.under("accounts")}
        )

    def _build(self, item: dict[str, Any]) -> Account:
        alias = item["sk"]
        tokens = StoredTokens(self._svc.table, self._svc.clock, alias, self._wake_refresher)
        return Account(
            alias=alias,
            kind=item["kind"],
            verified=item["verified"],
            app_id=item["app_id"],
            original_id=item["original_id"],
            label=item["label"],
            then_origins=tuple(item.get("then_origins", ())),
            open_platform=bool(item.get("open_platform", False)),
            read_envelope=lambda: self._envelope(alias, item),
            tokens=tokens,
            wechat=WeChat(item["app_id"], self._svc.wechat_http, tokens),
            relays=relays_of(item.get("relays", ())),
            token_source=item.get("token_source", ""),
            tester=item.get("tester", ""),
        )

    def _envelope(self, alias: str, item: dict[str, Any]) -> Envelope:
        stored = self._svc.secrets.read(f"accounts/{alias}/callback")
        try:
            return Envelope(item["app_id"], _keys(stored), item["modes"], encrypted_echo=item["kind"] == "wecom")
        except (ValueError, KeyError, TypeError):
            # The original text could quote the secret.
            raise Misconfigured(
                f"公众号 {alias} 的回调密钥有误。The callback secret of {alias} is not usable."
            ) from None

    def _wake_refresher(self, alias: str) -> None:
        self._svc.functions.refresh_tokens(alias)


def _keys(stored: str) -> list[CallbackKey]:
    """The current callback key, then the one before, so that changing them loses no message."""
    secret = json.loads(stored)
    keys = [CallbackKey(secret["token"], secret["aes_key"])]
    if secret.get("previous_token"):
        keys.append(CallbackKey(secret["previous_token"], secret["previous_aes_key"]))
    return keys


class Services:
    """Any attribute may be replaced before its first use: that is the one seam for tests and for the local stack."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or Clock(settings.clock_file)
        self._cache: dict[str, tuple[float, Any]] = {}

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock.time())

    @cached_property
    def table(self) -> Table:
        return Table(self.settings.table_name)

    @cached_property
    def work(self) -> Queue:
        return Queue(self.settings.work_queue)

    @cached_property
    def bulk(self) -> Queue:
        return Queue(self.settings.bulk_queue)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets(self.settings.secrets_path)

    @cached_property
    def functions(self) -> Functions:
        return Functions(self.settings.refresh_function)

    @cached_property
    def keys(self) -> Keys:
        return Keys(lambda: self.secrets.read("master_key"))

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self)

    @cached_property
    def wechat_http(self) -> Http:
        return Http(self.settings.wechat_api, proxy=self.settings.wechat_https_proxy)

    @cached_property
    def outbound(self) -> Outbound:
        """The way to everybody but WeChat and AWS."""
        return Outbound(self.settings.outbound_private)

    @cached_property
    def bus(self) -> Bus:
        return Bus(self.settings.bus_name)

    def app_secret(self, account: Account) -> str:
        """Only the refresher and the login exchange may read it; elsewhere AWS refuses."""
        return self.secrets.read(f"accounts/{account.alias}/app_secret")

    def cached(self, name: str, seconds: float, load: Callable[[], T]) -> T:
        """What `load` gave at most so many seconds ago in this container."""
        found = self._cache.get(name)
        now = self.clock.time()
        if found is None or not 0 <= now - found[0] < seconds:
            found = (now, load())
            self._cache[name] = found
        value: T = found[1]
        return value

    def forget(self, name: str) -> None:
        self._cache.pop(name, None)

    def later(
        self,
        job: Callable[Concatenate[Services, Account, P], None],
        account: Account,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Run a feature function after this request, with retries: `svc.later(templates.send, account, openid=…)`."""
        assert not args, "jobs take their arguments by name, as they are written in the queue"
        self.work.put(job_name(job), {"account": account.alias, **kwargs})

    def later_by(self, seconds: float, job: Callable[..., None], account: Account, **kwargs: Any) -> None:
        """The same, but not before so many seconds (15 minutes at most)."""
        self.work.put(job_name(job), {"account": account.alias, **kwargs}, delay=round(seconds))

    def in_bulk(self, job: Callable[..., None], account: Account, **kwargs: Any) -> None:
        """The same through the other queue, where long work does not keep anybody waiting for an answer."""
        self.bulk.put(job_name(job), {"account": account.alias, **kwargs})


def job_name(job: Callable[..., None]) -> str:
    return f"{job.__module__.rpartition('.')[2]}.{job.__name__}"


_current: Services | None = None
_building = threading.Lock()


def services() -> Services:
    """Built on first use, so importing app.py opens nothing and needs no network."""
    global _current
    with _building:
        if _current is None:
            _current = Services(Settings.from_env())
        return _current


def use(svc: Services | None) -> None:
    """For tests and the local stack: put another set in place."""
    global _current
    _current = svc
