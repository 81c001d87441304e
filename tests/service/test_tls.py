import asyncio
import shutil
import ssl
import subprocess

import grpc
import pytest
from aiohttp import ClientError, ClientSession, TCPConnector, web
from one_loop import DEADLINE_S, run

from placewise.errors import InputError
from placewise.service.tls import server_context, server_credentials

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl to make certificates with")


def openssl(*arguments):
    subprocess.run([OPENSSL, *map(str, arguments)], check=True, capture_output=True, timeout=60)


def make_key(path):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
    return path


def make_authority(folder, name):
    key, cert = make_key(folder / f"{name}.key"), folder / f"{name}.pem"
    openssl("req", "-x509", "-new", "-key", key, "-days", 2, "-subj", f"/CN={name}", "-out", cert)
    return cert


def make_certificate(folder, name, authority):
    key, request, cert = make_key(folder / f"{name}.key"), folder / f"{name}.csr", folder / f"{name}.pem"
    openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
    names = folder / f"{name}.cnf"
    names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    signer = ("-CA", authority, "-CAkey", authority.with_suffix(".key"), "-CAcreateserial")
    openssl("x509", "-req", "-in", request, *signer, "-days", 2, "-extfile", names, "-out", cert)
    return cert


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    for authority, names in {"ours": ("server", "client"), "theirs": ("stranger",)}.items():
        cert = make_authority(folder, authority)
        for name in names:
            make_certificate(folder, name, cert)
    return folder


def channel_credentials(folder, client=None, authority="ours"):
    roots = (folder / f"{authority}.pem").read_bytes()
    if client is None:
        return grpc.ssl_channel_credentials(roots)
    return grpc.ssl_channel_credentials(
        roots, (folder / f"{client}.key").read_bytes(), (folder / f"{client}.pem").read_bytes()
    )


async def ask_grpc(folder, credentials, *, mutual):
    """Ask a server with TLS; credentials None is plaintext."""

    async def echo(request, _context):
        return request

    server = grpc.aio.server()
    handlers = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", handlers),))
    authority = folder / "ours.pem" if mutual else None
    port = server.add_secure_port(
        "127.0.0.1:0", server_credentials(folder / "server.pem", folder / "server.key", authority)
    )
    await server.start()
    address = f"localhost:{port}"
    options = [("grpc.enable_http_proxy", 0)]
    channel = (
        grpc.aio.insecure_channel(address, options)
        if credentials is None
        else grpc.aio.secure_channel(address, credentials, options)
    )
    try:
        async with channel:
            return await channel.unary_unary("/test.Service/Echo")(b"hello", timeout=DEADLINE_S)
    finally:
        await server.stop(None)


@pytest.mark.parametrize(("mutual", "client"), [(False, None), (True, "client")])
def test_a_client_with_the_right_certificates_is_answered(folder, mutual, client):
    assert run(ask_grpc(folder, channel_credentials(folder, client), mutual=mutual)) == b"hello"


@pytest.mark.parametrize(
    ("mutual", "client", "authority"),
    [(True, None, "ours"), (True, "stranger", "ours"), (False, None, "theirs"), (False, "plaintext", "ours")],
)
def test_any_other_is_refused(folder, mutual, client, authority):
    credentials = None if client == "plaintext" else channel_credentials(folder, client, authority)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        run(ask_grpc(folder, credentials, mutual=mutual))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def ask_http(folder, *, client, mutual, scheme="https"):
    async def hello(_request):
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    context = server_context(folder / "server.pem", folder / "server.key", folder / "ours.pem" if mutual else None)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    trusting = ssl.create_default_context(cafile=folder / "ours.pem")
    if client is not None:
        trusting.load_cert_chain(folder / f"{client}.pem", folder / f"{client}.key")
    try:
        async with ClientSession(connector=TCPConnector(ssl=trusting, force_close=True)) as session:
            url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}/"
            async with asyncio.timeout(DEADLINE_S), session.get(url) as response:
                return await response.text()
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)  # the loop closes the sockets in its next round


@pytest.mark.parametrize(("mutual", "client"), [(False, None), (True, "client")])
def test_the_http_port_takes_the_same_certificates(folder, mutual, client):
    assert run(ask_http(folder, client=client, mutual=mutual)) == "hello"


@pytest.mark.parametrize(
    ("mutual", "client", "scheme"), [(True, None, "https"), (True, "stranger", "https"), (False, None, "http")]
)
def test_the_http_port_refuses_the_same_clients(folder, mutual, client, scheme):
    with pytest.raises(ClientError):
        run(ask_http(folder, client=client, mutual=mutual, scheme=scheme))


def test_old_versions_of_tls_are_not_spoken(folder):
    context = server_context(folder / "server.pem", folder / "server.key")
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("make", [server_credentials, server_context])
@pytest.mark.parametrize(
    ("names", "file", "words"),
    [
        (("missing.pem", "server.key"), "missing.pem", "cannot be read"),
        (("server.pem", "missing.key"), "missing.key", "cannot be read"),
        (("server.pem", "server.key", "missing.pem"), "missing.pem", "cannot be read"),
        (("server.key", "server.key"), "server.key", "expected a certificate"),
        (("server.pem", "server.pem"), "server.pem", "expected a private key"),
        (("server.pem", "server.key", "server.key"), "server.key", "expected certificates of authorities"),
        (("server.pem", "client.key"), "client.key", "not the key of the certificate"),
        (("broken.pem", "server.key"), "broken.pem", "cannot be used"),
        (("server.pem", "broken.key"), "server.pem", "cannot be used with its key"),
        (("server.pem", "server.key", "broken.pem"), "broken.pem", "cannot be used"),
        (("server.pem", "locked.key"), "locked.key", "encrypted"),
        ((".", "server.key"), "", "is a folder"),
    ],
)
def test_files_that_cannot_be_used_are_named(folder, make, names, file, words):
    (folder / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (folder / "broken.key").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    openssl("pkcs8", "-topk8", "-in", folder / "server.key", "-passout", "pass:x", "-out", folder / "locked.key")
    with pytest.raises(InputError, match=words) as caught:
        make(*(folder / name for name in names))
    assert caught.value.file == str(folder / file)
    assert "PRIVATE KEY-----" not in str(caught.value)
