"""A device that stops answering: nobody is told that all is well, and a stop ends the process even so."""

import http.client
import signal
import sys
import threading
import time
import unittest

from _cli_broker import SECONDS_MAX
from _preloaded import PreloadedCase

# Loaded into the broker, it holds every write and sync for as long as the file $HANG exists.
SHIM = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
static void hold(void) {
  const char* flag = getenv("HANG");
  while (flag && access(flag, F_OK) == 0) usleep(5000);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t place) {
  hold();
  return syscall(SYS_pwrite64, fd, bytes, size, place);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t place) { return pwrite(fd, bytes, size, place); }
int fdatasync(int fd) {
  hold();
  return (int)syscall(SYS_fdatasync, fd);
}
"""
BEYOND_GRACE_SECONDS = 5


class HungDevice(PreloadedCase):
    shim = SHIM

    def setUp(self) -> None:
        super().setUp()
        self.broker = self.start("server.shutdown_grace=500ms")
        self.port = self.port_of(self.broker)

    def call(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def test_a_request_that_waits_for_the_device_does_not_keep_the_process_for_ever(self):
        self.assertLess(self.call("PUT", "/v1/topics/orders")[0], 300)
        self.hang.touch()
        waits = threading.Thread(target=self.call, args=("POST", "/v1/topics/orders/records", '{"text":"x"}'))
        waits.start()
        self.addCleanup(waits.join, SECONDS_MAX)
        deadline = time.monotonic() + SECONDS_MAX
        while True:  # until the journal is found stuck
            status, page = self.call("GET", "/readyz?verbose")
            if status == 503:
                break
            self.assertLess(time.monotonic(), deadline, page)
            time.sleep(0.2)
        self.assertIn("for the device", page)
        self.assertEqual(self.call("GET", "/livez")[0], 200, "a restart would not mend the device")

        began = time.monotonic()
        self.broker.send_signal(signal.SIGTERM)
        said = self.broker.stderr.read()
        self.assertEqual(self.broker.wait(SECONDS_MAX), 1, said)
        self.assertIn("the stop came to no end", said)
        self.assertGreater(time.monotonic() - began, BEYOND_GRACE_SECONDS)


if __name__ == "__main__":
    sys.exit(unittest.main())
