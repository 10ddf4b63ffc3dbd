"""The map of the simulator: the platform's hosts, the phone, its page, the controls."""

from __future__ import annotations

import copy
from functools import cache

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider

from simulator import controls, doors, faces, jssdk, other_site, page, phone
from simulator.other_systems import hubspot, older_crm, salesforce, shop, token_service
from simulator.platform import dispatch, media
from simulator.world import World

LARGEST_REQUEST = 32 << 20


class _Json(DefaultJSONProvider):
    ensure_ascii = False
    sort_keys = False


def build(world: World) -> Flask:
    """The routes are made once in a process: each world gets a copy of the app with extensions of its own."""
    app = copy.copy(_routed())
    app.extensions = {"world": world}
    return app


@cache
def _routed() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.json = _Json(app)
    app.register_blueprint(phone.bp)
    app.register_blueprint(controls.bp)
    app.register_blueprint(page.bp)
    app.register_blueprint(other_site.bp)
    app.register_blueprint(jssdk.bp)
    app.register_blueprint(older_crm.bp)
    for system in (shop, hubspot, salesforce):
        app.register_blueprint(system.bp)
    app.register_blueprint(token_service.bp)

    @app.route("/<host>.qq.com/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def platform(host: str, path: str) -> Response:
        return dispatch.answer(doors.world(), request, f"{host}.qq.com", f"/{path}")

    @app.get("/thirdwx.qlogo.cn/mmopen/nobody/132")
    def nobodys_face() -> Response:
        return faces.nobody()

    @app.get("/thirdwx.qlogo.cn/mmopen/<alias>/<openid>/<mark>/132")
    def face(alias: str, openid: str, mark: str) -> Response:
        return faces.of_person(doors.world(), alias, openid, mark)

    @app.get("/page/seal/<alias>")
    def seal(alias: str) -> Response:
        return faces.of_account(doors.world(), alias)

    @app.get("/mmbiz.qpic.cn/<media_id>")
    def picture(media_id: str) -> Response:
        return media.picture(doors.world(), media_id)

    return app
