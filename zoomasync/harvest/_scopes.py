"""The scopes that a token lacks for the calls of a harvest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ..types import Endpoint


def missing_scopes(
    endpoints: Iterable[Endpoint[object]], granted: Collection[str] | None
) -> Mapping[str, tuple[str, ...]]:
    """Return, by route, the scopes of which a token with the scopes *granted* needs one more.

    A call needs one of the endpoint's scopes or one of its granular ones; the result names all of them, in this order.
    It has no line for an endpoint whose calls *granted* allows, or that needs no scope. When the scopes of the token
    are unknown (None), nothing is missing.
    """
    if granted is None:
        return {}
    needed = {endpoint.route: (*endpoint.scopes, *endpoint.granular_scopes) for endpoint in endpoints}
    return {route: scopes for route, scopes in needed.items() if scopes and not {*scopes} & {*granted}}


def scopes_to_add(endpoint: Endpoint[object]) -> str:
    """Return in words the scopes of which an app needs one for *endpoint*: one of each kind, for the whole account."""
    classic, granular = (
        min((scope for scope in scopes if "admin" in scope.split(":")), default=min(scopes, default=""))
        for scopes in (endpoint.scopes, endpoint.granular_scopes)
    )
    return f"{classic} or the granular {granular}" if classic and granular else classic or granular
