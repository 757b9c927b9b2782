"""A broker that speaks TLS, and certificates made for the test with openssl."""

import contextlib
import http.client
import pathlib
import socket
import ssl
import subprocess

from wire._broker import SECONDS_MAX, Answer, Broker, WireCase


class Authority:
    """Signs certificates; `folder` holds its own as ca.pem."""

    def __init__(self, folder: pathlib.Path, name: str = "Test CA"):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "ca.pem"
        _openssl("req", "-x509", *KEY, "-keyout", folder / "ca.key", "-out", self.file, "-days", "2", "-nodes",
                 "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def sign(self, name: str, *, names: str = "DNS:localhost,IP:127.0.0.1", days: int = 2, subject: str = "") -> tuple:
        """Paths of a certificate and of its key."""
        certificate, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        _openssl("req", *KEY, "-new", "-nodes", "-keyout", key, "-out", request, "-subj", subject or f"/CN={name}")
        _openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.folder / "ca.key", "-CAcreateserial",
                 "-out", certificate, "-days", str(days), "-extfile", extensions)
        key.chmod(0o600)
        return certificate, key


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def _openssl(*words) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class SecureBroker(Broker):
    """Its settings may name what lies in its folder as {folder}."""

    def __init__(self, *settings: str, client_ca: bool = False):
        super().__init__()
        self.authority = Authority(self.folder / "tls")
        self.certificate, self.key = self.authority.sign("server")
        self.settings = (f"tls.cert={self.certificate}", f"tls.key={self.key}", *settings)
        if client_ca:
            self.settings += (f"tls.client_ca={self.authority.file}",)
        self.client = self.context()
        if client_ca:
            self.client.load_cert_chain(*self.authority.sign("orders", names="DNS:orders.example.org,URI:spiffe://example.org/orders"))

    def context(self, **limits) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.file))
        for name, value in limits.items():
            setattr(context, name, value)
        return context

    def connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("localhost", self.port, timeout=SECONDS_MAX, context=self.client)

    def open(self, context: ssl.SSLContext = None, *, seconds: float = 10, server_hostname: str = "localhost") -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
        try:
            return (context or self.client).wrap_socket(plain, server_hostname=server_hostname, suppress_ragged_eofs=False)
        except Exception:
            plain.close()
            raise


class SecureCase(WireCase):
    client_ca = False

    @classmethod
    def setUpClass(cls) -> None:
        cls.broker = SecureBroker(*cls.settings, client_ca=cls.client_ca)
        cls.addClassCleanup(cls.broker.remove)
        cls.broker.start()


def ask(connection: ssl.SSLSocket, request: bytes) -> bytes:
    """One request; its whole answer, whose length must be said."""
    connection.sendall(request)
    return read_answer(connection)


def read_answer(connection: ssl.SSLSocket) -> bytes:
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = connection.recv(65536)
        if not part:
            return answer
        answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        part = connection.recv(65536)
        if not part:
            break
        body += part
    return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def running(*settings: str, **options):
    broker = SecureBroker(*settings, **options)
    try:
        broker.start()
        yield broker
    finally:
        broker.remove()


def resident_kib(pid: int) -> int:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")
