"""Well-known forms of text mean the same in the form of an account and in an action's inputs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.connectors.field_validation import check_credentials
from jackfield.connectors.fields import read_field
from jackfield.engine.inputs.accept import Inputs
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.inputs.formats import FORMATS

NAMES = tuple(FORMATS)
FIELDS = {
    name: (
        read_field({"key": "it", "label": "It", "type": "text", "validation": {"format": name}}),
    )
    for name in NAMES
}
INPUTS = {
    name: Inputs([{"name": "it", "type": "string", "rules": {"format": name}}]) for name in NAMES
}
FITTING = {
    "email": ["a@b.c", "ä.b+c@d-e.co.uk"],
    "url": ["https://a.example", "http://a.example:8080/b?c=d#e", "https://[::1]/"],
    "uri": ["urn:isbn:1", "mailto:a@b.c", "x+y:z"],
    "uuid": ["01234567-89ab-cdef-0123-456789ABCDEF"],
    "date": ["2024-02-29"],
    "datetime": [
        "2024-02-29T12:00:00",
        "2024-02-29T12:00:00.123Z",
        "2024-02-29T12:00:00+02",
        "2024-02-29T12:00:00+02:00",
        "2024-02-29T12:00:00-0230",
    ],
}
UNFIT = {
    "email": ["a", "a@b", "a b@c.d", "a@@b.c", "a\ufeff@b.c"],
    "url": ["a.example", "ftp://a.example", "https://", "https:///b", "https://.a", "https://$a",
            "https://a.example/b c", "https://a.example/\nb"],
    "uri": ["a", "1a:b", "a:", "a:b c", "a: b"],
    "uuid": ["0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789ABCDEG"],
    "date": ["2024-2-29", "2024-02-29T00:00:00", "٢٠٢٤-٠٢-٢٩"],
    "datetime": ["2024-02-29", "2024-02-29 12:00:00", "2024-02-29T12:00", "2024-02-29T12:00:00+2"],
}  # fmt: skip


def form_takes(name: str, text: str) -> bool:
    return not check_credentials(FIELDS[name], {"it": text}).faults


def action_takes(name: str, text: str) -> bool:
    try:
        INPUTS[name].accept({"body": {"it": text}})
    except InvalidInputs:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in FITTING.items() for text in texts]
)
def test_what_fits_is_taken_by_the_form_and_by_the_action(name: str, text: str) -> None:
    assert form_takes(name, text)
    assert action_takes(name, text)


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in UNFIT.items() for text in texts]
)
def test_what_does_not_fit_is_refused_by_the_form_and_by_the_action(name: str, text: str) -> None:
    assert not form_takes(name, text)
    assert not action_takes(name, text)


def test_half_a_character_is_no_part_of_a_form() -> None:
    assert not form_takes("email", "a@b.\ud800")


@given(st.sampled_from(NAMES), st.data())
def test_whatever_is_typed_both_say_the_same(name: str, data: st.DataObject) -> None:
    sound = data.draw(st.sampled_from(FITTING[name]))
    at = data.draw(st.integers(0, len(sound)))
    typed = (sound[:at] + data.draw(st.text(max_size=3)) + sound[at:]).strip()

    assert form_takes(name, typed) == action_takes(name, typed)
