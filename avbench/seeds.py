"""One seed, many named streams of randomness, the same on every machine."""

import hashlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The generator of the stream that `names` names under `seed`.

    Streams with different names are independent, and a stream does not depend on how much another one was used, so
    that adding a draw in one place never moves the numbers of another.
    """
    name = "/".join(str(part) for part in names)
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big")
    # PCG64 is named, since NumPy may change what `default_rng` returns.
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy=seed, spawn_key=(key,))))
