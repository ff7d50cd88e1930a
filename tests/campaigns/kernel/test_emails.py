import pytest

from campaigns.kernel import emails
from campaigns.kernel.errors import Problem


@pytest.mark.parametrize(
    "typed", [b"zo\xe9@ecole.fr".decode(errors="replace"), "a\x00b@ecole.fr", "a@b", "a b@ecole.fr", "a@@ecole.fr"]
)
def test_what_cannot_be_an_address_is_refused(typed: str) -> None:
    with pytest.raises(Problem) as refused:
        emails.read(typed)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("email", "email_malformed")]


@pytest.mark.parametrize("length,is_fine", [(254, True), (255, False)])
def test_254_characters_are_the_most(length: int, is_fine: bool) -> None:
    address = f"{'x' * 64}@{'a' * 60}.{'b' * 60}.{'c' * (length - 193)}.{'d' * 2}.fr"
    assert len(address) == length
    if is_fine:
        assert emails.read(address) == address
        return
    with pytest.raises(Problem) as refused:
        emails.read(address)
    assert [fault.code for fault in refused.value.faults] == ["too_long"]
