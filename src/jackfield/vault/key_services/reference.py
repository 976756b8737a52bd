"""Reference to a key of a service, as `JACKFIELD_KEYRING` holds it: `scheme:key?option=value`."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl

from jackfield.vault.keyring import KeyringUnusable


@dataclass(frozen=True, slots=True)
class Reference:
    """A scheme, the key by its service's own name for it, and options. Nothing in it is secret."""

    scheme: str
    key: str
    options: dict[str, str]

    @classmethod
    def parse(cls, scheme: str, rest: str, *known: str) -> Self:
        """
        Parse what follows the scheme; its options are among `known`.

        Raises:
            KeyringUnusable: an option is not known, or is given twice.
        """
        key, _, query = rest.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        options = dict(pairs)
        if unknown := sorted(options.keys() - set(known)):
            msg = (
                f"JACKFIELD_KEYRING: {scheme}: has no option {unknown[0]!r}; it has: "
                f"{', '.join(known) or 'none'}"
            )
            raise KeyringUnusable(msg)
        if len(options) < len(pairs):
            msg = f"JACKFIELD_KEYRING: an option of {scheme}: is given twice"
            raise KeyringUnusable(msg)
        return cls(scheme, key, options)

    def unlike(self, expected: str) -> KeyringUnusable:
        """Return the error of a key that is not what its service calls one."""
        return KeyringUnusable(
            f"JACKFIELD_KEYRING: expected {self.scheme}:{expected}, but found "
            f"{self.scheme}:{self.key}"
        )
