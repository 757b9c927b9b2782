"""What scripts/deps.sh installs and a test cannot do without."""

import os
import unittest


def lacking(what: str) -> Exception:
    """To be raised where it is not there: a developer's machine skips the test, continuous integration has installed it,
    so there something is wrong."""
    said = f"there is no {what} here: ./scripts/deps.sh test"
    return AssertionError(said) if os.environ.get("CI") == "true" else unittest.SkipTest(said)
