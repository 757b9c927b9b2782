"""What asks for health, where the broker speaks TLS and wants to see certificates: the image's own check, and a kubelet."""

import os
import subprocess
import unittest

from wire._broker import PROGRAM, SECONDS_MAX
from wire._keys import EVERYTHING, Key, KeyFile
from wire._tls import SecureCase


class Health(SecureCase):
    client_ca = True

    def health(self, **more: str) -> subprocess.CompletedProcess:
        """As in the container of the broker: by its settings alone."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")}
        given = {f"TWOFOLD_{name.replace('.', '_').upper()}": value for name, value in (one.split("=", 1) for one in self.broker.settings)}
        given["TWOFOLD_HTTP_LISTEN"] = f"0.0.0.0:{self.broker.port}"
        return subprocess.run([PROGRAM, "health"], env=kept | given | more, capture_output=True, text=True, timeout=SECONDS_MAX)

    def test_a_container_whose_clients_need_certificates_is_healthy_with_one_of_its_own(self):
        certificate, key = self.broker.authority.sign("probe")
        healthy = self.health(TWOFOLD_CLIENT_CERT=str(certificate), TWOFOLD_CLIENT_KEY=str(key))
        self.assertEqual((healthy.returncode, healthy.stdout.splitlines()[0]), (0, "ok"), healthy)

    def test_without_one_it_says_what_is_missing(self):
        refused = self.health()
        self.assertEqual(refused.returncode, 1, refused)
        self.assertIn("certificate", refused.stderr)


class Kubelet(SecureCase):
    """Shows no certificate and does not check the broker's."""

    client_ca = True

    @classmethod
    def setUpClass(cls) -> None:
        cls.admin = Key("admin", EVERYTHING)
        cls.settings = ("tls.client_required=false", f"auth.keys_file={KeyFile(cls.admin).path}")
        super().setUpClass()
        cls.broker.client = cls.broker.context()

    def test_is_answered_where_everybody_else_needs_a_key_or_a_certificate(self):
        for probe in ("/livez", "/readyz", "/startupz"):
            self.assertEqual(self.broker.call("GET", probe).status, 200)
        self.assertEqual(self.broker.call("GET", "/v1/topics").status, 401)


if __name__ == "__main__":
    unittest.main()
