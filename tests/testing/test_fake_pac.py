"""Personal audio conferences of the fake's users."""

from __future__ import annotations

from support.fake_http import calling

from zoomasync.testing import Account, DialInNumber, FakeZoom, PacAccount


async def test_pac_accounts() -> None:
    """A user can have conferences, have none, or have the feature disabled."""
    account = Account()
    conference = PacAccount(
        conference_id=730214,
        participant_password="5k2m9x",
        listen_only_password="81z4qa",
        dedicated_dial_in_number=(DialInNumber(country="IE", number="+35315550100"),),
    )
    enabled, empty, disabled = (
        account.add_host(pac_accounts=[conference]),
        account.add_host(pac_accounts=[]),
        account.add_host(),
    )
    async with calling(FakeZoom(account, plan=None)) as caller:
        responses = [await caller.get(f"/users/{user.id}/pac") for user in (enabled, empty, disabled)]

    assert responses[0].rows("pac_accounts") == [
        {
            "conference_id": 730214,
            "participant_password": "5k2m9x",
            "listen_only_password": "81z4qa",
            "dedicated_dial_in_number": [{"country": "IE", "number": "+35315550100"}],
            "global_dial_in_numbers": [],
        }
    ]
    assert responses[1].rows("pac_accounts") == []
    assert responses[2].error == (400, 2024)
