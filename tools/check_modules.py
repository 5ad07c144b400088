#!/usr/bin/env python3
"""Checks that includes point one way only (ARCHITECTURE.md): a folder may include itself and what stands below it.

From another domain only its types, events and service may be included, not its store, api or inner parts. Beast and Asio
belong to net/ alone. Prints every breach with file and line; exits 1 if there is one.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What each folder may include from, beside itself. The whole order in one place.
ALLOWED = {
    "base": [],
    "db": ["base"],
    "bus": ["base", "db"],
    "privacy": ["base", "db"],
    "net": ["base", "db"],
    "media": ["base", "net"],
    "pay": ["base", "db", "net"],
    "org": ["base", "db", "bus", "privacy", "net"],
    "events": ["base", "db", "bus", "privacy", "net", "org"],
    "catalog": ["base", "db", "bus", "privacy", "net", "org"],
    "ledger": ["base", "db"],
    "live": ["base", "db", "bus", "privacy", "net", "org", "catalog"],
    "clips": ["base", "db", "bus", "privacy", "net", "media", "org", "catalog", "live"],
    "share": ["base", "db", "bus", "privacy", "net", "org", "catalog", "live", "clips"],
    "order": ["base", "db", "bus", "privacy", "net", "pay", "org", "catalog", "ledger", "live", "clips", "share"],
    "trust": ["base", "db", "bus", "privacy", "net", "org", "catalog", "live", "clips", "share", "order"],
    "promo": ["base", "db", "bus", "privacy", "net", "org", "catalog", "ledger", "live", "clips", "share", "order"],
    "feed": ["base", "db", "bus", "privacy", "net", "org", "catalog", "live", "clips", "share", "order", "trust", "promo"],
    "insight": ["base", "db", "bus", "privacy", "net", "org", "events", "catalog", "ledger", "live", "clips", "share", "order", "promo"],
    "push": ["base", "db", "bus", "privacy", "net", "org", "events", "catalog", "live"],
    "evidence": ["base", "db", "bus", "privacy", "net", "org", "events", "catalog", "ledger", "live", "clips", "share", "order", "trust", "feed", "push"],
    "app": ["base", "db", "bus", "privacy", "net", "media", "pay", "org", "events", "catalog", "ledger", "live", "clips", "share", "order", "trust", "promo", "feed", "push", "insight", "evidence", "sim"],
    "sim": ["base", "net"],
}
DOMAINS = ["org", "events", "evidence", "catalog", "ledger", "live", "clips", "share", "order", "trust", "promo", "feed", "push", "insight"]
# What of a domain others must not see.
PRIVATE = re.compile(r"_store\.hpp$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def main() -> int:
    faults = []
    folders = {p.name: p for p in (ROOT / "src").iterdir() if p.is_dir()}
    folders["sim"] = ROOT / "sim"
    for name, folder in sorted(folders.items()):
        if name not in ALLOWED:
            faults.append(f"{folder.relative_to(ROOT)}: a folder that the order of modules does not know")
            continue
        for path in sorted(folder.rglob("*.[ch]pp")):
            test = path.name.endswith("_test.cpp") or "_test_support" in path.name or path.name == "test_world.hpp"
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                place = f"{path.relative_to(ROOT)}:{number}"
                target = match.group(2)
                if target.startswith(("boost/asio", "boost/beast")) and name != "net":
                    faults.append(f"{place}: {target}: only net/ may see Asio and Beast")
                if match.group(1) != '"':
                    continue
                other = target.split("/")[0]
                if other not in ALLOWED or other == name:
                    continue
                if other not in ALLOWED[name]:
                    faults.append(f"{place}: {name} must not include {target}: {other} is not below it")
                elif PRIVATE.search(target) and not (test or name == "app") and other in DOMAINS:
                    faults.append(f"{place}: {target} is private to {other}; use its types, events or service")
    for fault in faults:
        print(fault)
    print(f"module direction: {'ok' if not faults else str(len(faults)) + ' faults'}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
