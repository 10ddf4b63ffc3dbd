"""Signing visitors in takes the account's AppSecret, and each deploy names those that the stage may read."""

from botocore.exceptions import ClientError

from chalicelib.services import Services

from .. import say
from ..target import Target, code_of


def tell(target: Target, svc: Services, alias: str) -> None:
    """That sign-ins of this account want a deploy first; nothing where there are none, or nothing is deployed."""
    svc.forget("accounts")
    svc.forget(f"account#{alias}")
    if svc.accounts[alias].may_sign_in and _is_deployed(target):
        say.warn(
            f"{alias} 可以让访客登录；部署后才能读它的 AppSecret：python -m ops deploy --stage {target.stage}",
            f"{alias} may sign visitors in, once a deploy lets the stage read its AppSecret: "
            f"run `python -m ops deploy --stage {target.stage}`",
        )


def _is_deployed(target: Target) -> bool:
    try:
        target.client("lambda").get_function_configuration(FunctionName=target.name())
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        return False
    return True
