"""What the end-to-end tests share: a running server, a client of its HTTP API, throw-away databases. Standard library only."""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHEAP = ["--set", "password.memory_kib=8", "--set", "password.passes=1", "--set", "log.level=error", "--set",
         "api.check_replies=1"]


class Failed(Exception):
    """A test's expectation that did not hold, in words."""


def expect(condition, words):
    if not condition:
        raise Failed(words)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:400]!r}"


class Client:
    """One keep-alive connection and one identity."""

    def __init__(self, port, token=None):
        self.port, self.token, self.cookies, self.connection = port, token, {}, None

    def send(self, method, path, body=None, headers=None, key=None, raw=False):
        headers = dict(headers or {})
        if self.token:
            headers.setdefault("Authorization", "Bearer " + self.token)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
            headers.setdefault("X-Lianbo-Csrf", "1")
        if key:
            headers["Idempotency-Key"] = key
        if body is not None and not raw:
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                self.connection.request(method, path, body, headers)
                got = self.connection.getresponse()
                data = got.read()
                break
            except (ConnectionError, http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise
        for name, value in got.getheaders():
            if name.lower() == "set-cookie":
                k, v = value.split(";", 1)[0].split("=", 1)
                if v:
                    self.cookies[k] = v
                else:
                    self.cookies.pop(k, None)
        return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, data)

    def ok(self, method, path, body=None, **more):
        answer = self.send(method, path, body, **more)
        expect(answer.status < 300, f"{method} {path} answers {answer}, expected success")
        return answer.json if answer.body else None


class Server:
    """`lianbo serve` as a child process on a database of its own."""

    def __init__(self, program, db, port=0, settings=()):
        self.program, self.db, self.port, self.settings = program, db, port, list(settings)
        self.process = None

    def start(self):
        command = [self.program, "serve", "--json", "--port", str(self.port), "--db", self.db, *CHEAP]
        for s in self.settings:
            command += ["--set", s]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        expect(line, "the server does not come up")
        self.port = json.loads(line)["port"]
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)
        return self.process.returncode if self.process else None


def run(program, *arguments, db=None, expect_code=0):
    command = [program, *arguments]
    if db:
        command += ["--db", db]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if expect_code is not None:
        expect(done.returncode == expect_code,
               f"{' '.join(arguments)} exits {done.returncode}, expected {expect_code}: {done.stdout[-500:]}{done.stderr[-1500:]}")
    return done


@contextlib.contextmanager
def databases(program):
    """SQLite, and PostgreSQL where the tests were given one: (name, url) each, emptied afterwards."""
    with tempfile.TemporaryDirectory(prefix="lianbo-e2e-") as folder:
        urls = [("sqlite", f"sqlite:{folder}/lianbo.db")]
        base = os.environ.get("LIANBO_TEST_POSTGRES")
        name = "e2e_" + uuid.uuid4().hex[:12]
        os.environ["LIANBO_PRIVACY_KEY_FILE"] = f"{folder}/lianbo.key"  # of a PostgreSQL one it would lie in this folder
        if base:
            subprocess.run(["psql", "-q", base, "-c", f"create database {name}"], check=True)
            urls.append(("postgres", base.replace("/postgres?", f"/{name}?")))
        try:
            yield urls
        finally:
            del os.environ["LIANBO_PRIVACY_KEY_FILE"]
            if base:
                subprocess.run(["psql", "-q", base, "-c", f"drop database if exists {name} with (force)"], check=False)


class World:
    """A brand with agents, products and a running server, made through the public ways only."""

    def __init__(self, program, db, settings=(), agents=3, stock=100):
        self.program, self.db = program, db
        made = json.loads(run(program, "init", "--name", "品牌", "--owner", "founder", "--json", "--set",
                              "log.level=error", *(x for s in settings for x in ("--set", s)), db=db).stdout)
        self.brand, self.owner_token = made["brand_id"], made["owner_token"]
        self.server = Server(program, db, settings=settings).start()
        self.owner = self.client(self.owner_token)
        rows = ["code,name,phone,region,level,parent"]
        for i in range(agents):
            rows.append(f"A{i},主播{i},1380000{i:04d},华东,gold,{'A0' if i else ''}")
        self.owner.ok("POST", f"/api/v1/brands/{self.brand}/agents:import", "\n".join(rows).encode(), raw=True)
        self.agents = self.owner.ok("GET", f"/api/v1/brands/{self.brand}/agents?limit=200")["items"]
        self.owner.ok("PUT", f"/api/v1/brands/{self.brand}/plans",
                      {"scope": "brand", "host_bp": 1000, "promoter_bp": 800, "recruiter_bp": 0, "clipper_bp": 0})
        lines = ["product_code,title,category,description,image_url,on_sale,no_return,sku_code,sku_title,price,stock",
                 f"P1,面膜,美妆,,,1,0,S1,,99.00,{stock}", "P2,坚果,零食,,,1,0,S2,,59.90,100000"]
        self.owner.ok("POST", f"/api/v1/brands/{self.brand}/products:import", "\n".join(lines).encode(), raw=True)
        self.products = {p["code"]: p for p in
                         self.owner.ok("GET", f"/api/v1/brands/{self.brand}/products?limit=200")["items"]}

    def client(self, token=None):
        return Client(self.server.port, token)

    def store(self, i):
        return self.agents[i]["store_id"]

    def sku(self, code):
        return self.products[code]["skus"][0]["id"]

    def buyer(self, login):
        c = self.client()
        c.ok("POST", "/api/v1/persons", {"login": login, "password": "secret-" + login, "name": login})
        return c

    def order(self, buyer, store, code, qty=1, key=None):
        return buyer.send("POST", "/api/v1/orders",
                          {"store_id": store, "lines": [{"sku_id": self.sku(code), "qty": qty}],
                           "address": {"name": "王小明", "phone": "13800000000", "region": "上海", "detail": "路1号"}},
                          key=key or uuid.uuid4().hex)

    def pay(self, buyer, order_id):
        prepaid = buyer.ok("POST", f"/api/v1/orders/{order_id}/pay", {})
        return buyer.ok("POST", "/api/v1/sandbox/pay", {"prepay_id": prepaid["prepay_id"]})

    def verify(self):
        run(self.program, "verify", "--set", "log.level=error", db=self.db)

    def close(self):
        self.server.stop()


def wait_until(what, seconds=20):
    """Polls a condition that another process brings about."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
