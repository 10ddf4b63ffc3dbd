"""GET /api/openapi.json: the API's description, OpenAPI 3.1, made from the doors themselves."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import msgspec
from chalice.app import Response

from ...services import services
from .. import http
from .door import Door, doors

SCHEMA = "#/components/schemas/{name}"
WORDS = {
    "account": "公众号的短名，如 tea。The account's alias, such as tea.",
    "item": "列表里给出的编号。The id that the list gives.",
}
ABOUT = (
    "盖碗：用无服务器的方式运营微信公众号。每个请求带 Authorization: Bearer gaiwan_…。"
    "A WeChat Official Account in a serverless cup. Each request carries Authorization: Bearer gaiwan_…."
)
REPEATED = "同一个 Idempotency-Key 在 24 小时内只做一次。The same key is done once within 24 hours."


class Fault(msgspec.Struct):
    """`code` is the kind of error, `message` says in both languages what to do; a 409 may show what is there now."""

    code: str
    message: str
    details: dict[str, Any] | None = None


class Refusal(msgspec.Struct):
    """Every answer that is not a success has this shape."""

    error: Fault


def document(modules: list[ModuleType]) -> Response:
    """The same for everyone, made once an hour in a container."""
    return http.json(
        services().cached("openapi", 3600, lambda: describe([one for module in modules for one in doors(module)]))
    )


def describe(doors: list[Door]) -> dict[str, Any]:
    types = [Refusal, *(kind for one in doors for kind in (one.takes, one.gives, one.asks) if kind is not None)]
    # Each type once, in a fixed order: the document is the same each time.
    unique = list({repr(kind): kind for kind in types}.values())
    schemas, components = msgspec.json.schema_components(unique, ref_template=SCHEMA)
    named = dict(zip(map(repr, unique), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in doors:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, named, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gaiwan 盖碗",
            "version": "1",
            "description": ABOUT,
        },
        "servers": [{"url": ".."}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "gaiwan_…"}},
        },
    }


def _operation(one: Door, named: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.says,
        "tags": [one.needs.partition(":")[0] or "me"],
        "parameters": [*_path_variables(one), *_query_parameters(one, named, components)],
        "responses": _responses(one, named),
        "x-needs": one.needs,
    }
    if one.writes:
        told["parameters"].append(_idempotency())
    if one.takes is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": named[repr(one.takes)]}}}
    return told


def _responses(one: Door, named: dict[str, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": one.says}
    if one.plain:
        success["content"] = {one.plain: {"schema": {"type": "string"}}}
    if one.gives is not None:
        success.setdefault("content", {})["application/json"] = {"schema": named[repr(one.gives)]}
    status = 204 if one.gives is None and not one.plain else one.status
    refused = {"application/json": {"schema": named[repr(Refusal)]}}
    return {
        str(status): success,
        "4XX": {"description": "不成，原因在 message 里。Refused; `message` says why.", "content": refused},
        "503": {"description": "微信或 AWS 暂时没有回应。WeChat or AWS does not answer right now.", "content": refused},
    }


def _path_variables(one: Door) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": WORDS.get(name, "")}
        for name in re.findall(r"\{(\w+)\}", one.path)
    ]


def _query_parameters(one: Door, named: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    if one.asks is None:
        return []
    shape = components[named[repr(one.asks)]["$ref"].rpartition("/")[2]]
    needed = set(shape.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": schema}
        for name, schema in shape["properties"].items()
    ]


def _idempotency() -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"}
    return {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema, "description": REPEATED}
