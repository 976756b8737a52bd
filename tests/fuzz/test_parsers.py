"""Whatever a parser is given, it ends soon, with what it read or an error that it tells of."""

from contextlib import suppress

import pytest
from hypothesis import given, settings

from tests.fuzz.hostile import calls_of, hostile
from tests.fuzz.parsers import PARSERS, Parser

# Calls of functions: however short the input, and for each byte of it.
_ALWAYS, _A_BYTE = 60_000, 600


@pytest.mark.slow
@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_a_parser_ends_soon_with_a_value_or_an_error_that_it_tells_of(
    parser: Parser, fuzzing: settings
) -> None:
    @fuzzing
    @given(hostile(*parser.seeds))
    def read(content: bytes) -> None:
        def run() -> None:
            with suppress(*parser.errors):
                parser.read(content)

        assert calls_of(run) <= _ALWAYS + _A_BYTE * len(content)

    read()


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_what_is_spoiled_was_good_or_refused_for_what_it_lacks(parser: Parser) -> None:
    for seed in parser.seeds:
        with suppress(*parser.errors):
            parser.read(seed)
