"""A handler for every operation that changes or shows no state of the account."""

from __future__ import annotations

from ..protocol.request import FakeRequest
from ..protocol.route import Handler
from ..reference.examples import example_body
from ..reference.operations import Operation
from .instance_rows import Row


def stateless(operation: Operation) -> Handler:
    """Return a handler that responds to every valid request with an example of all documented fields."""
    spec = operation.response

    def respond(_: FakeRequest) -> Row | None:
        return None if spec is None else example_body(spec)

    return respond
