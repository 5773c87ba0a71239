"""The commands ``zoomasync webhook`` and their options.

Each command imports its implementation when it runs, so that ``--help`` stays fast.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

app: App = App(
    name="webhook",
    help="Sign webhooks as Zoom does, and send them to a service that you test.",
)


@app.command
def sign(
    file: Annotated[Path, Parameter(allow_leading_hyphen=True, help="File with the body; - is the standard input.")],
    /,
) -> int:
    """Print the headers with which Zoom would send a body now.

    Example: `curl --header @<(zoomasync webhook sign body.json) --data-binary @body.json http://localhost:8080/webhook`

    The secret comes from ZOOM_WEBHOOK_SECRET, or from the file that ZOOM_WEBHOOK_SECRET_FILE names. The headers are
    right for these bytes only, and for 90 minutes.
    """
    from .commands.webhook import print_headers  # noqa: PLC0415  see the module docstring

    return print_headers(file)


@app.command
def send(
    url: Annotated[str, Parameter(help="URL of the service.")],
    event: Annotated[str, Parameter(help="Name of an event, such as meeting.started, or @FILE with a body.")],
    /,
) -> int:
    """Send a signed event to a service, and print its answer.

    Example: `zoomasync webhook send http://localhost:8080/webhook recording.completed`

    An event by name has an example of each field that Zoom documents, and happens now. The event
    endpoint.url_validation asks the service whether it has the secret, as Zoom does, and checks the answer. The secret
    comes from ZOOM_WEBHOOK_SECRET, or from the file that ZOOM_WEBHOOK_SECRET_FILE names.

    Exit codes:

    * 0: the service answered as Zoom expects: with 200 to 299, in 3 seconds.
    * 1: it did not. Zoom would send the event again, unless the answer is 300 to 499.
    * 2: wrong use.
    """
    from .commands.webhook import send_event  # noqa: PLC0415  see the module docstring

    return send_event(url, event)
