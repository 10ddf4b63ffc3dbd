"""A new Token, EncodingAESKey or AppSecret, without losing a message on the way."""

from botocore.exceptions import ClientError

from chalicelib.features import alarms
from chalicelib.services import Account, Services

from .. import say, stage
from ..say import Problem
from ..target import Target, code_of
from . import asking, callback_keys, console

FIELDS = {"token": "token", "aes-key": "aes_key"}
APP_SECRET = "app-secret"  # noqa: S105 (the word for it)
WHAT = (*FIELDS, APP_SECRET)


def begin(target: Target, alias: str, fields: list[str], generate: bool) -> None:
    """The new keys become current, and the old ones go on being accepted until `finish`."""
    kept = callback_keys.read(target, alias)
    if callback_keys.is_changing(kept):
        _tell_what_is_lost(generate)
    change = {field: asking.callback_secret(field, generate) for field in fields}
    console.explain(target, alias, change if generate else {})  # before they count: a lost key helps nobody
    callback_keys.write(target, alias, callback_keys.rotated(kept, change))
    say.done(f"{alias} 的新旧密钥现在都有效", f"the old and the new keys of {alias} are accepted now")
    say.step(
        "两分钟后再到微信后台提交；收到消息后，用 --finish 让旧密钥失效",
        "submit them in WeChat's console two minutes from now; once messages arrive, end the old keys with --finish",
    )


def _tell_what_is_lost(generate: bool) -> None:
    """Whoever types keys may still stop; whoever has them made is asked."""
    say.warn(
        "上一次更换还没有结束：它的新密钥会被替换，更早的仍有效；若微信后台已在用那些新密钥，先用 --finish 结束",
        "the last change is not finished: its new keys are replaced, and those before them stay; "
        "if WeChat's console has those new keys already, end that change with --finish first",
    )
    if generate and not say.confirm("替换上一次的新密钥？", "Replace the new keys of the last change?"):
        raise Problem("没有更换任何东西。", "Nothing was changed.")


def finish(target: Target, alias: str) -> None:
    callback_keys.write(target, alias, callback_keys.finished(callback_keys.read(target, alias)))
    say.done(f"{alias} 的旧密钥两分钟内失效", f"the old keys of {alias} end within two minutes")


def swap_app_secret(target: Target, svc: Services, account: Account) -> None:
    """WeChat ends the old AppSecret the moment it is reset, so there is no second slot; SSM's history keeps the old.

    The new one is not tried from here, since WeChat would refuse this machine's address (40164): the refresher is
    told that the token is no good, and asks for another one with the new secret.
    """
    stage.write_secret(target, f"accounts/{account.alias}/app_secret", asking.secret("app_secret"))
    say.done(f"{account.alias} 的新 AppSecret 已保存", f"the new AppSecret of {account.alias} is kept")
    if account.token_source:
        # Its token is the token service's: to call it refused would have that service replace a good one.
        alarms.clear(svc, account, "sign_in")
        say.step("令牌来自令牌服务，不受影响", "its token comes from the token service, and stays")
    elif _tried(svc, account):
        alarms.clear(svc, account, "sign_in")  # a sign-in that succeeds does not look for it
        say.done("微信接受了它：令牌已换新", "WeChat accepts it: there is a new token")
    else:
        say.warn(
            f"还没有换到新令牌；五分钟后运行 python -m ops doctor --stage {target.stage} 查看",
            f"no new token yet; run `python -m ops doctor --stage {target.stage}` in five minutes",
        )


def _tried(svc: Services, account: Account) -> bool:
    """Whether a token came that was asked for with the new secret, within some seconds."""
    try:
        return account.tokens.rejected(account.tokens.read("access").get("token_text", "")) is not None
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        return False  # no function to wake: the stage is not deployed yet


def check(what: tuple[str, ...], finishing: bool) -> None:
    if APP_SECRET in what and (len(what) > 1 or finishing):
        raise Problem(
            "app-secret 单独更换，没有 --finish：微信重置后旧的立即失效。",
            "Swap app-secret by itself and without --finish: WeChat ends the old one when it is reset.",
        )
