"""Files of accounts: lines of JSON, in a stream encrypted with age."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Final

from jackfield.kit.json import DecodeError, convert_decoded, encode, is_object, parse
from jackfield.moves.models import (
    FORMAT,
    AccountPart,
    Bundle,
    MoveEnd,
    MoveFileDamaged,
    MoveHeader,
    Part,
    ProfilePart,
)
from jackfield.vault import age_stream
from jackfield.vault.age_keys import Identity, Recipient
from jackfield.vault.age_stream import KeyRefused, StreamBroken

_KINDS: Final[Mapping[str, type[Part]]] = {
    "header": MoveHeader,
    "profile": ProfilePart,
    "account": AccountPart,
    "end": MoveEnd,
}
# An account with its history; what is larger was not written by a hub.
_LONGEST_LINE: Final = 64 * 1024 * 1024


def write(
    out: IO[bytes],
    recipients: Sequence[Recipient],
    header: MoveHeader,
    profiles: Iterable[ProfilePart],
    accounts: Sequence[AccountPart],
) -> MoveEnd:
    """Write a file, which nothing but a secret key of `recipients` opens; return its end."""
    count = 0
    with age_stream.encrypted(out, recipients) as plain:
        plain.write(encode(header) + b"\n")
        for profile in profiles:
            count += 1
            plain.write(encode(profile) + b"\n")
        digests: dict[str, str] = {}
        for account in accounts:
            digests[account.account.id] = account.digest
            plain.write(encode(account) + b"\n")
        end = MoveEnd(count, len(digests), digests)
        plain.write(encode(end) + b"\n")
    return end


def read(content: IO[bytes], identities: Sequence[Identity]) -> Bundle:
    """
    Read a file to its end: what comes before it is trusted only then.

    Raises:
        KeyRefused: no identity opens it.
        MoveFileDamaged: it is not such a file, or not as it was written.
    """
    header: MoveHeader | None = None
    end: MoveEnd | None = None
    profiles: list[ProfilePart] = []
    accounts: list[AccountPart] = []
    with _opened(content, identities) as plain:
        while line := plain.readline(_LONGEST_LINE):
            match _part(line):
                case MoveHeader() as found if header is None:
                    header = found
                    if header.format > FORMAT:
                        msg = (
                            f"the file was written by a newer version ({header.hub}); use that one"
                        )
                        raise MoveFileDamaged(msg)
                case ProfilePart() as found:
                    profiles.append(found)
                case AccountPart() as found:
                    accounts.append(found)
                case MoveEnd() as found if end is None:
                    end = found
                case _:
                    raise MoveFileDamaged
    if header is None or end is None:
        raise MoveFileDamaged
    digests = {each.account.id: each.digest for each in accounts}
    if (end.profiles, end.digests) != (len(profiles), digests) or end.accounts != len(accounts):
        raise MoveFileDamaged
    return Bundle(header, tuple(profiles), tuple(accounts))


@contextmanager
def _opened(content: IO[bytes], identities: Sequence[Identity]) -> Generator[IO[bytes]]:
    try:
        with age_stream.decrypted(content, identities) as plain:
            yield plain
    except KeyRefused:
        msg = "the key does not open this file; use that of one of its recipients"
        raise KeyRefused(msg) from None
    except StreamBroken:
        raise MoveFileDamaged from None


def _part(line: bytes) -> Part:
    try:
        value = parse(line)
        kind = _KINDS[value["type"]] if is_object(value) else None
        if kind is not None:
            return convert_decoded(value, kind)
    except (DecodeError, KeyError, RecursionError, TypeError, ValueError):
        # Not chained: it would show a part of the line.
        raise MoveFileDamaged from None
    raise MoveFileDamaged
