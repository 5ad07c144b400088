"""The demo's server is killed (SIGKILL) at random instants of the day. After each: `verify` says ok. At the end no answered
order, payment, pin or share is missing, and the day has gone on. LIANBO_FULL=1: 50 kills; else 8."""
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

from lianbo import expect, run


def child_of(pid):
    """The server: the one child, whichever thread of the demo started it."""
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        try:
            found = (task / "children").read_text().split()
        except OSError:
            continue
        if found:
            return int(found[0])
    return None


def test(program):
    kills = 50 if os.environ.get("LIANBO_FULL") else 8
    dice = random.Random(20261111)
    with tempfile.TemporaryDirectory(prefix="lianbo-kill-") as folder:
        report = pathlib.Path(folder, "report.json")
        people = "4000" if kills > 20 else "1500"
        demo = subprocess.Popen(
            [program, "demo", "--once", "--quiet", "--people", people, "--agents-count", "40", "--rooms", "10", "--port", "0",
             "--data", folder, "--report", str(report)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        done = 0
        try:
            while done < kills and demo.poll() is None:
                time.sleep(dice.uniform(0.05, 0.8))
                server = child_of(demo.pid)
                if server is None or not pathlib.Path(folder, "lianbo.db").exists():
                    continue
                try:
                    os.kill(server, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                done += 1
                run(program, "verify", "--set", "log.level=error", db=f"sqlite:{folder}/lianbo.db")
            output, _ = demo.communicate(timeout=600)
        finally:
            if demo.poll() is None:
                demo.kill()
        expect(demo.returncode == 0, f"the demo exits {demo.returncode} after {done} kills: {output[-3000:]}")
        figures = json.loads(report.read_text())
        expect(done == kills, f"the day ended after {done} of {kills} kills")
        expect(figures["lost_answers"] == 0, f"{figures['lost_answers']} answered things are missing")
        expect(figures["verify"] == "ok" and figures["oversold_units"] == 0 and figures["ledger_difference_fen"] == 0,
               f"the rows differ: {figures}")
        expect(figures["recoveries"] > 0 and figures["orders_paid"] > 0, "the day did not go on")
        return f"{done} kills, {figures['orders_paid']} orders paid, {figures['answers_checked']} answers looked up again"
