"""The table of permissions that people read is the one that AWS gets."""

from ops import pages, policies, rights


def test_the_page_shows_what_each_function_may_do() -> None:
    page = rights.PAGE.read_text(encoding="utf-8")
    assert pages.filled(page, "rights", rights.table()) == page, "docs/security.md is stale: run python -m ops.rights"


def test_every_function_and_every_action_is_in_the_table() -> None:
    rows = {line.split("|")[1].strip(" `"): line for line in rights.table().splitlines()}
    for name, statements in policies.policies("dev").items():
        for statement in statements:
            assert all(action.partition(":")[2] in rows[name] for action in statement["Action"]), name


def test_the_table_fits_one_screen() -> None:
    lines = rights.table().splitlines()
    assert len(lines) <= 20 and max(map(len, lines)) <= 400
