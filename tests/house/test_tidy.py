"""Each house rule catches a planted breach, and leaves alone what looks like one but is not."""

import hashlib
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import tidy  # noqa: E402

UNFINISHED = "TO" + "DO"
HEADER = "#pragma once\n"


def breaches(path: str, text: str, ratchet: dict[str, int] | None = None) -> list[str]:
    source = tidy.Source(path, text)
    rules = tidy.RULES + [tidy.size_rule(ratchet or {})]
    return [rule.__name__ for rule in rules for _ in rule(source)]


class Planted(unittest.TestCase):
    """path, text, and the one rule that must speak."""

    def expect(self, rule: str, path: str, text: str):
        self.assertEqual(breaches(path, text), [rule], f"{path}: {text}")

    def expect_tidy(self, path: str, text: str):
        self.assertEqual(breaches(path, text), [], f"{path}: {text}")

    def test_a_clock_outside_engine_base(self):
        for call in ("std::chrono::steady_clock::now()", "std::chrono::system_clock::now()", "time(nullptr)",
                     "::clock_gettime(CLOCK_REALTIME, &t)", "gettimeofday(&tv, nullptr)"):
            self.expect("no_hidden_clock", "queue/delivery.cc", f"auto now = {call};\n")
            self.expect_tidy("engine/base/clock.cc", f"auto now = {call};\n")
        self.expect_tidy("queue/delivery.cc", "auto t = record.time(0); auto u = clock.now();\n")

    def test_chance_outside_engine_base(self):
        for call in ("rand()", "std::rand()", "std::random_device d", "std::mt19937_64 g", "randombytes_buf(p, 8)"):
            self.expect("no_hidden_chance", "log/topics.cc", f"{call};\n")
            self.expect_tidy("engine/base/random.cc", f"{call};\n")
        self.expect_tidy("log/topics.cc", "auto r = random.next(); auto operand(int);\n")

    def test_a_sleep_anywhere_but_engine_base(self):
        for path in ("http/session.cc", "tests/unit/queue/queue_test.cc", "src/main.cc"):
            self.expect("no_sleep", path, "std::this_thread::sleep_for(1s);\n")
            self.expect("no_sleep", path, "usleep(10);\n")

    def test_a_file_call_outside_the_file_system(self):
        for call in ("std::ifstream in(path)", "::open(path, O_RDONLY)", "::fsync(fd)", "fdatasync(fd)",
                     "std::filesystem::remove(path)", "FILE* f = std::fopen(path, mode)"):
            self.expect("no_hidden_file", "engine/journal.cc", f"{call};\n")
            self.expect_tidy("engine/base/posix_file_system.cc", f"{call};\n")
        self.expect_tidy("http/listener.cc", "acceptor.open(endpoint.protocol()); files_.rename(a, b);\n")

    def test_a_detached_coroutine(self):
        self.expect("detached_in_one_file", "http/server.cc", "asio::co_spawn(io, serve(), asio::detached);\n")
        self.expect_tidy("engine/base/task_group.cc", "asio::co_spawn(io, serve(), asio::detached);\n")

    def test_an_include_against_the_arrows(self):
        for path, include in (("queue/queues.cc", '"log/topics.h"'), ("log/topics.cc", '"queue/queues.h"'),
                              ("engine/core.cc", '"queue/queues.h"'), ("queue/queues.cc", '"http/server.h"'),
                              ("http/server.cc", '"src/broker.h"'), ("queue/queues.cc", '"filter/filter.h"'), ("tests/unit/engine/core_test.cc", '"log/topics.h"')):
            self.expect("includes_follow_the_arrows", path, f"#include {include}\n")
        for path, include in (("queue/queues.cc", '"engine/core.h"'), ("src/main.cc", '"http/server.h"'),
                              ("src/main.cc", '"version.h"'), ("tests/sim/world.cc", '"log/topics.h"')):
            self.expect_tidy(path, f"#include {include}\n")

    def test_an_include_that_names_no_room(self):
        self.expect("includes_follow_the_arrows", "engine/core.cc", '#include "core.h"\n')

    def test_a_library_in_the_wrong_room(self):
        self.expect("includes_follow_the_arrows", "queue/queues.cc", "#include <boost/json.hpp>\n")
        self.expect("includes_follow_the_arrows", "log/topics.cc", "#include <boost/asio/post.hpp>\n")
        self.expect("includes_follow_the_arrows", "engine/core.h", HEADER + "#include <boost/asio/post.hpp>\n")
        self.expect_tidy("engine/base/task.h", HEADER + "#include <boost/asio/awaitable.hpp>\n")
        self.expect_tidy("http/server.cc", "#include <boost/beast/http.hpp>\n")
        self.expect("includes_follow_the_arrows", "filter/filter.h", HEADER + "#include <boost/json.hpp>\n")
        self.expect("includes_follow_the_arrows", "filter/filter.cc", "#include <boost/beast/http.hpp>\n")
        self.expect_tidy("filter/filter.cc", "#include <boost/json.hpp>\n")

    def test_a_link_against_the_arrows(self):
        self.expect("links_follow_the_arrows", "queue/CMakeLists.txt", "twofold_room(queue LINKS twofold::log)\n")
        self.expect_tidy("queue/CMakeLists.txt", "twofold_room(queue LINKS twofold::engine)\n")
        self.expect_tidy("http/CMakeLists.txt", "twofold_room(http LINKS twofold::queue twofold::log)\n")

    def test_an_aggregate_or_lambda_born_inside_co_await(self):
        for expression in ("co_await broker.submit(Publish{.topic = topic});",
                           "co_await asio::co_spawn(pool, [batch]() -> Task<> { co_return; }, token);",
                           "const auto x = co_await f(1,\n    Options{});", "co_await Sleep{5};"):
            self.expect("co_await_builds_nothing", "http/rest.cc", expression + "\n")
        for expression in ("const auto done = co_await broker.submit(std::move(publish));",
                           "if (ready) co_await next();", "const auto n = co_await read(buffer[0], sizes[i + 1]);",
                           'co_await write("{}");', "co_return co_await f();  // {braces} in a comment"):
            self.expect_tidy("http/rest.cc", "Task<> f() { " + expression + "\n}\n")

    def test_a_co_await_that_does_not_stand_alone(self):
        for expression in ("if (!co_await next()) co_return;", "while (co_await next());", "const bool a = b && co_await f();",
                           "const int a = b ? co_await f() : 0;", "text.append(co_await f());", "if (a == co_await f()) return;"):
            self.expect("co_await_stands_alone", "http/rest.cc", expression + "\n")
        for expression in ("timer t(co_await asio::this_coro::executor);", "co_return co_await f();", "(void)co_await f();",
                           "const auto [error, bytes] = co_await socket.async_read_some(buffer, kAwait);"):
            self.expect_tidy("http/rest.cc", "Task<> f() { " + expression + "\n}\n")

    def test_a_header_without_manners(self):
        self.expect("headers_keep_manners", "engine/core.h", "class Core;\n")
        self.expect("headers_keep_manners", "engine/core.h", HEADER + "using namespace std;\n")

    def test_a_test_that_skips(self):
        self.expect("tests_do_not_skip", "tests/unit/log/t_test.cc", 'GTEST_SKIP() << "slow";\n')
        self.expect("tests_do_not_skip", "tests/unit/log/t_test.cc", "TEST(A, DISABLED_B);\n")

    def test_something_left_for_later(self):
        for path in ("engine/core.cc", "docs/api.md", "scripts/run.sh"):
            text = "# title\n" if path.endswith(".md") else ""
            self.expect("nothing_unfinished", path, f"{text}// {UNFINISHED}: later\n")
        self.expect_tidy("engine/core.cc", f"// {UNFINISHED}(#12): a filed wish\n")

    def test_words_of_the_workplace(self):
        for words in ("../" + "shared/spec", "/work/" + "main/x", "see issue" + " 12", "this " + "session"):
            self.expect("no_workplace_words", "docs/api.md", f"# title\n{words}\n")
        self.expect_tidy("docs/api.md", "# title\nan HTTP session; work in progress; shared state\n")

    def test_a_page_without_exactly_one_title(self):
        self.expect("one_title_a_page", "docs/a.md", "## only a section\n")
        self.expect("one_title_a_page", "docs/a.md", "# one\n# two\n")
        self.expect_tidy("docs/a.md", "# one\n```sh\n# a comment in a shell block\n```\n")

    def test_a_folder_page_longer_than_a_screen(self):
        self.expect("folder_page_fits_a_screen", "engine/README.md", "# engine\n" + "line\n" * 80)

    def test_a_page_that_the_policy_would_refuse(self):
        for path, text in (("web/index.html", "<script>start()</script>\n"), ("web/index.html", '<p style="color: red">\n'),
                           ("web/index.html", '<button onclick="go()">\n'), ("web/a.js", "html`<style>p {}</style>`\n"),
                           ("web/a.js", "import { h } from 'https://esm.sh/preact'\n"), ("web/a.js", "fetch('//cdn.net/x')\n"),
                           ("web/index.html", '<link rel="stylesheet" href="https://fonts.net/a.css">\n'),
                           ("web/a.css", "@font-face { src: url(https://fonts.net/a.woff2) }\n")):
            self.expect("pages_keep_the_policy", path, text)
        for path, text in (("web/index.html", '<script type="module" src="app.js"></script>\n<a href="https://example.org">\n'),
                           ("web/a.js", "html`<p style=${size} onClick=${go}>`; import './b.js'; fetch('/v1/topics')\n"),
                           ("web/vendor/a.js", "import 'https://esm.sh/x' // " + UNFINISHED + "\n"),
                           ("web/a.css", "p { background: url(a.svg) }\n")):
            self.expect_tidy(path, text)


class Sizes(unittest.TestCase):
    def function_of(self, lines: int) -> str:
        return "namespace a {\nint f(int x) {\n" + "  x += 1;\n" * (lines - 2) + "}\n}  // namespace a\n"

    def test_a_function_of_seventy_lines_passes_and_one_of_seventy_one_does_not(self):
        self.assertEqual(breaches("engine/a.cc", self.function_of(70)), [])
        self.assertEqual(breaches("engine/a.cc", self.function_of(71)), ["nothing_grows_past_its_page"])

    def test_a_file_of_five_hundred_lines_passes_and_one_more_does_not(self):
        self.assertEqual(breaches("engine/a.cc", "int a;\n" * 500), [])
        self.assertEqual(breaches("engine/a.cc", "int a;\n" * 501), ["nothing_grows_past_its_page"])

    def test_the_ratchet_lets_an_old_one_shrink_but_not_grow(self):
        ratchet = {"engine/a.cc:f": 80}
        self.assertEqual(breaches("engine/a.cc", self.function_of(80), ratchet), [])
        self.assertEqual(breaches("engine/a.cc", self.function_of(81), ratchet), ["nothing_grows_past_its_page"])

    def test_members_tests_and_python_functions_are_measured(self):
        body = "  a();\n" * 80
        for path, text in (("engine/a.cc", "class A {\n  void f() const noexcept {\n" + body + "  }\n};\n"),
                           ("tests/unit/engine/a_test.cc", "TEST(A, B) {\n" + body + "}\n"),
                           ("engine/a.cc", "A::A(int x) : x_(x) {\n" + body + "}\n"),
                           ("scripts/a.py", "def f():\n" + "    a()\n" * 80)):
            self.assertEqual(breaches(path, text), ["nothing_grows_past_its_page"], text[:40])

    def test_types_and_tables_are_not_functions(self):
        rows = "  {1, 2},\n" * 90
        for text in ("constexpr Row kRows[] = {\n" + rows + "};\n", "struct A {\n" + "  int a;\n" * 90 + "};\n",
                     "constexpr auto kRows = std::to_array<Row>({\n" + rows + "});\n",
                     "std::vector<Row> rows() {\n  return {\n" + rows + "  };\n}\n",
                     "template <class R>\nclass F<R(int)> {\n" + "  int a;\n" * 90 + "};\n"):
            self.assertEqual(breaches("engine/a.cc", text), [], text[:40])


class WholeTree(unittest.TestCase):
    def test_the_program_reports_place_and_reason_and_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "queue").mkdir()
            (root / "queue/README.md").write_text("# queue\n")
            (root / "queue/a.cc").write_text('\n#include "log/topics.h"\n')
            run = subprocess.run([sys.executable, ROOT / "scripts/tidy.py", "--root", root],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn('queue/a.cc:2: queue includes "log/topics.h": a room may use what is below it', run.stdout)

    def test_a_room_without_a_page_is_reported(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "log").mkdir()
            (root / "log/a.cc").write_text("int a;\n")
            self.assertEqual([f.rule for f in tidy.check(root)], ["every_room_has_a_page"])

    def test_pages_from_nowhere_are_reported(self):
        with tempfile.TemporaryDirectory() as folder:
            vendor = pathlib.Path(folder) / "web/vendor"
            vendor.mkdir(parents=True)
            (vendor.parent / "README.md").write_text("# web\n")
            (vendor / "a.js").write_text("a()\n")
            self.assertEqual([f.rule for f in tidy.check(pathlib.Path(folder))], ["vendored_files_are_listed"])
            digest = hashlib.sha256(b"a()\n").hexdigest()
            (vendor / "VENDORED.md").write_text(f"# Vendored\n- a.js 1.0, MIT, {digest}\n")
            self.assertEqual(tidy.check(pathlib.Path(folder)), [])

    def test_a_link_that_leads_nowhere_is_reported(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "docs").mkdir()
            (root / "docs/a.md").write_text("# a\n[b](b.md) [itself](a.md#part) [far](https://example.org/x) [up](../docs)\n")
            self.assertEqual([str(f) for f in tidy.check(root)], ["docs/a.md:2: b.md does not exist [links_lead_somewhere]"])


if __name__ == "__main__":
    unittest.main()
