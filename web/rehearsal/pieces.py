"""Texts with their addresses made clickable."""

import re
from dataclasses import dataclass

URL = re.compile(r"https?://[^\s<>\"“”«»]+")
ENDS_A_SENTENCE = ".,;:!?)]}'’"


@dataclass(frozen=True)
class Piece:
    """A part of a text; `url` when it is an address."""

    text: str
    url: str = ""


def pieces(text: str) -> list[Piece]:
    """The text in parts, each address one of them, without the punctuation that ends its sentence.

    >>> pieces("Go to https://a.example/l/x.")
    [Piece(text='Go to ', url=''), Piece(text='a.example/l/x', url='https://a.example/l/x'), Piece(text='.', url='')]
    """
    found: list[Piece] = []
    end = 0
    for match in URL.finditer(text):
        url = match[0].rstrip(ENDS_A_SENTENCE)
        found += [Piece(text[end : match.start()]), Piece(url.partition("://")[2], url)]
        end = match.start() + len(url)
    return [piece for piece in [*found, Piece(text[end:])] if piece.text]
