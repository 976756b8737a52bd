"""Request signing (`signing`)."""

from collections.abc import Callable, Mapping
from typing import Final

from jackfield.engine.auth.aws4 import compile_aws4
from jackfield.engine.auth.hmac_signature import compile_hmac
from jackfield.engine.auth.signable import Sign
from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import take_object
from jackfield.engine.errors import invalid_value
from jackfield.kit.json import Json

_STRATEGIES: Final[Mapping[str, Callable[[Mapping[str, Json], Mode], Sign]]] = {
    "aws4": compile_aws4,
    "hmac": compile_hmac,
}


def compile_signing(document: Json, mode: Mode) -> Sign:
    """
    Compile a `signing` object.

    Raises:
        InvalidStep: it is malformed.
    """
    content = take_object(document, "signing")
    strategy = content.get("strategy")
    if not isinstance(strategy, str) or strategy not in _STRATEGIES:
        allowed = tuple(_STRATEGIES)
        raise invalid_value(path="signing.strategy", value=strategy, allowed=allowed)
    return _STRATEGIES[strategy](content, mode)
