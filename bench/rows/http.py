"""Requests over keep-alive HTTP, server on one core, load generator on the other."""
import json

from frame import Demand, Row, Sample, expect, get
from peers import nginx

CONNECTIONS = 64


class SmallJson(Row):
    """GET /api/v1/clock through the whole product (route, call, problem documents, metrics) against nginx, which returns
    the same bytes from its configuration."""
    name, order = "small_json", 10
    what = "small JSON over keep-alive HTTP, one server core"
    unit = "requests/s"
    limit_name = "nginx return 200"
    demands = [Demand("ratio_to_limit", ">=", 0.85)]
    path = "/api/v1/clock"

    def prepare(self, context):
        self.context = context
        self.world = context.world(core=context.SERVER, agents=1, settings=["http.io_threads=1"])
        status, _, body = get(self.world.server.port, self.path)
        expect(status == 200 and "now" in json.loads(body), f"{self.path} answers {status} {body!r}")
        self.nginx = None
        if not context.small:
            self.nginx = nginx.start(context, f"""
    location / {{ default_type application/json; return 200 '{body.decode()}'; }}""")

    def run(self, pid, cpu, port):
        before = cpu()
        said = self.context.load([self.context.built("load_http"), "--port", port, "--path", self.path, "--connections",
                                  CONNECTIONS, "--seconds", 0.2 if self.context.small else 3])
        spent = cpu() - before
        expect(set(said["status"]) == {"200"} and not said["errors"], f"answers {said['status']}, errors {said['errors']}")
        total = said["requests"] * (said["seconds"] + 0.3) / said["seconds"]  # the warm-up was paid for, too
        return said["per_s"], spent * 1e6 / total, {"p99_us": said["p99_us"], "busy_percent": 100 * spent / (said["seconds"] + 0.3)}

    def ours(self):
        from frame import used
        pid = self.world.server.process.pid
        per_s, cpu, notes = self.run(pid, lambda: used(pid)[0], self.world.server.port)
        return Sample(per_s, cpu, used(pid)[1], notes)

    def limit(self):
        per_s, cpu, notes = self.run(self.nginx.pid, self.nginx.cpu, self.nginx.port)
        return Sample(per_s, cpu, self.nginx.rss(), notes)

    def smoke(self, context):
        self.prepare(context)
        expect(self.ours().value > 100, "hardly any request is answered")
