"""What WeChat's console shows of an account, checked before anything is kept: one clear sentence for each mistake."""

import re
import secrets
import string
from collections.abc import Collection, Sequence

from ..say import Problem

KINDS = ("service", "subscription", "test", "miniprogram", "wecom", "shop")
MODES = ("safe", "compatible", "plain")
ALIAS = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
# Words that stand where an alias would, in the addresses of the app: /api/me, /h5/polls and so on.
RESERVED = frozenset(
    {"api", "audit", "console", "events", "files", "gaiwan", "me", "operators", "openapi", "polls", "quizzes", "tokens"}
)
ORIGIN = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
LETTERS = string.ascii_letters + string.digits
# Of an EncodingAESKey's 258 bits WeChat uses 256: these last letters leave the other two at zero.
LAST_LETTERS = "AEIMQUYcgkosw048"
AES_KEY_LENGTH, TOKEN_LENGTH = 43, 32

# Field -> what it must look like, and the sentence if it does not. No sentence quotes the value: it may be secret.
SHAPES = {
    "app_secret": (
        r"[A-Za-z0-9_-]{32,64}",
        "AppSecret 不对：它有 32 个字母和数字（企业微信的更长），请重新复制。",
        "This is not an AppSecret: it has 32 letters and digits (WeCom's has more). Copy it again.",
    ),
    "token_key": (
        r"[\x21-\x7e]{8,512}",
        "密钥不对：要有 8 到 512 个看得见的 ASCII 字符。",
        "This is not a key: it has 8 to 512 visible ASCII characters.",
    ),
    "hubspot_token": (
        r"pat-[A-Za-z0-9-]{8,200}",
        "不是 HubSpot 私有应用的令牌：它以 pat- 开头。",
        "This is no access token of a HubSpot private app: it begins with pat-.",
    ),
    **dict.fromkeys(
        ("hubspot_client_secret", "salesforce_client_id", "salesforce_client_secret"),
        (
            r"[\x21-\x7e]{8,512}",
            "不对：要有 8 到 512 个看得见的 ASCII 字符，请重新复制。",
            "This cannot be it: it has 8 to 512 visible ASCII characters. Copy it again.",
        ),
    ),
    "token": (
        r"[A-Za-z0-9]{3,32}",
        "Token 不对：要有 3 到 32 个英文字母或数字。",
        "This is not a Token: it has 3 to 32 letters and digits.",
    ),
    "aes_key": (
        r"[A-Za-z0-9]{43}",
        "EncodingAESKey 不对：要正好 43 个英文字母和数字。",
        "This is not an EncodingAESKey: it has exactly 43 letters and digits.",
    ),
}


def check_alias(alias: str) -> None:
    if not ALIAS.fullmatch(alias):
        raise Problem(
            "别名要有 1 到 32 个小写字母、数字、下划线或短横，例如 tea；它会出现在回调地址里。",
            "An alias has 1 to 32 lower-case letters, digits, _ or -, such as tea; it shows in the callback's address.",
        )
    if alias in RESERVED:
        raise Problem(
            f"{alias} 是保留的名字，我们自己的网址里有它；请换一个别名，例如 {alias}-1。",
            f"{alias} is a word of our own addresses, so it cannot be an alias; choose another, such as {alias}-1.",
        )


def check_ids(kind: str, app_id: str, original_id: str) -> None:
    begins, called = ("ww", "corpid") if kind == "wecom" else ("wx", "AppID")
    if not re.fullmatch(rf"{begins}[0-9a-z]{{16}}", app_id):
        raise Problem(
            f"{called} 不对：以 {begins} 开头，后面有 16 个小写字母和数字。",
            f"This is not the {called}: it begins with {begins} and has 16 lower-case letters and digits after that.",
        )
    # WeCom names itself by its corpid in messages.
    if not re.fullmatch(r"gh_[0-9a-z]{1,29}", original_id) and not (kind == "wecom" and original_id == app_id):
        raise Problem(
            "原始 ID 不对：以 gh_ 开头，在公众平台「设置与开发 · 账号设置」里。",
            "This is not the original id: it begins with gh_ and stands in WeChat's console under account settings.",
        )


def check_live(kind: str) -> None:
    """Only these have a console with a menu and auto-replies, and an interface that tells of them."""
    if kind not in ("service", "subscription", "test"):
        raise Problem(
            "--take-over 只用于服务号、订阅号和测试号。",
            "--take-over is for service, subscription and test accounts.",
        )


def check_modes(stage: str, kind: str, modes: Collection[str]) -> None:
    # WeChat's sandbox is configured with a Token alone, so it cannot encrypt; see docs/decisions/0013.
    sandbox = kind == "test" and stage != "prod"
    if stage != "local" and not sandbox and set(modes) != {"safe"}:
        raise Problem(
            "上线的公众号只接受安全模式；明文与兼容模式只用于 --stage local，以及非 prod 环境里的测试号。",
            "A deployed account accepts safe mode only; plain and compatible are for --stage local, "
            "and for a sandbox account (--kind test) on a stage other than prod.",
        )


def check_origins(origins: Sequence[str]) -> None:
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise Problem(
                f"{origin[:80]} 不是来源地址：应像 https://shop.example.com，不带路径。",
                f"{origin[:80]} is not an origin: write it as https://shop.example.com, without a path.",
            )


def check_secret(field: str, value: str) -> str:
    pattern, zh, en = SHAPES[field]
    if not re.fullmatch(pattern, value):
        raise Problem(zh, en)
    return value


def new_token() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(TOKEN_LENGTH))


def new_aes_key() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(AES_KEY_LENGTH - 1)) + secrets.choice(LAST_LETTERS)
