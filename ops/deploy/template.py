"""What Chalice's CloudFormation template lacks, in the form that `chalice package --merge-template` takes."""

import json
from pathlib import Path
from typing import Any

from ..resources.gateway import BURST, RATE, SCHEDULED, access_format
from ..resources.template import access_log
from . import state
from .workspace import Workspace

Json = dict[str, Any]
LIMITS = {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": RATE, "ThrottlingBurstLimit": BURST}
ACCESS_LOG = {
    "Type": "String",
    "Default": "no",
    "AllowedValues": ["yes", "no"],
    "Description": "yes, once API Gateway may write logs in this AWS account: two alarms of the stage live on them",
}
NOTHING = {"Ref": "AWS::NoValue"}


def additions(work: Workspace) -> Json:
    """Functions bear the names that policies and settings expect; requests, retries and logs have their limits."""
    functions = {logical(name): {"Properties": _function(work, name)} for name in work.functions}
    return {
        "Parameters": {"AccessLog": ACCESS_LOG},
        "Conditions": {"WithAccessLog": {"Fn::Equals": [{"Ref": "AccessLog"}, "yes"]}},
        "Resources": {**functions, "RestAPI": {"Properties": _api(work.target.stage)}},
    }


def shorten(path: Path) -> None:
    """CloudFormation takes 51,200 bytes without a bucket, of which Chalice's indents would be the half."""
    found = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


def logical(function: str) -> str:
    """As Chalice calls it in its template."""
    return "APIHandler" if function == state.API else "".join(part.title() for part in function.split("_"))


def _function(work: Workspace, name: str) -> Json:
    named = {"FunctionName": state.full_name(work.target, name)}
    if name not in SCHEDULED:
        return named
    age, retries = SCHEDULED[name]
    return {**named, "EventInvokeConfig": {"MaximumEventAgeInSeconds": age, "MaximumRetryAttempts": retries}}


def _api(stage: str) -> Json:
    group = f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{access_log(stage)}"
    log = {"DestinationArn": {"Fn::Sub": group}, "Format": access_format(stage)}
    return {"MethodSettings": [LIMITS], "AccessLogSetting": {"Fn::If": ["WithAccessLog", log, NOTHING]}}
