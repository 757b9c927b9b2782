"""Each promise of docs/security.md names a test, and what it names is there; what no test can send is true of the sources."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_YET = {"S6"}  # of protocols that are not spoken
OUTWARDS = re.compile(r"\b(?:async_)?connect\s*\(|\bresolver\b|getaddrinfo")


def promised() -> dict[str, str]:
    """What stands in the column of tests."""
    page = (ROOT / "docs/security.md").read_text()
    return dict(re.findall(r"(?m)^\| (S\d+) \| [^|]+ \| ([^|]+) \|$", page))


def stated(text: str) -> list[tuple[str, list[str]]]:
    """Of `unit_http` Grants, Keyring; `wire/x_test.py` hosts: each place, and the names that stand behind it."""
    found = []
    for part in re.split(r"[;,]\s*(?=`)", text):
        place, _, names = part.strip().removeprefix("`").partition("`")
        found.append((place, [name.strip() for name in re.split(r"[,;]| and ", names) if name.strip()]))
    return found


def sources(place: str) -> str:
    """The text of a test, or of every test of a room."""
    if room := re.fullmatch(r"unit_(\w+)", place):
        return "\n".join(f"{file.stem}\n{file.read_text()}" for file in sorted((ROOT / "tests/unit" / room.group(1)).rglob("*.cc")))
    if place == "sim_tests":
        place = "sim"
    for path in (ROOT / "tests" / place, ROOT / place):
        if path.is_file():
            rows = ROOT / "tests/wire/_hostile_table.py"
            return path.read_text() + (rows.read_text() if path.name == "hostile_tables_test.py" else "")
        if path.is_dir():
            return " ".join(file.name for file in path.iterdir())
    return ""


class SecurityTable(unittest.TestCase):
    def test_every_promise_names_its_test(self):
        rows = promised()
        self.assertEqual(sorted(rows, key=lambda row: int(row[1:])), [f"S{number}" for number in range(1, len(rows) + 1)])
        self.assertGreaterEqual(len(rows), 23)
        self.assertEqual({row for row, text in rows.items() if "`" not in text}, NOT_YET)

    def test_each_of_them_is_there(self):
        for row, text in promised().items():
            if row in NOT_YET:
                continue
            for place, names in stated(text):
                said = sources(place)
                self.assertTrue(said, f"{row}: there is no {place}")
                for name in names:
                    wanted = re.escape(name).replace(r"\ ", r"[ _]")
                    with self.subTest(row=row):
                        self.assertIsNotNone(re.search(rf"(?i){wanted}", said), f"{place} has no {name}")

    def test_no_request_makes_the_server_call_somebody(self):
        """S17. Files are the house rule no_hidden_file's; the collector of spans is called by src/net, from settings alone."""
        for room in ("engine", "filter", "log", "queue", "http"):
            for file in sorted((ROOT / room).rglob("*.cc")) + sorted((ROOT / room).rglob("*.h")):
                code = re.sub(r"//.*", "", file.read_text())
                self.assertIsNone(OUTWARDS.search(code), file)


if __name__ == "__main__":
    unittest.main()
