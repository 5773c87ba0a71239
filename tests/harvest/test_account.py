"""A store holds one account, and names it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from support.fake_http import calling
from support.harvesting import QUICK, TODAY, calls, harvest, one_instance, query

from zoomasync import StaticToken, Zoom
from zoomasync.errors import ConfigError, ServerError, Unauthorized
from zoomasync.harvest import Harvest
from zoomasync.testing import Account, FakeZoom

APRIL = (date(2026, 4, 1), date(2026, 4, 30))
ME = "GET /users/{userId}"


async def run(fake: FakeZoom, token: str, store: Path, account_id: str | None = None) -> None:
    """Harvest with an access token, which does not name its account."""
    async with (
        Zoom(StaticToken(token), base_url=fake.base_url, retry=QUICK) as zoom,
        Harvest(zoom, store=store, from_=APRIL[0], to=APRIL[1], reports=["meeting"], account_id=account_id) as running,
    ):
        await running.run()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_other_account_changes_nothing(tmp_path: Path) -> None:
    """The credentials of another account are an error, and no byte of the file changes."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake:
        await harvest(fake, store, APRIL, reports=["meeting"])
    before = files(tmp_path)
    other = Account.simulated(8, today=TODAY, instances_per_month=1)
    assert other.id != fake.account.id
    async with FakeZoom(other, plan=None) as fake:
        for reports in (["meeting"], ["all"]):
            with pytest.raises(ConfigError, match=r"h\.sqlite holds another account: give each account a store"):
                await harvest(fake, store, APRIL, reports=reports)
        assert calls(fake) == []

    assert files(tmp_path) == before


async def test_account_comes_from_credentials(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake, fake.client() as zoom:
        async with Harvest(zoom, store=store, from_=APRIL[0], to=APRIL[1], account_label="Harbour") as running:
            await running.run()
        async with Harvest(zoom, store=store, from_=APRIL[0], to=APRIL[1]) as running:
            await running.run()

        assert query(store, "SELECT account_id, account_label FROM harvest") == [(zoom.account_id, "Harbour")]
        assert ME not in calls(fake)


async def test_account_of_token_is_asked_for(tmp_path: Path) -> None:
    """Zoom's record of the token's user has it."""
    store = tmp_path / "h.sqlite"
    async with calling(FakeZoom(one_instance(), plan=None)) as caller:
        fake = caller.fake
        fake.respond(ME, status=200, body={"email": "ada@northpier.example", "account_id": "asked-for"})
        await run(fake, caller.token, store)

        assert calls(fake).count(ME) == 1
    assert query(store, "SELECT account_id FROM harvest") == [("asked-for",)]
    assert query(store, "SELECT DISTINCT _account FROM meeting") == [("asked-for",)]


async def test_given_account_needs_no_call(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with calling(FakeZoom(one_instance(), plan=None)) as caller:
        await run(caller.fake, caller.token, store, "given")
        with pytest.raises(ConfigError, match="another account"):
            await run(caller.fake, caller.token, store, "other")

        assert ME not in calls(caller.fake)
    assert query(store, "SELECT account_id FROM harvest") == [("given",)]


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ({"status": 400, "body": {"code": 4711, "message": "Invalid access token, does not contain scopes."}}, "4711"),
        ({"status": 404, "body": {"code": 1001, "message": "User does not exist."}}, "does not exist"),
        ({"status": 200, "body": {"email": "ada@northpier.example"}}, "not known"),
        ({"status": 200, "body": {}}, "email"),
    ],
    ids=["scope", "no user", "no account", "no record"],
)
async def test_unknown_account_is_an_error(response: Mapping[str, object], message: str, tmp_path: Path) -> None:
    """It says what to do, and nothing is fetched."""
    async with calling(FakeZoom(one_instance(), plan=None)) as caller:
        caller.fake.respond(ME, **response, times=9)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  a status and a body
        with pytest.raises(ConfigError, match=f"{message}.*: give account_id"):
            await run(caller.fake, caller.token, tmp_path / "h.sqlite")

        assert set(calls(caller.fake)) == {ME}


@pytest.mark.parametrize(("status", "error"), [(500, ServerError), (401, Unauthorized)])
async def test_failed_call_is_no_wrong_setting(status: int, error: type[Exception], tmp_path: Path) -> None:
    async with calling(FakeZoom(one_instance(), plan=None)) as caller:
        caller.fake.respond(ME, status=status, body={"code": 124, "message": "No."}, times=9)
        with pytest.raises(error):
            await run(caller.fake, caller.token, tmp_path / "h.sqlite")


async def test_account_of_credentials_must_be_given(tmp_path: Path) -> None:
    async with FakeZoom(one_instance(), plan=None) as fake, fake.client() as zoom:
        async with Harvest(
            zoom, store=tmp_path / "h.sqlite", from_=APRIL[0], to=APRIL[1], account_id="other"
        ) as running:
            with pytest.raises(ConfigError, match="account_id is another account than that of the credentials"):
                await running.run()

        assert calls(fake) == []
