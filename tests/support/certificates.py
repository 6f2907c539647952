"""A certificate authority of the tests' own, for servers of 127.0.0.1 with TLS."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = datetime.now(UTC)  # certificates are believed by the clock of the machine
HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


class Authority:
    """Somebody who signs certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed(
            "Test Authority", self.key, None, NOW + timedelta(days=1), is_authority=True
        )

    def trusted(self) -> ssl.SSLContext:
        """A client that believes this authority alone."""
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)

    def server(
        self, name: x509.GeneralName = HERE, until: datetime = NOW + timedelta(days=1)
    ) -> ssl.SSLContext:
        """What a server shows: a certificate for this name, good until then."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed("mail", key, name, until)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        path = self.folder / "mail.pem"
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        return context

    def _signed(
        self, name: str, key, other_name, until: datetime, is_authority: bool = False
    ) -> x509.Certificate:
        subject, issuer = (
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, said)])
            for said in (name, "Test Authority")
        )
        made = x509.CertificateBuilder(
            issuer,
            subject,
            key.public_key(),
            x509.random_serial_number(),
            NOW - timedelta(days=2),
            until,
        )
        made = made.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        if other_name is not None:
            made = made.add_extension(x509.SubjectAlternativeName([other_name]), critical=False)
        return made.sign(self.key, hashes.SHA256())
