"""The big day: what a brand with ten thousand rooms meets in one day, against one server in ten minutes and 4 GiB.

    bench/day.py [--scale 1] [--only exposures,visits] [--keep FOLDER] [--json FILE]

At scale 1: 10,000 stores on the air, 50,000,000 exposures in beacons of 100 as the pages send them, 5,000,000 enters and
2,000,000 lines of chat over WebSockets, 1,000,000 share touches, 300,000 orders of one campaign's SKUs (two of them
nearly all), paid through the sandbox, 30,000 refunds, settlement, and verify. At a scale of 0.01 there is a hundredth of
each and of the people, who still see as many rooms each; stores shrink by its root. Everything but settlement and verify
goes through HTTP and WebSocket (bench/load/day.cpp). The phases go one after another, each with its share of the ten
minutes; "at scale 1" is what the whole count takes at the rate that was measured. At the end everything is counted, and
the laws are looked at.
"""
import argparse
import json
import math
import pathlib
import re
import sqlite3
import subprocess
import sys
import threading
import time

from frame import Context, Wrong, expect

# What each phase may take of the 600 s.
SHARES = {"exposures": 120, "visits": 160, "touches": 40, "orders": 60, "payments": 140, "refunds": 20, "settlement": 20,
          "verify": 40}
BEACON = 100  # exposures of one request; the route takes 200
EACH = 500  # exposures of one person
ROAMING = 3_000  # viewers who go from room to room, beside one who stays in each
MEMORY = 4 * 2**30


class Day:
    def __init__(self, context, scale, say, only=()):
        self.context, self.scale, self.say, self.only = context, scale, say, only
        self.stores = max(BEACON, round(10_000 * math.sqrt(scale)))
        self.each = min(EACH, self.stores // BEACON * BEACON)
        self.people = max(8, round(50_000_000 * scale / self.each))
        self.counts = {"exposures": self.people * self.each, "visits": max(self.stores + 100, round(5_000_000 * scale)),
                       "touches": max(10, round(1_000_000 * scale)), "orders": max(10, round(300_000 * scale))}
        self.phases = []
        self.chat = 0

    def run(self):
        began = time.monotonic()
        folder = self.context.folder
        self.db = f"sqlite:{folder}/day.db"
        self.world_file = folder / "world.json"
        subprocess.run([self.context.built("bench_world"), self.db, self.world_file, f"stores={self.stores}",
                        f"buyers={self.people}", "skus=20", f"stock={max(1000, self.counts['orders'] * 2)}"], check=True,
                       stderr=subprocess.DEVNULL)
        world = json.loads(self.world_file.read_text())
        self.brand = world["brand"]
        self.say(f"{self.stores:,} stores on the air, {self.people:,} people: {time.monotonic() - began:.1f} s (before the day)")
        self.server = self.context.lianbo(self.db)
        for name in ("exposures", "visits", "touches", "orders", "payments", "refunds"):
            self.phase(name, getattr(self, name))
        self.peak = self.memory()
        self.server.stop()
        for name in ("settlement", "verify"):
            self.phase(name, getattr(self, name))
        return self.tell()

    def phase(self, name, body):
        if self.only and name not in self.only:
            return
        start, cpu = time.monotonic(), self.server.cpu() if self.running() else 0
        over = threading.Event()
        watch = threading.Thread(target=self.progress, args=(name, over))
        watch.start()
        try:
            count = body()
        finally:
            over.set()
            watch.join()
        took = time.monotonic() - start
        at_full = took / self.scale
        out = {"phase": name, "count": count, "seconds": round(took, 2), "per_s": round(count / took, 1),
               "seconds_at_scale_1": round(at_full, 1), "share_s": SHARES[name], "within": at_full <= SHARES[name]}
        more = ""
        if self.running():
            out["cpu_us_each"] = round((self.server.cpu() - cpu) / count * 1e6, 2)
            out["rss_bytes"] = self.server.rss()
            more = f"; {out['cpu_us_each']:,} us of the server each, {out['rss_bytes'] >> 20} MiB"
        self.phases.append(out)
        self.say(f"{name:11} {count:12,} in {took:8.1f} s = {count / took:10,.0f}/s; at scale 1 {at_full:8.0f} s of "
                 f"{SHARES[name]} s{'' if out['within'] else '  MISSED'}{more}")

    def running(self):
        return self.server.child.poll() is None

    def progress(self, name, over):
        """A line now and then, and never more memory than the day may have."""
        start = time.monotonic()
        while not over.wait(30):
            if self.running():
                self.say(f"  {name}: {time.monotonic() - start:.0f} s, server {self.server.rss() >> 20} MiB, "
                         f"{self.server.cpu():.0f} s of processor time so far")

    def memory(self):
        status = pathlib.Path(f"/proc/{self.server.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024

    def load(self, phase, count, connections, fine=("200", "201", "202", "204", "302"), **options):
        done = subprocess.run([self.context.built("load_day"), self.world_file, str(self.server.port), phase, str(count),
                               str(connections), *[f"{k}={v}" for k, v in options.items()]], capture_output=True, text=True)
        expect(done.returncode == 0, f"{phase}: {done.stderr[-400:]}")
        said = json.loads(done.stdout)
        bad = {k: v for k, v in said["status"].items() if k not in fine}
        expect(not bad, f"{phase}: answers {said['status']}: {said['first_refusal']}")
        self.last = said
        return said["done"]

    def exposures(self):
        self.load("exposures", self.counts["exposures"], 128, beacon=BEACON)
        expect(self.last["counted"] == self.counts["exposures"],
               f"{self.counts['exposures']} exposures were sent, {self.last['counted']} counted")
        return self.counts["exposures"]

    def visits(self):
        n = self.load("visits", self.counts["visits"], ROAMING, stay=self.stores, chat=400)
        self.chat = self.last["said"]
        return n

    def touches(self):
        return self.load("touches", self.counts["touches"], 128)

    def file(self, name):
        return self.context.folder / name

    def orders(self):
        n = self.load("orders", self.counts["orders"], 256, out=self.file("orders"))
        placed = self.file("orders").read_text().split()
        self.file("some").write_text("\n".join(placed[:max(1, len(placed) // 10)]) + "\n")
        return n

    def payments(self):
        n = self.load("post", 0, 256, list=self.file("orders"), path="/api/v1/orders/{line}/pay", body="{}", field="prepay_id",
                      out=self.file("prepaid"))
        self.load("post", 0, 256, list=self.file("prepaid"), path="/api/v1/sandbox/pay",
                  body='{"prepay_id":"{line}"}')
        self.wait("select count(*) from orders where state = 'placed'", "orders are still unpaid")
        return n

    def refunds(self):
        n = self.load("post", 0, 128, list=self.file("some"), path="/api/v1/orders/{line}/after-sales", field="id",
                      out=self.file("asked"),
                      body='{"line":0,"kind":"refund_only","qty":0,"amount_fen":500,"reason":"agreed"}')
        self.load("post", 0, 128, list=self.file("asked"), path="/api/v1/after-sales/{line}/approve", body="{}")
        self.wait("select count(*) from refunds where state <> 'done'", "refunds are still on their way")
        self.refunded = n
        return n

    def wait(self, query, words, seconds=600):
        """The server's jobs have done what was left to them."""
        end = time.monotonic() + seconds
        with sqlite3.connect(f"file:{self.db.removeprefix('sqlite:')}?mode=ro", uri=True) as db:
            while (left := db.execute(query).fetchone()[0]) > 0:
                if time.monotonic() > end:
                    raise Wrong(f"{left} {words}")
                time.sleep(0.2)

    def command(self, *words):
        done = subprocess.run([self.context.program, *words, "--db", self.db], capture_output=True, text=True)
        expect(done.returncode == 0, f"lianbo {words[0]}: {done.stdout[-800:]}{done.stderr[-400:]}")
        return done.stdout

    def settlement(self):
        self.command("settle", "--brand", self.brand)
        return self.stores

    def verify(self):
        """lianbo verify knows the laws; here stands what the clients were answered, against the rows."""
        self.command("verify")
        did = {p["phase"]: p["count"] for p in self.phases}
        with sqlite3.connect(self.db.removeprefix("sqlite:")) as db:
            one = lambda q: db.execute(q).fetchone()[0]

            def same(what, query, wanted):
                expect((got := one(query)) == wanted, f"{what}: {wanted} were answered, the rows say {got}")
            same("orders", "select count(*) from orders", did.get("orders", 0))
            if "payments" in did:
                same("payments", "select count(*) from orders where paid_at is not null", did["payments"])
            same("refunds", "select count(*) from refunds where state = 'done'", did.get("refunds", 0))
            same("touches", "select count(*) from touches", did.get("touches", 0) + self.people)
            same("enters", "select sum(enters) from broadcasts", did.get("visits", 0))
            same("lines of chat", "select count(*) from chat_lines", self.chat)
            same("exposures", "select coalesce(sum(n), 0) from exposure_sets", did.get("exposures", 0))
            for figure, what, wanted in (("exposures", "exposure", did.get("exposures", 0)), ("enters", "enter", did.get("visits", 0)),
                                         ("touches", "touch", did.get("touches", 0) + self.people),
                                         ("orders", "placed", did.get("orders", 0)), ("paid_orders", "paid", did.get("payments", 0))):
                same(f"{figure} rolled up", f"select (select coalesce(sum({figure}), 0) from figures where scope = 'store') + "
                     f"(select coalesce(sum(n), 0) from tallies where what = '{what}')", wanted)
            expect(one("select coalesce(sum(amount_fen), 0) from ledger_postings") == 0, "the ledger does not balance")
            return max(1, one("select count(*) from orders"))

    def tell(self):
        took = sum(p["seconds"] for p in self.phases)
        out = {"scale": self.scale, "seconds": round(took, 1), "seconds_at_scale_1": round(took / self.scale, 1),
               "chat_lines": self.chat, "peak_bytes": self.peak, "phases": self.phases}
        missed = [p["phase"] for p in self.phases if not p["within"]]
        if self.peak > MEMORY:
            missed.append("memory")
        self.say(f"{took:.1f} s in all, {took / self.scale:,.0f} s at scale 1 (600 s asked); memory at most "
                 f"{self.peak / 2**20:.0f} MiB; " + (f"missed: {', '.join(missed)}" if missed else "no phase missed"))
        return out


def run(scale, say=print, smoke=False, only=()):
    context = Context(smoke)
    try:
        return Day(context, scale, say, only).run()
    finally:
        context.close()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scale", type=float, default=1)
    options.add_argument("--only", default="", help="phases, with commas; what they need must be among them")
    options.add_argument("--json", metavar="FILE")
    given = options.parse_args()
    try:
        result = run(given.scale, lambda text: print(text, flush=True), only=[p for p in given.only.split(",") if p])
    except Wrong as e:
        sys.exit(f"day: {e}")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
