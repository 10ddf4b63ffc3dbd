"""WeChat's proof files, where its consoles look for them: at the root of a domain, or under a path of it."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from ..features import proofs
from ..services import services
from . import http

bp = Blueprint(__name__)


# API Gateway wants one name for a place over all routes, and looks no further once a fixed word fits: so `h5` and
# `.well-known` have their own two.
@bp.route("/{first}", content_types=["*/*"])
@bp.route("/{first}/{second}", content_types=["*/*"])
@bp.route("/{first}/{second}/{third}", content_types=["*/*"])
@bp.route("/.well-known/{file}", content_types=["*/*"])
@bp.route("/.well-known/{file}/{third}", content_types=["*/*"])
@bp.route("/h5/{account}", content_types=["*/*"])
@bp.route("/h5/{account}/{file}", content_types=["*/*"])
def proof(**path: str) -> Response:
    """The last part is the file's name; the parts before it are whatever the domain was registered with."""
    *_, file = path.values()
    return http.text(proofs.find(services(), file))
