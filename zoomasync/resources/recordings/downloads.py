"""Downloads of the files of cloud recordings."""

from __future__ import annotations

from .._resource import Resource


class Downloads(Resource):
    """Downloads of the files of cloud recordings."""
