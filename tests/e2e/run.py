#!/usr/bin/env python3
"""Runs the end-to-end tests against a built program: run.py --program build/release/lianbo [--beside N] [name …]

Each test is a process of its own and has five minutes; `beside` of them run side by side, as most of their time is spent
waiting for a picture, a clock, a process that comes back."""
import argparse
import concurrent.futures
import importlib
import os
import pathlib
import signal
import subprocess
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent))
# The longest first, so that none of them begins when the others have ended.
TESTS = ["media", "evening", "kill", "same_seed", "slow_viewer", "backup", "webhooks", "crowd", "upgrade", "settlement", "doctor",
         "outside_media", "edges", "bad_input", "openapi", "privacy"]
LONGEST_S = 300
running = set()


def one(program: str, name: str) -> int:
    try:
        print(importlib.import_module(name).test(program), flush=True)
        return 0
    except Exception as error:
        print(error, flush=True)
        if type(error).__name__ != "Failed":
            traceback.print_exc()
        return 1


def run(program: str, name: str) -> bool:
    begun = time.monotonic()
    test = subprocess.Popen([sys.executable, __file__, "--program", program, "--here", name], stdout=subprocess.PIPE, text=True, start_new_session=True)
    running.add(test)
    try:
        told, _ = test.communicate(timeout=LONGEST_S)
        fine = test.returncode == 0
    except subprocess.TimeoutExpired:
        os.killpg(test.pid, signal.SIGKILL)  # and all it started
        told, fine = f"has not ended after {LONGEST_S} s", False
    running.discard(test)
    print(f"  {'ok    ' if fine else 'FAILED'}  {name} ({time.monotonic() - begun:.1f} s): {told.strip()}", flush=True)
    return fine


def end(number: int, _) -> None:
    for test in list(running):
        os.killpg(test.pid, signal.SIGKILL)
    os._exit(128 + number)


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--program", required=True)
    options.add_argument("--beside", type=int, default=2)
    options.add_argument("--here", help=argparse.SUPPRESS)  # in this process
    options.add_argument("names", nargs="*", default=TESTS)
    given = options.parse_args()
    program = str(pathlib.Path(given.program).resolve())
    if given.here:
        return one(program, given.here)
    for number in (signal.SIGINT, signal.SIGTERM):  # tests have sessions of their own and would hear of neither
        signal.signal(number, end)
    with concurrent.futures.ThreadPoolExecutor(given.beside) as lanes:
        fine = list(lanes.map(lambda name: run(program, name), given.names))
    print(f"{sum(fine)} passed, {len(fine) - sum(fine)} failed")
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
