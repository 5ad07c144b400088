"""The big day: what a brand with ten thousand rooms meets in one day, against one server in ten minutes and 4 GiB.

    bench/day.py [--scale 1] [--apart] [--only exposures,visits] [--json FILE]

At scale 1: 10,000 stores on the air, 50,000,000 exposures in beacons of 100 as the pages send them, 5,000,000 enters and
2,000,000 lines of chat over WebSockets (each tenth enter on a new connection, the others by going there from another
room), 1,000,000 share touches, 300,000 orders of one campaign's SKUs (two of them nearly all), each paid through the
sandbox, 30,000 refunds, settlement, and verify. At a scale of 0.01 there is a hundredth of each and of the people, who
still see as many rooms each; stores shrink by its root. Everything but settlement and verify goes through HTTP and
WebSocket (bench/load/day.cpp). As on the day, everything happens at once: what waits (for the disk, for the payment rail)
lies beside what computes. With --apart the phases go one after another, each with what it costs the server; --only takes
some of those. "At scale 1" is what the whole count takes at the rate that was measured. At the end everything is counted,
and the laws are looked at.
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

# As for a big day: ten thousand small rooms need not be told each second that one came and one left.
SETTINGS = ["room.counts_ms=5000"]
LIMIT = 600  # seconds at scale 1, for all of it
BEACON = 100  # exposures of one request; the route takes 200
EACH = 500  # exposures of one person
ROAMING = 3_000  # viewers who go from room to room, beside one who stays in each
FRESH = 10  # every so manieth visit of theirs is on a new connection
CHAT = 400  # of a thousand visits say a line
MEMORY = 4 * 2**30


class Day:
    def __init__(self, context, scale, say, apart=False, only=()):
        self.context, self.scale, self.say, self.apart, self.only = context, scale, say, apart or bool(only), only
        self.stores = max(BEACON, round(10_000 * math.sqrt(scale)))
        self.each = min(EACH, self.stores // BEACON * BEACON)
        self.people = max(8, round(50_000_000 * scale / self.each))
        self.counts = {"exposures": self.people * self.each, "visits": max(self.stores + 100, round(5_000_000 * scale)),
                       "touches": max(10, round(1_000_000 * scale)), "orders": max(10, round(300_000 * scale))}
        self.phases = []
        self.done = {}
        self.chat = self.fresh = 0

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
        start = time.monotonic()
        self.server = self.context.lianbo(self.db, SETTINGS)
        self.say(f"the server is up after {time.monotonic() - start:.1f} s")
        for name in ("exposures", "visits", "touches", "orders", "payments", "refunds") if self.apart else ("together",):
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
        self.load_cpu, self.loads = 0, {}
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
               "seconds_at_scale_1": round(at_full, 1), "load_cpu_us_each": round(self.load_cpu / count * 1e6, 2)}
        more = ""
        if self.running():
            out["server_cpu_s"] = round(self.server.cpu() - cpu, 1)
            out["cpu_us_each"] = round((self.server.cpu() - cpu) / count * 1e6, 2)
            out["rss_bytes"] = self.server.rss()
            more = (f"; {out['cpu_us_each']:,} us of the server and {out['load_cpu_us_each']:,} of the clients each, "
                    f"{out['rss_bytes'] >> 20} MiB")
        self.phases.append(out)
        self.say(f"{name:11} {count:12,} in {took:8.1f} s = {count / took:10,.0f}/s; at scale 1 {at_full:8.0f} s{more}")

    def running(self):
        return self.server.child.poll() is None

    def progress(self, name, over):
        """A line now and then: how far it is, and what the server has used."""
        start = time.monotonic()
        while not over.wait(30):
            if self.running():
                far = ", ".join(f"{n} {(file.read_text().split() or ['0'])[-1]}" for n, file in self.loads.items())
                self.say(f"  {name}: {time.monotonic() - start:.0f} s, server {self.server.rss() >> 20} MiB, "
                         f"{self.server.cpu():.0f} s of processor time so far; {far}")

    def memory(self):
        status = pathlib.Path(f"/proc/{self.server.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024

    def start(self, phase, count, connections, **options):
        """A load generator, on its way; finish() takes what it says."""
        told = self.loads[phase] = self.file(f"{phase}.progress")
        with told.open("w") as errors:
            return subprocess.Popen([str(w) for w in (self.context.built("load_day"), self.world_file, self.server.port, phase, count,
                                     connections, *[f"{k}={v}" for k, v in options.items()])], stdout=subprocess.PIPE,
                                    stderr=errors, text=True)

    def finish(self, phase, child, fine=("200", "201", "202", "204", "302", "503")):
        """503: try again later, and they did."""
        out = child.communicate()[0]
        expect(child.returncode == 0, f"{phase}: {self.loads[phase].read_text()[-400:]}")
        said = json.loads(out)
        bad = {k: v for k, v in said["status"].items() if k not in fine}
        expect(not bad, f"{phase}: answers {said['status']}: {said['first_refusal']}")
        self.load_cpu += said["cpu_s"]
        self.last = said
        return said["done"]

    def load(self, phase, count, connections, **options):
        return self.finish(phase, self.start(phase, count, connections, **options))

    def together(self):
        """Everything at once. Each count is what the clients were answered."""
        counts = self.counts
        on_way = {"exposures": self.start("exposures", counts["exposures"], 128, beacon=BEACON),
                  "visits": self.start("visits", counts["visits"], ROAMING, stay=self.stores, chat=CHAT, fresh=FRESH),
                  "touches": self.start("touches", counts["touches"], 64),
                  "buys": self.start("buys", counts["orders"], 256, refund=10)}
        start, said = time.monotonic(), {}
        try:
            while on_way:
                for name in [n for n, child in on_way.items() if child.poll() is not None]:
                    self.finish(name, on_way.pop(name))
                    said[name] = self.last
                    again = self.last["status"].get("503", 0)
                    self.say(f"  {name:10} {self.last['done']:12,} done after {time.monotonic() - start:7.1f} s; p50 "
                             f"{self.last['p50_us'] / 1000:.1f} ms, p99 {self.last['p99_us'] / 1000:.1f} ms, "
                             f"{self.last['cpu_s']:.1f} s of processor time" + (f", {again} times told to come later" if again else ""))
                time.sleep(0.05)
        finally:
            for child in on_way.values():
                child.kill()
                child.communicate()
        expect(said["exposures"]["counted"] == counts["exposures"],
               f"{counts['exposures']} exposures were sent, {said['exposures']['counted']} counted")
        self.chat, self.fresh = said["visits"]["said"], said["visits"]["fresh"]
        self.done = {"exposures": counts["exposures"], "visits": said["visits"]["done"], "touches": said["touches"]["done"],
                     "orders": said["buys"]["done"], "payments": said["buys"]["paid"], "refunds": said["buys"]["refunded"]}
        self.settled()
        return sum(self.done.values()) + self.chat

    def settled(self):
        self.wait("select count(*) from orders where state = 'placed'", "orders are still unpaid")
        self.wait("select count(*) from refunds where state <> 'done'", "refunds are still on their way")

    def exposures(self):
        self.load("exposures", self.counts["exposures"], 128, beacon=BEACON)
        expect(self.last["counted"] == self.counts["exposures"],
               f"{self.counts['exposures']} exposures were sent, {self.last['counted']} counted")
        return self.counts["exposures"]

    def visits(self):
        n = self.load("visits", self.counts["visits"], ROAMING, stay=self.stores, chat=CHAT, fresh=FRESH)
        self.chat, self.fresh = self.last["said"], self.last["fresh"]
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
        did = {**{p["phase"]: p["count"] for p in self.phases}, **self.done}
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
        load = sum(p["load_cpu_us_each"] * p["count"] / 1e6 for p in self.phases)
        out = {"scale": self.scale, "seconds": round(took, 1), "seconds_at_scale_1": round(took / self.scale, 1),
               "counts": self.done, "chat_lines": self.chat, "fresh_connections": self.fresh, "peak_bytes": self.peak,
               "server_cpu_s": round(sum(p.get("server_cpu_s", 0) for p in self.phases), 1), "load_cpu_s": round(load, 1),
               "within": took / self.scale <= LIMIT and self.peak <= MEMORY, "phases": self.phases}
        did = ", ".join(f"{n:,} {name}" for name, n in self.done.items())
        self.say((f"{did}, {self.chat:,} lines of chat; {self.fresh:,} connections for the visits\n" if did else "")
                 + f"{took:.1f} s in all, {took / self.scale:,.0f} s at scale 1 ({LIMIT} s asked); processor time: server "
                 f"{out['server_cpu_s']:,} s, clients {load:,.1f} s; memory at most {self.peak / 2**20:.0f} MiB; "
                 + ("within" if out["within"] else "MISSED"))
        return out


def run(scale, say=print, smoke=False, apart=False, only=()):
    context = Context(smoke)
    try:
        return Day(context, scale, say, apart, only).run()
    finally:
        context.close()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scale", type=float, default=1)
    options.add_argument("--apart", action="store_true", help="one phase after another")
    options.add_argument("--only", default="", help="of those: phases, with commas; what they need must be among them")
    options.add_argument("--json", metavar="FILE")
    given = options.parse_args()
    try:
        result = run(given.scale, lambda text: print(text, flush=True), apart=given.apart,
                     only=[p for p in given.only.split(",") if p])
    except Wrong as e:
        sys.exit(f"day: {e}")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
