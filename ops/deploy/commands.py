"""`deploy`, `rollback`, `package`."""

import json
import shutil
import tempfile
from pathlib import Path

import click

from chalicelib.aws.functions import refresh_event
from chalicelib.services import Clock

from ..resources.command import make as make_resources
from ..resources.gateway import after_deploy
from ..say import Problem, done, step
from ..target import Target, target_options
from . import chalice_cli, preflight, releases, smoke, state, template
from .environment import settings
from .workspace import ROOT, Workspace, build, config_of


@click.command(short_help="部署或更新一个环境 / take a stage live, or bring it up to date")
@click.option(
    "--resources/--no-resources", "with_resources", default=True, help="先更新资源 / bring resources up to date first"
)
@target_options
def deploy(target: Target, with_resources: bool) -> None:
    """部署或更新一个环境；中途打断后再运行一次即可接着做完。

    Take a stage live or bring it up to date. After an interrupt run it again: it goes on from there.
    """
    preflight.machine(ROOT)
    preflight.account(target)
    # Only brought up to date here: with a slip in --region, the first deploy would make a second stage elsewhere.
    preflight.resources(target)
    if with_resources:
        make_resources(target)
    with tempfile.TemporaryDirectory() as folder:
        work = _package(target, Path(folder))
        step("查看 AWS 上已有什么", "looking at what is there already")
        state.write(work.folder, target.stage, state.adopt(target, work.functions))
        kept = releases.Releases(ROOT, target)
        kept.begin(work)
        chalice_cli.run(work, "deploy")
        _must_be_live(work)
        _finish(work, kept)


@click.command(short_help="换回先前发布的代码 / put the code of an earlier release back")
@click.option("--to", "wanted", default="", help="回到哪个发布，默认前一个 / which release, by default the one before")
@click.option("--list", "only_list", is_flag=True, help="只列出留存的发布 / only list the releases that are kept")
@target_options
def rollback(target: Target, wanted: str, only_list: bool) -> None:
    """把所有函数的代码换回先前的发布；只换代码，不动路由、定时、权限与数据。

    Put the code of an earlier release back into all functions: code only, not routes, schedules, policies or data.
    """
    kept = releases.Releases(ROOT, target)
    if only_list:
        return _list(target, kept)
    releases.roll_back(target, kept, wanted)
    step("路由、定时、权限与数据仍是新的", "routes, schedules, policies and data stay as they are")
    return _try_out(target, state.api_id(target))


@click.command(short_help="生成 CloudFormation 模板与代码包 / write a CloudFormation template and the zip")
@click.option(
    "--format",
    "form",
    type=click.Choice(["cloudformation"]),
    default="cloudformation",
    help="模板格式 / template format",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="输出目录 / where to, by default .chalice/package/STAGE",
)
@target_options
def package(target: Target, form: str, out: Path | None) -> None:
    """不部署，只生成 CloudFormation 模板与代码包，交给自己的流水线；要有 AWS 凭证（读取环境的设置与公众号）。

    Deploy nothing: only write the CloudFormation template and the zip, for a pipeline of your own. It needs AWS
    credentials, to read the stage's settings and accounts.
    """
    preflight.machine(ROOT)
    out = (out or ROOT / ".chalice" / "package" / target.stage).resolve()
    with tempfile.TemporaryDirectory() as folder:
        work = _package(target, Path(folder))
        extra = work.folder / "extra.json"
        extra.write_text(json.dumps(template.additions(work)), encoding="utf-8")
        chalice_cli.run(work, "package", "--pkg-format", form, "--merge-template", str(extra), str(out))
    template.shorten(out / "sam.json")
    done(f"模板与代码包在 {out}", "the template is sam.json, the code deployment.zip")


def _package(target: Target, folder: Path) -> Workspace:
    step("打包，并与锁文件逐一比对", "packing, and comparing each file with the lock")
    work = build(folder, target, ROOT)
    done(
        f"{work.zip.stat().st_size / 1e6:.1f} MB，{work.runtime}，{work.architecture}", "the package is what was locked"
    )
    return work


def _must_be_live(work: Workspace) -> None:
    """What was compared is what runs."""
    packed = releases.digest(work.zip.read_bytes())
    for name, found in releases.configurations(work.target).items():
        if found["CodeSha256"] != packed:
            raise Problem(
                f"{found['FunctionName']} 运行的不是刚才打的包：请再运行一次 deploy。",
                f"{found['FunctionName']} ({name}) does not run the package just made: run deploy again.",
            )


def _finish(work: Workspace, kept: releases.Releases) -> None:
    """Chalice's own file goes back to the checkout, so that plain `chalice deploy` works there too."""
    made = state.file(work.folder, work.target.stage)
    here = state.file(ROOT, work.target.stage)
    here.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(made, here)
    api = state.api_id(work.target)
    step("补上 Chalice 没有的设置", "settings that Chalice lacks")
    after_deploy(work.target, api)
    _wake_refresher(work.target)
    release = kept.keep(work, releases.version(ROOT))
    done(f"发布 {release.name}", "this release is kept for `rollback`")
    _try_out(work.target, api)


def _wake_refresher(target: Target) -> None:
    """Accounts have a token in a moment, instead of at the schedule's first run."""
    event = json.dumps(refresh_event(""))
    target.client("lambda").invoke(FunctionName=target.name("refresh_tokens"), InvocationType="Event", Payload=event)


def _try_out(target: Target, api: str) -> None:
    chosen = settings(target)
    base = smoke.address(target, api, chosen.get("public_url", ""))
    smoke.check(target, base, _clock(target).time(), smoke.address(target, api))
    done(f"地址 {base}", "the stage's address")


def _clock(target: Target) -> Clock:
    """Emulated stages live by a clock of their own, and refuse signatures of another time."""
    stage = config_of(ROOT)["stages"].get(target.stage, {})
    return Clock(stage.get("environment_variables", {}).get("GAIWAN_CLOCK_FILE", ""))


def _list(target: Target, kept: releases.Releases) -> None:
    live = releases.configurations(target).get(state.API, {}).get("CodeSha256", "")
    if not list(kept):
        done("本机没有留存发布", "no release is kept on this machine")
    for release in kept:
        click.echo(
            f"{'*' if release.digest == live else ' '} {release.name}  {release.runtime}  {release.architecture}"
        )


COMMANDS = (deploy, rollback, package)
