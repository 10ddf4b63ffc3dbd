"""How a door of the API is declared: one decorator says who may, what goes in and what comes out.

The same declaration checks the caller, reads the request, keeps an `Idempotency-Key`, writes the audit log, and is what
openapi.py describes; so the description cannot differ from what is done.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import msgspec
from chalice.app import Request, Response

from ...errors import BadInput, Forbidden, NotFound
from ...features import operators
from ...features.operators import Who
from ...services import Services, services
from .. import callers, http
from . import repeats

View = Callable[..., Any]
LONGEST_NAME = 600  # of an address, as sent: the table takes 1,024 bytes, and no name of ours is nearly as long
NAMED = ("scene", "once", "run")  # and what ends in _id: how answers name what was made
# Their `item` is an openid.
PEOPLE = ("/api/{account}/followers/{item}", "/api/{account}/identities/{item}")


@dataclass(frozen=True)
class Door:
    """`says` is the door's sentence, Chinese first; `gives` a type, or None for an answer without content."""

    method: str
    path: str
    needs: str  # a scope such as `tags:write`; "" for everyone who is known
    says: str
    takes: type | None = None
    gives: Any = None
    asks: type | None = None
    status: int = 200
    name: str = ""
    reads: Any = None  # what the body is read as, where that is looser than `takes`, which is described
    plain: str = ""  # the content type, where the answer is not JSON

    @property
    def writes(self) -> bool:
        return self.method != "GET" and not self.needs.endswith(":read")  # a question may be too long for an address


@dataclass(frozen=True)
class Call:
    """One request at a door, already allowed in and read."""

    svc: Services
    who: Who
    request: Request = field(repr=False)
    body: Any = None
    query: Any = None
    about: list[str] = field(default_factory=list)  # what the audit log says besides the address's own names


def door(method: str, path: str, **told: Any) -> Callable[[View], View]:
    """`@door("POST", "/api/{account}/tags", needs="tags:write", takes=NewTag, gives=Tag, status=201, says="…")`

    The view gets a Call and the path's variables by name, and returns what `gives` says. To stand open, the door must
    also be in routes.py. Its name in the audit log is the file's, or the file's AREA, and the view's.
    """

    def declare(view: View) -> View:
        area = vars(sys.modules[view.__module__]).get("AREA", view.__module__.rpartition(".")[2])
        vars(view)["door"] = Door(method, path, name=f"{area}_{view.__name__}", **told)
        return view

    return declare


def doors(module: ModuleType) -> list[Door]:
    """The doors that a module declares, in the order in which they stand there."""
    return [view.door for view in _views(module)]


def find(module: ModuleType, method: str, path: str) -> Any:
    """The view behind a door."""
    return next(view for view in _views(module) if (view.door.method, view.door.path) == (method, path))


def open_to(request: Request, view: Any, names: dict[str, str]) -> Response:
    """The view's answer, or why this caller gets none."""
    declared: Door = view.door
    svc, who = services(), callers.known(request)
    if not who.may(declared.needs):
        raise Forbidden(
            f"您没有「{declared.needs}」的权限，请联系管理员。"
            f"You may not do this ({declared.needs}); please ask an admin."
        )
    if any(len(name) > LONGEST_NAME for name in names.values()):
        raise NotFound("没有这个编号。There is nothing of that name.")
    if "account" in names:
        _ = svc.accounts[names["account"]]  # else a door that needs no account item would answer for any alias
    call = Call(svc, who, request, _body(request, declared), _query(request, declared))
    if not declared.writes:
        return _told(declared, view(call, **names))
    return repeats.once(
        svc, who, request, lambda: _done(call, declared, view, names), lambda: _note(call, declared, names)
    )


def _views(module: ModuleType) -> list[Any]:
    return [found for found in vars(module).values() if isinstance(getattr(found, "door", None), Door)]


def _done(call: Call, declared: Door, view: View, names: dict[str, str]) -> Response:
    content = view(call, **names)
    if "item" not in names:
        _made(call, content)
    return _told(declared, content)


def _note(call: Call, declared: Door, names: dict[str, str]) -> None:
    """In the audit log; a person in the address is named there as in the logs."""
    told = {name: unquote(value) for name, value in names.items() if name != "account"}
    if declared.path.startswith(PEOPLE):
        told["item"] = call.svc.keys.person(told["item"])
    about = " ".join([*told.values(), *call.about])
    operators.note_deed(call.svc, call.who, declared.name, about, names.get("account", ""))


def _body(request: Request, declared: Door) -> Any:
    return http.json_body(request, declared.reads or declared.takes) if declared.takes else None


def _query(request: Request, declared: Door) -> Any:
    if declared.asks is None:
        return None
    asked = http.query(request)
    if unknown := asked.keys() - {field.encode_name for field in msgspec.structs.fields(declared.asks)}:
        names = ", ".join(sorted(name[:40] for name in unknown))
        raise BadInput(f"地址里有不认识的参数：{names}。The address has parameters that nobody knows: {names}.")
    try:
        return msgspec.convert(asked, declared.asks, strict=False)
    except msgspec.ValidationError as error:
        from .. import wrong  # noqa: PLC0415 (as in http.json_body)

        raise BadInput(wrong.explain(error)) from None


def _made(call: Call, content: Any) -> None:
    """The id of something new, for the audit log."""
    names = getattr(content, "__struct_fields__", ())
    made = next((name for name in names if name.endswith("_id") or name in NAMED), "")
    if made and not call.about:
        call.about.append(str(getattr(content, made)))


def _told(declared: Door, content: Any) -> Response:
    if isinstance(content, Response):
        return content
    if declared.gives is None:
        return Response("", status_code=204, headers=dict(http.SAFE))
    return http.json(content, declared.status)
