"""Every question whether somebody may do something passes here, and is written down with its answer."""

import contextvars
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator, responses
from ministack.services import lambda_svc

from .record import Record

LAMBDA = "lambda.amazonaws.com"
Json = dict[str, Any]

_ministacks = iam_evaluator.enforce
# What AWS asks for where ministack asks for the request's own name.
AS_IN_AWS = {"sqs:SendMessageBatch": "sqs:SendMessage"}


class Gate:
    def __init__(self, record: Record) -> None:
        self._record = record
        self._caller: contextvars.ContextVar[str] = contextvars.ContextVar("caller", default="")

    def stand(self) -> None:
        """In the way of every request: ministack looks the function up each time it asks."""
        iam_evaluator.enforce = self.enforce

    def enforce(  # noqa: PLR0913, PLR0917 (ministack's own arguments)
        self, key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Any = None
    ) -> Any:
        """None when allowed, as ministack's own."""
        action = AS_IN_AWS.get(action, action)
        denied = _ministacks(key, action, service, region, resource_arn, service_context)
        self._caller.set(key)
        who = (iam_evaluator.resolve_caller_identity(key) or {}).get("userArn", key or "anonymous")
        self._record.note(principal(who), action, resource_arn, denied is None, **_kinds_of_key(service_context or {}))
        return denied

    def role_may(self, config: Json, action: str, resource: str) -> bool:
        """For what AWS's Lambda service does with a function's role and ministack does without asking."""
        account, region = lambda_svc._account_region_from_function_config(config)
        role = config["Role"].rsplit("/", 1)[-1]
        asked = iam_evaluator.EvalContext(
            principal_arn=config["Role"],
            principal_type="AssumedRole",
            principal_account=account,
            action=action,
            resource_arn=resource,
            region=region,
            service_context={},
            principal_keys={},
        )
        decision = iam_evaluator.evaluate(asked, iam_evaluator._gather_role_policies(role, account)).decision
        self._record.note(f"role/{role}", action, resource, decision == "Allow", by=LAMBDA)
        return bool(decision == "Allow")

    def may_pass_role(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """`act` hands a role to Lambda, for which AWS wants iam:PassRole of whoever asks."""

        def asked(*arguments: Any) -> Any:
            role = arguments[-1].get("Role")
            context = {"iam:PassedToService": LAMBDA}
            where = ("iam", responses.get_region(), role, context)
            if role and self.enforce(self._caller.get(), "iam:PassRole", *where):
                text = f"not authorized to perform: iam:PassRole on resource: {role}"
                return responses.error_response_json("AccessDeniedException", text, 403)
            return act(*arguments)

        return asked


def principal(arn: str) -> str:
    """arn:aws:sts::0:assumed-role/ROLE/SESSION -> role/ROLE, arn:aws:iam::0:user/NAME -> user/NAME"""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    return f"role/{rest.split('/')[0]}" if kind == "assumed-role" else f"{kind}/{rest}".rstrip("/")


def _kinds_of_key(context: Json) -> Json:
    """The part before the first # says what an item is about; the rest would make a line for each person."""
    keys = context.get("dynamodb:LeadingKeys") or []
    return {"leading": sorted({key.split("#")[0] for key in keys})} if keys else {}
