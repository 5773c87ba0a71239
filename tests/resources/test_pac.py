"""`zoom.pac` against the fake server."""

from __future__ import annotations

import pytest
from support.stories import last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest
from zoomasync.testing import Account, DialInNumber, FakeZoom, PacAccount


async def test_list_accounts(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    number = DialInNumber(country="IE", number="+353 1 555 01")
    pac = PacAccount(
        conference_id=9012345,
        participant_password="123",
        listen_only_password="456",
        dedicated_dial_in_number=(number,),
    )
    host = account.add_host(pac_accounts=[pac])

    [listed] = [each async for each in zoom.pac.list(host.id)]

    assert last_request(fake) == (f"GET /v2/users/{host.id}/pac", {})
    assert (listed.conference_id, listed.participant_password) == (9012345, "123")
    assert listed.dedicated_dial_in_number[0].number == "+353 1 555 01"


async def test_list_with_pac_off_raises(zoom: Zoom, account: Account) -> None:
    with pytest.raises(BadRequest) as raised:
        await anext(aiter(zoom.pac.list(account.add_host().id)))

    assert raised.value.code == 2024
