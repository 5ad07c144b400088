"""What the rows of the suite share. Standard library only.

A row is a class in bench/rows/NAME.py that inherits Row; a module may hold several (one for each size, say). The suite
prepares it, then takes `runs` runs in turn (ours, limit, peers; ours, limit, peers; …) and keeps the medians:

    class SmallJson(Row):
        name, what, unit = "small_json", "small JSON over keep-alive HTTP, one server core", "requests/s"
        limit_name = "nginx return 200"          # "" : there is none
        peer_names = ["…"]                       # what a user would pick instead
        demands = [Demand("ratio_to_limit", ">=", 0.85)]

        def prepare(self, context): …            # start what runs; context is a Context
        def ours(self): return Sample(value, cpu_us_per_op, rss_bytes, {"p99_ms": …})
        def limit(self): …                       # the same, in the same unit
        def peer(self, name): …
        def finish(self): …                      # stop what prepare started and context does not know
        def smoke(self, context): …              # seconds, tiny, correctness only: raises when something is wrong

A ratio is always ours ÷ other. Where less is better, say so with a demand of "<=". Whatever context starts (Process,
Lianbo, folders) ends with the row, whatever happens. One server core: Context.SERVER and Context.LOAD are the cores to
pin to. Programs of bench/limits/X.cpp are build/release/limit_X, those of bench/load/X.cpp are build/release/load_X.
"""
import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("LIANBO_BENCH_BUILD", ROOT / "build/release"))
TICKS = os.sysconf("SC_CLK_TCK")
sys.path.insert(0, str(ROOT / "tests/e2e"))


class Sample:
    """One run of one side. notes: further figures by name, kept as medians (p99_ms …)."""

    def __init__(self, value, cpu_us_per_op=None, rss_bytes=None, notes=None):
        self.value, self.cpu_us_per_op, self.rss_bytes, self.notes = value, cpu_us_per_op, rss_bytes, notes or {}


class Demand:
    """What is asked of a row. of: ours, ratio_to_limit, peer:NAME (its ratio) or note:NAME (a note of ours)."""

    def __init__(self, of, sign, bound):
        self.of, self.sign, self.bound = of, sign, bound

    def holds(self, value):
        return value is not None and (value >= self.bound if self.sign == ">=" else value <= self.bound)

    def __str__(self):
        return f"{self.sign} {self.bound:,g}"


class Row:
    name = what = unit = limit_name = ""
    peer_names = ()
    without = {}  # peers that can't be had here, and why; set by prepare
    demands = ()
    runs = None  # None: as many as the suite was asked for
    in_suite = True  # False: only by its name

    def prepare(self, context):
        pass

    def ours(self):
        raise NotImplementedError

    def limit(self):
        raise NotImplementedError

    def peer(self, name):
        raise NotImplementedError

    def finish(self):
        pass

    def smoke(self, context):
        raise NotImplementedError


class Wrong(Exception):
    """What was measured did not do what it should, in words."""


def expect(condition, words):
    if not condition:
        raise Wrong(words)


def used(pid):
    """CPU seconds and resident bytes of a process (children that have ended are not in it)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


class Process:
    """A child on one core, stopped with its row."""

    def __init__(self, command, core=None, **more):
        if core is not None:
            command = ["taskset", "-c", str(core), *command]
        self.child = subprocess.Popen([str(c) for c in command], **more)
        self.pid = self.child.pid  # taskset becomes the program it starts

    def cpu(self):
        return sum(used(p)[0] for p in self.family())

    def rss(self):
        return sum(used(p)[1] for p in self.family())

    def family(self):
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [self.pid, *map(int, children.read_text().split())] if children.exists() else [self.pid]

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout, self.child.stderr):
            if pipe:
                pipe.close()


class Lianbo(Process):
    """`lianbo serve` on a database of its own, in its own folder. settings: ["room.history=10", …]"""

    def __init__(self, program, folder, db, settings=(), core=None, port=0):
        command = [program, "serve", "--json", "--port", port, "--db", db, "--set", "password.memory_kib=8",
                   "--set", "password.passes=1", "--set", "log.level=error", "--set", "rate.guest_per_min=0",
                   "--set", "rate.login_per_min=0"]
        for s in settings:
            command += ["--set", s]
        super().__init__(command, core, stdout=subprocess.PIPE, text=True, cwd=folder)
        line = self.child.stdout.readline()
        expect(line, "the server does not come up")
        self.port = json.loads(line)["port"]


class Context:
    SERVER, LOAD = 0, 1  # cores

    def __init__(self, smoke=False):
        self.small = smoke
        self.program = pathlib.Path(os.environ.get("LIANBO_PROGRAM", BUILD / "lianbo"))
        self.stack = contextlib.ExitStack()
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="lianbo-bench-")))
        os.environ["LIANBO_PRIVACY_KEY_FILE"] = str(self.folder / "lianbo.key")

    def close(self):
        self.stack.close()

    def built(self, name):
        """A program of bench/, e.g. limit_send, load_http."""
        return BUILD / name

    def process(self, command, core=None, **more):
        child = Process(command, core, **more)
        self.stack.callback(child.stop)
        return child

    def lianbo(self, db, settings=(), core=None, port=0):
        server = Lianbo(self.program, self.folder, db, settings, core, port)
        self.stack.callback(server.stop)
        return server

    def world(self, db=None, settings=(), agents=1, stock=1_000_000, core=None):
        """A brand with agents, stores and products; its server runs on `core` when one is given."""
        from lianbo import World
        settings = ["rate.guest_per_min=0", "rate.login_per_min=0", "api.check_replies=0", *settings]
        world = World(str(self.program), db or f"sqlite:{self.folder}/{len(os.listdir(self.folder))}.db", settings=settings,
                      agents=agents, stock=stock)
        self.stack.callback(world.close)
        if core is not None:
            pin(world.server.process.pid, core)
        return world

    def postgres(self):
        """A PostgreSQL that flushes, as whoever relies on it has it (that of the tests flushes nothing): its URL."""
        options = "-c fsync=on -c full_page_writes=on -c synchronous_commit=on -c shared_buffers=512MB -c max_wal_size=4GB"
        server = self.process([ROOT / "tests/support/postgres.sh", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, env={**os.environ, "LIANBO_POSTGRES_OPTIONS": options})
        self.stack.callback(server.child.stdin.close)
        url = server.child.stdout.readline().strip()
        expect(url, "PostgreSQL does not come up")
        return url

    def load(self, command, timeout=120):
        """Runs a load generator on its core and gives what it says (one JSON object)."""
        done = subprocess.run(["taskset", "-c", str(self.LOAD), *map(str, command)], capture_output=True, text=True,
                              timeout=timeout)
        expect(done.returncode == 0, f"{command[0]} fails: {done.stdout[-300:]}{done.stderr[-600:]}")
        return json.loads(done.stdout)

    def package(self, *names):
        """Peers are what Debian offers: installed when they are first measured."""
        missing = [n for n in names if subprocess.run(["dpkg", "-s", n], capture_output=True).returncode != 0]
        if missing:
            sudo = [] if os.getuid() == 0 else ["sudo"]
            subprocess.run([*sudo, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], check=True,
                           stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def pin(pid, core):
    """All threads of a process on one core."""
    subprocess.run(["taskset", "-a", "-p", "-c", str(core), str(pid)], check=True, stdout=subprocess.DEVNULL)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise Wrong(f"nothing listens on port {port}")


def get(port, path, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


def write_requests(path, requests):
    """Whole HTTP requests for load_http: each as its length on a line, then its bytes."""
    with open(path, "wb") as out:
        for r in requests:
            r = r if isinstance(r, bytes) else r.encode()
            out.write(b"%d\n" % len(r))
            out.write(r)
