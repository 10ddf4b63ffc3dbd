"""What the checks look at: a stage at AWS, its table, its public address, and WeChat's interface."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chalicelib.services import Account, Services
from chalicelib.settings import Settings
from chalicelib.wechat.http import Http

from .. import addresses
from ..deploy import environment, workspace
from ..target import Target

# Made before the checks run side by side: botocore cannot make two clients at once.
SERVICES = (
    "sts", "dynamodb", "sqs", "ssm", "events", "logs", "lambda", "iam", "cloudwatch", "cloudformation", "apigateway",
)  # fmt: skip


@dataclass(frozen=True)
class Patient:
    target: Target
    svc: Services

    @property
    def stage(self) -> str:
        return self.target.stage

    @property
    def accounts(self) -> list[Account]:
        return list(self.svc.accounts)

    @cached_property
    def settings(self) -> dict[str, str]:
        return environment.settings(self.target)

    @cached_property
    def config(self) -> dict[str, Any]:
        """Chalice's, of this stage, as `ops deploy` would use it."""
        merged = environment.merged(workspace.config_of(workspace.ROOT), self.stage, self.settings)
        found: dict[str, Any] = merged["stages"][self.stage]
        return {"lambda_architecture": merged.get("lambda_architecture", "x86_64"), **found}

    @cached_property
    def address(self) -> str:
        """Where the world reaches the stage; "" before it is deployed."""
        found = addresses.public_url(self.target)
        return "" if found == addresses.UNKNOWN else found

    @cached_property
    def wechat(self) -> Http:
        return Http(self.settings.get("wechat_api") or Settings(self.stage).wechat_api)

    def token(self, account: Account) -> str:
        """The platform token in the table while it lives, else "". None is asked for: that would end the one in use."""
        item = account.tokens.read("access")
        return str(item.get("token_text", "")) if item.get("good_until", 0) > self.svc.now() else ""

    def make_clients(self) -> None:
        for service in SERVICES:
            self.target.client(service)
