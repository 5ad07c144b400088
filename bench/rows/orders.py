"""Orders over HTTP, the whole path, each answered after its commit is on disk. Server and buyers share both cores."""
import json
import pathlib
import re
import sqlite3
import statistics
import subprocess
import time

from frame import Demand, Row, Sample, Wrong, expect, get
from peers import nginx, vendure

CONNECTIONS = 256


def commits(port):
    """Transactions and commits so far."""
    _, _, body = get(port, "/metrics")
    text = body.decode()
    found = {m: float(v) for m, v in re.findall(r"^lianbo_db_(transactions|commits)_total(?:\{[^}]*\})? (\S+)$", text, re.M)}
    return found.get("transactions", 0), found.get("commits", 0)


class Orders(Row):
    name, order = "orders_sqlite", 40
    what = "orders over HTTP, whole path, answered after fsync, on SQLite"
    unit = "orders/s"
    limit_name = "the same rows by a bare SQLite loop at the same batch"
    peer_names = ["nginx return 200, requests/s", "Vendure on SQLite, whole checkouts/s"]
    demands = [Demand("ratio_to_limit", ">=", 0.5), Demand("peer:nginx return 200, requests/s", ">=", 0.054),
               Demand("peer:Vendure on SQLite, whole checkouts/s", ">=", 500), Demand("note:half_p99_ms", "<=", 50)]
    connections, seconds = CONNECTIONS, 4

    def database(self, context):
        return f"sqlite:{context.folder}/orders.db"

    def prepare(self, context):
        self.context, self.batch = context, 64
        self.url = self.database(context)
        self.world = context.folder / "world.json"
        self.nginx = self.shop = None
        sizes = ["stores=4", "buyers=20", "skus=4"] if context.small else ["stores=1000", "buyers=5000", "skus=50"]
        subprocess.run([context.built("bench_world"), self.url, self.world, *sizes], check=True,
                       stderr=subprocess.DEVNULL)
        self.server = context.lianbo(self.url)
        self.load(1)
        if not context.small:
            self.peers(context)

    def peers(self, context):
        self.nginx = nginx.start(context, "location / { return 200 'ok'; }")
        try:
            self.shop = vendure.start(context)
        except Wrong as none:  # a peer that can't be had costs its own column, not the row
            self.without = {self.peer_names[1]: none}

    def load(self, seconds, rate=0):
        command = [self.context.built("load_orders"), self.world, self.server.port, seconds,
                   8 if self.context.small else self.connections]
        done = subprocess.run([*map(str, command), f"rate={rate}"], capture_output=True, text=True, timeout=120)
        expect(done.returncode == 0, f"no order is taken: {done.stderr[-600:]}")
        said = json.loads(done.stdout)
        expect(set(said["statuses"]) <= {"201", "503"} and not said["broken"], f"answers {said['statuses']}")
        return said

    def ours(self):
        cpu, before = self.server.cpu(), commits(self.server.port)
        said = self.load(1 if self.context.small else self.seconds)
        spent, after = self.server.cpu() - cpu, commits(self.server.port)
        if after[1] > before[1]:
            self.batch = max(1, round((after[0] - before[0]) / (after[1] - before[1])))
        half = self.load(1 if self.context.small else 2, rate=max(20, said["per_second"] / 2))
        return Sample(said["per_second"], spent * 1e6 / max(1, said["orders"]), self.server.rss(),
                      {"p99_ms": said["p99_us"] / 1000, "half_p99_ms": half["p99_us"] / 1000, "batch": self.batch,
                       "generator_cpu_us": said["generator_cpu_s"] * 1e6 / max(1, said["orders"])})

    def limit(self):
        copy = self.context.folder / "limit.db"
        for end in ("", "-wal", "-shm"):
            pathlib.Path(f"{copy}{end}").unlink(missing_ok=True)
        with sqlite3.connect(self.url.removeprefix("sqlite:")) as db, sqlite3.connect(copy) as to:
            db.backup(to)
        done = subprocess.run([self.context.built("limit_orders_sqlite"), copy, str(0.2 if self.context.small else 3),
                               str(self.batch)], capture_output=True, text=True)
        expect(done.returncode == 0, done.stderr)
        said = json.loads(done.stdout)
        return Sample(said["per_s"], said["cpu_us_per_op"], None, {"batch": self.batch})

    def peer(self, name):
        if name.startswith("nginx"):
            said = self.context.load([self.context.built("load_http"), "--port", self.nginx.port, "--connections", 64,
                                      "--seconds", 2])
            return Sample(said["per_s"])
        return Sample(vendure.checkouts_per_second(self.shop, 4))

    def smoke(self, context):
        self.prepare(context)
        expect(self.ours().value > 20, "hardly any order is taken")
        self.server.stop()
        verified = subprocess.run([context.program, "verify", "--db", self.url], capture_output=True, text=True)
        expect(verified.returncode == 0, f"verify: {verified.stdout[-500:]}{verified.stderr[-500:]}")
        expect(self.limit().value > 20, "the bare loop writes hardly anything")


class OrdersGrowth(Orders):
    """Orders a second and start-up as the database grows. The bare loop writes the orders in between: the same rows in
    the same tables and indexes, only faster than a server would take them."""
    name, order, in_suite, runs = "orders_growth", 42, False, 1
    what = "orders/s on SQLite as orders in the database grow: the largest database ÷ the smallest"
    unit = "of the first"
    limit_name, peer_names = "", []
    demands = [Demand("ours", ">=", 0.8), Demand("note:start_ms_1000k", "<=", 1000)]
    sizes = [10_000, 100_000, 1_000_000, 2_000_000]

    def peers(self, context):
        pass

    def orders_there(self):
        with sqlite3.connect(self.url.removeprefix("sqlite:")) as db:
            return db.execute("select count(*) from orders").fetchone()[0]

    def grow(self, to):
        while (there := self.orders_there()) < to:
            seconds = 0.2 if self.context.small else min(60, max(0.2, (to - there) / 10_000))
            subprocess.run([self.context.built("limit_orders_sqlite"), self.url.removeprefix("sqlite:"), str(seconds), "256"],
                           check=True, stdout=subprocess.DEVNULL)
        # The loop's orders have told nobody: in a shop their events would be long handed on. One start does that.
        server = self.context.lianbo(self.url)
        deadline = time.monotonic() + 120
        with sqlite3.connect(self.url.removeprefix("sqlite:")) as db:
            while db.execute("select exists (select 1 from outbox)").fetchone()[0]:
                expect(time.monotonic() < deadline, "the events of the orders written in between are not handed on")
        server.stop()

    def ours(self):
        notes, rates = {}, []
        for size in self.sizes:
            self.server.stop()
            self.grow(size)
            begun = time.monotonic()
            self.server = self.context.lianbo(self.url)
            notes[f"start_ms_{size // 1000}k"] = (time.monotonic() - begun) * 1000
            if not self.context.small:
                self.load(1)  # pages that are asked again and again are read first
            rates.append(statistics.median(self.load(1 if self.context.small else 4)["per_second"]
                                           for _ in range(1 if self.context.small else 3)))
            notes[f"orders_per_s_{size // 1000}k"] = rates[-1]
        return Sample(rates[-1] / rates[0], None, self.server.rss(), notes)

    def smoke(self, context):
        self.sizes = [200, 1000]
        self.prepare(context)
        expect(self.ours().value > 0.05 and self.orders_there() > 1000, "the database does not grow")


class OrdersPostgres(Orders):
    name, order = "orders_postgres", 41
    what = "the same on PostgreSQL"
    limit_name = "the same rows by a libpq pipeline at the same batch"
    peer_names = ["pgbench TPC-B, 8 clients, transactions/s"]
    demands = [Demand("ratio_to_limit", ">=", 0.5), Demand("peer:pgbench TPC-B, 8 clients, transactions/s", ">=", 2)]

    def database(self, context):
        return context.postgres()

    def peers(self, context):
        bin = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.pgbench = bin / "pgbench"
        query = self.url.split("?", 1)[1].split("&")
        self.host = next(q.removeprefix("host=") for q in query if q.startswith("host="))
        subprocess.run([self.pgbench, "-h", self.host, "-U", "lianbo", "-i", "-q", "-s", "10", "postgres"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def limit(self):
        done = subprocess.run([self.context.built("limit_orders_postgres"), self.url,
                               str(0.2 if self.context.small else 3), str(max(16, self.batch))],
                              capture_output=True, text=True)
        expect(done.returncode == 0, done.stderr)
        return Sample(json.loads(done.stdout)["per_s"])

    def peer(self, name):
        done = subprocess.run([self.pgbench, "-h", self.host, "-U", "lianbo", "-c", "8", "-j", "1", "-T", "4", "postgres"],
                              capture_output=True, text=True)
        found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.M)
        expect(found, done.stderr[-300:])
        return Sample(float(found[1]))
