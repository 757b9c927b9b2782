"""The load of tournament.py: game servers that send every score as a request of its own, and never wait for an answer."""

import socket
import time
from urllib.parse import urlsplit

from stage import BROKER, until
from tournament_reader import TOPIC

SERVERS, TIMES, TICK_SECONDS = 64, 3, 0.01
SCORES_MAX = 80_000  # so that a fast machine is not busy for minutes: a quarter of a gigabyte
MOVES = "e4 e5 Nf3 Nc6 Bb5 a6 " * 150  # three kilobytes that come with a score
BODY = b'{"key":"player_%03d","value":{"score":%7d,"moves":"' + MOVES.encode() + b'"}}'


def score_of(number: int) -> int:
    return 1_000_000 + number * 7_919 % 1_000_000


class GameServer:
    """One connection. It sends without waiting for answers, and stops when the connection takes no more."""

    def __init__(self, address: tuple[str, int], host: str):
        self.connection = socket.socket()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 << 10)
        self.connection.connect(address)
        self.connection.setblocking(False)
        self.head = (f"POST /v1/topics/{TOPIC}/records HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
                     f"Content-Length: {len(BODY % (0, score_of(0)))}\r\n\r\n").encode()
        self.unsent, self.tail = b"", b" " * 11
        self.sent = self.stored = self.refused = 0

    def offer(self, number: int) -> bool:
        """False: the connection is full, and the score is dropped."""
        if not self.unsent:
            self.unsent = self.head + BODY % (number % 1000, score_of(number))
            self.sent += 1
            self.push()
            return True
        return self.push() and self.offer(number)

    def push(self) -> bool:
        try:
            self.unsent = self.unsent[self.connection.send(self.unsent):]
        except BlockingIOError:
            pass
        return not self.unsent

    def hear(self) -> int:
        """How many have been stored since."""
        try:
            heard = self.tail + self.connection.recv(1 << 20)
        except BlockingIOError:
            return 0
        self.tail = heard[-11:]  # an answer may be cut in two
        stored = heard.count(b"HTTP/1.1 200")
        self.refused += heard[2:].count(b"HTTP/1.1 4") + heard[2:].count(b"HTTP/1.1 5")
        self.stored += stored
        return stored


class Tournament:
    """All game servers. At every tick they make three new scores for each one that was stored since the last tick."""

    def __init__(self) -> None:
        where = urlsplit(BROKER)
        self.servers = [GameServer((where.hostname, where.port), where.netloc) for _ in range(SERVERS)]
        self.offered = self.dropped = 0

    def play(self, seconds: float) -> None:
        end, due = time.monotonic() + seconds, SERVERS
        while time.monotonic() < end and self.stored() < SCORES_MAX:
            for place in range(due):
                taken = self.servers[(self.offered + place) % SERVERS].offer(self.offered + place)
                self.dropped += not taken
            self.offered += due
            time.sleep(TICK_SECONDS)
            due = max(TIMES * sum(server.hear() for server in self.servers), SERVERS)

    def wait_for_the_rest(self) -> None:
        """What the connections hold is still taken, and answered."""
        def nothing_is_left() -> bool:
            for server in self.servers:
                server.push()
                server.hear()
            return all(server.stored + server.refused == server.sent for server in self.servers)
        until("every score that was sent is answered", nothing_is_left)

    def stored(self) -> int:
        return sum(server.stored for server in self.servers)
