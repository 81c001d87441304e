"""Taints that a job tolerates, as Kubernetes has them, and how a job's attribute writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from placewise.errors import InputError

EXPECTED = "such as dedicated=gpu:NoSchedule, nvidia.com/gpu or *"
_EVERY = "*"
# KEY or *, =VALUE, :EFFECT, and for how many seconds; what may stand in a key or value has none of the signs.
_WRITTEN = re.compile(r"([A-Za-z0-9._/-]+|\*)(?:=([A-Za-z0-9._-]*))?(?::([A-Za-z]+))?(?: for ([0-9]{1,18})s)?")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@dataclass(frozen=True, slots=True)
class Toleration:
    """What a job tolerates of taints.

    key : empty for every one. value : None for any. effect : empty for every one. seconds : how long at most, None for
    ever. Raises InputError for an effect that is not known, and for a value without a key.
    """

    key: str = ""
    value: str | None = None
    effect: str = ""
    seconds: int | None = None

    def __post_init__(self) -> None:
        if self.effect and self.effect not in EFFECTS:
            raise InputError("is not an effect of a taint", found=self.effect, expected=" or ".join(EFFECTS))
        if not self.key and self.value is not None:
            raise InputError("tolerates a value of every key", found=self.value, expected=EXPECTED)

    def covers(self, key: str, value: str, effect: str) -> bool:
        """Whether a taint of these fields is tolerated, be it for a time."""
        return self.key in ("", key) and self.value in (None, value) and self.effect in ("", effect)

    def __str__(self) -> str:
        value = "" if self.value is None else f"={self.value}"
        effect = f":{self.effect}" if self.effect else ""
        return f"{self.key or _EVERY}{value}{effect}{'' if self.seconds is None else f' for {self.seconds}s'}"


def parse_tolerations(written: str) -> tuple[Toleration, ...]:
    """Return the tolerations of a text with commas between, as `str` writes each. Raises InputError for another one."""
    found = []
    for part in written.split(","):
        if not part.strip():
            continue
        match = _WRITTEN.fullmatch(part.strip())
        if match is None:
            raise InputError("is not a toleration", found=part.strip(), expected=EXPECTED)
        key, value, effect, seconds = match.groups()
        found.append(
            Toleration("" if key == _EVERY else key, value, effect or "", None if seconds is None else int(seconds))
        )
    return tuple(found)
