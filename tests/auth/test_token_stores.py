"""The public tests of token stores, on every store of the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zoomasync.auth import FileTokenStore, MemoryTokenStore, TokenStore
from zoomasync.redis import RedisTokenStore
from zoomasync.testing.token_stores import TokenStoreTests


class TestMemoryTokenStore(TokenStoreTests):
    @pytest.fixture
    def make_store(self) -> Callable[[], TokenStore]:
        store = MemoryTokenStore()
        return lambda: store


class TestFileTokenStore(TokenStoreTests):
    @pytest.fixture
    def make_store(self, tmp_path: Path) -> Callable[[], TokenStore]:
        return lambda: FileTokenStore(tmp_path / "tokens")


class TestRedisTokenStore(TokenStoreTests):
    @pytest.fixture
    def make_store(self, valkey_url: str) -> Callable[[], TokenStore]:
        return lambda: RedisTokenStore(valkey_url)
