"""One line of the doctor's report: what, why it matters, what to do, each in Chinese and in English."""

from __future__ import annotations

from typing import Any, NamedTuple

Text = tuple[str, str]  # Chinese, English
NOTHING: Text = ("", "")
OK, WARN, BAD = "ok", "warn", "bad"
MARKS = {OK: "✓", WARN: "!", BAD: "✗"}


class Finding(NamedTuple):
    level: str
    what: Text
    why: Text = NOTHING
    todo: Text = NOTHING
    check: str = ""  # the function that found it

    def line(self) -> str:
        parts = [" · ".join(text) for text in (self.what, self.why, self.todo) if text != NOTHING]
        return f"{MARKS[self.level]} {self.check}: " + " → ".join(parts)

    def told(self) -> dict[str, Any]:
        texts = {"what": self.what, "why": self.why, "do": self.todo}
        spoken = {name: dict(zip(("zh", "en"), text, strict=True)) for name, text in texts.items()}
        return {"check": self.check, "level": self.level, **spoken}


def good(zh: str, en: str) -> Finding:
    return Finding(OK, (zh, en))


def advice(what: Text, why: Text, todo: Text) -> Finding:
    """All is well, and could be better."""
    return Finding(OK, what, why, todo)


def odd(what: Text, why: Text, todo: Text) -> Finding:
    """Somebody should look; nothing is broken yet."""
    return Finding(WARN, what, why, todo)


def bad(what: Text, why: Text, todo: Text) -> Finding:
    return Finding(BAD, what, why, todo)


def run(command: str, stage: str) -> Text:
    """What to do, where a command of ours mends it."""
    full = f"python -m ops {command} --stage {stage}"
    return f"运行 {full}", f"run `{full}`"
