"""The two ways a connector's document can be read."""

from typing import Literal, TypeAlias

# "compat" gives what the published engine gives, oddities included; "strict" mends them.
Mode: TypeAlias = Literal["compat", "strict"]
