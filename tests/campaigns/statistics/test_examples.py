"""The examples in the docstrings are true."""

import doctest
from types import ModuleType

import pytest

from campaigns.statistics import comparisons, delays, distributions, intervals, shrinkage


@pytest.mark.parametrize(
    "module", [comparisons, delays, distributions, intervals, shrinkage], ids=lambda module: module.__name__
)
def test_examples_are_true(module: ModuleType) -> None:
    told = doctest.testmod(module)
    assert told.attempted > 0
    assert told.failed == 0
