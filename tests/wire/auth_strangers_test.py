"""Those who only knock leave room for those who work: a quarter of the places, and the oldest goes first."""

import contextlib
import socket
import time
import unittest

from wire._broker import Broker
from wire._keys import EVERYTHING, Key, KeyFile
from wire._tls import ask, running

LIVEZ = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
PLACES, QUARTER = 40, 10


def is_closed(connection: socket.socket, seconds: float) -> bool:
    connection.settimeout(max(seconds, 0.001))
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


class Strangers(unittest.TestCase):
    def knock(self, broker, count: int, say: bytes = b"") -> list:
        """Nobody is known to whoever knocks; with `say` an answer is waited for."""
        knocking = []
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", broker.port), timeout=10)
            self.addCleanup(one.close)
            if say:
                self.assertIn(b"200 OK", ask(one, say))
            knocking.append(one)
        return knocking

    def check_who_stays(self, knocking: list) -> None:
        until = time.monotonic() + 3
        closed = [is_closed(one, until - time.monotonic()) for one in knocking[:-QUARTER]]
        self.assertTrue(all(closed), "the oldest make room at once")
        self.assertFalse(any(is_closed(one, 0) for one in knocking[-QUARTER // 2:]), "the newest may go on")

    def test_handshakes_that_say_nothing_keep_nobody_out(self):
        with running(f"limits.connections={PLACES}") as broker, contextlib.ExitStack() as stack:
            working = [stack.enter_context(broker.open()) for _ in range(PLACES - QUARTER)]
            knocking = self.knock(broker, 100)
            for _ in range(3):
                self.assertEqual(broker.call("GET", "/livez").status, 200)
            self.check_who_stays(knocking)
            for one in working:
                self.assertIn(b"200 OK", ask(one, LIVEZ))
            self.knock(broker, 100)
            broker.open().close()

    def keyed(self, *settings: str) -> tuple:
        admin = Key("admin", EVERYTHING)
        broker = Broker(f"auth.keys_file={KeyFile(admin).path}", *settings)
        self.addCleanup(broker.remove)
        broker.start()
        return broker, admin

    def test_who_has_shown_no_key_keeps_nobody_out(self):
        broker, admin = self.keyed(f"limits.connections={PLACES}")
        working = [broker.connect() for _ in range(PLACES - QUARTER)]
        for one in working:
            self.addCleanup(one.close)
            self.assertEqual(broker.call("GET", "/v1/topics", headers=admin.headers, connection=one).status, 200)
        knocking = self.knock(broker, 60, LIVEZ)
        self.check_who_stays(knocking)
        self.knock(broker, 60)
        self.assertEqual(broker.call("GET", "/readyz").status, 200)
        self.assertEqual(broker.call("GET", "/v1/topics", headers=admin.headers).status, 200)
        for one in working:
            one.auto_open = 0
            self.assertEqual(broker.call("GET", "/v1/topics", connection=one, headers=admin.headers).status, 200)

    def test_places_that_strangers_hold_are_given_to_newcomers(self):
        broker, admin = self.keyed("limits.connections=8")
        knocking = self.knock(broker, 1)
        working = [broker.connect() for _ in range(8)]
        for one in working:
            self.addCleanup(one.close)
            self.assertEqual(broker.call("GET", "/v1/topics", headers=admin.headers, connection=one).status, 200)
        self.assertTrue(is_closed(knocking[0], 3))
        self.assertEqual(broker.call("GET", "/livez").status, 503, "all places are taken by those who are known")

    def test_ten_seconds_are_enough_to_say_who_it_is(self):
        broker, admin = self.keyed()
        began = time.monotonic()
        [silent, asking] = self.knock(broker, 1) + self.knock(broker, 1, LIVEZ)
        known = broker.connect()
        self.addCleanup(known.close)
        broker.call("GET", "/v1/topics", headers=admin.headers, connection=known)
        known.auto_open = 0
        while time.monotonic() - began < 8:
            self.assertIn(b"200 OK", ask(asking, LIVEZ))
            self.assertFalse(is_closed(silent, 0.2))
        self.assertTrue(is_closed(silent, 5))
        self.assertTrue(is_closed(asking, 3))
        self.assertGreater(time.monotonic() - began, 9)
        self.assertEqual(broker.call("GET", "/v1/topics", headers=admin.headers, connection=known).status, 200)


class PerAddress(unittest.TestCase):
    def test_one_address_has_its_places_and_no_more(self):
        broker = Broker("limits.connections_per_address=3")
        self.addCleanup(broker.remove)
        broker.start()
        mine = [socket.create_connection(("127.0.0.1", broker.port), timeout=10) for _ in range(3)]
        for one in mine:
            self.addCleanup(one.close)
            self.assertIn(b"200 OK", ask(one, LIVEZ))
        self.assertIn(b"503 Service Unavailable", broker.raw(LIVEZ))
        other = socket.create_connection(("127.0.0.1", broker.port), timeout=10, source_address=("127.0.0.2", 0))
        self.addCleanup(other.close)
        self.assertIn(b"200 OK", ask(other, LIVEZ), "another address has its own")
        mine.pop().close()
        deadline = time.monotonic() + 10
        while b"200 OK" not in broker.raw(LIVEZ.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")):
            self.assertLess(time.monotonic(), deadline, "the place does not come back")


if __name__ == "__main__":
    unittest.main()
