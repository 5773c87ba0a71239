from __future__ import annotations

from zoomasync.rate_limits._resource_quotas import OwnResourceQuotas, ResourceQuotas
from zoomasync.rate_limits._server_clock import ServerClock
from zoomasync.types import ResourceQuota

ME, ADA, BO = (ResourceQuota("host", key, 2) for key in ("me", "ada", "bo"))


def test_me_is_the_user() -> None:
    """Calls as "me" and by id count together, and "me" of another user counts apart."""
    shared = ResourceQuotas(ServerClock())
    ada, bo = OwnResourceQuotas(shared, "ada"), OwnResourceQuotas(shared, "bo")

    ada.count((ME,))
    bo.count((ADA,))

    assert ada.exhausted_until((ME,)) == shared.exhausted_until((ADA,)) is not None
    assert bo.exhausted_until((ME,)) is None
    assert ada.exhausted_until((BO,)) is None
