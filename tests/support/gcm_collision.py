"""A ciphertext of AES-GCM that opens under two keys, to two texts: what a commitment is for."""

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK: Final = 16
_POLYNOMIAL: Final = 0xE1 << 120


def colliding(first: bytes, second: bytes, nonce: bytes, bound: bytes) -> bytes:
    """Return a ciphertext with its tag that both keys open with this nonce and bound text."""
    content, free = b"\x00" * _BLOCK, 1
    blocks = [*_blocks(bound), *_blocks(content), None, _lengths(bound, _BLOCK * 2)]
    place = len(blocks) - 1 - free
    sums, powers = list[int](), list[int]()
    for key in (first, second):
        hashed = int.from_bytes(_encrypted(key, b"\x00" * _BLOCK), "big")
        total = int.from_bytes(_encrypted(key, nonce + b"\x00\x00\x00\x01"), "big")
        for index, block in enumerate(blocks):
            power = _power(hashed, len(blocks) - index)
            if index == place:
                powers.append(power)
            else:
                total ^= _times(int.from_bytes(block or b"", "big"), power)
        sums.append(total)
    # Both tags are equal: sum₁ ⊕ x·power₁ = sum₂ ⊕ x·power₂.
    chosen = _times(sums[0] ^ sums[1], _power(powers[0] ^ powers[1], (1 << 128) - 2))
    tag = sums[0] ^ _times(chosen, powers[0])
    return content + chosen.to_bytes(_BLOCK, "big") + tag.to_bytes(_BLOCK, "big")


def _blocks(content: bytes) -> list[bytes]:
    return [
        content[start : start + _BLOCK].ljust(_BLOCK, b"\x00")
        for start in range(0, len(content), _BLOCK)
    ]


def _lengths(bound: bytes, length: int) -> bytes:
    return (len(bound) * 8).to_bytes(8, "big") + (length * 8).to_bytes(8, "big")


def _encrypted(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)  # noqa: S305


def _times(left: int, right: int) -> int:
    """Multiply in the field of GCM, whose bits are in reverse order."""
    product = 0
    for bit in range(128):
        if right >> (127 - bit) & 1:
            product ^= left
        left = (left >> 1) ^ (_POLYNOMIAL if left & 1 else 0)
    return product


def _power(base: int, exponent: int) -> int:
    result = 1 << 127
    while exponent:
        if exponent & 1:
            result = _times(result, base)
        base = _times(base, base)
        exponent >>= 1
    return result
