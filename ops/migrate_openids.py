"""`migrate-openids`: after WeChat has moved an account into another one, everybody's history moves to their new openid.

WeChat answers for fifteen days after the move. It goes along the sixteen shelves of followers, a hundred people at a
time, and writes down how far it is after each hundred; a command that was stopped goes on there. A person's line in the
report is on the disk before they are moved: whoever is gone from the old openid is in it, whatever was killed when.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from chalicelib.features import followers
from chalicelib.features.followers import shelves
from chalicelib.services import Account, Services
from chalicelib.wechat.errors import Unreachable, WeChatError
from chalicelib.wechat.users import MOST_AT_ONCE, Moved

from .say import Problem, confirm, done, step, warn
from .stage import stage_options
from .target import Target

COLUMNS = ("old_openid", "new_openid", "outcome", "reason")
Item = dict[str, Any]


@click.command(short_help="账号迁移后换成新 openid / after an account migration: new openids")
@click.argument("alias")
@click.option("--from-id", required=True, help="旧账号的原始 ID / original id of the old account (gh_…)")
@click.option("--apply", "really", is_flag=True, help="真的改；不加则只看不改 / really do it; without, only look")
@click.option("--report", type=click.Path(path_type=Path), default=None, help="逐人结果 / outcome of each person (CSV)")
@click.option("--again", is_flag=True, help="从头再来 / from the beginning, also if it has ended")
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
@stage_options
def migrate_openids(  # noqa: PLR0913, PLR0917 (what an operator may choose)
    target: Target, svc: Services, alias: str, from_id: str, really: bool, report: Path | None, again: bool, yes: bool
) -> None:
    """账号迁移完成后 15 天内运行：每 100 人问一次微信，把旧 openid 名下的一切移到新 openid，再抹去旧的。
    先不加 --apply 看一遍；中断后再运行会接着做。

    Run within 15 days of the migration: asks WeChat for a hundred people at a time, moves all that is kept under an old
    openid to the new one, and erases the old. Look first, without --apply; a run that was stopped goes on where it was.
    """
    account = svc.accounts[alias]
    state = _begin(svc, account, from_id, again) if really else _fresh(from_id)
    ask_zh, ask_en = "把旧 openid 名下的一切移走并抹去旧的吗？", "Move everything to the new openids and erase the old?"
    if really and not yes and not confirm(ask_zh, ask_en):
        return
    path = report or Path(f"migrate-{alias}{'' if really else '-dry-run'}.csv")
    with _Report(path, goes_on="pk" in state) as written:
        _go(svc, account, state, written, really)
    _tell(state, path, really)


class _Report:
    """A line for each person, as spreadsheets read it; one that goes on is not begun anew, and names nobody twice."""

    def __init__(self, path: Path, goes_on: bool) -> None:
        self._path, self._goes_on = path, goes_on and path.exists()

    def __enter__(self) -> _Report:
        self._named = dict(self._earlier()) if self._goes_on else {}
        encoding = "utf-8" if self._goes_on else "utf-8-sig"
        self._file = self._path.open("a" if self._goes_on else "w", encoding=encoding, newline="")
        self._path.chmod(0o600)  # it names people
        if not self._goes_on:
            csv.writer(self._file).writerow(COLUMNS)
        return self

    def write(self, moved: Moved, outcome: str) -> None:
        if self._named.get(moved.old) != outcome:
            self._named[moved.old] = outcome
            csv.writer(self._file).writerow((moved.old, moved.new, outcome, moved.reason))
            self._file.flush()

    def number(self, outcome: str) -> int:
        """Of the people with this outcome, those of earlier runs too."""
        return sum(one == outcome for one in self._named.values())

    def _earlier(self) -> Iterator[tuple[str, str]]:
        """Without a last line that was cut off, for which the next one begins a line of its own."""
        with self._path.open(encoding="utf-8-sig", newline="") as file:
            whole = file.read()
        if not whole.endswith("\n"):
            with self._path.open("a", encoding="utf-8", newline="") as file:
                file.write("\r\n")
        rows = csv.reader(whole.splitlines()[1:])
        return ((row[0], row[2]) for row in rows if len(row) == len(COLUMNS))

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _go(svc: Services, account: Account, state: Item, report: _Report, really: bool) -> None:
    outcome = "moved" if really else "would move"
    told_as = {"moved": outcome, "strangers": "unknown"}
    # A hundred that was stopped half way is not counted yet, but those of it who were moved are in the report.
    elsewhere = {name: max(state[name] - report.number(told), 0) for name, told in told_as.items()}
    if really:
        _keep(svc, account, state)
    for hundred in _hundreds(svc, account, state):
        for moved in _ask(account, state["from_id"], hundred):
            if moved.new and moved.new != moved.old:
                _move(svc, account, moved, report, outcome)
            elif not _came_along(svc, account, moved.old):
                report.write(moved, "unknown")
        state |= {name: elsewhere[name] + report.number(told) for name, told in told_as.items()}
        if really:
            _keep(svc, account, state)
    state["ended_at"] = svc.now()
    if really:
        _keep(svc, account, state)


def _move(svc: Services, account: Account, moved: Moved, report: _Report, outcome: str) -> None:
    report.write(moved, outcome)
    if outcome == "moved":
        followers.move(svc, account, moved.old, moved.new)


def _hundreds(svc: Services, account: Account, state: Item) -> Iterator[list[str]]:
    """Those still to be asked for; `state` says how far that is. Who has moved already is on the shelves again, under
    the new openid: WeChat knows no such person of the old account, and they stay."""
    names = shelves.names(account)
    while state["shelf_number"] < len(names):
        name = names[state["shelf_number"]]
        entries, more = svc.table.shelved_page(name, MOST_AT_ONCE, state["place_reached"])
        last = entries[-1]["place"] if entries else ""
        if entries:
            state["place_reached"] = last
            yield [shelves.openid_at(entry["place"]) for entry in entries]
        if not more:
            state["shelf_number"], state["place_reached"] = state["shelf_number"] + 1, ""


def _came_along(svc: Services, account: Account, openid: str) -> bool:
    """One of those that were moved, met again on the shelf of their new openid."""
    known = followers.profile(svc, account, openid)
    return bool(known and known.get("moved_from"))


def _ask(account: Account, from_id: str, openids: list[str]) -> list[Moved]:
    try:
        return account.wechat.users.change_openids(from_id, openids)
    except WeChatError as error:
        zh, en = error.entry.meaning_zh, error.entry.meaning_en
        raise Problem(
            f"微信拒绝：{error.code} {zh}。--from-id 应为旧账号的原始 ID（gh_…），且须在迁移后 15 天内。",
            f"WeChat refuses: {error.code} {en}. --from-id is the old account's original id (gh_…); 15 days at most.",
        ) from None
    except Unreachable as error:
        raise Problem(
            f"连不上微信（{error}）。再运行一次会接着做。",
            f"WeChat cannot be reached ({error}). Run it again to go on.",
        ) from None


def _begin(svc: Services, account: Account, from_id: str, again: bool) -> Item:
    known = svc.table.get(*_key(account), fresh=True)
    if again or known is None or known["from_id"] != from_id:
        return _fresh(from_id)
    if known.get("ended_at"):
        raise Problem(
            "这次迁移已经做完；要从头再来请加 --again。", "This migration has ended; add --again to begin once more."
        )
    step(f"接着上次：已移 {known['moved']} 人", f"going on: {known['moved']} people are moved already")
    return known


def _fresh(from_id: str) -> Item:
    return {"from_id": from_id, "shelf_number": 0, "place_reached": "", "moved": 0, "strangers": 0}


def _keep(svc: Services, account: Account, state: Item) -> None:
    pk, sk = _key(account)
    svc.table.put(state | {"pk": pk, "sk": sk})


def _tell(state: Item, path: Path, really: bool) -> None:
    if really:
        done(f"已移 {state['moved']} 人", f"{state['moved']} people are moved")
    else:
        step(f"将移 {state['moved']} 人；确认后加 --apply", f"{state['moved']} people would move; add --apply to do it")
    if state["strangers"]:
        warn(f"{state['strangers']} 人不是旧账号的", f"{state['strangers']} people are not the old account's, and stay")
    done(
        f"逐人结果在 {path}（含 openid，用完请删）", f"each outcome is in {path}; it holds openids: delete it after use"
    )


def _key(account: Account) -> tuple[str, str]:
    return f"account#{account.alias}", "migration"


COMMANDS = (migrate_openids,)
