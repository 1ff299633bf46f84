"""Keys are fetched over TLS from a server whose certificate is trusted for its name, and from no other."""

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from http.server import HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from carewright.core.outward import Outward
from carewright.core.smart import jwks
from tests.fhirapi.smart_app import key_for
from tests.fhirapi.test_smart_backend import Keys, _set


def certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """A certificate for a name, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_named(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return public, private


def _named(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    public, private = certificate(tmp_path, request.param)
    server = HTTPServer(("127.0.0.1", 0), Keys)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/keys", public
    server.shutdown()
    server.server_close()


def fetched(url: str) -> str:
    return jwks.fetched(url, Outward(frozenset({url.removesuffix("/keys")})))


def trust(monkeypatch: pytest.MonkeyPatch, public: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(public))
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)


@pytest.mark.parametrize("served", ["127.0.0.1"], indirect=True)
def test_from_a_trusted_server(served: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    Keys.answers = {"/keys": (200, _set(key_for("ES384")), {})}
    url, public = served
    with pytest.raises(jwks.KeysError, match="cannot be fetched"):
        fetched(url)
    trust(monkeypatch, public)
    assert len(jwks.key_set(fetched(url)).keys) == 1


@pytest.mark.parametrize("served", ["elsewhere.example"], indirect=True)
def test_not_from_one_that_is_trusted_for_another_name(
    served: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, public = served
    trust(monkeypatch, public)
    with pytest.raises(jwks.KeysError, match="cannot be fetched"):
        fetched(url)
