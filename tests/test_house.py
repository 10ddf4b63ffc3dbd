"""The rules of the house, checked: who may import whom, what a cold start may load, and which routes stand open."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.web import guard
from tests.house import HTTP, House

HOME = Path(__file__).parent.parent
LIB = HOME / "chalicelib"
EVERY_FEATURE = {"regex", "msgspec"}

# design: besides the standard library and the folder itself; `chalice` for errors.py is one base class.
MAY_IMPORT = {
    "app.py": {"web", "features", "services", "settings", "observe", "chalice"},
    "web": {"features", "services", "settings", "errors", "observe", "wechat", "chalice", "msgspec"},
    "features": {"services", "errors", "observe", "wechat", "outbound", "segno"} | EVERY_FEATURE,
    "outbound": {"errors", "observe", "urllib3", "msgspec"},
    "wechat": {"urllib3", "Crypto", "msgspec"},
    "aws": {"errors", "boto3", "botocore", "aws_lambda_powertools"},
    "keys.py": {"errors", "settings", "Crypto"},
    "observe.py": {"errors", "settings", "aws_lambda_powertools"},
    "settings.py": {"errors"},
    "errors.py": {"chalice"},
    "services.py": {"settings", "keys", "aws", "wechat", "outbound", "errors"},
    "browser": set(),
    "console": set(),
}
ROUTES_OPEN = {
    "/wechat/{account}",
    "/oauth/{account}/start",
    "/oauth/{account}/return",
    "/oauth/{account}/me",
    "/oauth/{account}/exchange",
    "/oauth/{account}/sign-out",
    "/.well-known/jwks.json",
    "/.well-known/openid-configuration",
    "/jssdk/{account}",
    "/crm/{account}/{item}",
    "/go/{code}",
    "/h5/gaiwan.js",
    "/h5/gaiwan.d.ts",
    "/h5/polls/{poll}",
    "/h5/quizzes/{poll}",
    "/console",
    "/console/files/{file}",
    "/console/sign-in",
    "/console/sign-in/scan",
    "/console/sign-out",
    "/h5/{account}/hello",
    "/h5/{account}/notice",
    "/{first}",
    "/{first}/{second}",
    "/{first}/{second}/{third}",
    "/.well-known/{file}",
    "/.well-known/{file}/{third}",
    "/h5/{account}",
    "/h5/{account}/{file}",
}


def files(room: str) -> list[Path]:
    place = HOME / room if room == "app.py" else LIB / room
    return sorted(place.rglob("*.py")) if place.is_dir() else [place] if place.exists() else []


def imported(path: Path) -> Iterator[str]:
    """The first name after `chalicelib`, or the package's own name; what only type checkers see does not count."""
    inside = path.relative_to(HOME).parent.parts
    for node in _outside_type_checking(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (_own(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else ()
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (_own(".".join((*base, name))) for name in names)


def _outside_type_checking(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from _outside_type_checking(node)


def _own(name: str) -> str:
    parts = name.split(".")
    return parts[1] if parts[0] == "chalicelib" and len(parts) > 1 else parts[0]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_each_room_imports_only_what_it_may(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room.removesuffix(".py")} | sys.stdlib_module_names
    for path in files(room):
        assert set(imported(path)) <= allowed, path.relative_to(HOME)


def test_every_room_of_the_library_is_on_the_list() -> None:
    rooms = {path.name for path in LIB.iterdir() if path.name not in ("__init__.py", "__pycache__")}
    assert rooms <= set(MAY_IMPORT)


def test_the_simulator_is_an_independent_reading() -> None:
    for path in (HOME / "simulator").rglob("*.py"):
        assert "chalicelib" not in set(imported(path)) | set(re.findall(r"import (chalicelib)", path.read_text()))


def test_nothing_that_ships_imports_what_does_not() -> None:
    for path in LIB.rglob("*.py"):
        assert not {"ops", "tests", "simulator", "benchmarks"} & set(imported(path)), path


def test_only_settings_reads_the_environment() -> None:
    readers = {path.relative_to(LIB).as_posix() for path in LIB.rglob("*.py") if "environ" in path.read_text()}
    assert readers == {"settings.py"}


def fresh(code: str, **env: str) -> str:
    """What a fresh interpreter prints, in the app's folder as Lambda has it."""
    clean = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "ap-northeast-1", "GAIWAN_STAGE": "dev"} | env
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOME, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_app_needs_the_stage_and_no_other_variable() -> None:
    assert fresh("import app; print('fine')", AWS_DEFAULT_REGION="") == "fine"
    clean = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", "import app"], cwd=HOME, env=clean, capture_output=True, text=True, check=False
    )
    assert "GAIWAN_STAGE must be" in done.stderr


def test_a_cold_start_loads_nothing_heavy() -> None:
    heavy = {"pydantic", "requests", "httpx", "aws_xray_sdk", "jinja2", "flask", "regex", "simulator", "ops", "Crypto"}
    assert fresh(f"import app, sys; print(*({heavy!r} & set(sys.modules)))") == ""


def test_a_cold_start_makes_no_client() -> None:
    code = "import app; from chalicelib.aws import session; print(len(session._clients))"
    assert fresh(code) == "0"


def handlers() -> list[str]:
    code = "import app, json\nprint(json.dumps([source.handler_string for source in app.app.event_sources]))"
    return ["app.app", *json.loads(fresh(code))]


def test_every_handler_can_be_imported_as_lambda_does_it() -> None:
    for handler in handlers():
        module, _, name = handler.rpartition(".")
        assert module == "app", f"{handler}: a handler outside app.py never loads it"
        assert fresh(f"import {module}; print(callable({module}.{name}))") == "True"


def test_there_are_six_functions_and_each_is_configured() -> None:
    names = {handler.rpartition(".")[2] for handler in handlers()} - {"app"} | {"api_handler"}
    assert names == {"api_handler", "run_job", "run_bulk", "refresh_tokens", "tick", "nightly"}
    stages = json.loads((HOME / ".chalice" / "config.json").read_text())["stages"]
    for stage in ("dev", "prod"):
        assert set(stages[stage]["lambda_functions"]) == names


def routes() -> dict[str, list[str]]:
    app = importlib.import_module("app").app
    return {path: sorted(methods) for path, methods in app.routes.items()}


def test_a_route_is_on_the_open_list_or_closed() -> None:
    assert guard.OPEN == ROUTES_OPEN
    assert set(routes()) >= guard.OPEN


def addresses() -> Iterator[tuple[str, str, str]]:
    """(route, method, path that it answers)"""
    for route, methods in routes().items():
        for method in methods:
            yield route, method, re.sub(r"\{\w+\}", "x", route.replace("{account}", "tea"))


def test_whoever_shows_no_token_gets_in_only_where_it_is_open(house: House) -> None:
    """Asked at the real app, behind its middleware."""
    strangers: list[dict[str, str]] = [{}, {"Authorization": "Bearer gaiwan_made-up"}, {"Authorization": "Basic eDp5"}]
    for route, method, path in addresses():
        for stranger in strangers:
            answer = HTTP.request(method, house.app + path, body=b"{}", headers=stranger, redirect=False)
            # The member page is open, and asks a stranger to sign in.
            closed = answer.status == 401 and b"API" in answer.data
            assert closed == (route not in ROUTES_OPEN), f"{method} {path} -> {answer.status}"


def test_a_path_that_does_not_exist_tells_nothing(house: House) -> None:
    for path in ("/api/tea", "/api/tea/secrets", "/console/files/app.py", "/wechat", "/wechat/tea/x"):
        assert house.get(path).status in (401, 403, 404)


def test_routes_are_what_api_gateway_can_hold() -> None:
    names: dict[tuple[str, ...], str] = {}
    places = set()
    for path in routes():
        assert "+" not in path, f"{path} is greedy"
        parts = tuple(path.strip("/").split("/"))
        for depth, part in enumerate(parts):
            places.add(parts[: depth + 1])
            if part.startswith("{"):
                assert names.setdefault(parts[:depth], part) == part, f"{path}: one variable name per place"
    assert len(places) <= 250


def test_files_stay_short() -> None:
    """A file of more than about 300 lines becomes a package; a table may be long."""
    tables = {"chalicelib/wechat/catalogue.py"}
    for path in [*LIB.rglob("*.py"), *(HOME / "simulator").rglob("*.py"), *(HOME / "ops").rglob("*.py")]:
        lines = [line for line in path.read_text().splitlines() if line.strip()]
        name = path.relative_to(HOME).as_posix()
        assert len(lines) <= 330 or name in tables, f"{name} has {len(lines)}"
