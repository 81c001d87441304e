"""TLS for the ports of the service, from PEM files."""

from __future__ import annotations

import ssl
from pathlib import Path

import grpc

from placewise.errors import InputError
from placewise.formats.reading import read_bytes


def server_credentials(cert: Path, key: Path, ca: Path | None = None) -> grpc.ServerCredentials:
    """Return the TLS credentials of a gRPC server.

    cert : the certificate, followed by those between it and its authority. ca : the authorities from one of which
    a client must show a certificate; None when clients need show none.
    Raises InputError for files that are missing, unreadable, not PEM, encrypted, or do not belong together.
    """
    server_context(cert, key, ca)  # gRPC itself would complain at the first connection, and not say why
    roots = None if ca is None else read_bytes(ca)
    return grpc.ssl_server_credentials(
        [(read_bytes(key), read_bytes(cert))], root_certificates=roots, require_client_auth=ca is not None
    )


def server_context(cert: Path, key: Path, ca: Path | None = None) -> ssl.SSLContext:
    """Return the TLS context of an HTTP server, from the same files and with the same errors."""
    _require(cert, b"CERTIFICATE-----", "a certificate in PEM form")
    _require(key, b"PRIVATE KEY-----", "a private key in PEM form")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # Without a password of ours, OpenSSL would ask for one at the terminal.
        context.load_cert_chain(cert, key, password=_no_password)
    except InputError as error:
        raise error.within(file=key) from None
    except (ssl.SSLError, OSError) as error:
        if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
            raise InputError("is not the key of the certificate", file=key, expected=f"the key of {cert}") from error
        raise InputError(f"cannot be used with its key {key}: {_reason(error)}", file=cert) from error
    if ca is not None:
        _require(ca, b"CERTIFICATE-----", "certificates of authorities in PEM form")
        try:
            context.load_verify_locations(ca)
        except (ssl.SSLError, OSError) as error:
            raise InputError(f"cannot be used: {_reason(error)}", file=ca) from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _require(path: Path, mark: bytes, expected: str) -> None:
    if mark not in read_bytes(path):
        raise InputError("is of another kind", file=path, expected=expected)


def _no_password() -> str:
    raise InputError(
        "the private key is encrypted", expected="a key without a password, in a file only the server reads"
    )


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").replace("_", " ").lower()
    return error.strerror or str(error)
