#!/usr/bin/env python3
"""What TLS and keys cost: the same loads against a plain broker and one that asks for both, by turns, in one run.

    bench/secure/run.py [--rounds 3] [--seconds 3] [--connections 64]

Loads of SQS are signed on both sides, for its clients always sign; only the broker with keys looks at the signature.

Each round runs each load against one broker and at once against the other, so that both see the same machine; the rows have the
medians. Starts TWOFOLD_BIN (build/release/twofold) twice with empty directories under TMPDIR. Target: 60 % of the plain rate.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from _measured import PROGRAM, Measured, load, started

LOADS = {
    "publish, 1 a request": ("publish",),
    "publish, 100 a request": ("publish", "-b", "100"),
    "send + receive + ack, 1 a request": ("queue",),
    "send + receive + ack, 10 a request": ("queue", "-b", "10"),
    "SQS, 1 a request": ("--protocol", "sqs", "-b", "1"),
    "SQS, 10 a request": ("--protocol", "sqs", "-b", "10"),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=int, default=3)
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--only", default="", help="loads whose name has this in it")
    chosen = options.parse_args()
    plain, secure = Measured(), Measured().with_tls()
    keys = secure.folder / "keys.toml"
    made = subprocess.run([PROGRAM, "key", "create", "bench", "--allow", "* *", "--sqs", "--keys-file", str(keys), "-o", "json"],
                          check=True, capture_output=True, text=True)
    key = json.loads(made.stdout)
    os.environ |= {"AWS_ACCESS_KEY_ID": key["aws_access_key_id"], "AWS_SECRET_ACCESS_KEY": key["aws_secret_access_key"]}
    secure.settings += (f"auth.keys_file={keys}",)
    print(f"load before {load()}")
    print("| load | plain /s | TLS and keys /s | ratio | server CPU us a message, plain and secure |\n|---|---|---|---|---|")
    with started(plain), started(secure):
        for name, words in LOADS.items():
            if chosen.only not in name:
                continue
            rates, costs = {plain: [], secure: []}, {plain: [], secure: []}
            for _ in range(chosen.rounds):
                for broker, more in ((plain, ()), (secure, () if "sqs" in words else ("--token", key["token"]))):
                    done = broker.bench(*more, *words, "-c", str(chosen.connections), "-d", f"{chosen.seconds}s", "--warmup", "500ms")["results"][0]
                    rates[broker].append(done["messages_per_second"])
                    costs[broker].append(done["server_cpu_us_per_message"])
            one, other = (statistics.median(rates[broker]) for broker in (plain, secure))
            print(f"| {name} | {one:,.0f} | {other:,.0f} | {other / one:.0%} | {statistics.median(costs[plain]):.1f}, "
                  f"{statistics.median(costs[secure]):.1f} |", flush=True)
    print(f"load after {load()}")


if __name__ == "__main__":
    main()
