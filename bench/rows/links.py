"""A moment link: how fast it redirects while it records who came, and how soon a person sees the product."""
import json
import os
import subprocess

from frame import ROOT, Demand, Row, Sample, expect, get, used
from peers import nginx

CONNECTIONS = 256


class Moment:
    """A product being explained in a broadcast on air, and a link to that moment."""

    def __init__(self, context, core=None):
        self.world = world = context.world(core=core)
        product = world.products["P1"]["id"]
        made = world.owner.ok("POST", f"/api/v1/stores/{world.store(0)}/broadcasts",
                              {"title": "晚场", "scheduled_at": "2026-12-01T12:00:00Z", "product_ids": [product]})
        world.owner.ok("POST", f"/api/v1/broadcasts/{made['id']}/start", None)
        world.owner.ok("POST", f"/api/v1/broadcasts/{made['id']}/pins", {"product_id": product})
        sharer = world.buyer("sharer")
        self.path = "/s/" + sharer.ok("POST", "/api/v1/shares", {"kind": "moment", "channel": "dm", "broadcast_id": made["id"],
                                                                "product_id": product})["token"]
        self.brand = world.brand

    def open_once(self):
        """Redirects to the room, and the lock of who came is there."""
        guest = self.world.client()
        landed = guest.send("GET", self.path)
        expect(landed.status == 302 and "/room/" in landed.headers["location"], f"the link answers {landed}")
        lock = guest.ok("GET", f"/api/v1/brands/{self.brand}/lock")["lock"]
        expect(lock and lock["valid"], "who came by the link is not locked")


class Redirect(Row):
    """Every request is a new guest: a cookie is made, the touch and the lock are on disk before the answer."""
    name, order = "link_redirect", 50
    what = "moment link → 302, touch and lock recorded durably"
    unit = "requests/s"
    limit_name = "nginx return 302"
    demands = [Demand("ratio_to_limit", ">=", 0.35)]

    def prepare(self, context):
        self.context = context
        self.moment = Moment(context)
        self.moment.open_once()
        self.nginx = None
        if not context.small:
            self.nginx = nginx.start(context, """
    location / { return 302 /room/0000000000000?product=0000000000000; }""")

    def load(self, port, path):
        said = self.context.load([self.context.built("load_http"), "--port", port, "--path", path, "--connections", CONNECTIONS,
                                  "--seconds", 0.3 if self.context.small else 3])
        expect(set(said["status"]) == {"302"} and not said["errors"], f"answers {said['status']}, errors {said['errors']}")
        return said

    def ours(self):
        pid = self.moment.world.server.process.pid
        before = used(pid)[0]
        said = self.load(self.moment.world.server.port, self.moment.path)
        cpu = used(pid)[0] - before
        return Sample(said["per_s"], 1e6 * cpu / (said["requests"] * (said["seconds"] + 0.3) / said["seconds"]), used(pid)[1],
                      {"p99_ms": said["p99_us"] / 1000})

    def limit(self):
        before = self.nginx.cpu()
        said = self.load(self.nginx.port, "/")
        cpu = self.nginx.cpu() - before
        return Sample(said["per_s"], 1e6 * cpu / (said["requests"] * (said["seconds"] + 0.3) / said["seconds"]))

    def smoke(self, context):
        self.prepare(context)
        self.ours()
        self.moment.open_once()


class Landing(Row):
    """In Chromium, a phone's size, a fresh context each time."""
    name, order = "landing", 90
    what = "browser: moment link to first picture and product card, loopback, p95 of 20"
    unit = "ms"
    demands = [Demand("ours", "<=", 1000)]

    def prepare(self, context):
        self.context = context
        context.package("chromium", "nodejs")
        if not (ROOT / "web/dist/shop/index.html").exists():
            subprocess.run([ROOT / "dev", "web"], check=True, stdout=subprocess.DEVNULL)

    def ours(self):
        done = subprocess.run(["node", ROOT / "bench/load/landing.mjs", "20"], capture_output=True, text=True, timeout=300,
                              env={**os.environ, "LIANBO_PROGRAM": str(self.context.program)})
        expect(done.returncode == 0, f"landing.mjs fails: {done.stderr[-600:]}")
        times = sorted(json.loads(done.stdout)["times"])
        return Sample(times[-2], None, None, {"median_ms": times[len(times) // 2], "longest_ms": times[-1]})

    def smoke(self, context):
        moment = Moment(context)
        moment.open_once()
        status, headers, _ = get(moment.world.server.port, moment.path)
        expect(status == 302 and "no-store" in headers["cache-control"], f"the link answers {status} {headers}")
