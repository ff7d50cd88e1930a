"""Ids, codes and signed tokens: all randomness and all signatures of the house."""

import hashlib
import hmac
import os
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from uuid_utils.compat import uuid7

from campaigns.kernel.errors import problem

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
"""55 letters and figures without 0 O o 1 I l i: 7 of them make 1.5 × 10^12 codes, read aloud without doubt."""

CAPITALS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

SEAL_BYTES = 16

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id() -> str:
    """A UUIDv7: sorts by the time it was made."""
    return str(uuid7())


def id_bytes(at_us: int) -> bytes:
    """A UUIDv7 of this moment (microseconds since 1970), as 16 bytes: its first 48 bits are the milliseconds."""
    random = int.from_bytes(_random(), "big")
    whole = (at_us // 1000) << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64 | 0x2 << 62 | random & 0x3FFFFFFFFFFFFFFF
    return whole.to_bytes(16, "big")


_drawn: list[bytes] = []
os.register_at_fork(after_in_child=_drawn.clear)


def _random() -> bytes:
    """Ten random bytes of the system's, drawn many at once: each call of its own lets another thread go first."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            many = os.urandom(2_560)
            _drawn.extend(many[at : at + 10] for at in range(0, len(many), 10))


def id_text(raw: bytes) -> str:
    """An id of 16 bytes as its dashed text.

    >>> id_text(bytes(range(16)))
    '00010203-0405-0607-0809-0a0b0c0d0e0f'
    """
    told = raw.hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"


def is_id(text: str) -> bool:
    """Whether it may be an id of ours at all; PostgreSQL fails on a query for anything else.

    >>> is_id("0193a1b2-0000-7000-8000-00000000000a"), is_id("0193A1B2-0000-7000-8000-00000000000A"), is_id("x")
    (True, False, False)
    """
    return _ID.fullmatch(text) is not None


def new_code(length: int = 7, alphabet: str = ALPHABET) -> str:
    """Random letters nobody can enumerate."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def new_secret() -> str:
    """256 random bits for a session, an invitation or an API token."""
    return secrets.token_urlsafe(32)


def is_secret(text: str) -> bool:
    """Whether it has the shape of new_secret's."""
    return bool(_SECRET.fullmatch(text))


def digest(secret: str) -> str:
    """What is stored of a random secret. It has 256 bits, so a plain hash is enough and can be looked up."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Signer:
    """Signed, single-purpose tokens that carry their own time.

    | argument | meaning |
    |---|---|
    | keys | the secret key first, then the fallbacks that still verify |
    """

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys[::-1]  # itsdangerous signs with the last one
        self._seals: dict[str, list[bytes]] = {}
        self._serializers: dict[str, URLSafeSerializer] = {}

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        if purpose not in self._serializers:
            self._serializers[purpose] = URLSafeSerializer(
                self._keys, salt=f"perchoir.{purpose}", signer_kwargs={"digest_method": staticmethod(hashlib.sha256)}
            )
        return self._serializers[purpose]

    def sign(self, purpose: str, value: Any, now: datetime) -> str:
        """A token of this purpose, made now. `value` is what JSON can hold."""
        return str(self._serializer(purpose).dumps([int(now.timestamp()), value]))

    def read(self, purpose: str, token: str, now: datetime, max_age_s: int) -> tuple[Any, datetime]:
        """The value and the moment of a token.

        Raises forbidden (`token_forged`) when it isn't ours or not of this purpose, gone (`token_expired`) when it
        is older than max_age_s. A token from up to 5 minutes ahead is taken: clocks of two nodes differ.
        """
        try:
            at, value = self._serializer(purpose).loads(token)
            made_at = datetime.fromtimestamp(int(at), UTC)
        except (BadData, ValueError, TypeError, OverflowError):
            raise problem("forbidden", "token_forged") from None
        if now - made_at > timedelta(seconds=max_age_s) or made_at - now > timedelta(minutes=5):
            raise problem("gone", "token_expired")
        return value, made_at

    def seal(self, purpose: str, value: bytes) -> str:
        """A short token for a few bytes that hold their own moment: 1.5 µs, since each click makes one."""
        key = (self._seals.get(purpose) or self._seal_keys(purpose))[0]
        return urlsafe_b64encode(value + _mac(key, value)).rstrip(b"=").decode()

    def unseal(self, purpose: str, token: str) -> bytes:
        """What a sealed token holds. Raises forbidden (`token_forged`) when it isn't ours or not of this purpose."""
        try:
            raw = urlsafe_b64decode(token.encode("ascii") + b"==")
        except ValueError:
            raise problem("forbidden", "token_forged") from None
        value, told = raw[:-SEAL_BYTES], raw[-SEAL_BYTES:]
        for key in self._seals.get(purpose) or self._seal_keys(purpose):
            if hmac.compare_digest(_mac(key, value), told):
                return value
        raise problem("forbidden", "token_forged")

    def _seal_keys(self, purpose: str) -> list[bytes]:
        """A key of its own for each purpose, the one that signs first."""
        named = f"perchoir.{purpose}".encode()
        self._seals[purpose] = [hmac.digest(key.encode(), named, "sha256") for key in self._keys[::-1]]
        return self._seals[purpose]


def _mac(key: bytes, value: bytes) -> bytes:
    """Keyed BLAKE2 (RFC 7693): a third of HMAC's time."""
    return hashlib.blake2b(value, key=key, digest_size=SEAL_BYTES).digest()
