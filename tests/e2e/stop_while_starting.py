"""A stop that comes while the broker recovers: the process ends at once, and nothing is lost."""

import json
import pathlib
import signal
import sys
import time
import unittest
import urllib.request

from _cli_broker import SECONDS_MAX
from _preloaded import PreloadedCase

# Loaded into the broker, it holds every read of a file for as long as $HANG exists, and says so.
SHIM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
ssize_t pread64(int fd, void* bytes, size_t size, off_t place) {
  const char* flag = getenv("HANG");
  while (flag && access(flag, F_OK) == 0) {
    char held[4096];
    close(open(strcat(strcpy(held, flag), ".held"), O_CREAT | O_WRONLY, 0600));
    usleep(5000);
  }
  return syscall(SYS_pread64, fd, bytes, size, place);
}
ssize_t pread(int fd, void* bytes, size_t size, off_t place) { return pread64(fd, bytes, size, place); }
"""


class StopWhileStarting(PreloadedCase):
    shim = SHIM

    def ask(self, port: int, method: str, path: str, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            return json.load(answer)

    def test_it_ends_at_once_with_0_and_the_next_start_finds_everything(self):
        broker = self.start()
        port = self.port_of(broker)
        self.ask(port, "PUT", "/v1/topics/orders", {})
        self.ask(port, "POST", "/v1/topics/orders/records", {"records": [{"value": n} for n in range(100)]})
        broker.kill()
        broker.wait()
        for stop in (signal.SIGTERM, signal.SIGINT):
            held = pathlib.Path(f"{self.hang}.held")
            held.unlink(missing_ok=True)
            self.hang.touch()
            broker = self.start()
            deadline = time.monotonic() + SECONDS_MAX
            while not held.exists():
                self.assertLess(time.monotonic(), deadline, "it reads nothing")
                time.sleep(0.01)
            broker.send_signal(stop)
            self.assertEqual(broker.wait(5), 0)
            self.assertIn("stopped while starting; nothing acknowledged is lost", broker.stderr.read())
            self.hang.unlink()
        broker = self.start()
        records = self.ask(self.port_of(broker), "GET", "/v1/topics/orders/records?from=earliest&limit=1000")["records"]
        self.assertEqual([record["value"] for record in records], list(range(100)))
        broker.send_signal(signal.SIGTERM)
        self.assertEqual(broker.wait(SECONDS_MAX), 0)


if __name__ == "__main__":
    sys.exit(unittest.main())
