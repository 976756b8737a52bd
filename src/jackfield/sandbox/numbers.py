"""Numbers, as requests write them in texts."""

import re
from typing import Final

# Longer ones are no number of anything; from some length on, Python does not read them either.
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None
