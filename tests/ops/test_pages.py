"""Programs write into their own part of a page and nowhere else."""

import pytest

from ops import pages

PAGE = "# Deploy\n<!-- transcript: begin -->\nold\n<!-- transcript: end -->\nThe end.\n"


def test_a_page_without_the_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="rights"):
        pages.filled(PAGE, "rights", "new\n")


def test_what_is_between_the_marks_is_replaced_and_nothing_else() -> None:
    assert pages.filled(PAGE, "transcript", "new\n") == PAGE.replace("old", "new")


def test_filling_twice_is_filling_once() -> None:
    once = pages.filled(PAGE, "transcript", pages.block("$ deploy\n"))
    assert pages.filled(once, "transcript", pages.block("$ deploy\n")) == once


def test_a_text_cannot_leave_its_block() -> None:
    assert pages.block("before\n```\n# after").count("```") == 2
