"""What any OpenID library asks for before it trusts our ID tokens: where the keys are, and the keys."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Response

from ..services import services
from . import http

bp = Blueprint(__name__)

FIVE_MINUTES = 300
CLAIMS = [
    *("iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "sid"),
    *("nickname", "picture", "unionid", "account", "virtual"),
]


@bp.route("/.well-known/jwks.json")
def jwks() -> Response:
    return _public(services().keys.jwks())


@bp.route("/.well-known/openid-configuration")
def configuration() -> Response:
    """Only what is true. The sign-in itself is WeChat's redirect, so there are no endpoints of OpenID Connect's."""
    site = http.site(bp.current_request, services())
    return _public(
        {
            "issuer": site,
            "jwks_uri": f"{site}/.well-known/jwks.json",
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["snsapi_base", "snsapi_userinfo"],
            "claims_supported": CLAIMS,
        }
    )


def _public(content: dict[str, Any]) -> Response:
    """The same for everyone, so that anybody's page may read it too."""
    answer = http.json(content)
    answer.headers |= {"Cache-Control": f"public, max-age={FIVE_MINUTES}", "Access-Control-Allow-Origin": "*"}
    return answer
