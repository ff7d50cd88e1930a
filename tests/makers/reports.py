"""What reports are asked."""

from typing import Any

from campaigns.crediting.models import Lens
from campaigns.measuring.questions import Asked


def asked(zone: str = "Europe/Paris", *, lookback_days: int = 90, rehearsal: bool = True, **more: Any) -> Asked:
    """The default model with this lookback, all that ever was."""
    lens = more.pop("lens", Lens(lookback_days=lookback_days))
    return Asked(lens, zone, rehearsal=rehearsal, **more)
