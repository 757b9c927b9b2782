"""The house rules about web/, for tidy.py: what browsers are shown comes from this server."""

import hashlib
import pathlib
import re
from typing import Iterator

INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|<[a-z][^>$]*\s(?:style|on[a-z]+)=\"", re.IGNORECASE)
ELSEWHERE = re.compile(
    r"(?:\bsrc=|\bfrom\s*|\bimport\s*\(?\s*|\bfetch\(\s*|\bnew\s+(?:WebSocket|EventSource|Worker)\(\s*|\burl\(\s*|<link[^>]*\bhref=)"
    r"[\"'`]?(?:https?:|wss?:)?//[\w.]", re.IGNORECASE)


def pages_keep_the_policy(source) -> Iterator[tuple[int, str]]:
    """What Content-Security-Policy would refuse in the browser is said here first."""
    if source.room != "web" or "/vendor/" in source.path or source.suffix not in (".html", ".js", ".mjs", ".css"):
        return
    for number, line in enumerate(source.lines, 1):
        if source.suffix != ".css" and (found := INLINE.search(line)):
            yield number, f"{found.group(0)} is inline: the pages' policy takes scripts and styles from files only"
        if found := ELSEWHERE.search(line):
            yield number, f"{found.group(0)} asks another server: the pages work offline and nobody hears of it"


def pages_as_a_whole(root: pathlib.Path) -> Iterator[tuple[str, str, str]]:
    """What in web/ others wrote. How light it is as it is sent: tests/unit/http/pages_test.cc."""
    web = root / "web"
    files = [path for path in sorted(web.rglob("*")) if path.is_file() and path.suffix != ".md"]
    listed = web / "vendor" / "VENDORED.md"
    text = listed.read_text() if listed.exists() else ""
    for path in files:
        name = path.relative_to(web).as_posix()
        if name.startswith("vendor/") and hashlib.sha256(path.read_bytes()).hexdigest() not in text:
            yield f"web/{name}", "vendored_files_are_listed", (
                "its SHA-256 is not in web/vendor/VENDORED.md: what others wrote is kept byte for byte, with its "
                "version and licence")
