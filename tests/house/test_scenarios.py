"""The scenarios of docs/scenarios keep together: page, script, picture and row; and a claim that is false fails the script.

That the claims hold is tested where the pages are executed (scripts/run_docs.py)."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "scenarios"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page.name != "README.md")
PICTURE_BYTES_MAX = 15_000
NOBODY = "http://127.0.0.1:1"


def run(text: str) -> subprocess.CompletedProcess:
    """A scenario of these few lines, without a broker."""
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "scenario.py"
        script.write_text(f"import sys\nsys.path.insert(0, {str(FOLDER)!r})\n{text}\n")
        return subprocess.run([sys.executable, script], env={**os.environ, "TWOFOLD_URL": NOBODY},
                              capture_output=True, text=True, timeout=30)


class Together(unittest.TestCase):
    def test_there_are_some(self):
        self.assertGreaterEqual(len(PAGES), 8)

    def test_each_page_runs_its_script_and_shows_its_picture(self):
        rows = (FOLDER / "README.md").read_text()
        for page in PAGES:
            with self.subTest(page.name):
                text, command = page.read_text(), f"python3 docs/scenarios/{page.stem}.py"
                blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
                self.assertIn(command, blocks)
                self.assertIn(f"](pictures/{page.stem}.svg)", text)
                self.assertIn(f"]({page.name})", rows)
                self.assertIn(f"`{command}`", rows)

    def test_pictures_are_small_and_for_light_and_dark(self):
        for page in PAGES:
            with self.subTest(page.name):
                picture = FOLDER / "pictures" / f"{page.stem}.svg"
                self.assertLess(picture.stat().st_size, PICTURE_BYTES_MAX)
                self.assertIn("prefers-color-scheme:dark", picture.read_text())

    def test_a_page_shows_claims_that_were_true(self):
        for page in PAGES:
            with self.subTest(page.name):
                shown = page.read_text()
                self.assertGreaterEqual(len(re.findall(r"^  ok   ", shown, re.MULTILINE)), 3)
                self.assertNotRegex(shown, r"(?m)^  NOT  ")


class Failing(unittest.TestCase):
    def test_a_false_claim_is_said_and_fails(self):
        ran = run("from stage import check\ncheck(True, 'so far')\ncheck(False, 'the earth is flat')\ncheck(True, 'never')")
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assertEqual(ran.stdout.splitlines(), ["  ok   so far", "  NOT  the earth is flat"])

    def test_without_a_broker_it_says_where_it_looked(self):
        ran = run("from stage import cleaned_up\nwith cleaned_up('demo-'):\n    print('began')")
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn(NOBODY, ran.stderr)
        self.assertNotIn("began", ran.stdout)


if __name__ == "__main__":
    unittest.main()
