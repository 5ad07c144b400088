"""A brand's whole network at once: its file of agents comes in, and a campaign goes out to every store."""
import datetime
import subprocess
import time

from frame import Demand, Row, Sample, expect, used

SECONDS = "s"


class Network(Row):
    """A brand of its own for each run, on a server that was just started."""
    in_suite, unit, demands = False, SECONDS, [Demand("ours", "<=", 5), Demand("note:postgresql_s", "<=", 5)]
    agents = 10_000

    def prepare(self, context):
        self.context = context
        self.agents = 60 if context.small else self.agents
        self.url = context.postgres()
        self.runs_so_far = 0

    def world(self, engine):
        self.runs_so_far += 1
        name = f"network{self.runs_so_far}"
        if engine == "sqlite":
            return self.context.world(db=f"sqlite:{self.context.folder}/{name}.db")
        subprocess.run(["psql", "-q", self.url, "-c", f"create database {name}"], check=True)
        return self.context.world(db=self.url.replace("/postgres?", f"/{name}?"))

    def send_file(self, world):
        """Seconds until the whole network has been answered for: parents before and after their children, nine regions."""
        rows = ["code,name,phone,region,level,parent"]
        for i in range(self.agents):
            parent = f"N{(i * 7919) % self.agents // 10}" if i >= self.agents // 10 else ""
            rows.append(f"N{i},主播{i},137{i:08d},地区{i % 9},gold,{parent}")
        body = "\n".join(rows).encode()
        began = time.monotonic()
        said = world.owner.ok("POST", f"/api/v1/brands/{world.brand}/agents:import", body, raw=True)
        spent = time.monotonic() - began
        expect(said["imported"] == self.agents, f"{self.agents} agents were sent, the server says {said}")
        return spent

    def push(self, world):
        """Seconds from the call until each store has the campaign."""
        now = datetime.datetime.now(datetime.timezone.utc)
        at = lambda days: (now + datetime.timedelta(days=days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        draft = world.owner.ok("POST", f"/api/v1/brands/{world.brand}/campaigns",
                               {"name": "双十一", "starts_at": at(0), "ends_at": at(1), "target": {"kind": "all"},
                                "items": [{"sku_id": world.sku("P1"), "price_fen": 7900}]})
        began = time.monotonic()
        world.owner.ok("POST", f"/api/v1/campaigns/{draft['id']}/push")
        while not (told := world.owner.ok("GET", f"/api/v1/campaigns/{draft['id']}"))["push"]["finished_at"]:
            expect(time.monotonic() - began < 60, f"a push does not end: {told['push']}")
            time.sleep(0.01)
        spent = time.monotonic() - began
        expect(told["push"]["changed"] == self.agents + 1, f"a push to {self.agents + 1} stores says {told['push']}")
        return spent

    def ours(self):
        here, there = self.world("sqlite"), self.world("postgres")
        try:
            lite = self.seconds(here)
            return Sample(lite, None, used(here.server.process.pid)[1], {"postgresql_s": self.seconds(there)})
        finally:
            here.close()
            there.close()

    def smoke(self, context):
        self.prepare(context)
        self.ours()


class Import(Network):
    name, order = "network_import", 70
    what = "10,000 agents come in from one file, over HTTP"

    def seconds(self, world):
        return self.send_file(world)


class Push(Network):
    name, order = "network_push", 71
    what = "a campaign goes out to 10,000 stores, from the call until the last has it"

    def seconds(self, world):
        self.send_file(world)
        return self.push(world)
