#!/usr/bin/env python3
"""The pages come from the program itself: types, compression, caching, what they may do, and the way there."""

import gzip
import pathlib
import re
import tempfile
import unittest

from wire._broker import WireCase

WEB = pathlib.Path(__file__).resolve().parents[2] / "web"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".mjs": "text/javascript; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml"}


class Pages(WireCase):
    def test_every_file_of_web_is_served(self):
        files = [path for path in sorted(WEB.rglob("*")) if path.suffix in TYPES and path.name != "package.json"]
        self.assertIn(WEB / "index.html", files)
        for path in files:
            name = path.relative_to(WEB).as_posix()
            plain = self.call("GET", f"/ui/{name}")
            if name.startswith("vendor/") or path.suffix not in (".js", ".css"):
                self.assertEqual(plain.body, path.read_bytes(), name)
            else:  # without what only people read
                self.assertGreater(len(plain.body), 0, name)
                self.assertFalse(plain.body.startswith((b"//", b"/*")), name)
            self.assertEqual(plain.headers["content-type"], TYPES[path.suffix], name)
            packed = self.call("GET", f"/ui/{name}", headers={"Accept-Encoding": "gzip, deflate, br"})
            if packed.headers.get("content-encoding") == "gzip":
                self.assertEqual(gzip.decompress(packed.body), plain.body)
                self.assertNotEqual(packed.headers["etag"], plain.headers["etag"])

    def test_the_client_is_the_one_that_everybody_uses(self):
        for path in sorted((WEB.parent / "clients" / "js").glob("*.js")):
            exports = set(re.findall(rb"export (?:async )?(?:class|function) (\w+)", path.read_bytes()))
            served = self.call("GET", f"/ui/client/{path.name}").body
            for name in exports:
                self.assertRegex(served, rb"\b" + name + rb"\b", path.name)

    def test_the_folder_itself_is_its_index(self):
        self.assertEqual(self.call("GET", "/ui/").body, (WEB / "index.html").read_bytes())
        self.assertEqual(self.call("GET", "/ui/?lesson=3&theme=dark").status, 200, "what a query means is for the page")

    def test_a_page_that_has_not_changed_is_not_sent_again(self):
        for coding in ({}, {"Accept-Encoding": "gzip"}):
            first = self.call("GET", "/ui/index.html", headers=coding)
            self.assertEqual(first.headers["cache-control"], "no-cache")
            self.assertEqual(first.headers["vary"], "Accept-Encoding")
            again = self.call("GET", "/ui/index.html", status=304,
                              headers={**coding, "If-None-Match": f'"other", {first.headers["etag"]}'})
            self.assertEqual(again.body, b"")
            self.assertEqual(again.headers["etag"], first.headers["etag"])
            self.assertNotIn("content-encoding", again.headers)
        plain = self.call("GET", "/ui/index.html").headers["etag"]
        self.call("GET", "/ui/index.html", headers={"Accept-Encoding": "gzip", "If-None-Match": plain})

    def test_a_page_may_only_use_what_comes_from_this_server(self):
        headers = self.call("GET", "/ui/").headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        self.assertEqual(policy["default-src"], "'self'")
        self.assertEqual(policy["connect-src"], "'self'")
        self.assertEqual(policy["frame-ancestors"], "'none'")
        self.assertNotIn("unsafe", headers["content-security-policy"])
        self.assertEqual(headers["x-content-type-options"], "nosniff")
        self.assertEqual(headers["referrer-policy"], "no-referrer")

    def test_head_says_what_get_would(self):
        get, head = self.call("GET", "/ui/"), self.call("HEAD", "/ui/")
        self.assertEqual(head.body, b"")
        for name in ("content-length", "content-type", "etag"):
            self.assertEqual(head.headers[name], get.headers[name])

    def test_a_browser_finds_the_pages_from_the_root(self):
        browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
        for path in ("/", "/ui", "/?x=1"):
            answer = self.call("GET", path, headers=browser, status=302)
            self.assertEqual(answer.headers["location"], "/ui/")
        self.assertIn(b"ListQueuesResponse", self.call("GET", "/?Action=ListQueues", headers=browser).body, "that is SQS")
        self.refused("GET", "/", status=404, code="not-found")
        self.refused("GET", "/", headers={"Accept": "*/*"}, status=404, code="not-found")

    def test_what_is_no_page_is_refused_in_words(self):
        self.refused("GET", "/ui/missing.js", status=404, code="not-found")
        self.refused("GET", "/ui/index.html/", status=404, code="not-found")
        self.refused("GET", "/ui/README.md", status=404, code="not-found")
        self.refused("GET", "/ui//", status=404, code="not-found")
        problem = self.call("POST", "/ui/", b"", status=405)
        self.assertEqual(problem.headers["allow"], "GET, HEAD")
        for path in ("/ui/../v1", "/ui/%2e%2e/v1", "/ui/a%2fb"):
            self.call("GET", path, status=400)

    def test_they_are_counted_as_pages(self):
        self.call("GET", "/ui/")
        text = self.call("GET", "/metrics").body.decode()
        self.assertRegex(text, r'twofold_http_requests_total\{api="ui",op="page",code="200"\} [1-9]')


class PagesThatOnlyShow(WireCase):
    settings = ("ui.read_only=true", "ui.frame_ancestors=https://intranet.example.org,http://localhost:3000")

    def test_they_are_told(self):
        self.assertEqual(self.ask("GET", "/v1")["ui"], {"read_only": True})

    def test_others_may_show_them_in_a_frame(self):
        policy = self.call("GET", "/ui/").headers["content-security-policy"]
        self.assertTrue(policy.endswith("frame-ancestors https://intranet.example.org http://localhost:3000"), policy)


class NoPages(WireCase):
    settings = ("ui.enabled=false",)

    def test_there_are_none_and_nobody_is_led_there(self):
        for path in ("/ui/", "/ui/app.js", "/"):
            self.refused("GET", path, headers={"Accept": "text/html"}, status=404, code="not-found")
        self.ask("GET", "/v1/topics")


class PagesOfAFolder(WireCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.settings = (f"ui.dir={folder.name}",)
        super().setUpClass()

    def test_what_lies_there_is_served_as_it_is_now(self):
        for text in (b"// first\n", b"// then\n"):
            (self.folder / "app.js").write_bytes(text)
            answer = self.call("GET", "/ui/app.js")
            self.assertEqual((answer.body, answer.headers["cache-control"]), (text, "no-store"))
            self.assertEqual(answer.headers["content-type"], TYPES[".js"])
        self.assertEqual(self.call("GET", "/ui/index.html").body, (WEB / "index.html").read_bytes(), "the others are the program's")

    def test_nothing_else_is(self):
        inside = self.folder / "inside"
        inside.mkdir()
        (self.folder.parent / "secret.js").write_bytes(b"secret")
        self.addCleanup((self.folder.parent / "secret.js").unlink)
        for path in ("/ui/..%2fsecret.js", "/ui/%2e%2e/secret.js"):
            self.call("GET", path, status=400)
        for path in ("/ui/inside", "/ui/.../secret.js"):
            self.refused("GET", path, status=404, code="not-found")


if __name__ == "__main__":
    unittest.main()
