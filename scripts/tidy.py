#!/usr/bin/env python3
"""The house rules as a test: reads every source and page, reports each breach with its reason.

    scripts/tidy.py [--root DIR]        exit 0 when the house is tidy, 1 with one line per breach
    scripts/tidy.py --update-ratchet    note today's oversized files and functions (they may only shrink)

A rule is a generator in RULES: it takes a Source and yields (line, message). A message says what
was found and why the house does not want it, so that nobody has to look the rule up.
tests/house/test_tidy.py plants a breach of each rule and expects it to be caught.
"""

import argparse
import ast
import json
import pathlib
import re
import subprocess
import sys
from typing import Callable, Iterator, NamedTuple

from tidy_pages import pages_as_a_whole, pages_keep_the_policy

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
README_LINES_MAX = 60
RATCHET = "scripts/tidy_ratchet.json"

# Which rooms a room may include: itself and what is below it, never what is above or beside.
ARROWS = {
    "schemas": {"schemas"},
    "engine": {"schemas", "engine"},
    "queue": {"schemas", "engine", "queue"},
    "log": {"schemas", "engine", "log"},
    "filter": {"schemas", "engine", "filter"},
    "http": {"schemas", "engine", "queue", "log", "filter", "http"},
    "kafka": {"schemas", "engine", "queue", "log", "kafka"},
    "src": {"schemas", "engine", "queue", "log", "filter", "http", "kafka", "src"},
}
ROOMS = set(ARROWS)

# Files that may talk to a file system, and why.
FILE_CALLS_ALLOWED = {
    "engine/base/": "implements the file system interface",
    "src/config/": "reads the configuration, before there is a broker",
    "src/storage/file_system_kind.cc": "asks what kind of file system there is, before there is a file",
    "src/cli/": "the client side: contexts, input files, diagnosis of a data directory",
}


class Source:
    """One file: its text, and for C++ the code with comments and literals blanked out."""

    def __init__(self, path: str, text: str):
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        self.suffix = pathlib.PurePosixPath(path).suffix
        self.room = path.split("/", 1)[0]
        self.is_cpp = self.suffix in (".cc", ".h")
        self.code = blank_literals(text) if self.is_cpp else text

    @property
    def in_a_room(self) -> bool:
        return self.is_cpp and self.room in ROOMS

    def line_of(self, position: int) -> int:
        return self.code.count("\n", 0, position) + 1


Breach = tuple[int, str]
Rule = Callable[[Source], Iterator[Breach]]

LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL)


def blank_literals(text: str) -> str:
    """Comments and string contents become spaces; positions and line numbers stay what they were."""

    def blank(match: re.Match) -> str:
        found = match.group(0)
        # An include keeps its path: the arrows are read from it.
        if found[0] == '"' and re.search(r"#\s*include\s*$", text[text.rfind("\n", 0, match.start()) + 1:match.start()]):
            return found
        return re.sub(r"[^\n]", " ", found)

    return LITERALS.sub(blank, text)


def matches(source: Source, pattern: re.Pattern, message: str) -> Iterator[Breach]:
    for match in pattern.finditer(source.code):
        yield source.line_of(match.start()), message.format(match.group(0).strip())


# --- rules about C++ -----------------------------------------------------------------------------

CLOCKS = re.compile(
    r"\b(?:system|steady|high_resolution|utc)_clock\s*::\s*now\b"
    r"|\b(?:clock_gettime|gettimeofday|timespec_get)\s*\("
    r"|(?<![\w.>])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)")
CHANCE = re.compile(
    r"\bstd::(?:random_device|mt19937(?:_64)?|default_random_engine|minstd_rand0?)\b"
    r"|(?<![\w.>])(?:std::|::)?s?rand\s*\(|\b(?:drand48|getrandom|arc4random\w*|randombytes\w*|RAND_bytes)\s*\(")
SLEEPS = re.compile(r"\bsleep_(?:for|until)\s*\(|(?<![\w.>])(?:::)?(?:u|nano|clock_nano)?sleep\s*\(")


def no_hidden_clock(source: Source) -> Iterator[Breach]:
    if source.in_a_room and not source.path.startswith("engine/base/"):
        yield from matches(source, CLOCKS, "{} outside engine/base: time is an argument or comes from Clock, "
                           "or the simulator cannot own it")


def no_hidden_chance(source: Source) -> Iterator[Breach]:
    if source.in_a_room and not source.path.startswith("engine/base/"):
        yield from matches(source, CHANCE, "{} outside engine/base: chance comes from Random, "
                           "or a seed cannot replay a run")


def no_sleep(source: Source) -> Iterator[Breach]:
    if source.is_cpp and not source.path.startswith("engine/base/"):
        yield from matches(source, SLEEPS, "{} blocks a thread and guesses a time: wait for the event, "
                           "or move the clock in a test")


FILE_CALLS = re.compile(
    r"\bstd::(?:basic_)?[io]?fstream\b|\bstd::fopen\b"
    r"|(?:std::filesystem|\bfs)::(?:remove|remove_all|rename|create_director\w+|directory_iterator"
    r"|recursive_directory_iterator|resize_file|copy|copy_file|exists|file_size|space)\b"
    r"|(?<![\w:>.])::(?:open|openat|creat|read|write|pread|pwrite|readv|writev|preadv2?|pwritev2?"
    r"|unlink|unlinkat|rename|renameat2?|mkdir|rmdir|opendir|fsync|fdatasync|sync_file_range"
    r"|ftruncate|fallocate|posix_fallocate|mmap|stat|fstat|statvfs|flock)\s*\("
    r"|(?<![\w:>.])(?:fopen|fsync|fdatasync|pwritev?2?|preadv?2?|ftruncate|posix_fallocate|mmap)\s*\(")


def no_hidden_file(source: Source) -> Iterator[Breach]:
    if source.in_a_room and not source.path.startswith(tuple(FILE_CALLS_ALLOWED)):
        yield from matches(source, FILE_CALLS, "{} outside the file system of engine/base: a fault "
                           "that the simulator cannot inject is a fault nobody has tested")


DETACHED = re.compile(r"\basio::detached\b|\busing\s+[\w:]*asio::detached\b")


def detached_in_one_file(source: Source) -> Iterator[Breach]:
    if source.is_cpp and not source.path.endswith("/task_group.cc"):
        yield from matches(source, DETACHED, "{} outside task_group.cc: a coroutine that nobody awaits "
                           "outlives what it refers to; spawn it in a TaskGroup")


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<path>"[^"\n]+"|<[^>\n]+>)', re.MULTILINE)


def includes_follow_the_arrows(source: Source) -> Iterator[Breach]:
    room = room_under_test(source)
    if room is None:
        return
    for match in INCLUDE.finditer(source.code):
        line, path = source.line_of(match.start("path")), match.group("path")
        target = path[1:-1].split("/", 1)[0]
        if path[0] == '"' and target in ROOMS and target not in ARROWS[room]:
            yield line, (f"{room} includes {path}: a room may use what is below it, never what is above or "
                         "beside it; what both need moves down")
        if path[0] == '"' and "/" not in path and not (room == "src" and path == '"version.h"'):
            yield line, f"{path} names no room: includes are written from the root of the repository"
        yield from ((line, why) for why in library_out_of_place(source, room, path))


def links_follow_the_arrows(source: Source) -> Iterator[Breach]:
    if source.room not in ROOMS or not source.path.endswith("/CMakeLists.txt"):
        return
    for match in re.finditer(r"\btwofold(?:::|_)(\w+)", source.text):
        if match.group(1) in ROOMS - ARROWS[source.room]:
            yield source.line_of(match.start()), (
                f"{source.room} links {match.group(0)}: the link graph has the arrows of the includes and no others")


def room_under_test(source: Source) -> str | None:
    """The room whose arrows bind this file: its own, or for a unit test that of its subject."""
    if not source.is_cpp:
        return None
    if source.path.startswith("tests/unit/"):
        room = source.path.split("/")[2]
        return room if room in ROOMS else None
    return source.room if source.room in ROOMS else None


def library_out_of_place(source: Source, room: str, path: str) -> Iterator[str]:
    if not source.in_a_room:
        return
    fields_of_values = room == "filter" and source.suffix == ".cc" and path.startswith("<boost/json")
    if re.match(r"<boost/(?:beast|json)\b", path) and room not in ("http", "src") and not fields_of_values:
        yield f"{room} includes {path}: HTTP and JSON stay in http/ (and the client in src/, and inside filter/)"
    if re.match(r"<boost/asio\b", path):
        if room in ("schemas", "queue", "log", "filter"):
            yield f"{room} includes {path}: decisions are plain functions and see no I/O"
        elif room == "engine" and source.suffix == ".h" and not source.path.startswith("engine/base/"):
            yield f"{path} in a header of engine: Asio reaches others through engine/base only (compile time)"


def co_await_builds_nothing(source: Source) -> Iterator[Breach]:
    """g++ 12 destroys an aggregate or a capturing lambda born inside a co_await expression twice."""
    if not source.is_cpp:
        return
    for match in re.finditer(r"\bco_await\b", source.code):
        found = built_inside(source.code, match.end())
        if found:
            yield source.line_of(match.start()), (
                f"co_await with '{found}' inside its expression: g++ 12 destroys an aggregate or lambda "
                "made there twice; name it first, then move it in")


def co_await_stands_alone(source: Source) -> Iterator[Breach]:
    """Seen with g++ 12.2: a frame that is one size where it is made and another where it is used."""
    if not source.is_cpp:
        return
    for match in re.finditer(r"\bco_await\b(?!\s*(?:\w+\s*::\s*)*this_coro\b)", source.code):
        before = source.code[:match.start()].rstrip()
        if before and not before.endswith((";", "{", "}", "=", ")", "co_return")) or before.endswith(("==", "!=", "<=", ">=")):
            yield source.line_of(match.start()), (
                "co_await inside a condition or a call: g++ 12 miscompiles awaits behind &&, ||, ?: and in "
                "conditions with temporaries; write `const auto found = co_await f();` first")


def built_inside(code: str, position: int) -> str | None:
    depth = 0
    before = ""
    while position < len(code):
        char = code[position]
        if char == "{":
            return "{"
        if char == "[" and not (before.isalnum() or before in "_])"):
            return "["
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
            if depth < 0:
                return None
        elif char == ";" or (char == "," and depth == 0):
            return None
        if not char.isspace():
            before = char
        position += 1
    return None


def headers_keep_manners(source: Source) -> Iterator[Breach]:
    if source.suffix != ".h" or source.path.startswith("tests/"):
        return
    if not re.search(r"^#pragma once$", source.code, re.MULTILINE):
        yield 1, "no #pragma once: a header included twice must not be read twice"
    yield from matches(source, re.compile(r"^\s*using namespace\b", re.MULTILINE),
                       "{} in a header changes the meaning of every file that includes it")


def tests_do_not_skip(source: Source) -> Iterator[Breach]:
    if source.is_cpp and source.path.startswith("tests/"):
        yield from matches(source, re.compile(r"\bGTEST_SKIP\s*\(|\bDISABLED_\w+"),
                           "{}: a test that does not run protects nobody")


# --- rules about size ----------------------------------------------------------------------------


def oversized(source: Source) -> Iterator[tuple[str, int, int, int]]:
    """(name for the ratchet, line, size, limit) of everything that does not fit on its page."""
    if source.suffix not in (".cc", ".h", ".py", ".sh", ".js", ".mjs", ".css") or "/vendor/" in source.path:
        return
    lines = len(source.lines) - (1 if source.lines[-1] == "" else 0)
    if lines > FILE_LINES_MAX:
        yield source.path, 1, lines, FILE_LINES_MAX
    functions = cpp_functions(source) if source.is_cpp else python_functions(source)
    for name, line, size in functions:
        if size > FUNCTION_LINES_MAX:
            yield f"{source.path}:{name}", line, size, FUNCTION_LINES_MAX


def python_functions(source: Source) -> Iterator[tuple[str, int, int]]:
    if source.suffix != ".py":
        return
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.MULTILINE)


def cpp_functions(source: Source) -> Iterator[tuple[str, int, int]]:
    """Function bodies found by their braces: a block whose head has parentheses, not inside another."""
    code = DIRECTIVE.sub(lambda found: re.sub(r"[^\n]", " ", found.group(0)), source.code)
    head_start, parens = 0, 0
    blocks: list[tuple[str, str, int, int]] = []  # kind, name, line of the head, where the body begins
    inside_function = 0
    for position, char in enumerate(code):
        if char in "()":
            parens += 1 if char == "(" else -1
        elif char == "{":
            head = code[head_start:position]
            kind, name = block_kind(head) if not inside_function and parens == 0 else ("inner", "")
            first = head_start + len(head) - len(head.lstrip())
            blocks.append((kind, name, source.line_of(first), position))
            inside_function += kind == "function"
            head_start = position + 1
        elif char == "}" and blocks:
            kind, name, line, begin = blocks.pop()
            inside_function -= kind == "function"
            if kind == "function":
                yield name, line, source.line_of(position) - line + 1 - table_lines(code[begin + 1:position])
            head_start = position + 1
        elif char == ";" and parens == 0:
            head_start = position + 1


def table_lines(body: str) -> int:
    """The rows of a `return {...};` at the end are data with a name, however many there are."""
    table = re.search(r"\breturn\s*\{[^;]*\};\s*$", body)
    return table.group(0).count("\n") if table else 0


def block_kind(head: str) -> tuple[str, str]:
    if re.search(r"\bnamespace\b|\bextern\s*$", head):
        return "namespace", ""
    bare, before = head, None
    while bare != before:  # template arguments may hold parentheses and the word class
        bare, before = re.sub(r"<[^<>]*>", "", bare), bare
    call = re.search(r"([\w:~]+|operator\S+)\s*\(", bare)
    if re.search(r"\b(?:class|struct|union|enum)\b", bare) and not re.search(r"\w\s*\(", bare):
        return "type", ""
    if re.search(r"=\s*(?:[\w:<>, ]+\()?$", head.strip()) or not call:
        return "data", ""
    return "function", call.group(1)


def size_rule(ratchet: dict[str, int]) -> Rule:
    def nothing_grows_past_its_page(source: Source) -> Iterator[Breach]:
        for name, line, size, limit in oversized(source):
            allowed = max(limit, ratchet.get(name, 0))
            if size > allowed:
                yield line, (f"{name} has {size} lines, {allowed} are allowed: the hardest code hides in "
                             "long files and functions; split by idea")

    return nothing_grows_past_its_page


# --- rules about text ----------------------------------------------------------------------------

UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b(?!\(#\d+\))")
# The repository speaks of the product alone. Written with classes, so that this line passes itself.
WORKPLACE = re.compile(
    r"[.][.]/shared\b|/work[/](?:main|shared|brief|build)\b|\bissue[ ]#?\d+|\bthis[ ]session\b|\bhelper[ ]session\b"
    r"|\blanguage[ ]model\b", re.IGNORECASE)


def nothing_unfinished(source: Source) -> Iterator[Breach]:
    if "/vendor/" in source.path:
        return  # what others wrote, byte for byte
    for number, line in enumerate(source.lines, 1):
        found = UNFINISHED.search(line)
        if found:
            yield number, f"{found.group(0)} without an issue number is a wish nobody will grant: do it or file it"


def no_workplace_words(source: Source) -> Iterator[Breach]:
    for number, line in enumerate(source.lines, 1):
        found = WORKPLACE.search(line)
        if found:
            yield number, f"\"{found.group(0)}\" is about how this was made: the repository speaks of the product alone"


def one_title_a_page(source: Source) -> Iterator[Breach]:
    if source.suffix != ".md":
        return
    titles, fenced = [], False
    for number, line in enumerate(source.lines, 1):
        if re.match(r"\s*(?:```|~~~)", line):
            fenced = not fenced
        elif not fenced and re.match(r"# \S", line):
            titles.append(number)
    if len(titles) != 1:
        yield (titles[1] if titles else 1), f"{len(titles)} titles (\"# ...\"): a page is about one thing and says so once"


def folder_page_fits_a_screen(source: Source) -> Iterator[Breach]:
    if source.room in ROOMS and source.path == f"{source.room}/README.md" and len(source.lines) > README_LINES_MAX:
        yield README_LINES_MAX, f"{len(source.lines)} lines: a folder introduces itself on one screen"


RULES: list[Rule] = [
    no_hidden_clock, no_hidden_chance, no_sleep, no_hidden_file, detached_in_one_file, includes_follow_the_arrows,
    links_follow_the_arrows, co_await_builds_nothing, co_await_stands_alone, headers_keep_manners, tests_do_not_skip,
    nothing_unfinished, no_workplace_words, one_title_a_page, folder_page_fits_a_screen, pages_keep_the_policy,
]

# --- the run -------------------------------------------------------------------------------------

TEXT_SUFFIXES = {".cc", ".h", ".proto", ".py", ".sh", ".md", ".js", ".mjs", ".html", ".css", ".cmake", ".txt", ".json",
                 ".toml", ".yaml", ".yml"}


class Finding(NamedTuple):
    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message} [{self.rule}]"


def files_of(root: pathlib.Path) -> list[str]:
    """What git tracks or would track; outside a checkout everything but build folders."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        paths = sorted(set(listed.stdout.splitlines()))
    else:
        paths = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
    return [p for p in paths
            if pathlib.PurePosixPath(p).suffix in TEXT_SUFFIXES and not re.match(r"build/|\.git/|twofold-data/", p)]


def sources_of(root: pathlib.Path) -> Iterator[Source]:
    for path in files_of(root):
        try:
            yield Source(path, (root / path).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue  # deleted, and the deletion not committed yet


def read_ratchet(root: pathlib.Path) -> dict[str, int]:
    path = root / RATCHET
    return json.loads(path.read_text()) if path.exists() else {}


def check(root: pathlib.Path) -> list[Finding]:
    rules = RULES + [size_rule(read_ratchet(root))]
    findings = [Finding(source.path, line, rule.__name__, message)
                for source in sources_of(root) for rule in rules for line, message in rule(source)]
    present = {path.split("/", 1)[0] for path in files_of(root) if path.count("/")}
    findings += [Finding(f"{room}/README.md", 1, "every_room_has_a_page", "is missing: a folder introduces itself")
                 for room in sorted((ROOMS | {"web"}) & present) if not (root / room / "README.md").exists()]
    findings += [Finding(source.path, line, "links_lead_somewhere", f"{target} does not exist")
                 for source in sources_of(root) if source.suffix == ".md" for line, target in dead_links(root, source)]
    findings += [Finding(path, 1, rule, message) for path, rule, message in pages_as_a_whole(root)]
    return sorted(findings)


def dead_links(root: pathlib.Path, source: Source) -> Iterator[Breach]:
    for number, line in enumerate(source.lines, 1):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
            if "://" not in target and not (root / source.path).parent.joinpath(target).exists():
                yield number, target


def update_ratchet(root: pathlib.Path) -> None:
    sizes = {name: size for source in sources_of(root) for name, _, size, _ in oversized(source)}
    (root / RATCHET).write_text(json.dumps(sizes, indent=2, sort_keys=True) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--update-ratchet", action="store_true")
    options = parser.parse_args()
    if options.update_ratchet:
        update_ratchet(options.root)
        return 0
    findings = check(options.root)
    for finding in findings:
        print(finding)
    print(f"house rules: {len(findings)} breaches" if findings else "house rules: tidy")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
