"""The envelope of answers that say yes."""

from collections.abc import Mapping

from jackfield.kit.json import Json


def success(msg: str = "", params: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """Say yes in envelope A."""
    return {"msg": msg, "code": "Success", "params": params}
