"""The stories' words in the language they are told in: written in English, looked for as people read them."""

from typing import Any

from campaigns import words
from campaigns.kernel.errors import Fault


class Tongue:
    """`say("Save the changes")`, and `say.fault("link_missing")` for what stands beside a field."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._say = words.gettext(locale)

    def __call__(self, message: str, **values: Any) -> str:
        return self._say(message, **values)

    def fault(self, code: str, **values: Any) -> str:
        return words.tell(Fault(None, code, values), self.locale)
