"""Lists in requests: how many values one may have."""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

MOST_VALUES: Final = 1000

Texts: TypeAlias = Annotated[list[str], Meta(max_length=MOST_VALUES)]
_Short: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
ShortTexts: TypeAlias = Annotated[list[_Short], Meta(max_length=MOST_VALUES)]
