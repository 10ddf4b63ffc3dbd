"""The console's files as they lie there: small, complete, in both languages, and within the content policy."""

from __future__ import annotations

import re
from pathlib import Path

from chalicelib.features import timeline
from chalicelib.web import api
from chalicelib.web.api.door import doors

FILES = Path(__file__).parent.parent.parent / "chalicelib" / "console"
MOST_BYTES = 660_000
LONGEST = 300  # lines


def texts(pattern: str) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(FILES.glob(pattern)))


def words() -> list[tuple[str, str, str]]:
    return re.findall(r'^  (\w+): \["(.*?)", "(.*?)"\],$', texts("words*.js"), re.MULTILINE)


def test_the_page_names_every_module_and_the_whole_is_small() -> None:
    index = (FILES / "index.html").read_text(encoding="utf-8")
    modules = {path.name for path in FILES.glob("*.js")} - {"app.js", "early.js"}
    assert set(re.findall(r'modulepreload" href="console/files/([\w.]+)"', index)) == modules
    assert sum(path.stat().st_size for path in FILES.iterdir()) < MOST_BYTES
    for path in FILES.iterdir():
        assert len(path.read_text(encoding="utf-8").splitlines()) < LONGEST, path.name


def test_nothing_in_the_files_breaks_the_policy() -> None:
    for path in FILES.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), (
            path.name
        )
        assert not re.search(r"""\bstyle[:=]\s*["'`{]|https?://(?!www\.w3\.org)""", text), path.name


def test_every_word_is_there_twice_is_used_and_every_key_has_words() -> None:
    told = words()
    keys = {key for key, *_ in told}
    assert len(told) == len(keys) > 300
    assert all(chinese and english for _, chinese, english in told)
    code = "".join(path.read_text(encoding="utf-8") for path in FILES.glob("*.js") if not path.name.startswith("words"))
    used = set(re.findall(r'\bt\("(\w+)"', code))
    used |= {key for pair in re.findall(r'\bt\([^"`]*\? "(\w+)" : "(\w+)"', code) for key in pair}
    assert used <= keys, used - keys
    families = tuple(set(re.findall(r"`(\w+_)\$\{", code)))
    assert not [key for key in keys if f'"{key}"' not in code and not key.startswith(families)]


def test_the_timeline_has_words_for_everything_that_may_have_happened() -> None:
    keys = {key for key, *_ in words()}
    told = (FILES.parent / "features" / "timeline.py").read_text(encoding="utf-8")
    kinds = set(re.findall(r'Happening\(\s*at, "(\w+)"', told)) | set(timeline.KINDS.values())
    assert {f"happened_{kind}" for kind in kinds} <= keys
    assert {f"fate_{ending}" for ending in ("inside", "done", "left", "removed", "failed")} <= keys


def test_the_audit_log_has_words_for_everything_that_can_be_done() -> None:
    keys = {key for key, *_ in words()}
    areas = re.search(r"const DEEDS = \[(.*)\]", texts("audit.js"))
    assert areas
    for one in (door for module in api.modules() for door in doors(module)):
        area, _, deed = one.name.partition("_")
        if one.writes:
            assert f'"{area}"' in areas[1] and f"area_{area}" in keys, one.name
            assert f"deed_{deed}" in keys, one.name
