"""`lianbo settle` killed half-way and run again gives the same rows as once; refunds after settlement show as debt and are
worked off; the ledger balances throughout."""
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

from lianbo import CHEAP, World, expect, run

DAY = 86_400


def rows(path):
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    entries = base.execute("select order_id, line, role, seq, agent_id, amount_fen, state, settlement_id is not null "
                           "from entries order by 1, 2, 3, 4").fetchall()
    settled = base.execute("select agent_id, entries_fen, debt_before_fen, worked_off_fen, new_debt_fen, payable_fen, state "
                           "from settlements order by 1, 2").fetchall()
    money = base.execute("select account, agent_id, sum(amount_fen) from ledger_postings group by 1, 2 order by 1, 2").fetchall()
    base.close()
    return entries, settled, money


def test(program):
    with tempfile.TemporaryDirectory(prefix="lianbo-settle-") as folder:
        path = f"{folder}/a.db"
        start = "2026-11-11T00:00:00.000Z"
        settings = ["clock=simulated:" + start]
        import os
        os.environ["LIANBO_CLOCK"] = "simulated:" + start  # the command line's verbs use the same simulated time
        try:
            world = World(program, "sqlite:" + path, settings=settings, agents=120, stock=100000)
            try:
                at = [0]

                def wait(seconds):
                    at[0] += seconds
                    t = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(1794355200 + at[0]))
                    world.owner.ok("POST", "/api/v1/clock", {"now": t})
                    return t

                buyers = [world.buyer(f"s{i}") for i in range(12)]
                orders = []
                for i in range(240):
                    got = world.order(buyers[i % 12], world.store(i % 120), "P1")
                    expect(got.status == 201, f"{got}")
                    world.pay(buyers[i % 12], got.json["id"])
                    orders.append((buyers[i % 12], got.json["id"]))
                for _, order in orders:
                    world.owner.ok("POST", f"/api/v1/orders/{order}/ship", {"carrier": "顺丰", "tracking_number": "SF" + order})
                wait(2 * DAY)
                for buyer, order in orders:
                    buyer.ok("POST", f"/api/v1/orders/{order}/receive")
                cutoff = wait(8 * DAY)
                world.verify()
                world.server.stop()

                once = f"{folder}/once.db"
                shutil.copy(path, once)
                run(program, "settle", "--cutoff", cutoff, "--set", "log.level=error", db="sqlite:" + once)
                wanted = rows(once)
                expect(len(wanted[1]) == 120, f"{len(wanted[1])} agents settled, expected 120")
                run(program, "settle", "--cutoff", cutoff, "--set", "log.level=error", db="sqlite:" + once)
                expect(rows(once) == wanted, "settling twice gives other rows than once")

                dice = random.Random(7)
                begun = time.monotonic()
                run(program, "verify", "--set", "log.level=error", db="sqlite:" + once)
                span = max(0.02, time.monotonic() - begun)
                halves = 0
                for i in range(12):
                    broken = f"{folder}/broken{i}.db"
                    shutil.copy(path, broken)
                    process = subprocess.Popen([program, "settle", "--cutoff", cutoff, "--db", "sqlite:" + broken, *CHEAP,
                                                "--set", "db.batch=1"], stdout=subprocess.DEVNULL)
                    time.sleep(dice.uniform(0, 2.5 * span))
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    between = rows(broken)[1]
                    halves += 0 < len(between) < 120
                    run(program, "settle", "--cutoff", cutoff, "--set", "log.level=error", db="sqlite:" + broken)
                    expect(rows(broken) == wanted, "killed half-way and run again gives other rows than once")
                    run(program, "verify", "--set", "log.level=error", db="sqlite:" + broken)

                # A refund after settlement: a debt, worked off by the next one.
                shutil.copy(once, path)
                world.server.start()
                world.owner.port, world.owner.connection = world.server.port, None
                _, order = orders[0]
                asked = world.owner.ok("POST", f"/api/v1/orders/{order}/after-sales",
                                       {"line": 0, "kind": "refund_only", "qty": 0, "amount_fen": 9900, "reason": "坏了"})
                world.owner.ok("POST", f"/api/v1/after-sales/{asked['id']}/approve", {})
                later = wait(DAY)
                agent = world.agents[0]["id"]
                run_2 = world.owner.ok("POST", f"/api/v1/brands/{world.brand}/settlements", {"cutoff_at": later})
                expect(run_2["new_debt_fen"] == 990 and run_2["payable_fen"] == 0, f"a full refund of 9900 at 10 %: {run_2}")
                expect(world.owner.ok("GET", f"/api/v1/agents/{agent}/account")["debt_fen"] == 990, "the agent's debt is 990")
                buyer = world.buyer("late")
                got = world.order(buyer, world.store(0), "P1", qty=2)
                world.pay(buyer, got.json["id"])
                world.owner.ok("POST", f"/api/v1/orders/{got.json['id']}/ship", {"carrier": "顺丰", "tracking_number": "SF1"})
                buyer.ok("POST", f"/api/v1/orders/{got.json['id']}/receive")
                last = wait(7 * DAY)
                run_3 = world.owner.ok("POST", f"/api/v1/brands/{world.brand}/settlements", {"cutoff_at": last})
                expect(run_3["worked_off_fen"] == 990 and run_3["payable_fen"] == 990, f"1980 earned less 990 of debt: {run_3}")
                expect(world.owner.ok("GET", f"/api/v1/agents/{agent}/account")["debt_fen"] == 0, "the debt is worked off")
                world.verify()
                return f"12 runs killed ({halves} of them half-way), same rows; debt worked off"
            finally:
                world.close()
        finally:
            os.environ.pop("LIANBO_CLOCK", None)
