"""Templates under names of our own, because the same template has another id in each account.

pk account#<alias>   sk template#<name>   {template_id}

An empty `template_id` is a name that came along from another account and still wants this account's id.
"""

from __future__ import annotations

import re

from ..errors import BadInput, NotFound
from ..services import Account, Services

NAME = re.compile(r"[a-z0-9_]{1,32}")
TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def find(svc: Services, account: Account, name: str) -> str:
    """The id that this account's template of that name has at WeChat."""
    kept = svc.table.get(_place(account), f"template#{name}") if NAME.fullmatch(name) else None
    if kept is None or not kept["template_id"]:
        # Visitors of a page may read this, so how to mend it is left to the documentation.
        raise NotFound(f"还没有配置模板 {name[:32]}。No template of that name is set here; see docs/settings.md.")
    return str(kept["template_id"])


def resolve(svc: Services, account: Account, template_id: str, name: str) -> str:
    """The id, whichever of the two was given."""
    if template_id and name:
        raise BadInput("template 和 template_id 只能给一个。Give either template or template_id, not both.")
    return find(svc, account, name) if name else template_id


def listed(svc: Services, account: Account) -> dict[str, str]:
    """Name -> id, "" where the id is still to be set."""
    items = svc.table.under(_place(account), "template#")
    return {item["sk"].removeprefix("template#"): str(item["template_id"]) for item in items}


def save(svc: Services, account: Account, name: str, template_id: str) -> None:
    if not NAME.fullmatch(name):
        raise BadInput("模板名只能用小写字母、数字和下划线，最多 32 个。A name has 1 to 32 of a-z, 0-9 and _.")
    if not TEMPLATE_ID.fullmatch(template_id):
        raise BadInput("这不是模板 ID。This is not a template id; copy it from “my templates” in WeChat's console.")
    svc.table.put({"pk": _place(account), "sk": f"template#{name}", "template_id": template_id})


def announce(svc: Services, account: Account, name: str) -> None:
    """Make the name known without an id; an id that is there stays."""
    svc.table.put_new({"pk": _place(account), "sk": f"template#{name}", "template_id": ""})


def empty(svc: Services, account: Account, name: str) -> None:
    """Its template is gone: the name stays, for whatever says it, and wants another id."""
    svc.table.put({"pk": _place(account), "sk": f"template#{name}", "template_id": ""})


def remove(svc: Services, account: Account, name: str) -> None:
    if not NAME.fullmatch(name) or svc.table.take(_place(account), f"template#{name}") is None:
        raise NotFound(f"没有名为 {name[:32]} 的模板。There is no template of that name.")


def _place(account: Account) -> str:
    return f"account#{account.alias}"
