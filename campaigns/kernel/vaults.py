"""Vaults: what is kept encrypted in the database, and can still be read after the secret key was changed."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from campaigns.kernel.errors import problem

PURPOSE = b"perchoir.vault:"


class Vault:
    """Encrypts with the first key, reads with any of them.

    | argument | meaning |
    |---|---|
    | keys | the secret key first, then the fallbacks; each is 32 random characters or more, so one hash is enough |
    """

    def __init__(self, keys: list[str]) -> None:
        own = (urlsafe_b64encode(sha256(PURPOSE + key.encode()).digest()) for key in keys)
        self._fernet = MultiFernet([Fernet(key) for key in own])

    def lock(self, text: str) -> str:
        """The text, encrypted and signed."""
        return self._fernet.encrypt(text.encode()).decode()

    def unlock(self, locked: str) -> str:
        """The text. Raises gone (`vault_closed`) when none of the keys opens it."""
        try:
            return self._fernet.decrypt(locked.encode()).decode()
        except InvalidToken:
            raise problem("gone", "vault_closed") from None

    def relock(self, locked: str) -> str:
        """The same under the first key. Raises gone (`vault_closed`)."""
        try:
            return self._fernet.rotate(locked.encode()).decode()
        except InvalidToken:
            raise problem("gone", "vault_closed") from None
