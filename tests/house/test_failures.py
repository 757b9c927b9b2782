"""What a failed test said last is at the end of the log, where it is seen."""

import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import failures  # noqa: E402

LOG = """Start testing: Nov 23 20:00 UTC
----------------------------------------------------------
1/2 Testing: wire.all_is_well
1/2 Test: wire.all_is_well
Output:
----------------------------------------------------------
OK
<end of output>
Test time =   0.84 sec
----------------------------------------------------------
Test Passed.
2/2 Testing: wire.clients
2/2 Test: wire.clients
Output:
----------------------------------------------------------
{lines}AssertionError: 1 != 2
<end of output>
Test time =   0.84 sec
----------------------------------------------------------
Test Failed.
"""


class Failures(unittest.TestCase):
    def test_only_what_failed_is_told_and_of_that_the_end(self):
        (name, lines), = failures.failures(LOG.format(lines="a line\n" * 1000))
        self.assertEqual(name, "wire.clients")
        self.assertEqual((len(lines), lines[-1]), (failures.LINES_MAX, "AssertionError: 1 != 2"))


if __name__ == "__main__":
    unittest.main()
