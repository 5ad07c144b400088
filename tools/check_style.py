#!/usr/bin/env python3
"""Style as a test: what a reader relies on and a compiler does not check.

Every C++ header opens with a comment that says what it is, and has one include guard form; lines are at most 120 columns
and end without blanks; tabs, unfinished marks, exceptions and sleeps stand only where they may; every named statement of
the database is unique; migrations only add, or say that they don't. Prints every fault with its place; exits 1 if there is one.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = {".cpp", ".hpp"}
MAX_COLUMNS = 120
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
MACHINE = re.compile(r"/(?:work|farm)/(?:main|shared)|/tmp/" + "bash_jobs")
SLEEP = re.compile(r"sleep_for|usleep\(|nanosleep")
SQL_NAME = re.compile(r"\bSql\s+k\w+\s*\{\s*\"([a-z_]+\.[a-z_0-9]+)\"")
# What a server of the old version would stumble over while the new one is starting (docs/operations.md).
NOT_ONLY_ADDED = re.compile(r"\b(?:drop\s+(?:table|column|view|index)|rename\s+(?:to|column)|alter\s+column)\b", re.I)
BARE_COLUMN = re.compile(r"\badd\s+column\b(?=[^;]*\bnot\s+null\b)(?![^;]*\bdefault\b)", re.I)
FLOAT_MONEY = re.compile(r"\b(?:double|float)\s+\w*_fen\b")


def columns(line: str) -> int:
    # A wide character takes two columns on a screen, but one here: the limit is about how code wraps.
    return len(line)


def main() -> int:
    faults = []
    names: dict[str, str] = {}
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    files = [ROOT / f for f in listed.stdout.splitlines()]
    for path in files:
        if not path.is_file() or "tests/fuzz/corpus" in str(path) or path.suffix in {".png", ".gz", ".xz", ".ico", ".woff2"}:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            faults.append(f"{path.relative_to(ROOT)}: not UTF-8")
            continue
        place = str(path.relative_to(ROOT))
        for number, line in enumerate(text.splitlines(), 1):
            at = f"{place}:{number}"
            if MACHINE.search(line) and path.name != "check_style.py":
                faults.append(f"{at}: the path of a machine")
            if UNFINISHED.search(line):
                faults.append(f"{at}: says of itself that it is not finished")
            if path.suffix not in CODE:
                continue
            if columns(line) > MAX_COLUMNS:
                faults.append(f"{at}: {columns(line)} columns; at most {MAX_COLUMNS}")
            if line != line.rstrip():
                faults.append(f"{at}: blanks at the end of the line")
            if "\t" in line:
                faults.append(f"{at}: a tab")
            if FLOAT_MONEY.search(line):
                faults.append(f"{at}: money in floating point")
            if path.name.endswith("_test.cpp") and SLEEP.search(line):
                faults.append(f"{at}: a test that sleeps")
            if re.search(r"\bco_(await|return|yield)\b", line):
                faults.append(f"{at}: a coroutine; g++ 12 miscompiles them (ARCHITECTURE.md)")
        if place.startswith("migrations/") and not re.search(r"^-- offline:", text, re.M):
            statements = re.sub(r"--.*", "", text)
            for rule, what in [(NOT_ONLY_ADDED, "does more than add"), (BARE_COLUMN, "a column that an old server can't leave out")]:
                if rule.search(statements):
                    faults.append(f"{place}: {what}; keep to adding, or say why not in a line \"-- offline: …\"")
        if path.suffix in CODE:
            if path.suffix == ".hpp":
                if not text.startswith("//"):
                    faults.append(f"{place}: a header opens with what it is")
                if "#pragma once" not in text:
                    faults.append(f"{place}: no #pragma once")
            for name in SQL_NAME.findall(text):
                if name in names and names[name] != place:
                    faults.append(f"{place}: statement {name} is also in {names[name]}")
                names[name] = place
    for fault in faults:
        print(fault)
    print(f"style: {'ok' if not faults else str(len(faults)) + ' faults'} ({len(names)} statements)")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
