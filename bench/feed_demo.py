#!/usr/bin/env python3
"""The demo's sale day against the real server, with people who choose a room from the feed, from a list in random order, or
from one with most viewers first. Prints the table that docs/feed-day.md keeps.

    bench/feed_demo.py [SEED …] [--program build/release/lianbo] [--people 6000] [--agents 150] [--rooms 60]

Whoever looks goes down the list from its top, room by room and ten at most, until one pleases them; a room pleases by its
host's name and by friends who watch it, whatever the list. What is counted is what the day itself saw (its JSON report)."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
ORDERS = {"feed": "feed", "random": "random", "viewers": "most viewers first"}


def gini(values):
    """0: all alike; 1: one has everything. Over the sorted values: 2 Σ i·x_i / (n Σ x_i) − (n + 1) / n."""
    values, n = sorted(values), len(values)
    total = sum(values)
    return 2 * sum(i * x for i, x in enumerate(values, 1)) / (n * total) - (n + 1) / n if total else 0.0


def day(program, order, seed, options):
    with tempfile.TemporaryDirectory(prefix="lianbo-feed-") as folder:
        command = [program, "demo", "--once", "--quiet", "--json", "--day-only", "--port", "0", "--pictures", "0", "--look", order,
                   "--seed", seed, "--people", options.people, "--agents-count", options.agents, "--rooms", options.rooms,
                   "--data", folder]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        if done.returncode != 0:
            said = json.loads(done.stdout)["complaints"] if done.stdout.startswith("{") else done.stderr[-800:]
            sys.exit(f"{' '.join(map(str, command))} exits {done.returncode}: {said}")
        return json.loads(done.stdout)


def row(seed, order, report):
    rooms = report["rooms"]
    shown = sorted(r["shown"] for r in rooms)
    good = sorted(rooms, key=lambda r: -r["worth_ppm"])[:max(1, len(rooms) // 10)]
    cells = [str(seed), ORDERS[order], f"{1000 * sum(r['orders'] for r in rooms) / sum(shown):.2f}", f"{gini(shown):.3f}",
             f"{100 * sum(shown[:len(shown) // 2]) / sum(shown):.1f} %",
             f"{sum(r['shown'] >= 200 for r in rooms)} of {len(rooms)}"]
    for name in ("hundredth_minute", "thousandth_minute"):
        took = [r[name] - r["begins"] for r in good if r[name] >= 0]
        cells.append(f"{len(took)} of {len(good)}" + (f", {sum(took) / len(took):.0f} min" if took else ""))
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--program", default=ROOT / "build/release/lianbo")
    for name, value in (("people", 6000), ("agents", 150), ("rooms", 60)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    print("| seed | order | orders per 1,000 exposures | Gini of exposures | smallest half's share | rooms with 200 exposures | "
          "good rooms with 100 viewers, after | with 1,000, after |\n|---|---|---|---|---|---|---|---|", flush=True)
    for seed in options.seeds:
        for order in ORDERS:
            print(row(seed, order, day(options.program, order, seed, options)), flush=True)


if __name__ == "__main__":
    main()
