"""The errors to raise for aiohttp's, without a text or a traceback that may hold a secret."""

from __future__ import annotations

import asyncio
import ssl
from http import HTTPStatus

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError
from yarl import URL

from ... import errors
from ...errors import TransportError, ZoomError
from ._exchange import Exchange
from ._pool import closed_error

# X509_V_ERR_… of OpenSSL, which `ssl` has no names for.
_CERTIFICATE_FAULTS = {
    9: "is not valid yet",
    10: "has expired",
    62: "is for another host",
    64: "is for another host",
}
_EXPECTED = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


def without_frames(error: BaseException) -> BaseException:
    """Remove the traceback, cause and context of *error*; keep a context that is a cancellation, which anyio reads."""
    context = error.__context__
    error.__context__ = without_frames(context) if isinstance(context, asyncio.CancelledError) else None
    if error.__cause__ is not None:
        error.__cause__ = None
    return error.with_traceback(None)


def failure_of(exchange: Exchange, error: Exception) -> Exception:
    """Return the error to raise for *error*."""
    call = exchange.request.name
    if exchange.pool.is_closed:
        if not exchange.may_be_sent:
            return closed_error()
        reason = "the client was closed before the response was complete"
        return TransportError(call, reason, status=exchange.status or None, max_retries=0)
    if isinstance(error, ZoomError) or not isinstance(error, _EXPECTED):
        return error
    if isinstance(error, TimeoutError) and exchange.is_waiting_for_pool:
        return errors.ConnectError(
            call,
            f"no free connection: all {exchange.pool.size} were in use for too long; the request was not sent. "
            "Allow more with max_connections, or make fewer calls at a time",
        )
    if isinstance(error, TimeoutError) and not exchange.may_be_sent:
        return _no_connection(call)
    return _translate(call, error, exchange.status or None)


def _no_connection(call: str) -> errors.ConnectError:
    return errors.ConnectError(call, "no connection within the time limit; the request was not sent")


def no_valid_response(call: str, detail: str) -> TransportError:
    return TransportError(call, f"no valid HTTP response ({detail})", max_retries=1)


def proxy_rejection(call: str, status: int, proxy: URL) -> errors.ConnectError:
    is_final = status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
    advice = ". Check its user and password" if is_final else ""
    reason = f"the proxy {proxy.host}:{proxy.port} answered with status {status}; the request was not sent{advice}"
    return errors.ConnectError(call, reason, max_retries=0 if is_final else None)


def _translate(call: str, error: Exception, status: int | None) -> TransportError:  # noqa: PLR0911  one return per fault
    """Return the `TransportError` for an error of aiohttp, without a text that may hold a secret.

    *status* is the status of the response, if it has arrived.
    """
    if isinstance(
        error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | aiohttp.ServerFingerprintMismatch
    ):
        return errors.TLSError(call, f"{_tls_fault(error)}; the request was not sent")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return proxy_rejection(call, error.status, error.request_info.real_url)
    if isinstance(error, aiohttp.ClientConnectorError):
        proxy = "the proxy " if isinstance(error, aiohttp.ClientProxyConnectionError) else ""
        reason = error.os_error.strerror or type(error.os_error).__name__
        return errors.ConnectError(call, f"cannot connect to {proxy}{error.host}:{error.port} ({reason})")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return _no_connection(call)
    if isinstance(error, TimeoutError):
        return errors.TimedOut(call, "no complete response within the time limit", status=status)
    if isinstance(error, aiohttp.ClientPayloadError):
        if isinstance(error.__cause__, ContentEncodingError):
            return errors.PayloadError(
                call, f"the body of a response {status} is corrupt", status=status, max_retries=1
            )
        return errors.PayloadError(call, f"the body of a response {status} was cut off", status=status)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        return TransportError(call, "the connection was lost before a response arrived", status=status)
    return no_valid_response(call, type(error).__name__)


def _tls_fault(
    error: aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | aiohttp.ServerFingerprintMismatch,
) -> str:
    server = f"{error.host}:{error.port}"
    if not isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"TLS to {server} failed"
    cause = error.certificate_error
    code = cause.verify_code if isinstance(cause, ssl.SSLCertVerificationError) else 0
    return f"the certificate of {server} {_CERTIFICATE_FAULTS.get(code, 'is not trusted')}"
