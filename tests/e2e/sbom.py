"""The bill of materials misses nothing that CMake links, the loader loads, or the pages contain."""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import unittest

from _cli_broker import PROGRAM

SOURCE = pathlib.Path(os.environ.get("TWOFOLD_SOURCE_DIR", ".")).absolute()
BUILD = pathlib.Path(PROGRAM).absolute().parent


def ran(*words) -> str:
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=True, cwd=BUILD).stdout


def source_of(path: str) -> str:
    """The Debian source package that a file is from."""
    for name in (path, os.path.realpath(path), os.path.realpath(path).removeprefix("/usr")):
        found = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True, timeout=60, check=False)
        if found.returncode == 0:
            package = found.stdout.splitlines()[0].rpartition(": ")[0].split(", ")[0]
            return ran("dpkg-query", "-W", "-f", "${source:Package}", package)
    raise AssertionError(f"{path} is of no package")


class BillOfMaterials(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.text = ran(SOURCE / "scripts/sbom.py", BUILD)
        cls.bill = json.loads(cls.text)
        cls.packages = {one["SPDXID"]: one for one in cls.bill["packages"]}

    def linked(self, kind: str) -> set[str]:
        """Source packages of what is used in that way."""
        return {self.packages[one["relatedSpdxElement"]]["sourceInfo"].split()[0]
                for one in self.bill["relationships"] if one["relationshipType"] == kind}

    def test_every_library_that_cmake_links_is_in_it(self) -> None:
        inputs = ran("ninja", "-t", "query", "twofold")
        libraries = re.findall(r"(?m)^\s+\|? ?(/\S+\.(?:so|a)[\d.]*)$", inputs)
        self.assertGreater(len(libraries), 5, inputs)
        known = self.linked("STATIC_LINK") | self.linked("DYNAMIC_LINK")
        for library in libraries:
            self.assertIn(source_of(library), known, library)

    def test_every_library_that_the_loader_loads_is_in_it(self) -> None:
        loaded = re.findall(r"=> (/\S+) ", ran("ldd", BUILD / "twofold"))
        self.assertGreater(len(loaded), 5)
        known = self.linked("DYNAMIC_LINK")
        for library in loaded:
            self.assertIn(source_of(library), known, library)

    def test_every_package_that_cmake_looks_for_is_in_it(self) -> None:
        wanted = re.findall(r"(?m)^find_package\((\w+)", (SOURCE / "cmake/TwofoldDependencies.cmake").read_text())
        names = {"Boost": "boost1.81", "Protobuf": "protobuf", "fmt": "fmtlib", "CLI11": "cli11", "tomlplusplus": "tomlplusplus",
                 "OpenSSL": "openssl", "ZLIB": "zlib"}
        self.assertEqual(set(wanted) - {"Threads", "PkgConfig"}, set(names), "say here what a new one is called in Debian")
        self.assertLessEqual(set(names.values()) | {"libsodium", "glibc"}, self.linked("STATIC_LINK") | self.linked("DYNAMIC_LINK"))

    def test_every_module_of_the_pages_is_in_it_with_its_checksum(self) -> None:
        files = {one["fileName"]: one["checksums"][0]["checksumValue"] for one in self.bill["files"]}
        modules = sorted((SOURCE / "web/vendor").glob("*.js"))
        self.assertTrue(modules)
        self.assertEqual(files, {f"./web/vendor/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in modules})
        owners = {one["relatedSpdxElement"] for one in self.bill["relationships"] if one["relationshipType"] == "CONTAINS"}
        self.assertLessEqual({one["SPDXID"] for one in self.bill["files"]}, owners)

    def test_the_document_holds_together(self) -> None:
        ids = [one["SPDXID"] for one in (*self.bill["packages"], *self.bill["files"], self.bill)]
        self.assertEqual(len(ids), len(set(ids)))
        for one in self.bill["relationships"]:
            self.assertLessEqual({one["spdxElementId"], one["relatedSpdxElement"]}, set(ids), one)
        for one in self.bill["packages"]:
            self.assertTrue(one["versionInfo"], one["name"])
            self.assertRegex(one["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
        program = next(one for one in self.bill["packages"] if one["name"] == "twofold")
        self.assertEqual(program["checksums"][0]["checksumValue"], hashlib.sha256((BUILD / "twofold").read_bytes()).hexdigest())

    def test_it_is_the_same_each_time(self) -> None:
        self.assertEqual(ran(SOURCE / "scripts/sbom.py", BUILD), self.text)


if __name__ == "__main__":
    unittest.main()
