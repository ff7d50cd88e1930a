"""Every metric is documented in its own words, and no other."""

import re
from pathlib import Path

from flask.testing import FlaskClient

ROOT = Path(__file__).parents[2]


def test_every_metric_is_documented_with_its_own_words(client: FlaskClient) -> None:
    text = client.get("/metrics").text
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    served = {(name, kinds[name], help_) for name, help_ in re.findall(r"^# HELP (\S+) (.+)$", text, re.MULTILINE)}
    documented = set(
        re.findall(r"^\| `(perchoir_\w+)` \| (\w+) \| ([^|]+) \|", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE)
    )
    assert documented == served
