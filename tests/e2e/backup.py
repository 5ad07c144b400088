"""Backups are made while buyers order, on both databases; each is restored into an empty place and verified there; every
order that was answered before the backup began is in it, as it was. What is cut off, changed, of another version or in
the way is refused in words, and a backup killed half-way leaves nothing that could be taken for one."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import uuid

from lianbo import Server, World, Client, databases, expect, run, wait_until


@contextlib.contextmanager
def empty_place(url, folder):
    """Where a backup of a database of this kind may go."""
    if url.startswith("sqlite:"):
        yield f"sqlite:{folder}/{uuid.uuid4().hex}.db"
        return
    base, name = os.environ["LIANBO_TEST_POSTGRES"], "e2e_" + uuid.uuid4().hex[:12]
    subprocess.run(["psql", "-q", base, "-c", f"create database {name}"], check=True)
    try:
        yield base.replace("/postgres?", f"/{name}?")
    finally:
        subprocess.run(["psql", "-q", base, "-c", f"drop database if exists {name} with (force)"], check=False)


def refused(program, words, *arguments, db=None):
    done = run(program, *arguments, db=db, expect_code=None)
    expect(done.returncode == 1 and words in done.stderr,
           f"{' '.join(arguments)} exits {done.returncode} saying {done.stderr!r}; expected 1 and \"{words}\"")


def during_load(program, name, url, folder):
    world = World(program, url, stock=1000000)
    answered, stop, broken, lock = [], threading.Event(), [], threading.Lock()
    backups = []
    try:
        buyers = [world.buyer(f"buyer{i}") for i in range(6)]

        def shop(buyer, store):
            while not stop.is_set():
                try:
                    got = world.order(buyer, store, "P1")
                    expect(got.status == 201, f"{name}: an order during a backup: {got}")
                    world.pay(buyer, got.json["id"])
                    with lock:
                        answered.append((got.json["id"], got.json["total_fen"]))
                except Exception as error:
                    broken.append(error)
                    return

        threads = [threading.Thread(target=shop, args=(b, world.store(i % 3))) for i, b in enumerate(buyers)]
        for t in threads:
            t.start()
        for n in range(3):
            before = len(answered)
            expect(wait_until(lambda: len(answered) >= before + 20 or broken), f"{name}: no orders come")
            with lock:
                must_be_there = list(answered)
            file = f"{folder}/{name}-{n}.backup"
            said = json.loads(run(program, "backup", file, "--json", db=url).stdout)
            expect(said["bytes"] == os.path.getsize(file), f"{name}: the backup says {said}")
            backups.append((file, must_be_there, len(answered)))
        stop.set()
        for t in threads:
            t.join()
        expect(not broken, f"{name}: {broken[:1]}")
        grown = backups[-1][2] - len(backups[-1][1])
    finally:
        stop.set()
        world.close()

    found = 0
    for file, must_be_there, _ in backups:
        with empty_place(url, folder) as place:
            restored = run(program, "restore", file, "--json", db=place)
            expect(json.loads(restored.stdout)["verify"]["ok"], f"{name}: verify after restore: {restored.stdout}")
            server = Server(program, place).start()
            try:
                owner = Client(server.port, world.owner_token)
                for order_id, total in must_be_there:
                    there = owner.ok("GET", f"/api/v1/orders/{order_id}")
                    expect(there["state"] != "placed" and there["total_fen"] == total,
                           f"{name}: order {order_id} was answered and paid before the backup, and is {there['state']}")
                    found += 1
            finally:
                server.stop()
            refused(program, "is there already" if name == "sqlite" else "tables", "restore", file, db=place)
    return found, grown, backups[0][0]


def damaged(program, url, file, folder):
    whole = pathlib.Path(file).read_bytes()
    refused(program, "is there already", "backup", file, db=url)
    with empty_place(url, folder) as place:
        broken = pathlib.Path(folder, "broken.backup")
        for words, content in [("cut off", whole[:len(whole) // 2]), ("digest does not fit", whole[:300] + b"?" + whole[301:]),
                               ("no backup of Lianbo", b"hello\n"), ("form 9", whole.replace(b"lianbo-backup 1", b"lianbo-backup 9", 1))]:
            broken.write_bytes(content)
            refused(program, words, "restore", str(broken), db=place)
            refused(program, words, "restore", "--check", str(broken), db=place)
        other = f"sqlite:{folder}/other.db" if not url.startswith("sqlite:") else "postgres://nobody@127.0.0.1:1/none"
        refused(program, "and db.url names a", "restore", file, db=other)
        key = os.environ["LIANBO_PRIVACY_KEY_FILE"]
        os.environ["LIANBO_PRIVACY_KEY_FILE"] = f"{folder}/not-there.key"
        done = run(program, "restore", file, db=place)  # after all these, the place was still empty
        os.environ["LIANBO_PRIVACY_KEY_FILE"] = key
        expect("before the server starts" in done.stderr, f"restore without the key of personal data says {done.stderr!r}")


def killed(program, url, folder):
    """A backup that dies leaves no file of its name, and the next one is not disturbed by what it left."""
    target = pathlib.Path(folder, "killed.backup")
    for wait in (0.0, 0.01, 0.03):
        child = subprocess.Popen([program, "backup", str(target), "--db", url], stdout=subprocess.DEVNULL)
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        child.wait()
        if target.exists():
            run(program, "restore", "--check", str(target))
            target.unlink()
    run(program, "backup", str(target), db=url)
    run(program, "restore", "--check", str(target))


def by_itself(program, folder):
    """The server makes its own by plan: one at once, because there is none, and one when its owner asks."""
    kept = pathlib.Path(folder, "kept")
    kept.mkdir()
    world = World(program, f"sqlite:{folder}/own.db", settings=[f"backup.dir={kept}", "backup.keep=2", "jobs.ms=20"])
    try:
        files = lambda: world.owner.ok("GET", "/api/v1/backups")["items"]
        expect(wait_until(lambda: len(files()) == 1), "the server made no backup by itself")
        first = files()[0]["name"]
        for more in range(2):
            newest = files()[0]["name"]
            world.owner.ok("POST", "/api/v1/backups")
            expect(wait_until(lambda: files()[0]["name"] != newest), "no backup was made when it was asked for")
        names = [f["name"] for f in files()]
        expect(len(names) == 2 and first not in names, f"backup.keep=2 leaves {names}")
        for n in names:
            run(program, "restore", "--check", str(kept / n))
        expect("lianbo_backups_total{outcome=\"done\"} 3" in world.owner.send("GET", "/metrics").body.decode(),
               "the figures do not count three backups")
    finally:
        world.close()


def test(program):
    told = []
    with tempfile.TemporaryDirectory(prefix="lianbo-backup-") as folder, databases(program) as urls:
        for name, url in urls:
            found, grown, file = during_load(program, name, url, folder)
            damaged(program, url, file, folder)
            killed(program, url, folder)
            told.append(f"{name}: {found} orders found again, {grown} placed during the last backup")
        by_itself(program, folder)
    return "; ".join(told)
