"""Where a stage can be reached: the custom domain that was chosen for it, else the address that API Gateway gave."""

from .deploy import smoke, state
from .stage import read_setting
from .target import Target

UNKNOWN = "https://YOUR-DOMAIN"


def public_url(target: Target) -> str:
    """Without a slash at its end; a placeholder before the stage is deployed."""
    chosen = read_setting(target, "public_url").rstrip("/")
    api = "" if chosen else state.api_id(target)
    return smoke.address(target, api, chosen) if chosen or api else UNKNOWN
