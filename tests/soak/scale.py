"""How long the campaigns are, and what chance they follow."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

Say = Callable[[str], None]


def scaled(full: int, least: int = 1) -> int:
    """This count at the scale of HELPBOT_SOAK (1.0 = full)."""
    return max(least, round(full * float(os.environ.get("HELPBOT_SOAK") or "1.0")))


def chance(campaign: str, say: Say) -> random.Random:
    """The random numbers of a campaign; says the seed, and takes the one in HELPBOT_SOAK_SEED to repeat a run.

    The same seed gives the same choices. When they meet what the server does is up to the machine.
    """
    seed = os.environ.get("HELPBOT_SOAK_SEED") or str(random.SystemRandom().getrandbits(32))
    say(f"{campaign}: HELPBOT_SOAK_SEED={seed}")
    return random.Random(f"{campaign} {seed}")
