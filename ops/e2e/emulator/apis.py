"""API Gateway's import, which ministack knows from CloudFormation only, for the calls that Chalice makes."""

import json
from typing import Any

from ministack.services import apigateway_v1

Json = dict[str, Any]
# The first API of a fresh account, so that its address is known before it is deployed: WeChat asks for it.
FIRST = "e2eapi0001"

_handle = apigateway_v1.handle_request


def mend() -> None:
    apigateway_v1.handle_request = handle


async def handle(method: str, path: str, headers: Any, body: bytes, query: Json) -> Any:
    parts = [part for part in path.split("/") if part]
    if (method, parts, query.get("mode")) == ("POST", ["restapis"], ["import"]):
        return _import(json.loads(body), query)
    if parts[:1] != ["restapis"] or len(parts) != len(("restapis", "id")):
        return await _handle(method, path, headers, body, query)
    if method == "PUT":
        return _overwrite(parts[1], json.loads(body))
    answer = await _handle(method, path, headers, body, query)
    return _endpoint_types_as_list(parts[1], answer) if method == "PATCH" else answer


def _import(spec: Json, query: Json) -> Any:
    base = {
        "tags": {"ms-custom-id": f"{FIRST[:-4]}{len(apigateway_v1._rest_apis) + 1:04d}"},
        "endpointConfiguration": {"types": query.get("endpointConfigurationTypes") or ["EDGE"]},
        "binaryMediaTypes": spec.get("x-amazon-apigateway-binary-media-types", []),
    }
    return _view(apigateway_v1._import_rest_api(spec, base), 201)


def _overwrite(api: str, spec: Json) -> Any:
    if api not in apigateway_v1._rest_apis:
        return apigateway_v1._v1_error("NotFoundException", "Invalid API identifier specified", 404)
    _empty(apigateway_v1._resources[api])
    apigateway_v1._authorizers_v1[api] = {}
    schemes = apigateway_v1._import_security_schemes(api, spec)
    for path, item in spec["paths"].items():
        apigateway_v1._import_path_item(api, path, item, schemes, spec.get("security"))
    return _view(api)


def _empty(resources: Json) -> None:
    for name in [name for name, resource in resources.items() if resource["path"] != "/"]:
        del resources[name]
    for root in resources.values():
        root["resourceMethods"] = {}


def _endpoint_types_as_list(api: str, answer: Any) -> Any:
    """ministack makes them a dict when Chalice replaces one, and fails over that at the next deploy."""
    configuration = apigateway_v1._rest_apis.get(api, {}).get("endpointConfiguration", {})
    if not isinstance(configuration.get("types"), dict):
        return answer
    configuration["types"] = list(configuration["types"].values())
    return _view(api)


def _view(api: str, status: int = 200) -> Any:
    return apigateway_v1._v1_response(apigateway_v1._rest_api_view(apigateway_v1._rest_apis[api]), status)
