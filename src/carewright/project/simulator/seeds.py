"""Chance that repeats: one generator for each named part, and ids that depend on the seed and the name only.

A part that draws more (or a part that is new) therefore never shifts what another part draws.
"""

from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from typing import TypeVar
from uuid import UUID

Item = TypeVar("Item")


def _digest(seed: int, names: tuple[object, ...]) -> bytes:
    return blake2b("\x1f".join(map(str, (seed, *names))).encode(), digest_size=16).digest()


def stream(seed: int, *names: object) -> Random:
    """The generator of the part called `names`, for instance `stream(seed, "household", 17)`."""
    return Random(_digest(seed, names))


def identifier(seed: int, *names: object) -> str:
    """A resource id: a UUID (version 8, RFC 9562) that is the same whenever the seed and the names are."""
    value = int.from_bytes(_digest(seed, ("id", *names)), "big")
    value = value & ~(0xF000 << 64) | 8 << 76
    value = value & ~(0xC000 << 48) | 0x8000 << 48
    return str(UUID(int=value))


def weighted(rng: Random, choices: Sequence[tuple[Item, float]]) -> Item:
    """One of `choices`, each given with its weight."""
    total = sum(weight for _, weight in choices)
    point = rng.random() * total
    for item, weight in choices:
        point -= weight
        if point < 0:
            return item
    return choices[-1][0]
