"""Parts of the docs that programs write: each stands between two marks, and the rest of the page is left alone.

python -m ops.pages PAGE NAME FILE      puts the file's text, as a block of code, between the marks of that name
"""

import sys
from pathlib import Path

FENCE = "```"


def filled(page: str, name: str, text: str) -> str:
    """The page with `text` between the marks <!-- name: begin --> and <!-- name: end -->, each on a line of its own."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"the page has no marks named {name}")
    return f"{before}{begin}{text}{end}{after}"


def fill(path: Path, name: str, text: str) -> None:
    path.write_text(filled(path.read_text(encoding="utf-8"), name, text), encoding="utf-8")


def block(text: str) -> str:
    """As a block of code, which nothing in it can end."""
    inner = text.strip("\n").replace(FENCE, "...")
    return f"{FENCE}text\n{inner}\n{FENCE}\n"


if __name__ == "__main__":
    fill(Path(sys.argv[1]), sys.argv[2], block(Path(sys.argv[3]).read_text(encoding="utf-8")))
