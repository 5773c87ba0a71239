"""Certificates of a certificate authority of the tests, made with the openssl command."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_CONFIG = """
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = policy
unique_subject = no
[policy]
commonName = supplied
"""
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch")


@dataclass(frozen=True)
class Certificates:
    """A certificate authority in *folder*."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Certificates:
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(_CONFIG, encoding="utf-8")
        certificates = cls(folder)
        certificates.openssl("req", "-x509", *_NEW_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
        return certificates

    def openssl(self, *arguments: str) -> None:
        command = ["openssl", *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)  # noqa: S603  arguments of the tests

    def self_signed(self) -> ssl.SSLContext:
        """Return the context of a server that signed its certificate itself."""
        names = ("-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        self.openssl("req", "-x509", *_NEW_KEY, "-keyout", "server.key", "-out", "server.pem", *names)
        return self._server_context()

    def issued(self, names: str = "IP:127.0.0.1,DNS:localhost", *, day: int = 0) -> ssl.SSLContext:
        """Return the context of a server with a certificate for *names*, valid around the day *day* days from now."""
        (self.folder / "names.cnf").write_text(f"subjectAltName={names}\n", encoding="utf-8")
        now = datetime.now(UTC) + timedelta(days=day)
        start, end = (f"{now + timedelta(hours=hours):%Y%m%d%H%M%SZ}" for hours in (-12, 12))
        self.openssl("req", *_NEW_KEY, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
        authority = ("-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-batch", "-notext")
        dates = ("-startdate", start, "-enddate", end)
        self.openssl("ca", *authority, *dates, "-extfile", "names.cnf", "-in", "server.csr", "-out", "server.pem")
        return self._server_context()

    def trusting(self) -> ssl.SSLContext:
        """Return the context of a client that trusts this certificate authority."""
        return ssl.create_default_context(cafile=str(self.folder / "ca.pem"))

    def _server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context
