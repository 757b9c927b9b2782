"""The documentation runner runs what a reader would type, and notices when it does not work."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import run_docs  # noqa: E402

# Just enough of a broker: answers every GET with the path that was asked for.
FAKE = """#!/usr/bin/env python3
import http.server, sys
if sys.argv[1] != "serve":
    print("fake", *sys.argv[1:]); sys.exit(0)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(self.path.encode())
    def log_message(self, *_): pass
host, port = sys.argv[sys.argv.index("--http") + 1].split(":")
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""


class Pages(unittest.TestCase):
    def blocks(self, text: str) -> list[str]:
        return [block.text for block in run_docs.read_page("docs/a.md", text).blocks]

    def test_shell_blocks_are_found_and_others_are_not(self):
        text = "# t\n```sh\na\n```\n```json\n{\n```\n```bash\nb\n```\n  ```sh\n  indented\n  ```\n"
        self.assertEqual(self.blocks(text), ["a", "b", "indented"])

    def test_a_session_gives_its_typed_lines_only(self):
        text = "```console\n$ one \\\n  more\nits answer\n$ two\n> goes on\nanswer\n```\n"
        self.assertEqual(self.blocks(text), ["one \\\n  more\ntwo\ngoes on"])

    def test_a_block_marked_no_run_needs_a_reason(self):
        page = run_docs.read_page("docs/a.md", "```sh no-run\nrm -rf /\n```\n")
        self.assertEqual((page.blocks, len(page.problems)), ([], 1))
        with mock.patch.dict(run_docs.NO_RUN, {"docs/b.md": "needs another machine"}):
            excused = run_docs.read_page("docs/b.md", "```sh no-run\nssh other\n```\n")
        self.assertEqual((excused.blocks, excused.problems), ([], []))

    def test_a_block_for_a_docker_engine_is_run_there_and_only_there(self):
        text = "```sh\necho here\n```\n```sh compose\ndocker ps\n```\n"
        here = run_docs.read_page(run_docs.COMPOSE[0], text)
        there = run_docs.read_page(run_docs.COMPOSE[0], text, elsewhere=True)
        self.assertEqual([[block.text for block in page.blocks] for page in (here, there)], [["echo here"], ["docker ps"]])
        self.assertEqual(len(run_docs.read_page("docs/a.md", text).problems), 1)

    def test_scripts_and_presets_are_looked_up(self):
        def problems(text: str) -> list[str]:
            return list(run_docs.look_up(ROOT, run_docs.Block("docs/a.md", 1, text)))

        self.assertEqual(problems("./scripts/run.sh\n./scripts/test.sh asan\ncmake --preset asan\nctest --preset release"), [])
        self.assertEqual(len(problems("./scripts/no_such.sh")), 1)
        self.assertEqual(len(problems("cmake --build --preset no_such")), 1)


class Runs(unittest.TestCase):
    def run_docs(self, page: str) -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "docs").mkdir()
            (root / "docs/page.md").write_text(page)
            fake = root / "fake"
            fake.write_text(FAKE)
            fake.chmod(0o755)
            return subprocess.run([sys.executable, ROOT / "scripts/run_docs.py", "--root", root],
                                  env=os.environ | {"TWOFOLD_BIN": str(fake)}, capture_output=True, text=True,
                                  timeout=60, check=False)

    def test_blocks_share_one_shell_and_reach_the_pages_own_broker(self):
        run = self.run_docs("# t\n```sh\nname=orders\n```\n```sh\n"
                            'test "$(curl -s http://localhost:8080/v1/$name)" = /v1/orders\n```\n')
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_a_command_that_fails_names_its_page_and_line(self):
        run = self.run_docs("# t\n```sh\ntrue\n```\n\n```sh\necho told you >&2\nfalse\n```\n")
        self.assertEqual(run.returncode, 1)
        self.assertIn("docs/page.md:6: this block failed (exit 1)\ntold you", run.stdout)

    def test_bench_is_shrunk_and_other_verbs_go_through(self):
        run = self.run_docs('# t\n```sh\ntest "$(twofold bench send --msgs 900000 --size 128B)" = '
                            '"fake bench send --size 128B --msgs 200 --warmup 0s"\n'
                            'test "$(twofold topic list)" = "fake topic list"\n```\n')
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
