"""The signal hash where rows are made, so that nobody else has to read them: XXH3-128 (docs/internals.md 2).

Its input is whole words: the digest before (two, in canonical form), the time, and the rows of the published levels.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.kinds import MASK32

Sums: TypeAlias = tuple[int, int, int, int, int, int, int, int]

FIRST_DIGEST: Final = bytes(16)
"""What the chain begins with, before any snap."""
DIGEST_WORDS: Final = 2
HEAD_WORDS: Final = DIGEST_WORDS + 1
"""Words before the rows."""
_STRIPE_WORDS: Final = 8
_STRIPES: Final = 16
"""Stripes of a block, each of which begins one word further in the secret."""
_BLOCK_WORDS: Final = _STRIPES * _STRIPE_WORDS


def _signed(value: int) -> int:
    """The int64 of the same bits: numba makes floats of what mixes with a uint64."""
    return value - 2**64 if value >= 2**63 else value


_SECRET_BYTES: Final = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb"
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
"""The secret of XXH3, as its specification has it."""


def _secret(first: int, words: int) -> NDArray[np.int64]:
    return np.frombuffer(_SECRET_BYTES, "<i8", words, first).copy()


_SECRET: Final = _secret(0, _STRIPES + _STRIPE_WORDS)
_WIDTH: Final = _BLOCK_WORDS // 4
WORK_WORDS: Final = 2 * _WIDTH
"""Words that a block is added up in."""
_BLOCK_SECRET: Final = np.concatenate([_secret(8 * stripe, _STRIPE_WORDS) for stripe in range(_STRIPES)])
_LAST: Final = _secret(121, _STRIPE_WORDS)
_LOW: Final = _secret(11, _STRIPE_WORDS)
_HIGH: Final = _secret(117, _STRIPE_WORDS)
_P32_1: Final = 0x9E3779B1
_P32_2: Final = 0x85EBCA77
_P32_3: Final = 0xC2B2AE3D
_P64_1: Final = _signed(0x9E3779B185EBCA87)
_P64_2: Final = _signed(0xC2B2AE3D27D4EB4F)
_P64_3: Final = 0x165667B19E3779F9
_P64_4: Final = _signed(0x85EBCA77C2B2AE63)
_P64_5: Final = 0x27D4EB2F165667C5
_AVALANCHE: Final = 0x165667919E3779F9


@kernel
def hash_snap(words: NDArray[Any], work: NDArray[Any], t_ns: int, levels: int, fields: int) -> None:
    """Take a snap into the digest in ``words`` (int64), behind which the rows of its levels stand.

    work: int64[WORK_WORDS], whose values mean nothing before and after.
    """
    words[DIGEST_WORDS] = t_ns
    count = HEAD_WORDS + levels * fields
    low, high = _hash_long(words, work, count) if levels > 0 else _hash_head(words)
    words[0] = _swapped(high)
    words[1] = _swapped(low)


@kernel
def _hash_long(words: NDArray[Any], work: NDArray[Any], count: int) -> tuple[int, int]:
    """The low and the high half of the XXH3-128 of more than 30 words."""
    sums = (_P32_3, _P64_1, _P64_2, _P64_3, _P64_4, _P32_2, _P64_5, _P32_1)
    blocks = (count - 1) // _BLOCK_WORDS
    for block in range(blocks):
        _add_block(words, block * _BLOCK_WORDS, work)
        a, b, c, d, e, f, g, h = sums
        sums = _scrambled(
            (
                a + _told(work, 0, 1), b + _told(work, 1, 0), c + _told(work, 2, 3), d + _told(work, 3, 2),
                e + _told(work, 4, 5), f + _told(work, 5, 4), g + _told(work, 6, 7), h + _told(work, 7, 6),
            )
        )  # fmt: skip
    for stripe in range((count - 1 - blocks * _BLOCK_WORDS) // _STRIPE_WORDS):
        sums = _added(sums, words, blocks * _BLOCK_WORDS + stripe * _STRIPE_WORDS, _SECRET, stripe)
    sums = _added(sums, words, count - _STRIPE_WORDS, _LAST, 0)
    size = 8 * count
    return _merged(sums, _LOW, size * _P64_1), _merged(sums, _HIGH, ~(size * _P64_2))


@kernel
def _add_block(words: NDArray[Any], at: int, work: NDArray[Any]) -> None:
    """Sixteen stripes at once, in sums of four: within a block nothing but sums is made of them."""
    for k in range(_WIDTH):
        p, q = words[at + k], words[at + _WIDTH + k]
        r, s = words[at + 2 * _WIDTH + k], words[at + 3 * _WIDTH + k]
        first = _product(p ^ _BLOCK_SECRET[k]) + _product(q ^ _BLOCK_SECRET[_WIDTH + k])
        second = _product(r ^ _BLOCK_SECRET[2 * _WIDTH + k]) + _product(s ^ _BLOCK_SECRET[3 * _WIDTH + k])
        work[k] = first + second
        work[_WIDTH + k] = p + q + r + s


@kernel_inlined
def _told(work: NDArray[Any], own: int, other: int) -> int:
    """What a block adds to one of the eight sums: products of its own words, and its neighbour's words."""
    own_sum = work[own] + work[8 + own] + work[16 + own] + work[24 + own]
    return int(own_sum + work[32 + other] + work[40 + other] + work[48 + other] + work[56 + other])


@kernel_inlined
def _added(sums: Sums, words: NDArray[Any], at: int, secret: NDArray[Any], first: int) -> Sums:
    """One stripe of the input into the sums."""
    a, b, c, d, e, f, g, h = sums
    p, q, r, s = words[at], words[at + 1], words[at + 2], words[at + 3]
    t, u, v, w = words[at + 4], words[at + 5], words[at + 6], words[at + 7]
    return (
        a + q + _product(p ^ secret[first]),
        b + p + _product(q ^ secret[first + 1]),
        c + s + _product(r ^ secret[first + 2]),
        d + r + _product(s ^ secret[first + 3]),
        e + u + _product(t ^ secret[first + 4]),
        f + t + _product(u ^ secret[first + 5]),
        g + w + _product(v ^ secret[first + 6]),
        h + v + _product(w ^ secret[first + 7]),
    )


@kernel_inlined
def _product(x: int) -> int:
    """The two halves of a word multiplied."""
    return (x & MASK32) * ((x >> 32) & MASK32)


@kernel_inlined
def _scrambled(sums: Sums) -> Sums:
    """The sums after a block."""
    a, b, c, d, e, f, g, h = sums
    return (
        _scramble(a, 0), _scramble(b, 1), _scramble(c, 2), _scramble(d, 3),
        _scramble(e, 4), _scramble(f, 5), _scramble(g, 6), _scramble(h, 7),
    )  # fmt: skip


@kernel_inlined
def _scramble(x: int, k: int) -> int:
    return int((x ^ ((x >> 47) & 0x1FFFF) ^ _SECRET[_STRIPES + k]) * _P32_1)


@kernel_inlined
def _merged(sums: Sums, secret: NDArray[Any], start: int) -> int:
    """Half a digest of the sums."""
    a, b, c, d, e, f, g, h = sums
    total = start + _folded(a ^ secret[0], b ^ secret[1]) + _folded(c ^ secret[2], d ^ secret[3])
    total += _folded(e ^ secret[4], f ^ secret[5]) + _folded(g ^ secret[6], h ^ secret[7])
    return _avalanche(total)


@kernel
def _hash_head(words: NDArray[Any]) -> tuple[int, int]:
    """The low and the high half of the XXH3-128 of the three words before the rows, where there are none."""
    p, q, r = words[0], words[1], words[2]
    size = 8 * HEAD_WORDS
    low = (size * _P64_1 + _folded(p ^ _SECRET[0], q ^ _SECRET[1])) ^ (q + r)
    high = _folded(q ^ _SECRET[2], r ^ _SECRET[3]) ^ (p + q)
    return _avalanche(low + high), -_avalanche(low * _P64_1 + high * _P64_4 + size * _P64_2)


@kernel_inlined
def _folded(x: int, y: int) -> int:
    """The two halves of the 128 bits of a product, one put over the other."""
    x_low, x_high = x & MASK32, (x >> 32) & MASK32
    y_low, y_high = y & MASK32, (y >> 32) & MASK32
    low, middle = x_low * y_low, x_high * y_low
    cross = ((low >> 32) & MASK32) + (middle & MASK32) + x_low * y_high
    upper = ((middle >> 32) & MASK32) + ((cross >> 32) & MASK32) + x_high * y_high
    return ((cross << 32) | (low & MASK32)) ^ upper


@kernel_inlined
def _avalanche(x: int) -> int:
    x = (x ^ ((x >> 37) & 0x7FFFFFF)) * _AVALANCHE
    return x ^ ((x >> 32) & MASK32)


@kernel_inlined
def _swapped(x: int) -> int:
    """The bytes of a word in the other order."""
    x = ((x >> 8) & 0x00FF00FF00FF00FF) | ((x & 0x00FF00FF00FF00FF) << 8)
    x = ((x >> 16) & 0x0000FFFF0000FFFF) | ((x & 0x0000FFFF0000FFFF) << 16)
    return ((x >> 32) & MASK32) | (x << 32)
