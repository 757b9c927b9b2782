"""A story that a test has skipped is told, although its test has passed."""

import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import skipped  # noqa: E402

LOG = """Start testing: Nov 23 20:00 UTC
----------------------------------------------------------
1/4 Testing: wire.all_is_well
1/4 Test: wire.all_is_well
Output:
----------------------------------------------------------
a record that was skipped is no test
OK
<end of output>
Test Passed.
2/4 Testing: e2e.small_memory
2/4 Test: e2e.small_memory
Output:
----------------------------------------------------------
s.
----------------------------------------------------------------------
Ran 2 tests in 0.1s

SKIPPED: nothing can be confined here: no control group
OK (skipped=1)
<end of output>
Test Passed.
3/4 Testing: ui.pages
3/4 Test: ui.pages
Output:
----------------------------------------------------------
skipped: npm did not serve playwright-core
<end of output>
Test Passed.
4/4 Testing: e2e.compose_test
4/4 Test: e2e.compose_test
Output:
----------------------------------------------------------
setUpModule (__main__) ... skipped 'no Docker engine can run here'
OK (skipped=1)
<end of output>
Test Skipped.
"""


class Told(unittest.TestCase):
    def test_each_is_named_with_why(self):
        self.assertEqual(skipped.skipped(LOG), [
            "e2e.small_memory: 1 skipped; SKIPPED: nothing can be confined here: no control group",
            "ui.pages: skipped: npm did not serve playwright-core",
            "e2e.compose_test: 1 skipped; setUpModule (__main__) ... skipped 'no Docker engine can run here'",
        ])

    # A pattern by which ctest took a test for skipped hid that it had failed for another client.
    def test_a_test_that_skips_a_story_can_still_fail(self):
        listed = (ROOT / "tests/CMakeLists.txt").read_text()
        self.assertNotRegex(listed, r"(?m)^[^#]*SKIP_REGULAR_EXPRESSION")

    def test_nothing_is_told_of_nothing(self):
        self.assertEqual(skipped.skipped("Start testing\n"), [])


if __name__ == "__main__":
    unittest.main()
