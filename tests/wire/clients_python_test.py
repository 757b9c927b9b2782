#!/usr/bin/env python3
"""The Python client on the newest `websockets`."""

import unittest

from wire._python_client import Queues, Topics, import_client  # noqa: F401
from wire._python_groups import Groups, Transactions  # noqa: F401

import_client(">=15")

if __name__ == "__main__":
    unittest.main()
