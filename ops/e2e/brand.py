"""What this brand has added to its checkout, where every brand may: a replier of its own, who takes his time."""

from pathlib import Path

ASKED, ANSWER = "泡一壶龙井", "泡好了，小心烫。\nHere you are; careful, it is hot."
REPLIER = f'''"""The tea master answers when the tea is ready, not before."""

from __future__ import annotations

from ...services import Account, Services
from ...wechat.messages import Message, Reply, Text


def reply(svc: Services, account: Account, message: Message) -> Reply | None:
    if message.text != {ASKED!r}:
        return None
    svc.clock.sleep(3)
    return Text({ANSWER!r})
'''


def add_replier(checkout: Path) -> None:
    """A file and a line, as features/replies/__init__.py tells."""
    replies = checkout / "chalicelib" / "features" / "replies"
    (replies / "tea_master.py").write_text(REPLIER, encoding="utf-8")
    table = replies / "__init__.py"
    text = table.read_text(encoding="utf-8")
    text = text.replace("import fallback, keywords, welcome", "import fallback, keywords, tea_master, welcome")
    table.write_text(
        text.replace("    keywords.reply,\n", "    tea_master.reply,\n    keywords.reply,\n"), encoding="utf-8"
    )


def change_greeting(checkout: Path, before: str, after: str) -> None:
    page = checkout / "chalicelib" / "web" / "h5.py"
    page.write_text(page.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
