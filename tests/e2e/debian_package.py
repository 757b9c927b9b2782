"""The Debian package: what is in it, what it depends on, and that it installs, runs and goes without the data."""

import gzip
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from _cli_broker import PROGRAM

SOURCE = pathlib.Path(os.environ.get("TWOFOLD_SOURCE_DIR", "."))
PACK_SECONDS_MAX = 300


def ran(*words, **more) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=PACK_SECONDS_MAX, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="twofold-package-")))
        said = ran(SOURCE / "scripts/package.sh", cls.folder / "out",
                   env={**os.environ, "TWOFOLD_BIN": str(pathlib.Path(PROGRAM).absolute())})
        cls.package = said.strip().splitlines()[-1]

    def test_holds_the_program_its_unit_its_user_and_its_settings(self):
        listed = {line.split()[5]: line.split() for line in ran("dpkg-deb", "--contents", self.package).splitlines()}
        files = {name for name in listed if not name.endswith("/")}
        self.assertEqual(files, {"./usr/bin/twofold", "./usr/lib/systemd/system/twofold.service",
                                 "./usr/lib/sysusers.d/twofold.conf", "./etc/twofold/twofold.toml",
                                 "./usr/share/bash-completion/completions/twofold", "./usr/share/zsh/vendor-completions/_twofold",
                                 "./usr/share/fish/vendor_completions.d/twofold.fish", "./usr/share/man/man1/twofold.1.gz",
                                 "./usr/share/doc/twofold/twofold.spdx.json"})
        self.assertEqual(listed["./usr/bin/twofold"][0], "-rwxr-xr-x")
        self.assertTrue(all(entry[1] == "root/root" for entry in listed.values()))

    def test_depends_on_the_libraries_that_the_program_names(self):
        depends = ran("dpkg-deb", "--field", self.package, "Depends")
        for library in ("libc6", "libprotobuf32", "libssl3", "libboost-json1.81.0"):
            self.assertRegex(depends, rf"(^|, ){re.escape(library)}( |,)", depends)

    def test_installs_runs_and_leaves_the_data_when_it_goes(self):
        root = self.folder / "root"
        for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/log"):
            (root / folder).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        dpkg = ("dpkg", f"--root={root}", "--force-depends", "--force-script-chrootless")
        ran(*dpkg, "--install", self.package)
        self.assertRegex((root / "etc/passwd").read_text(), r"(?m)^twofold:x:")
        ran(root / "usr/bin/twofold", "config", "check", root / "etc/twofold/twofold.toml")
        self.assertEqual(self.data_directory(root), "/var/lib/twofold")
        self.assertIn("ExecStart=/usr/bin/twofold serve\n", (root / "usr/lib/systemd/system/twofold.service").read_text())

        data = root / "var/lib/twofold/journal"
        data.mkdir(parents=True)
        settings = root / "etc/twofold/twofold.toml"
        settings.write_text("# mine\nserver.data_dir = \"/srv/broker\"\n")
        self.assertEqual(self.data_directory(root), "/srv/broker", "what the file says is in force")
        ran(*dpkg, "--install", self.package)
        self.assertIn("# mine\n", settings.read_text(), "an upgrade leaves settings as they are")
        ran(*dpkg, "--remove", "twofold")
        self.assertFalse((root / "usr/bin/twofold").exists())
        self.assertTrue(data.exists())

    def data_directory(self, root: pathlib.Path) -> str:
        """Of the service: with the environment that its unit gives, and the file that the package has put there."""
        unit = (root / "usr/lib/systemd/system/twofold.service").read_text()
        given = dict(line.removeprefix("Environment=").split("=", 1) for line in unit.splitlines() if line.startswith("Environment="))
        given = {name: value.replace("%S", "/var/lib") for name, value in given.items()}
        shown = json.loads(ran(root / "usr/bin/twofold", "config", "show", "-o", "json", "--config", root / "etc/twofold/twofold.toml",
                               env={"PATH": os.environ["PATH"], **given}))
        return next(one["value"] for one in shown if one["name"] == "server.data_dir")

    def unpacked(self) -> pathlib.Path:
        unpacked = self.folder / "unpacked"
        if not unpacked.exists():
            ran("dpkg-deb", "--extract", self.package, unpacked)
        return unpacked

    def test_completions_and_manual_are_the_programs_own(self):
        share = self.unpacked() / "usr/share"
        program = pathlib.Path(PROGRAM).absolute()
        for shell, place in (("bash", "bash-completion/completions/twofold"), ("zsh", "zsh/vendor-completions/_twofold"),
                             ("fish", "fish/vendor_completions.d/twofold.fish")):
            self.assertEqual((share / place).read_text(), ran(program, "completions", shell))
        self.assertEqual(gzip.decompress((share / "man/man1/twofold.1.gz").read_bytes()).decode(), ran(program, "man"))

    def test_the_bill_of_materials_has_what_the_package_depends_on(self):
        bill = json.loads((self.unpacked() / "usr/share/doc/twofold/twofold.spdx.json").read_text())
        names = {one["name"].split(":")[0] for one in bill["packages"]}
        depends = ran("dpkg-deb", "--field", self.package, "Depends")
        libraries = {one.split()[0].split(":")[0] for one in depends.split(", ") if one.startswith(("lib", "zlib"))}
        self.assertTrue(libraries)
        self.assertLessEqual(libraries, names)

    def test_the_program_in_it_is_hardened(self):
        """Position independent, stack and copies checked, nothing both writable and executable, relocations read-only."""
        program = self.unpacked() / "usr/bin/twofold"
        self.assertRegex(ran("readelf", "--file-header", program), r"Type:\s+DYN")
        segments = ran("readelf", "--program-headers", "--wide", program)
        self.assertRegex(segments, r"GNU_RELRO")
        self.assertRegex(segments, r"GNU_STACK.* RW ")
        self.assertNotRegex(segments, r"(?m)^ +LOAD.* RWE ")
        self.assertRegex(ran("readelf", "--dynamic", program), r"BIND_NOW|FLAGS_1.*NOW")
        symbols = ran("readelf", "--dyn-syms", "--wide", program)
        for check in ("__stack_chk_fail", "__memcpy_chk"):
            self.assertIn(check, symbols)

    def test_the_program_in_it_is_stripped(self):
        unpacked = self.unpacked()
        sections = ran("readelf", "--sections", "--wide", unpacked / "usr/bin/twofold")
        self.assertNotIn(".debug_info", sections)


if __name__ == "__main__":
    unittest.main()
