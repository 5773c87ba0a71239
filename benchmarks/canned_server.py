"""A server of canned bodies, fast enough to be idle while a client is measured: nginx, or else a server of asyncio."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from .processes import other_process

_CONFIGURATION: Final = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s; sendfile on; tcp_nopush off; tcp_nodelay on;
  open_file_cache max=100; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port};
    {locations}
  }}
}}
"""
_LOCATION: Final = (
    "location = {path} {{ root {folder}/bodies; default_type application/json; error_page 405 =200 $uri; }}"
)


@dataclass(frozen=True, slots=True)
class CannedServer:
    """A running server. *name* is "nginx", or that of the slower server that runs where nginx is not installed."""

    url: str
    name: str


@contextmanager
def canned_server(bodies: Mapping[str, bytes]) -> Generator[CannedServer, None, None]:
    """Serve *bodies* by path, for every method and query, in another process."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    with _nginx(nginx, bodies) if nginx else _python(bodies) as url:
        yield CannedServer(url, "nginx" if nginx else "a server in Python, as nginx is not installed")


@contextmanager
def _nginx(binary: str, bodies: Mapping[str, bytes]) -> Generator[str, None, None]:
    with tempfile.TemporaryDirectory(prefix="zoomasync-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # for the worker, which is another user if the tests run as root
        for path, body in bodies.items():
            file = folder / "bodies" / path.removeprefix("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        port = _free_port()
        locations = "\n    ".join(_LOCATION.format(path=path, folder=folder) for path in bodies)
        configuration = folder / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(folder=folder, port=port, locations=locations))
        server = subprocess.Popen([binary, "-c", str(configuration), "-e", str(folder / "errors")])  # noqa: S603  Debian's
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


@contextmanager
def _python(bodies: Mapping[str, bytes]) -> Generator[str, None, None]:
    with other_process(_serve, dict(bodies)) as pipe:
        yield f"http://127.0.0.1:{pipe.recv()}"


def _serve(pipe: Connection, bodies: dict[str, bytes]) -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
    answers = {path.encode(): head.format(len(body)).encode() + body for path, body in bodies.items()}

    async def serve() -> None:
        server = await asyncio.start_server(lambda reader, writer: _answer(reader, writer, answers), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: dict[bytes, bytes]) -> None:
    """Answer the requests of one connection."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if length:
            await reader.readexactly(int(length))
        path = head.split(b" ", 2)[1].partition(b"?")[0]
        writer.write(answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    """Wait until the server listens."""
    for _ in range(200):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("nginx does not listen")
