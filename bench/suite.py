#!/usr/bin/env python3
"""The suite behind ./dev bench: each row against this machine's limit and against what a user would pick instead.

    bench/suite.py [NAME …] [--runs 5] [--json FILE]     measure all rows, or those whose name begins so
    bench/suite.py --smoke [NAME …]                      each in seconds, correctness only
    bench/suite.py --table FILE                          a results file as Markdown
    bench/suite.py --list

Results go to bench/results.json; a run of some rows replaces only those. How a row is written: bench/frame.py."""
import argparse
import datetime
import importlib
import json
import os
import pathlib
import platform
import statistics
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from frame import ROOT, Context, Row  # noqa: E402

RESULTS = HERE / "results.json"
KEYS = ["name", "ours", "unit", "limit", "limit_name", "ratio_to_limit", "peers", "runs", "min", "max", "cpu_us_per_op",
        "rss_bytes"]


def all_rows():
    rows = []
    for file in sorted((HERE / "rows").glob("*.py")):
        module = importlib.import_module(f"rows.{file.stem}")
        rows += [c for c in vars(module).values()
                 if isinstance(c, type) and issubclass(c, Row) and c.name and c.__module__ == module.__name__]
    return sorted(rows, key=lambda r: (getattr(r, "order", 100), r.name))


def middle(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def ratio(a, b):
    return round(a / b, 4) if a is not None and b else None


def measure(kind, runs, say):
    """Runs in turn: A B C A B C …"""
    row, context = kind(), Context()
    ours, limit, peers = [], [], {}
    try:
        row.prepare(context)
        for name in kind.peer_names:
            if name in row.without:
                say(f"    without {name}: {row.without[name]}")
            else:
                peers[name] = []
        for i in range(row.runs or runs):
            ours.append(row.ours())
            if kind.limit_name:
                limit.append(row.limit())
            for name in peers:
                peers[name].append(row.peer(name))
            say(f"    {i + 1}: {number(ours[-1].value)}" + (f", limit {number(limit[-1].value)}" if limit else "") +
                "".join(f", {n} {number(p[-1].value)}" for n, p in peers.items()))
    finally:
        try:
            row.finish()
        finally:
            context.close()
    value, bound = middle(s.value for s in ours), middle(s.value for s in limit)
    out = {"name": kind.name, "ours": value, "unit": kind.unit, "limit": bound, "limit_name": kind.limit_name or None,
           "ratio_to_limit": ratio(value, bound),
           "peers": [{"name": n, "value": middle(s.value for s in p), "ratio": ratio(value, middle(s.value for s in p))}
                     for n, p in peers.items()],
           "runs": len(ours), "min": min(s.value for s in ours), "max": max(s.value for s in ours),
           "cpu_us_per_op": middle(s.cpu_us_per_op for s in ours), "rss_bytes": middle(s.rss_bytes for s in ours)}
    # Beyond the list that machines read:
    notes = {key: middle(s.notes.get(key) for s in ours) for s in ours for key in s.notes}
    out["more"] = {"what": kind.what, "notes": notes,
                   "limit_cpu_us_per_op": middle(s.cpu_us_per_op for s in limit),
                   "limit_min": min((s.value for s in limit), default=None),
                   "limit_max": max((s.value for s in limit), default=None),
                   "peer_notes": {n: {"cpu_us_per_op": middle(s.cpu_us_per_op for s in p),
                                      "rss_bytes": middle(s.rss_bytes for s in p),
                                      "min": min(s.value for s in p), "max": max(s.value for s in p)}
                                  for n, p in peers.items()}}
    out["more"]["demands"] = [{"of": d.of, "asked": str(d), "value": demanded(out, d), "holds": d.holds(demanded(out, d))}
                              for d in kind.demands]
    out["more"]["at"] = datetime.datetime.now().isoformat(timespec="minutes")
    return out


def demanded(result, demand):
    if demand.of.startswith("peer:"):
        return next((p["ratio"] for p in result["peers"] if p["name"] == demand.of[5:]), None)
    if demand.of.startswith("note:"):
        return result["more"]["notes"].get(demand.of[5:])
    return result[demand.of]


def number(value):
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def cells(r):
    more = r.get("more", {})
    asked = {d["of"]: d for d in more.get("demands", [])}

    def mark(of):
        d = asked.get(of)
        return "" if d is None else f" ({d['asked']}{'' if d['holds'] else ', not reached'})"
    notes = [f"{k.replace('_', ' ')} {number(v)}{mark('note:' + k)}" for k, v in more.get("notes", {}).items()]
    limit = f"{r['limit_name']}: {number(r['limit'])}" if r["limit_name"] else "–"
    against = f"{r['ratio_to_limit']:.2f}{mark('ratio_to_limit')}" if r["ratio_to_limit"] is not None else "–"
    peers = "; ".join(f"{p['name']}: {number(p['value'])}, ×{number(p['ratio'])}{mark('peer:' + p['name'])}"
                      for p in r["peers"]) or "–"
    ours = f"{number(r['ours'])} {r['unit']}{mark('ours')}"
    return [more.get("what") or r["name"], ours, f"{number(r['min'])} … {number(r['max'])}", limit, against, peers,
            "; ".join(notes) or "–"]


def table(results, out=sys.stdout):
    head = ["what", "ours (median)", "min … max", "limit", "ours ÷ limit", "peer, ours ÷ peer", "beside it"]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head), file=out)
    for r in results:
        print("| " + " | ".join(cells(r)) + " |", file=out)


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores ({model}), Linux {platform.release()}"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--json", metavar="FILE")
    options.add_argument("--smoke", action="store_true")
    options.add_argument("--table", metavar="FILE")
    options.add_argument("--list", action="store_true")
    given = options.parse_args()
    if given.table:
        results = json.loads(pathlib.Path(given.table).read_text())
        days = sorted({r["more"]["at"][:10] for r in results if "more" in r})
        print(f"Measured {' and '.join(days)} on {machine()}: `./dev bench`\n")
        table(results)
        return 0
    rows = all_rows()
    if given.list:
        for r in rows:
            print(f"{r.name:24} {r.what}")
        return 0
    if given.names:
        rows = [r for r in rows if any(r.name == n or r.name.startswith(n + "_") for n in given.names)]
        if not rows:
            print(f"there is no row {' '.join(given.names)}; bench/suite.py --list tells them", file=sys.stderr)
            return 2
    elif not given.smoke:
        rows = [r for r in rows if r.in_suite]

    def say(text):
        print(text, file=sys.stderr, flush=True)
    results, failed = [], 0
    for kind in rows:
        begun = time.monotonic()
        try:
            if given.smoke:
                context = Context(smoke=True)
                try:
                    row = kind()
                    row.smoke(context)
                finally:
                    context.close()
                say(f"  ok      {kind.name} ({time.monotonic() - begun:.1f} s)")
            else:
                say(f"{kind.name}: {kind.what}")
                results.append(measure(kind, given.runs, say))
                say(f"    took {time.monotonic() - begun:.0f} s")
        except Exception as error:  # one broken row must not hide the others
            failed += 1
            say(f"  FAILED  {kind.name}: {type(error).__name__}: {error}")
            if type(error).__name__ not in ("Wrong", "Failed"):
                traceback.print_exc()
    if given.smoke:
        return 1 if failed else 0
    known = {}
    if RESULTS.exists() and given.names:
        known = {r["name"]: r for r in json.loads(RESULTS.read_text())}
    known.update({r["name"]: r for r in results})
    order = [r.name for r in all_rows()]
    kept = sorted(known.values(), key=lambda r: order.index(r["name"]) if r["name"] in order else 1000)
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    if given.json:
        pathlib.Path(given.json).write_text(
            json.dumps([{k: r[k] for k in KEYS} for r in results], indent=1, ensure_ascii=False) + "\n")
    print(f"{datetime.date.today()}, {machine()}, median of {given.runs} runs taken in turn\n")
    table(results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
