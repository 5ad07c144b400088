"""The schema moves forward: several programs starting at once on an empty database, programs killed in the middle of it, a
database that is newer than the program, and one that another server is working on; on both databases."""
import json
import random
import signal
import sqlite3
import subprocess
import time

from lianbo import Server, World, databases, expect, run

NEWER = "insert into schema_migrations (version, name, checksum, applied_at) values (999999, 'of_tomorrow', 'x', 0)"
FORGET = "delete from schema_migrations where version = 999999"


def sql(url, text):
    if url.startswith("sqlite:"):
        with sqlite3.connect(url[7:], timeout=10) as db:
            db.execute(text)
        db.close()
    else:
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url, "-c", text], check=True)


def state_of(program, url):
    return json.loads(run(program, "migrate", "--dry-run", "--json", db=url).stdout)["migrations"]


def killed_while_it_begins(program, url):
    dice, kills = random.Random(7), 0
    for _ in range(12):
        child = subprocess.Popen([program, "migrate", "--db", url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.0, 0.12))
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
    return kills


def all_at_once(program, url):
    children = [subprocess.Popen([program, "migrate", "--json", "--db", url], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    applied = 0
    for child in children:
        said, _ = child.communicate(timeout=120)
        expect(child.returncode == 0, "of several that migrate at once, one failed")
        applied += json.loads(said)["applied_now"]
    return applied


def test(program):
    told = []
    with databases(program) as urls:
        for name, url in urls:
            kills = killed_while_it_begins(program, url)
            before = sum(m["applied"] for m in state_of(program, url))
            applied = all_at_once(program, url)
            states = state_of(program, url)
            expect(all(m["applied"] for m in states), f"{name}: not every migration is applied: {states}")
            expect(before + applied == len(states), f"{name}: {before} + {applied} applied, of {len(states)}")

            world = World(program, url)
            try:
                buyer = world.buyer("buyer")
                expect(world.order(buyer, world.store(0), "P1").status == 201, f"{name}: no order after the upgrade")
                # A second server on the database of the first: it comes up beside it, and both go on.
                second = Server(program, url).start()
                expect(world.order(buyer, world.store(0), "P1").status == 201, f"{name}: the first server stopped selling")
                expect(second.stop() == 0, f"{name}: the second server did not stop in order")
            finally:
                world.close()
            sql(url, NEWER)
            for verb in (["serve", "--port", "0"], ["verify"], ["migrate"]):
                done = run(program, *verb, db=url, expect_code=None)
                expect(done.returncode == 1 and "run the newer program" in done.stderr,
                       f"{name}: {verb[0]} on a newer database exits {done.returncode}: {done.stderr}")
            sql(url, FORGET)
            world.verify()
            told.append(f"{name}: {kills} killed half-way, then {applied} applied by four at once")
    return "; ".join(told)
