#!/usr/bin/env python3
"""The Python client on the `websockets` of Debian 12, which has only the older of its two interfaces."""

import unittest

from wire._python_client import Queues, Topics, import_client  # noqa: F401
from wire._python_groups import Groups, Transactions  # noqa: F401

import_client("==10.4")

if __name__ == "__main__":
    unittest.main()
