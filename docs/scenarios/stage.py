"""What the scenarios share: where the broker is, plain requests, checked claims, and cleaning up.

A scenario imports this first: it also makes the Python client of this checkout importable.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import pathlib
import signal
import sys
import time
import urllib.error
import urllib.request

BROKER = os.environ.get("TWOFOLD_URL", "http://127.0.0.1:8080").rstrip("/")
CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
DEBIAN_PYTHON = "/usr/bin/python3"
WAIT_SECONDS_MAX = 60
SCENARIO_SECONDS_MAX = 150

sys.path.insert(0, str(CHECKOUT / "clients" / "python"))


def packages_or_exit() -> None:
    """The clients need two packages. Debian's Python has them from ./scripts/deps.sh test; another one may not."""
    missing = [name for name in ("websockets", "boto3") if not importlib.util.find_spec(name)]
    if not missing:
        return
    if os.path.exists(DEBIAN_PYTHON) and not os.environ.get("SCENARIO_PYTHON"):
        os.environ["SCENARIO_PYTHON"] = DEBIAN_PYTHON
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *sys.argv])
    sys.exit(f"this needs {' and '.join(missing)}: ./scripts/deps.sh test, or python3 -m pip install {' '.join(missing)}")


packages_or_exit()


def options(description: str, **more: str) -> argparse.Namespace:
    """--svg FILE, and what else a scenario wants: its name and what it is unless said."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--svg", metavar="FILE", help="draw what happened into this file")
    for name, default in more.items():
        parser.add_argument(f"--{name}", default=default, help=f"{default} unless said")
    return parser.parse_args()


def ask(method: str, path: str, body: object = None) -> dict:
    """One request to the broker; a refusal raises with the broker's own words."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BROKER + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS_MAX) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as refused:
        raise RuntimeError(f"{method} {path}: {refused.code} {refused.read().decode()}") from None


def sqs():
    """boto3's client for Amazon SQS, talking to the broker. The keys may be any."""
    import boto3
    return boto3.client("sqs", endpoint_url=BROKER, region_name="us-east-1",
                        aws_access_key_id="any", aws_secret_access_key="any")


def say(text: str = "") -> None:
    print(text, flush=True)


def check(claim: bool, text: str) -> None:
    """A claim that holds is said; one that does not ends the scenario with exit code 1."""
    say(f"  {'ok  ' if claim else 'NOT '} {text}")
    if not claim:
        raise SystemExit(1)


def until(what: str, happened) -> object:
    """Polls until `happened()` is true, and gives back what it was."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not (found := happened()):
        if time.monotonic() > deadline:
            raise SystemExit(f"  NOT  {what}: not after {WAIT_SECONDS_MAX} s")
        time.sleep(0.02)
    return found


@contextlib.contextmanager
def cleaned_up(prefix: str):
    """Before and after: no queue, group or topic is left whose name begins with `prefix`. And it comes to an end."""
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"  NOT  over after {SCENARIO_SECONDS_MAX} s"))
    signal.alarm(SCENARIO_SECONDS_MAX)
    try:
        delete_all(prefix)
    except urllib.error.URLError as error:
        sys.exit(f"no broker answers at {BROKER} ({error.reason}): start one, or name it in TWOFOLD_URL")
    try:
        yield
    finally:
        delete_all(prefix)


def delete_all(prefix: str) -> None:
    for kind in ("queues", "groups", "topics"):  # queues first: a topic that has some is not deleted
        for name in [name for name in names_of(kind) if name.startswith(prefix)]:
            ask("DELETE", f"/v1/{kind}/{name}")


def names_of(kind: str) -> list[str]:
    found, after = [], ""
    while True:
        page = ask("GET", f"/v1/{kind}?limit=1000{after}")
        found += [item["name"] for item in page["items"]]
        if not page.get("next"):
            return found
        after = f"&cursor={page['next']}"
