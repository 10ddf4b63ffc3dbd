"""A template goes by one name everywhere, and each account has its own id for it."""

from __future__ import annotations

import pytest

from chalicelib.errors import BadInput, NotFound
from chalicelib.features import template_names
from tests.house import House


def test_a_name_nobody_set_says_how_to_set_it(house: House) -> None:
    for name in ("notice", "", "No tice", "x" * 33):
        with pytest.raises(NotFound, match="see docs/settings.md"):
            template_names.find(house.svc, house.tea, name)


def test_a_name_that_came_along_without_an_id_is_not_found_yet(house: House) -> None:
    template_names.announce(house.svc, house.tea, "notice")
    with pytest.raises(NotFound):
        template_names.find(house.svc, house.tea, "notice")


def test_announcing_a_name_keeps_its_id(house: House) -> None:
    template_names.save(house.svc, house.tea, "notice", "ID-1")
    template_names.announce(house.svc, house.tea, "notice")
    assert template_names.find(house.svc, house.tea, "notice") == "ID-1"


def test_a_message_names_its_template_one_way(house: House) -> None:
    template_names.save(house.svc, house.tea, "notice", "ID-1")
    assert template_names.resolve(house.svc, house.tea, "ID-9", "") == "ID-9"
    assert template_names.resolve(house.svc, house.tea, "", "notice") == "ID-1"
    assert template_names.resolve(house.svc, house.tea, "", "") == ""  # the order itself says what is missing
    with pytest.raises(BadInput, match="not both"):
        template_names.resolve(house.svc, house.tea, "ID-9", "notice")


@pytest.mark.parametrize(("name", "template_id"), [("", "ID"), ("A", "ID"), ("a-b", "ID"), ("a", ""), ("a", "I D")])
def test_a_wrong_name_or_id_is_refused(house: House, name: str, template_id: str) -> None:
    with pytest.raises(BadInput):
        template_names.save(house.svc, house.tea, name, template_id)
