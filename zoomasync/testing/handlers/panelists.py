"""Handlers of the panelists of a webinar."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import unquote

from ..account import scheduling
from ..account.meeting import Json, Panelist, normalized_email
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, invalid, missing
from ..protocol.times import iso
from .instance_rows import Row
from .webinar_rows import panelist_row


def listing(request: FakeRequest) -> Row:
    """Return all panelists."""
    webinar = request.meeting()
    rows = [panelist_row(webinar, each) for each in webinar.panelists]
    return {"total_records": len(rows), "panelists": rows}


def add(request: FakeRequest) -> Row:
    """Add the given people to the panelists; a known address replaces its panelist, who keeps the id.

    The reference says neither that, nor what Zoom returns for a panelist without an address; the fake requires one.
    """
    webinar = request.meeting()
    people = cast("list[Json]", request.body.get("panelists", []))
    if not people:
        raise missing("panelists")
    panelists = {each.id: each for each in webinar.panelists}
    for number, each in enumerate(people):
        email = str(each.get("email", ""))
        if not email.strip():
            raise missing(f"panelists[{number}].email")
        known = webinar.panelist(email)
        id_ = known.id if known else scheduling.panelist_id(webinar.id, normalized_email(email))
        panelists[id_] = Panelist(id=id_, **cast("dict[str, Any]", each))
    if len(panelists) > webinar.panelist_limit:
        raise ErrorResponse(400, 3000, "You have reached the limit for the number of panelists you can add.")
    webinar.panelists[:] = panelists.values()
    return {"id": str(webinar.id), "updated_at": iso(request.now)}


def remove(request: FakeRequest) -> None:
    """Remove one panelist, by id or e-mail address; the code for an unknown one is not in the reference."""
    webinar = request.meeting()
    panelist = webinar.panelist(unquote(request.path_values[1]))
    if panelist is None:
        raise invalid("panelistId")
    webinar.panelists.remove(panelist)


def remove_all(request: FakeRequest) -> None:
    """Remove all panelists; none is no error."""
    request.meeting().panelists.clear()
