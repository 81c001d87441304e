"""The two clocks of a server: one says what time it is, the other how long something lasted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """What a server asks for the time.

    now : returns seconds since the epoch, for people and for history; it may be set back and forth meanwhile.
    steady : returns seconds since some moment, and only goes forward; it begins anew with the machine.
    """

    now: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
