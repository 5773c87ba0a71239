"""The encryption of values before a store keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..errors import ConfigError, StoreError

BytesFunction: TypeAlias = Callable[[bytes], bytes]
"""A function that encrypts or decrypts one value, such as a method of ``cryptography.fernet.Fernet``."""


class Encryption:
    """The functions by which a store encrypts and decrypts its values, or none."""

    def __init__(self, encrypt: BytesFunction | None, decrypt: BytesFunction | None) -> None:
        if (encrypt is None) != (decrypt is None):
            raise ConfigError("give both encrypt and decrypt, or neither")
        self._encrypt = encrypt
        self._decrypt = decrypt

    def encrypt(self, value: bytes) -> bytes:
        """Return *value* encrypted. Raises `StoreError` if that fails."""
        if self._encrypt is None:
            return value
        try:
            return self._encrypt(value)
        except Exception as error:  # noqa: BLE001  an exception of the application
            failure = type(error).__name__
        raise StoreError(f"a token cannot be stored: encrypt raised {failure}")  # without its text, which may be secret

    def decrypt(self, value: bytes) -> bytes:
        """Return *value* decrypted. Raises `StoreError` if that fails."""
        if self._decrypt is None:
            return value
        try:
            return self._decrypt(value)
        except Exception as error:  # noqa: BLE001  an exception of the application
            failure = type(error).__name__
        raise StoreError(
            f"a stored token cannot be decrypted: decrypt raised {failure}. "
            "Give the key that it was encrypted with, or delete the token"
        )
