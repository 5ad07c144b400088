"""The big day: what a brand with ten thousand rooms meets in one day, against one server in ten minutes and 4 GiB.

    bench/day.py [--scale 1] [--json FILE]

At scale 1: 10,000 stores on the air, 50,000,000 exposures in beacons as the pages send them, 1,000,000 share touches,
300,000 orders of one campaign's SKUs (two of them nearly all), paid through the sandbox, 30,000 refunds, settlement, and
verify. A scale of 0.01 is a hundredth of each; people and stores shrink by its root, so that each person still sees
many rooms. Everything but settlement and verify goes through HTTP. Each phase is printed with its rate and its share of
the ten minutes, which is what its count would take at that rate at scale 1. Not in it: entering rooms and chat, which
need WebSockets; the rows of the room fan-out measure those.
"""
import argparse
import json
import math
import pathlib
import re
import sqlite3
import subprocess
import sys
import time

from frame import Context, Wrong, expect, write_requests

# What each phase may take of the 600 s.
SHARES = {"exposures": 240, "touches": 60, "orders": 60, "payments": 120, "refunds": 40, "settlement": 20, "verify": 60}
BEACON = 100  # exposures; the route takes 200
PART = 20_000  # requests of one file


class Day:
    def __init__(self, context, scale, say):
        self.context, self.scale, self.say = context, scale, say
        root = math.sqrt(scale)
        self.stores, self.people = max(4, round(10_000 * root)), max(8, round(5_000 * root))
        self.orders_wanted = max(10, round(300_000 * scale))
        self.phases = []

    def run(self):
        began = time.monotonic()
        folder = self.context.folder
        self.db = f"sqlite:{folder}/day.db"
        world = folder / "world.json"
        subprocess.run([self.context.built("bench_world"), self.db, world, f"stores={self.stores}",
                        f"buyers={self.people}", "skus=20", f"stock={max(1000, self.orders_wanted * 2)}"], check=True,
                       stderr=subprocess.DEVNULL)
        self.world = json.loads(world.read_text())
        self.world_file = world
        self.say(f"{self.stores:,} stores on the air, {self.people:,} people: {time.monotonic() - began:.1f} s (before the day)")
        self.server = self.context.lianbo(self.db)
        self.day_began = time.monotonic()
        self.phase("exposures", self.exposures)
        self.phase("touches", self.touches)
        self.phase("orders", self.orders)
        self.phase("payments", self.payments)
        self.phase("refunds", self.refunds)
        self.peak = self.memory()
        self.server.stop()
        self.phase("settlement", self.settlement)
        self.phase("verify", self.verify)
        return self.tell()

    def phase(self, name, body):
        start = time.monotonic()
        count = body()
        took = time.monotonic() - start
        at_full = took / self.scale
        self.phases.append({"phase": name, "count": count, "seconds": round(took, 2), "per_s": round(count / took, 1),
                            "seconds_at_scale_1": round(at_full, 1), "share_s": SHARES[name],
                            "within": at_full <= SHARES[name]})
        self.say(f"{name:11} {count:12,} in {took:8.1f} s = {count / took:10,.0f}/s; at scale 1 {at_full:8.0f} s of "
                 f"{SHARES[name]} s{'' if at_full <= SHARES[name] else '  MISSED'}")

    def memory(self):
        status = pathlib.Path(f"/proc/{self.server.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024

    def send(self, requests, answers=False, connections=128, fine=("200", "201", "202", "204", "302")):
        """All of them once; the answers' bodies when asked for."""
        out, part = [], []

        def flush():
            if not part:
                return
            file, told = self.context.folder / "requests", self.context.folder / "answers"
            write_requests(file, part)
            command = [self.context.built("load_http"), "--port", self.server.port, "--connections",
                       min(connections, len(part)), "--requests", file, "--once", "--warm", 0, "--count", len(part)]
            if answers:
                command += ["--answers", told]
            done = subprocess.run([*map(str, command)], capture_output=True, text=True)
            expect(done.returncode == 0, done.stderr[-400:])
            said = json.loads(done.stdout)
            bad = {k: v for k, v in said["status"].items() if k not in fine}
            expect(not bad, f"answers {said['status']}: {told.read_text()[:300] if answers else ''}")
            if answers:
                out.extend(line.split(" ", 1)[1] for line in told.read_text().splitlines())
            part.clear()

        for r in requests:
            part.append(r)
            if len(part) == PART:
                flush()
        flush()
        return out

    @staticmethod
    def request(method, path, token, body=None, key=None):
        text = json.dumps(body) if body is not None else ""
        return (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
                + (f"Idempotency-Key: {key}\r\n" if key else "")
                + (f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n" if text else
                   ("Content-Length: 0\r\n" if method == "POST" else "")) + f"\r\n{text}")

    def exposures(self):
        rooms = [s["broadcast"] for s in self.world["stores"]]
        parts = [rooms[i:i + BEACON] for i in range(0, len(rooms), BEACON)]
        bodies = [{"items": [{"kind": "broadcast", "id": r} for r in part]} for part in parts]
        self.send(self.request("POST", "/api/v1/exposures", b["token"], body) for body in bodies
                  for b in self.world["buyers"])
        self.exposed = len(rooms) * len(self.world["buyers"])
        return self.exposed

    def touches(self):
        shares, people = self.world["stores"], self.world["buyers"]
        count = max(10, round(1_000_000 * self.scale))
        self.send(self.request("GET", f"/s/{shares[(i * 7) % len(shares)]['share']}", people[i % len(people)]["token"])
                  for i in range(count))
        return count

    def orders(self):
        stores, skus, people = self.world["stores"], self.world["skus"], self.world["buyers"]
        address = {"name": "Wang Xiaoming", "phone": "13800138000", "region": "Shanghai", "detail": "1 Nanjing Road"}

        def wish(i):
            store, sku = stores[i % len(stores)], skus[i % 2 if i % 64 else i % len(skus)]
            return self.request("POST", "/api/v1/orders", people[i % len(people)]["token"],
                                {"store_id": store["store"], "broadcast_id": store["broadcast"], "address": address,
                                 "lines": [{"sku_id": sku["sku"], "qty": 1}]}, key=f"day-{i}")
        said = self.send((wish(i) for i in range(self.orders_wanted)), answers=True, connections=256)
        self.placed = [json.loads(a)["id"] for a in said]
        return len(self.placed)

    def payments(self):
        owner = self.world["owner"]
        said = self.send((self.request("POST", f"/api/v1/orders/{o}/pay", owner, {}) for o in self.placed), answers=True)
        prepaid = [json.loads(a)["prepay_id"] for a in said]
        self.send(self.request("POST", "/api/v1/sandbox/pay", owner, {"prepay_id": p}) for p in prepaid)
        self.wait("select count(*) from orders where state = 'placed'", "orders are still unpaid")
        return len(prepaid)

    def refunds(self):
        owner, some = self.world["owner"], self.placed[:max(1, len(self.placed) // 10)]
        asked = self.send((self.request("POST", f"/api/v1/orders/{o}/after-sales", owner,
                                        {"line": 0, "kind": "refund_only", "qty": 0, "amount_fen": 500, "reason": "agreed"})
                           for o in some), answers=True)
        self.send(self.request("POST", f"/api/v1/after-sales/{json.loads(a)['id']}/approve", owner, {}) for a in asked)
        self.wait("select count(*) from refunds where state <> 'done'", "refunds are still on their way")
        return len(some)

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
        self.command("settle", "--brand", self.world["brand"])
        return self.stores

    def verify(self):
        self.command("verify")
        with sqlite3.connect(self.db.removeprefix("sqlite:")) as db:
            one = lambda q: db.execute(q).fetchone()[0]
            expect(one("select count(*) from orders") == len(self.placed), "an answered order is not there")
            expect(one("select coalesce(sum(amount_fen), 0) from ledger_postings") == 0, "the ledger does not balance")
            expect(one("select count(*) from exposures") == self.exposed, "an exposure is missing, or there twice")
            counted = one("select coalesce(sum(exposures), 0) from figures where scope = 'store'")
            waiting = one("select coalesce(sum(n), 0) from tallies where what = 'exposure'")
            expect(counted + waiting == self.exposed, f"{self.exposed} exposures, {counted} in the figures, {waiting} waiting")
            return one("select count(*) from orders")

    def tell(self):
        took = sum(p["seconds"] for p in self.phases)
        out = {"scale": self.scale, "seconds": round(took, 1), "seconds_at_scale_1": round(took / self.scale, 1),
               "peak_bytes": self.peak, "phases": self.phases}
        missed = [p["phase"] for p in self.phases if not p["within"]]
        self.say(f"{took:.1f} s in all, {took / self.scale:,.0f} s at scale 1 (600 s asked); memory at most "
                 f"{self.peak / 2**20:.0f} MiB; " + (f"missed: {', '.join(missed)}" if missed else "no phase missed"))
        return out


def run(scale, say=print, smoke=False):
    context = Context(smoke)
    try:
        return Day(context, scale, say).run()
    finally:
        context.close()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scale", type=float, default=1)
    options.add_argument("--json", metavar="FILE")
    given = options.parse_args()
    try:
        result = run(given.scale, lambda text: print(text, flush=True))
    except Wrong as e:
        sys.exit(f"day: {e}")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
