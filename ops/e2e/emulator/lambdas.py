"""Functions as AWS runs them: on a bare Python, and with no right that their role has not."""

import importlib
import stat
import sys
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime, responses
from ministack.services import cloudwatch_logs, lambda_svc

from .gate import Gate

# What Lambda's own Python brings; all else must come from the zip.
SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
TO_POLL = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
RUNTIME = '#!/bin/sh\nPYTHONPATH={folder} PYTHONDONTWRITEBYTECODE=1 exec {python} -S -s "$@"\n'

_create_mapping, _run_batch = lambda_svc._create_esm, lambda_svc._run_sqs_batch
_write_log = lambda_svc._emit_lambda_logs


class Lambdas:
    def __init__(self, gate: Gate, folder: Path) -> None:
        self._gate = gate
        self._python = bare_python(folder / "runtime")

    def mend(self) -> None:
        lambda_svc._create_function = self._gate.may_pass_role(lambda_svc._create_function)
        lambda_svc._update_config = self._gate.may_pass_role(lambda_svc._update_config)
        lambda_svc._create_esm = self.create_mapping
        lambda_svc._run_sqs_batch = self.run_batch
        lambda_svc._emit_lambda_logs = self.write_log
        lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = 0  # else Chalice's waiters sleep 5 s for every function
        worker = lambda_runtime._PYTHON_WORKER_SCRIPT
        lambda_runtime._detect_runtime_binary = lambda _: (str(self._python), worker)

    def create_mapping(self, asked: dict[str, Any]) -> Any:
        """Like AWS, refuses a second mapping of the same two, and one whose function could not read the queue."""
        name, queue = asked["FunctionName"].rsplit(":", 1)[-1], asked["EventSourceArn"]
        for *_, known in lambda_svc._iter_all_esms():
            if (known["FunctionName"], known["EventSourceArn"]) == (name, queue):
                text = f"An event source mapping with SQS arn and function already exists: {known['UUID']}"
                return responses.error_response_json("ResourceConflictException", text, 409)
        function = lambda_svc._functions.get(name)
        if function and not self._may_poll(function["config"], queue):
            text = "The function execution role does not have permissions to call ReceiveMessage on SQS"
            return responses.error_response_json("InvalidParameterValueException", text, 400)
        return _create_mapping(asked)

    def run_batch(self, mapping: Any, function: Any, *batch: Any) -> None:
        """Nothing reaches a function that lost the right to read its queue."""
        if self._may_poll(function["config"], mapping["EventSourceArn"]):
            _run_batch(mapping, function, *batch)

    def write_log(self, function: dict[str, Any], *told: Any, **more: Any) -> None:
        """No log without the right to write it."""
        config = function.get("config") or function
        group = f"/aws/lambda/{config['FunctionName']}"
        arn = cloudwatch_logs._make_group_arn(group).removesuffix(":*")
        may = self._gate.role_may
        if group not in cloudwatch_logs._log_groups and not may(config, "logs:CreateLogGroup", arn):
            return
        stream = f"{arn}:log-stream:any"
        if may(config, "logs:CreateLogStream", stream) and may(config, "logs:PutLogEvents", stream):
            _write_log(function, *told, **more)

    def _may_poll(self, config: dict[str, Any], queue: str) -> bool:
        """Asks for all three, also after a no: each is to be on the record."""
        may = [self._gate.role_may(config, f"sqs:{action}", queue) for action in TO_POLL]
        return all(may)


def bare_python(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    packages = Path(str(importlib.import_module("botocore").__file__)).parent.parent
    for name in SDK:
        (folder / name).symlink_to(packages / name)
    script = folder / "python"
    script.write_text(RUNTIME.format(folder=folder, python=sys.executable), encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script
