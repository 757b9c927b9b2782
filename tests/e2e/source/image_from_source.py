"""The image as a user builds it: compiled from the sources inside of a Docker engine, a quarter of an hour on two CPUs.
In a subfolder, so that no test run starts it:

    PYTHONPATH=tests:tests/e2e python3 tests/e2e/source/image_from_source.py
"""

import pathlib
import sys
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent)]
from _engine import Engine  # noqa: E402
from _stack import SOURCE  # noqa: E402

IMAGE = "twofold-test:source"
BUILD_SECONDS_MAX = 7200


class FromSource(unittest.TestCase):
    def test_the_dockerfile_compiles_the_product(self):
        engine = self.enterContext(Engine())
        engine.base()
        started = time.monotonic()
        engine.build(IMAGE, str(SOURCE / "docker/Dockerfile"), str(SOURCE), seconds=BUILD_SECONDS_MAX, COMMIT="sources")
        print(f"built in {time.monotonic() - started:.0f} s, {int(engine.inspect(IMAGE, '{{.Size}}')) / 1e6:.1f} MB")
        said = engine.docker("run", "--rm", "--network=none", IMAGE, "version", check=False).stdout
        self.assertIn("sources", said)


if __name__ == "__main__":
    unittest.main()
