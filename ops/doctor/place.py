"""Who asks, where, and whether our clocks agree."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from .finding import Finding, bad, good, odd
from .patient import Patient

# AWS refuses a signature that is five minutes off, and so do we with WeChat's.
ODD_SKEW, BAD_SKEW = 30, 240


def credentials(patient: Patient) -> Iterator[Finding]:
    target = patient.target
    where = f"{target.account_id}, {target.region} ({target.partition})"
    if target.caller.endswith(":root"):
        yield odd(
            (f"{where}：用的是根账户", f"{where}: these are the root user's credentials"),
            ("根账户的权限无法收回", "nothing can limit what the root user may do"),
            ("改用 IAM 身份或 SSO", "use an IAM identity or SSO"),
        )
    else:
        yield good(f"AWS 账户 {where}", f"AWS account {where}, as {target.caller.rpartition(':')[2]}")
    if target.partition == "aws-cn":
        yield odd(
            ("中国区（aws-cn）", "a region in China (aws-cn)"),
            (
                "本项目尚未在中国区实测，公网网站还需 ICP 备案",
                "not tried there by us, and public sites need an ICP filing",
            ),
            ("先看 docs/security.md 的中国区说明", "read the notes on mainland China in docs/security.md first"),
        )


def clock(patient: Patient) -> Iterator[Finding]:
    answer = patient.target.client("sts").get_caller_identity()
    theirs = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
    skew = round(time.time() - theirs)
    if abs(skew) < ODD_SKEW:
        yield good("本机时钟与 AWS 一致", "this machine's clock agrees with AWS's")
        return
    yield (bad if abs(skew) >= BAD_SKEW else odd)(
        (f"本机时钟与 AWS 相差 {skew} 秒", f"this machine's clock is {skew} s away from AWS's"),
        ("相差五分钟后签名会被拒绝", "from five minutes on signatures are refused"),
        ("打开自动对时（NTP）", "let the system set its clock (NTP)"),
    )
