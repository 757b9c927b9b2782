"""Keys over TLS: a connection that the broker cuts is nobody's any more, and disturbs nobody else's."""

import signal
import unittest

from wire._keys import EVERYTHING, Key, KeyFile
from wire._tls import SecureCase, ask, read_answer

FOLLOWED = "/v1/topics/followed/records?from=earliest&follow=true"


def request(method: str, path: str, key: Key, body: bytes = b"", more: str = "") -> bytes:
    return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key.token}\r\n"
            f"Content-Length: {len(body)}\r\n{more}\r\n").encode() + body


class Cut(SecureCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.admin = Key("admin", EVERYTHING)
        cls.file = KeyFile(cls.admin)
        cls.settings = (f"auth.keys_file={cls.file.path}",)
        super().setUpClass()

    def reload(self) -> None:
        self.file.write()
        self.broker.process.send_signal(signal.SIGHUP)
        self.broker.until_logged('"what":"keys"', self.reloads)

    reloads = 0

    def add(self, key: Key) -> Key:
        self.file.keys[key.id] = key
        type(self).reloads += 1
        self.reload()
        return key

    def revoke(self, key: Key) -> None:
        del self.file.keys[key.id]
        type(self).reloads += 1
        self.reload()

    def admin_says(self, connection, method: str, path: str, body: bytes = b"") -> bytes:
        answer = ask(connection, request(method, path, self.admin, body, "Content-Type: application/json\r\n"))
        self.assertRegex(answer, rb"^HTTP/1.1 20[01] ")
        return answer

    # What was sent to a follower went into whichever connection was accepted next, under the number of its socket.
    def test_a_follower_whose_key_is_revoked_writes_into_nobody_elses_connection(self):
        with self.broker.open() as admin:
            self.admin_says(admin, "PUT", "/v1/topics/followed", b"{}")
            key = self.add(Key("follower", ["consume topic:followed"]))
            with self.broker.open() as follower:
                follower.sendall(request("GET", FOLLOWED, key, more="Accept: application/x-ndjson\r\n"))
                self.assertIn(b"200 OK", follower.recv(65536))
                self.revoke(key)
                follower.settimeout(5)
                with self.assertRaises((OSError, EOFError)):
                    while follower.recv(65536):  # what was under way, then the end
                        pass
                    raise EOFError
            others = [self.broker.open() for _ in range(4)]
            for number in range(8):
                self.admin_says(admin, "POST", "/v1/topics/followed/records", b'{"value":%d}' % number)
            for other in others:
                self.admin_says(other, "GET", "/v1/topics/followed")
                other.close()
            self.assertNotIn(b'"peer":""', self.admin_says(admin, "GET", "/v1/connections"))

    def test_closing_a_connection_that_has_yet_to_pay_for_a_wrong_key_breaks_no_other(self):
        with self.broker.open() as admin:
            for _ in range(5):
                wrong = self.broker.open()
                wrong.sendall(request("GET", "/v1/topics", Key("nobody", [])))
                listed = self.admin_says(admin, "GET", "/v1/connections")
                newest = max(int(part.split(b'"')[0]) for part in listed.split(b'"id":"c_')[1:])
                self.admin_says(admin, "DELETE", f"/v1/connections/c_{newest}")
                with self.broker.open() as other:
                    for _ in range(3):
                        self.admin_says(other, "GET", "/v1/topics")
                wrong.close()


if __name__ == "__main__":
    unittest.main()
