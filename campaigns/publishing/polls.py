"""Polls: what X takes for one."""

from collections.abc import Sequence
from typing import Any

from campaigns.kernel import texts
from campaigns.kernel.errors import Faults

OPTIONS = (2, 4)
LENGTH = 25
MINUTES = (5, 10_080)
USUAL_MINUTES = 1_440


def check(options: Sequence[str], minutes: int, field: str = "poll_options") -> dict[str, Any] | None:
    """A poll as it is kept, empty answers left out; None without any. Raises invalid (`poll_options`, `out_of_range`).

    >>> check(["Oui ", "", "Non"], 60)
    {'options': ['Oui', 'Non'], 'minutes': 60}
    """
    kept, faults = [each.strip() for each in options if each.strip()], Faults()
    if not kept:
        return None
    is_short = all(len(each) <= LENGTH and not texts.has_control(each) for each in kept)
    if not OPTIONS[0] <= len(kept) <= OPTIONS[1] or not is_short or len(set(kept)) < len(kept):
        faults.add(field, "poll_options", least=OPTIONS[0], most=OPTIONS[1], length=LENGTH)
    if not MINUTES[0] <= minutes <= MINUTES[1]:
        faults.add("poll_minutes", "out_of_range", least=MINUTES[0], most=MINUTES[1])
    faults.check()
    return {"options": kept, "minutes": minutes}
