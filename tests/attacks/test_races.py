"""Many at one moment, through sockets and threads: what is limited isn't overdrawn, what is one stays one."""

from __future__ import annotations

import pytest
import requests

from campaigns.capturing.leads import Lead
from campaigns.selling.coupons import Coupon
from campaigns.world import World
from tests.makers.capturing import CAPTURED, at_once, count_of, mails_of, rows_of
from tests.makers.planning import make_coupon, make_page

pytestmark = pytest.mark.both_databases


def send(url: str, email: str) -> requests.Response:
    return requests.post(f"{url}/p/one", data={"email": email}, allow_redirects=False, timeout=50)


def statuses(answers: list[requests.Response | Exception]) -> list[int]:
    return sorted(answer.status_code for answer in answers if isinstance(answer, requests.Response))


def test_the_same_form_eight_times_at_once_is_one_lead(world: World, served: str) -> None:
    make_page(world, make_coupon(world), slug="one")
    answers = at_once(8, lambda _: send(served, "zoe@ecole.example"))
    assert statuses(answers) == [303] * 8
    assert count_of(world, *CAPTURED) == [1, 1, 1, 1, 1]
    assert (count_of(world, Coupon), len(mails_of(world))) == ([1], 1)


def test_ten_codes_go_to_ten_of_sixty_four(
    world: World, environ: dict[str, str], request: pytest.FixtureRequest
) -> None:
    make_page(world, make_coupon(world, stock=10), slug="one")
    served = request.getfixturevalue("served")
    answers = at_once(64, lambda number: send(served, f"a{number}@ecole.example"))
    assert statuses(answers) == [303] * 10 + [410] * 54
    assert len(rows_of(world, Coupon)) == 10
    assert len(rows_of(world, Lead)) == 10, "who got nothing left nothing"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """They all come from one address."""
    return environ | {"PERCHOIR_FORMS_PER_MINUTE": "100"}
