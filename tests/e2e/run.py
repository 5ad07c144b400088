#!/usr/bin/env python3
"""Runs the end-to-end tests against a built program: run.py --program build/release/lianbo [name …]"""
import argparse
import importlib
import pathlib
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent))
TESTS = ["openapi", "bad_input", "crowd", "slow_viewer", "settlement", "same_seed", "backup", "upgrade", "doctor", "webhooks",
         "privacy", "edges", "media", "outside_media", "evening", "kill"]


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--program", required=True)
    options.add_argument("names", nargs="*", default=TESTS)
    given = options.parse_args()
    program = str(pathlib.Path(given.program).resolve())
    passed = failed = 0
    for name in given.names:
        begun = time.monotonic()
        try:
            told = importlib.import_module(name).test(program)
            passed += 1
            print(f"  ok      {name} ({time.monotonic() - begun:.1f} s): {told}", flush=True)
        except Exception as error:  # one broken test must not hide the others
            failed += 1
            print(f"  FAILED  {name} ({time.monotonic() - begun:.1f} s): {error}", flush=True)
            if type(error).__name__ != "Failed":
                traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
