"""A mail server on this machine: speaks SMTP with TLS and accounts, keeps what it is given, and refuses as it is told."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass
class Arrived:
    sender: str
    to: list[str]
    content: bytes
    user: str
    encrypted: bool


@dataclass
class MailServer:
    """`says` are answers instead of the usual ones, by command: `{"RCPT": "550 no such mailbox"}`."""

    port: int = 0
    how: str = "starttls"
    tls: ssl.SSLContext | None = None
    account: tuple[str, str] | None = None
    says: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)
    """Set at the end, so that nobody waits for a server that was told to wait."""
    arrived: list[Arrived] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, told: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.told = told


class _Talk(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        told = self.server.told  # type: ignore[attr-defined]
        self.encrypted, self.user, self.sender, self.to = False, "", "", list[str]()
        with suppress(OSError):
            if told.how == "tls":
                self.wrap(told)
            self.stream = self.request.makefile("rwb")
            self.say("220 sample")
            while line := self.stream.readline().decode().strip():
                told.heard.append(line)
                if not self.answer(told, line.partition(" ")[0].upper(), line.partition(" ")[2]):
                    return

    def wrap(self, told: MailServer) -> None:
        assert told.tls is not None
        self.request = told.tls.wrap_socket(self.request, server_side=True)
        self.encrypted = True

    def say(self, text: str) -> None:
        self.stream.write(f"{text}\r\n".encode())
        self.stream.flush()

    def answer(self, told: MailServer, word: str, rest: str) -> bool:
        told.over.wait(told.wait)
        if word in told.says:
            self.say(told.says[word])
            return True
        match word:
            case "EHLO":
                self.say("250-sample")
                if told.how == "starttls" and not self.encrypted:
                    self.say("250-STARTTLS")
                if told.account:
                    self.say("250-AUTH PLAIN")
                self.say("250 8BITMIME")
            case "STARTTLS":
                self.say("220 go on")
                self.stream.close()
                self.wrap(told)
                self.stream = self.request.makefile("rwb")
            case "AUTH":
                _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
                right = (user, password) == told.account
                self.user = user if right else ""
                self.say("235 welcome" if right else "535 who are you")
            case "MAIL":
                self.sender = rest
                self.say("250 ok")
            case "RCPT":
                self.to.append(rest)
                self.say("250 ok")
            case "DATA":
                self.say("354 go on")
                lines = list(iter(self.stream.readline, b".\r\n"))
                content = b"".join(line[1:] if line.startswith(b".") else line for line in lines)
                told.arrived.append(Arrived(self.sender, self.to, content, self.user, self.encrypted))
                self.say("250 kept")
            case "QUIT":
                self.say("221 goodbye")
                return False
            case _:
                self.say("250 ok")
        return True


@contextmanager
def mail_server(**told: object) -> Iterator[MailServer]:
    settings = MailServer(**told)  # type: ignore[arg-type]
    server = _Server(settings)
    settings.port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield settings
    finally:
        settings.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's certificate for 127.0.0.1 and the file by which it is known."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mail.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "mail.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "mail.pem", folder / "mail.key")
    return context, folder / "mail.pem"
