"""`destroy`: a stage taken down; its data stays unless told otherwise, and running it again mends an interrupt."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from botocore.exceptions import ClientError

from .deploy import chalice_cli, state
from .deploy.workspace import ROOT, Workspace, config_of
from .egress import stack as egress
from .egress.command import take_down
from .resources import stack, template
from .say import Problem, done, step, warn
from .stage import delete_secret, read_setting
from .status import depth
from .target import Target, code_of, target_options

NO_APP = "from chalice import Chalice\n\napp = Chalice(app_name='gaiwan')\n"
QUEUES = ("work", "bulk", "work-dead", "bulk-dead")
AT_ONCE = 10  # parameters that SSM deletes in one call


@click.command(short_help="拆掉一个环境 / take a stage down")
@click.option("--with-data", is_flag=True, help="连数据、日志、密钥一起删 / data, logs and secrets go too")
@click.option("--confirm", "typed", default="", help="环境名，代替询问 / the stage's name, instead of being asked")
@target_options
def destroy(target: Target, with_data: bool, typed: str) -> None:
    """拆掉函数、接口、队列、告警。表、日志组、密钥留下，再部署即恢复；加 --with-data 才删，删了就没有了。

    Take down functions, API, queues and alarms. Table, log groups and secrets stay, and a new deploy finds them;
    with --with-data they go too, for good.
    """
    _must_mean_it(target, with_data, typed)
    # While its function is there: Lambda leaves a network with the function's own role.
    take_down(target)
    remove_deployment(target)
    stack.delete(target)
    done("队列、总线、告警已删除", "queues, bus and alarms are gone")
    if with_data:
        remove_data(target)
    else:
        done(f"留下：表 {target.name()}、日志组、密钥", f"kept: the table {target.name()}, log groups, secrets")


def remove_deployment(target: Target) -> None:
    """What Chalice made, by Chalice itself; AWS is asked what that is, not a file of some machine."""
    found = state.adopt(target, template.functions(target.stage))
    if not found:
        done("没有部署的函数", "no functions are deployed")
        return
    step("删除接口、函数与角色", "removing the API, functions and roles")
    for resource in found:
        if resource["resource_type"] == "rest_api":
            _unmap(target, resource["rest_api_id"])
    with tempfile.TemporaryDirectory() as folder:
        chalice_cli.run(_without_package(target, Path(folder), found), "delete")
    state.file(ROOT, target.stage).unlink(missing_ok=True)
    done("接口、函数与角色已删除", "API, functions and roles are gone")


def remove_data(target: Target) -> None:
    """The table last: as long as it is there, a run that was cut short can be told from one that was not."""
    _delete_parameters(target)
    _delete_log_groups(target)
    _delete_table(target)
    done("表、日志与密钥已删除", "table, logs and secrets are gone")


def _must_mean_it(target: Target, with_data: bool, typed: str) -> None:
    _tell_what_is_lost(target)
    what = ("连同全部数据", "with all its data") if with_data else ("数据保留", "its data stays")
    typed = typed or click.prompt(
        f"将拆除 {target.name()}（账户 {target.account_id}，{target.region}；{what[0]}）。请输入环境名确认\n"
        f"This takes down {target.name()} in {target.account_id}, {target.region}; {what[1]}. Type the stage's name"
    )
    if typed != target.stage:
        raise Problem("名字不符，什么都没有做。", "That is not its name; nothing was done.")


def _tell_what_is_lost(target: Target) -> None:
    """What goes whether the data stays or not, and does not come back with the next deploy."""
    network = egress.find(target)
    if network is not None:
        address = egress.outputs(network).get("ElasticIp", "?")
        warn(
            f"固定出口地址 {address} 会还给 AWS，再也拿不回来；白名单里若只有它，令牌将无法续期。",
            f"the fixed address {address} goes back to AWS for good; if the whitelist holds no other, tokens will end.",
        )
    for queue in QUEUES:
        if count := depth(target, queue):
            warn(f"队列 {queue} 里的 {count} 个任务会丢失。", f"{count} jobs in the queue {queue} will be lost.")


def _without_package(target: Target, folder: Path, found: list[state.Resource]) -> Workspace:
    """All that `chalice delete` looks at."""
    config = config_of(ROOT)
    config["stages"].setdefault(target.stage, next(iter(config["stages"].values())))
    (folder / ".chalice").mkdir()
    (folder / ".chalice" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "app.py").write_text(NO_APP, encoding="utf-8")
    state.write(folder, target.stage, found)
    return Workspace(folder, target, folder, "", "")


def _unmap(target: Target, api: str) -> None:
    """AWS keeps an API that a domain leads to. The domain itself stays: its DNS entry is the brand's."""
    client = target.client("apigateway")
    for page in client.get_paginator("get_domain_names").paginate():
        for domain in page.get("items", []):
            mappings = client.get_base_path_mappings(domainName=domain["domainName"]).get("items", [])
            for mapping in mappings:
                if mapping["restApiId"] == api:
                    _forget_address(target, domain["domainName"])
                    client.delete_base_path_mapping(domainName=domain["domainName"], basePath=mapping["basePath"])
                    done(f"{domain['domainName']} 不再指向本环境", f"{domain['domainName']} leads here no more")


def _forget_address(target: Target, host: str) -> None:
    """Before the mapping goes, which a run after an interrupt would no longer find. Another address stays."""
    if read_setting(target, "public_url").rstrip("/") != f"https://{host}":
        return
    delete_secret(target, "settings/public_url")
    step(
        f"以后再部署时，请在 deploy 之后再运行一次 python -m ops domain set {host} --stage {target.stage}",
        f"if you deploy again, run `python -m ops domain set {host} --stage {target.stage}` once more after that",
    )


def _delete_table(target: Target) -> None:
    dynamodb, table = target.client("dynamodb"), target.name()
    with _gone_already("ResourceNotFoundException"):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=table)
        dynamodb.delete_table(TableName=table)
        dynamodb.get_waiter("table_not_exists").wait(TableName=table)


def _delete_log_groups(target: Target) -> None:
    for name in template.log_groups(target.stage):
        with _gone_already("ResourceNotFoundException"):
            target.client("logs").delete_log_group(logGroupName=name)


def _delete_parameters(target: Target) -> None:
    names = list(_parameters(target))
    for start in range(0, len(names), AT_ONCE):
        target.client("ssm").delete_parameters(Names=names[start : start + AT_ONCE])


def _parameters(target: Target) -> Iterator[str]:
    # With the slash at its end, so that dev does not take dev2's.
    path = target.parameter("")
    for page in target.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True):
        for parameter in page["Parameters"]:
            yield parameter["Name"]


@contextlib.contextmanager
def _gone_already(code: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if code_of(error) != code:
            raise


COMMANDS = (destroy,)
