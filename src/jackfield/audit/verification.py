"""Verification of an exported audit log: the first record that is not as it was written."""

import re
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

from jackfield.audit.chain import link
from jackfield.audit.export import FORMAT, ChainPart, Header
from jackfield.audit.models import Checkpoint
from jackfield.kit.json import DecodeError, decode
from jackfield.vault.audit_keys import is_audit_signature

# A hub signs what it writes within seconds; commands beside it leave that to the next one.
LONGEST_UNSIGNED: Final = timedelta(hours=1)
_EXPORT: Final = "the export"
_RECORD: Final = re.compile(rb'\{"hash":"([0-9a-f]{64})","record":(.*)\}')
_SIGNED: Final = re.compile(rb'\{"signature":"([0-9a-f]{128})","(export|checkpoint)":(.*)\}')


@dataclass(frozen=True, slots=True)
class Break:
    """The first record that is not as it was written, and what is wrong there."""

    chain: str
    seq: int
    reason: str

    def __str__(self) -> str:
        return f"record {self.seq} of {self.chain}: {self.reason}"


@dataclass(slots=True)
class ChainState:
    """A chain as far as it was read: its last record, and the last that a checkpoint proves."""

    part: ChainPart
    seq: int
    hash: str
    proven: int
    records: int = 0
    # Checkpoints by keys that are not known, until a known one stands for what they signed.
    doubtful: int | None = None
    unsigned_since: datetime | None = None
    has_stub: bool = False

    @property
    def unsigned(self) -> int:
        """The number of records that no checkpoint has signed yet."""
        return self.seq - self.proven


@dataclass(slots=True)
class Verification:
    """What was found; without a `fault` all is as it was written."""

    chains: list[ChainState] = field(default_factory=list[ChainState])
    fault: Break | None = None

    @property
    def records(self) -> int:
        return sum(each.records for each in self.chains)


class _Place(Struct):
    chain: str
    seq: int
    at: datetime


class _Broken(Exception):
    def __init__(self, chain: str, seq: int, reason: str) -> None:
        super().__init__(reason)
        self.found = Break(chain, seq, reason)


def _broken(chain: str, seq: int, reason: str) -> _Broken:
    return _Broken(chain, seq, reason)


async def verify(lines: AsyncIterable[bytes], keys: Mapping[str, str]) -> Verification:
    """Verify an export with the public keys that are trusted, by their ids."""
    found = Verification()
    try:
        await _read(lines, keys, found)
    except _Broken as broken:
        found.fault = broken.found
    return found


async def _read(lines: AsyncIterable[bytes], keys: Mapping[str, str], found: Verification) -> None:
    place = number = 0
    at = datetime.fromtimestamp(0, UTC)
    async for line in lines:
        number += 1
        content = line.rstrip(b"\r\n")
        if number == 1:
            at = _begin(content, keys, found)
            continue
        if record := _RECORD.fullmatch(content):
            while place < len(found.chains) - 1 and _is_over(found.chains[place]):
                _end(found.chains[place], at)
                place += 1
            if not found.chains:
                raise _broken(_EXPORT, number, "is a record of none of its chains")
            _add(found.chains[place], record[1].decode(), record[2])
        elif (signed := _SIGNED.fullmatch(content)) and signed[2] == b"checkpoint":
            _check(found, signed[1].decode(), signed[3], keys)
        else:
            state = found.chains[place] if found.chains else None
            where = (_EXPORT, number) if state is None else (state.part.chain, state.seq + 1)
            raise _broken(*where, f"line {number} of the file cannot be read")
    if not number:
        raise _broken(_EXPORT, 1, "is missing: there is nothing to verify")
    for state in found.chains[place:]:
        _end(state, at)


def _begin(content: bytes, keys: Mapping[str, str], found: Verification) -> datetime:
    signed = _SIGNED.fullmatch(content)
    header = None
    if signed is not None and signed[2] == b"export":
        try:
            header = decode(signed[3], Header)
        except DecodeError:
            header = None
    if signed is None or header is None or header.format != FORMAT:
        raise _broken(_EXPORT, 1, f"its first line is not that of a {FORMAT}")
    _require_signature(_EXPORT, 1, header.key, signed[1].decode(), signed[3], keys)
    found.chains = [
        ChainState(part, part.after, part.after_hash, part.after) for part in header.chains
    ]
    return header.at


def _add(state: ChainState, hash_: str, body: bytes) -> None:
    part, expected = state.part, state.seq + 1
    try:
        record = decode(body, _Place)
    except DecodeError:
        raise _broken(part.chain, expected, "is no record") from None
    if part.begins == "pruned" and not state.has_stub:
        raise _broken(
            part.chain, 1, f"is missing: nothing signs that 1 to {part.after} were pruned"
        )
    if record.chain != part.chain:
        raise _broken(part.chain, expected, f"one of {record.chain} stands in its place")
    if record.seq != expected or expected > part.seq:
        raise _broken(part.chain, expected, f"is missing: {record.seq} stands in its place")
    if link(state.hash, body) != hash_:
        raise _broken(part.chain, expected, "is not what was written")
    state.seq, state.hash = expected, hash_
    state.records += 1
    if state.unsigned_since is None:
        state.unsigned_since = record.at


def _check(found: Verification, signature: str, body: bytes, keys: Mapping[str, str]) -> None:
    try:
        point = decode(body, Checkpoint)
    except DecodeError:
        raise _broken(_EXPORT, 1, "a checkpoint cannot be read") from None
    state = next((each for each in found.chains if each.part.chain == point.chain), None)
    if state is None:
        raise _broken(point.chain, point.seq, "a checkpoint is of none of the chains")
    if point.seq > state.seq:
        raise _broken(
            point.chain, state.seq + 1, f"is missing: a checkpoint signs all up to {point.seq}"
        )
    if point.type == "pruned":
        if (point.seq, point.hash) != (state.part.after, state.part.after_hash):
            raise _broken(point.chain, 1, "is missing: the stub is not of what was pruned")
        _require_signature(point.chain, 1, point.key, signature, body, keys)
        state.has_stub = True
        return
    if point.seq == state.seq and point.hash != state.hash:
        words = f"it, or one up to {point.seq}, is not what was signed"
        raise _broken(point.chain, state.proven + 1, words)
    if point.key not in keys:
        # It counts for nothing. A later one proves the same, and is missing if it was forged.
        if state.doubtful is None:
            state.doubtful = state.proven + 1
        return
    _require_signature(point.chain, state.proven + 1, point.key, signature, body, keys)
    if point.seq == state.seq:
        state.proven, state.doubtful, state.unsigned_since = point.seq, None, None


def _require_signature(
    chain: str, seq: int, key: str, signature: str, content: bytes, keys: Mapping[str, str]
) -> None:
    if key not in keys:
        raise _broken(chain, seq, f"it is signed by the key {key}, which is not trusted")
    if not is_audit_signature(keys[key], signature, content):
        raise _broken(chain, seq, f"it is not signed by the key {key}, as it says")


def _is_over(state: ChainState) -> bool:
    return state.seq == state.part.seq


def _end(state: ChainState, at: datetime) -> None:
    part = state.part
    if state.seq != part.seq:
        raise _broken(part.chain, state.seq + 1, "is missing: the log ends before it")
    if part.begins == "pruned" and not state.has_stub:
        raise _broken(
            part.chain, 1, f"is missing: nothing signs that 1 to {part.after} were pruned"
        )
    if state.hash != part.hash:
        raise _broken(part.chain, part.seq, "is not the one that the chain ends with")
    if state.doubtful is not None:
        raise _broken(part.chain, state.doubtful, "it is signed by a key that is not trusted")
    since = state.unsigned_since
    if since is not None and at - since > LONGEST_UNSIGNED:
        raise _broken(part.chain, state.proven + 1, "no checkpoint signs it and those after it")
