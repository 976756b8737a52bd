"""How the Hub's form shows a field."""

from dataclasses import replace

import pytest

from jackfield.connectors.fields import Option
from jackfield.language.catalog import Words
from jackfield.ui.hub.fields import FieldView, view_fields
from tests.unit.connectors.test_guides import method_of


@pytest.fixture
def region() -> FieldView:
    method = method_of("iterable", "api_key")
    return view_fields(method, None, words=Words("en"), typed=None, faults={})[1]


def options(number: int) -> tuple[Option, ...]:
    return tuple(Option(str(each), f"Option {each}") for each in range(number))


def test_a_few_options_of_which_one_has_to_be_chosen_stand_side_by_side(region: FieldView) -> None:
    assert region.name == "region"
    assert region.has_tiles
    assert replace(region, options=options(4)).has_tiles


def test_many_options_and_those_that_may_be_left_alone_are_a_list(region: FieldView) -> None:
    assert not replace(region, options=options(5)).has_tiles
    assert not replace(region, required=False).has_tiles
    assert not replace(region, type="text").has_tiles


def test_options_side_by_side_are_described_as_a_group(region: FieldView) -> None:
    method = method_of("iterable", "api_key")
    wrong = view_fields(
        method, None, words=Words("en"), typed={}, faults={"region": "Region is required."}
    )[1]

    assert 'aria-required="true"' in region.group_attributes
    assert "aria-invalid" not in region.group_attributes
    assert 'aria-invalid="true"' in wrong.group_attributes
    assert 'aria-describedby="field-region-hint field-region-error"' in wrong.group_attributes
