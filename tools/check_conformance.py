#!/usr/bin/env python3
"""docs/conformance.md names tests that exist. A row called "both" names tests that run on both databases (TEST_P of a store
fixture, or a scenario); a name that is gone fails here."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
tests = {}
for file in [*ROOT.glob("src/**/*_test.cpp"), *ROOT.glob("sim/*_test.cpp"), *ROOT.glob("tests/**/*_test.cpp")]:
    text = file.read_text()
    short = str(file.relative_to(ROOT)).removeprefix("src/").removeprefix("tests/")
    engines = set(re.findall(r"ON_BOTH_ENGINES\((\w+)\)", text)) | set(re.findall(r"INSTANTIATE_TEST_SUITE_P\(\w+,\s*(\w+)", text))
    for kind, suite, name in re.findall(r"\b(TEST|TEST_F|TEST_P)\(\s*(\w+),\s*(\w+)\)", text):
        tests.setdefault(short, {})[f"{suite}.{name}"] = kind == "TEST_P" and suite in engines
faults, rows, named = [], 0, 0
page = ROOT / "docs/conformance.md"
for number, line in enumerate(page.read_text().splitlines(), 1):
    if not line.startswith("|") or set(line) <= set("|- ") or line.startswith("| sentence"):
        continue
    rows += 1
    cells = [c.strip() for c in line.strip("|").split(" | ")]
    where = f"docs/conformance.md:{number}"
    if len(cells) != 3 or cells[2].strip(" |") not in ("both", "pure"):
        faults.append(f"{where}: a row is: sentence | proof | both or pure")
        continue
    proofs = re.findall(r"`([^`]+)`", cells[1])
    if not proofs:
        faults.append(f"{where}: a sentence without a proof")
    for proof in proofs:
        named += 1
        if ": " not in proof:
            if not (ROOT / "tests/scenarios" / f"{proof}.txt").exists():
                faults.append(f"{where}: there is no scenario {proof}")
            continue
        file, test = proof.split(": ")
        found = tests.get(file, {})
        if not found or (test != "*" and test not in found):
            faults.append(f"{where}: there is no test {test} in {file}")
        elif test != "*" and cells[2].strip(" |") == "both" and not found[test]:
            faults.append(f"{where}: {file}: {test} does not run on both databases")
for fault in faults:
    print(fault)
print(f"conformance: {len(faults)} faults ({rows} rows, {named} proofs)" if faults else f"conformance: ok ({rows} rows, {named} proofs)")
sys.exit(bool(faults))
