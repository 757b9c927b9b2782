#!/usr/bin/env python3
"""What the program is made of, as an SPDX 2.3 document: libraries of Debian, compiled in or linked, and the pages' modules.

    scripts/sbom.py [BUILD] > twofold.spdx.json     BUILD is where the program was built; default: build/release

Nothing is listed by hand. What is compiled in: the packages of all headers that the program's objects were compiled from,
as ninja has noted them. What is linked: every library that the loader would load, through others, too. The modules of
the pages: web/vendor/VENDORED.md, whose checksums are checked. What builds it: the compiler, protoc, esbuild, CMake.
Versions are those of this machine's packages, so run it where the program was built. The same program gives the same
document, byte for byte.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ("schemas", "engine", "queue", "log", "filter", "http", "src")
TOOLS = ("CMAKE_CXX_COMPILER", "CMAKE_COMMAND", "ESBUILD", "Protobuf_PROTOC_EXECUTABLE")
NONE = "NOASSERTION"


class Module(NamedTuple):
    file: str
    package: str
    version: str
    licence: str
    sha256: str


def ran(*words: str | pathlib.Path, cwd: pathlib.Path | None = None) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"sbom: {' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def sha256(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def owners() -> dict[str, str]:
    """Which Debian package has which file. /lib and /usr/lib are one."""
    found = {}
    for listing in pathlib.Path("/var/lib/dpkg/info").glob("*.list"):
        package = listing.stem
        for line in listing.read_text(errors="replace").splitlines():
            found[line.removeprefix("/usr")] = package
    return found


class Debian:
    def __init__(self) -> None:
        self.owners = owners()

    def package_of(self, path: str | pathlib.Path) -> str:
        for name in (str(path), os.path.realpath(path)):
            if package := self.owners.get(name.removeprefix("/usr")):
                return package
        sys.exit(f"sbom: {path} is of no Debian package: nothing else may go into the program (scripts/deps.sh)")

    @staticmethod
    def details(packages: set[str]) -> dict[str, dict[str, str]]:
        fields = ("Package", "Version", "Architecture", "source:Package", "source:Version", "Homepage")
        form = "${binary:Package}\t" + "\t".join(f"${{{field}}}" for field in fields) + "\n"
        found = {}
        for line in ran("dpkg-query", "-W", "-f", form, *sorted(packages)).splitlines():
            name, *values = line.split("\t")
            found[name] = dict(zip(fields, values))
        return found


def headers(build: pathlib.Path) -> set[str]:
    """Outside of the repository, of the program's own objects."""
    found, ours = set(), False
    for line in ran("ninja", "-t", "deps", cwd=build).splitlines():
        if line and not line.startswith(" "):
            ours = line.split("/")[0] in ROOMS
        elif ours and line.strip().startswith("/"):
            path = os.path.normpath(line.strip())
            if not pathlib.Path(path).is_relative_to(ROOT) and not pathlib.Path(path).is_relative_to(build):
                found.add(path)
    if not found:
        sys.exit(f"sbom: ninja has no notes in {build}: build the program there first")
    return found


def libraries(program: pathlib.Path) -> set[str]:
    said = ran("ldd", program)
    if "not found" in said:
        sys.exit(f"sbom: a library of {program} is not on this machine")
    return set(re.findall(r"(/\S+) \(0x", said))


def tools(build: pathlib.Path) -> set[str]:
    cache = (build / "CMakeCache.txt").read_text()
    found = {name: path for name, path in re.findall(r"(?m)^(\w+):[A-Z]+=(.+)$", cache) if name in TOOLS}
    if missing := set(TOOLS) - set(found):
        sys.exit(f"sbom: CMakeCache.txt does not say {', '.join(sorted(missing))}")
    return {path if path.startswith("/") else shutil.which(path) or path for path in found.values()}


def modules() -> list[Module]:
    text = (ROOT / "web/vendor/VENDORED.md").read_text()
    rows = re.findall(r"(?m)^\| `(\S+)` \| (\S+) (\S+) \| (\S+) \| `\S+` \| `\w+` \| `(\w+)` \|$", text)
    found = [Module(*row) for row in rows]
    for module in found:
        if sha256(ROOT / "web/vendor" / module.file) != module.sha256:
            sys.exit(f"sbom: web/vendor/{module.file} is not what VENDORED.md says: scripts/vendor_ui")
    return found


def spdx_id(*words: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(words).replace("+", "p"))


def package(kind: str, name: str, version: str, purl: str, licence: str = NONE, **more) -> dict:
    return {"SPDXID": spdx_id(kind, name), "name": name, "versionInfo": version, "downloadLocation": NONE,
            "filesAnalyzed": False, "licenseConcluded": NONE, "licenseDeclared": licence, "copyrightText": NONE,
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}],
            **more}


def debian_package(name: str, details: dict[str, str]) -> dict:
    quoted = urllib.parse.quote
    purl = f"pkg:deb/debian/{details['Package']}@{quoted(details['Version'], safe='')}?arch={details['Architecture']}"
    return package("Debian", name, details["Version"], purl, supplier="Organization: Debian",
                   homepage=details["Homepage"] or NONE, sourceInfo=f"{details['source:Package']} {details['source:Version']}")


def document(build: pathlib.Path) -> dict:
    program = build / "twofold"
    debian = Debian()
    uses = {"STATIC_LINK": {debian.package_of(path) for path in headers(build)},
            "DYNAMIC_LINK": {debian.package_of(path) for path in libraries(program)},
            "BUILD_TOOL_OF": {debian.package_of(path) for path in tools(build)}}
    details = debian.details(set().union(*uses.values()))
    version = re.search(r"project\(twofold VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    checksum = sha256(program)
    ours = package("Package", "twofold", version, f"pkg:generic/twofold@{version}",
                   checksums=[{"algorithm": "SHA256", "checksumValue": checksum}], primaryPackagePurpose="APPLICATION")

    packages = [ours] + [debian_package(name, details[name]) for name in sorted(details)]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", ours["SPDXID"])]
    for kind, names in uses.items():
        for name in sorted(names):
            pair = (ours["SPDXID"], spdx_id("Debian", name))
            relations.append((pair[1], kind, pair[0]) if kind.endswith("_OF") else (pair[0], kind, pair[1]))
    files = []
    for module in modules():
        one = package("npm", module.package, module.version,
                      f"pkg:npm/{urllib.parse.quote(module.package)}@{module.version}", module.licence)
        if one not in packages:
            packages.append(one)
            relations.append((ours["SPDXID"], "CONTAINS", one["SPDXID"]))
        files.append({"SPDXID": spdx_id("File", module.file), "fileName": f"./web/vendor/{module.file}",
                      "checksums": [{"algorithm": "SHA256", "checksumValue": module.sha256},
                                    {"algorithm": "SHA1", "checksumValue":
                                     hashlib.sha1((ROOT / "web/vendor" / module.file).read_bytes()).hexdigest()}],
                      "licenseConcluded": NONE, "copyrightText": NONE})
        relations.append((one["SPDXID"], "CONTAINS", files[-1]["SPDXID"]))
    created = int(os.environ.get("SOURCE_DATE_EPOCH", int(program.stat().st_mtime)))
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"twofold-{version}",
            "documentNamespace": f"urn:sha256:{checksum}",
            "creationInfo": {"created": datetime.datetime.fromtimestamp(created, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                             "creators": ["Tool: twofold-sbom", "Organization: Twofold"]},
            "packages": packages, "files": files,
            "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relations]}


def main() -> int:
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release").resolve()
    if not (build / "twofold").exists():
        sys.exit(f"sbom: there is no program in {build}: ./scripts/build.sh --program")
    json.dump(document(build), sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
