"""Neither the log, at its most talkative, nor the database's file holds what a buyer entered; an erasure works through the API;
the chain of evidence is whole, a bundle is checked here by its description alone, and a change in the rows is found."""
import hashlib
import json
import pathlib
import sqlite3
import subprocess
import tempfile
import time

from lianbo import CHEAP, Server, World, expect, run

NAME, PHONE, STREET, LOGIN = "欧阳小红", "13700001234", "梧桐弄七号", "ouyang-login"


class TalkativeServer(Server):
    def start(self):
        self.log = open(self.log_path, "ab")
        command = [self.program, "serve", "--json", "--port", str(self.port), "--db", self.db, *CHEAP, "--set", "log.level=trace"]
        for s in self.settings:
            command += ["--set", s]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        expect(line, "the server does not come up")
        self.port = json.loads(line)["port"]
        return self


def check_bundle(bundle):
    """The chain, computed again: hash = SHA-256(hash before, SHA-256(record))."""
    digests = {}
    for segment in bundle["segments"]:
        value, seq = bytes.fromhex(segment["prev_hash"]), segment["first_seq"]
        for digest in segment["digests"]:
            value = hashlib.sha256(value + bytes.fromhex(digest)).digest()
            digests[seq] = digest
            seq += 1
        expect(value.hex() == segment["last_hash"], f"segment {segment['segment']} does not come to its hash")
    for entry in bundle["records"]:
        expect(hashlib.sha256(entry["record"].encode()).hexdigest() == digests[entry["seq"]], f"entry {entry['seq']} was changed")
    before = "00" * 32
    for a in bundle["anchors"]:
        text = (f"lianbo anchor\n{before}\n{bundle['brand_id']}\n{a['segment']}\n{a['first_seq']}\n{a['last_seq']}\n{a['prev_hash']}\n"
                f"{a['last_hash']}\n{a['closed_at']}\n")
        expect(hashlib.sha256(text.encode()).hexdigest() == a["anchor"], f"anchor {a['segment']} does not fit")
        before = a["anchor"]


def test(program):
    with tempfile.TemporaryDirectory(prefix="lianbo-privacy-") as folder:
        path = f"{folder}/lianbo.db"
        start = "2026-11-11T00:00:00.000Z"
        server_class, log_path = World.__init__.__globals__["Server"], f"{folder}/log"
        TalkativeServer.log_path = log_path
        World.__init__.__globals__["Server"] = TalkativeServer
        try:
            world = World(program, "sqlite:" + path, settings=["clock=simulated:" + start, "session.days=3650"])
        finally:
            World.__init__.__globals__["Server"] = server_class
        try:
            owner, brand = world.owner, world.brand

            def move(seconds):
                move.at += seconds
                owner.ok("POST", "/api/v1/clock", {"now": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(1794355200 + move.at))})
            move.at = 0

            buyer = world.client()
            me = buyer.ok("POST", "/api/v1/persons", {"login": LOGIN, "password": "secret-password", "name": NAME})["person_id"]
            address = {"name": NAME, "phone": PHONE, "region": "浙江杭州", "detail": STREET}
            wish = {"store_id": world.store(0), "lines": [{"sku_id": world.sku("P1"), "qty": 1}], "address": address}
            order = buyer.ok("POST", "/api/v1/orders", wish, key="one")["id"]
            world.pay(buyer, order)
            # What fails is logged too.
            buyer.send("POST", "/api/v1/orders", {**wish, "lines": [{"sku_id": world.sku("P1"), "qty": 9999}]}, key="two")
            buyer.send("POST", "/api/v1/orders", {**wish, "address": {"name": NAME * 60}}, key="three")
            world.client().send("POST", "/api/v1/sessions", {"login": LOGIN, "password": PHONE})
            world.client().send("POST", "/api/v1/persons", {"login": LOGIN, "password": "secret-password", "name": NAME})
            owner.ok("GET", f"/api/v1/orders/{order}")
            owner.ok("POST", f"/api/v1/orders/{order}/ship", {"carrier": "SF", "tracking_number": "SF1"})
            buyer.ok("POST", f"/api/v1/orders/{order}/receive")
            move(8 * 86400)

            mine = buyer.ok("GET", "/api/v1/me/data")
            expect(mine["person"]["name"] == NAME and mine["orders"][0]["order"]["address"] == address, "one's own data is whole")
            expect([r["what"] for r in mine["read_by_staff"]] == ["order.read_address"], f"who read it: {mine['read_by_staff']}")
            bundle = owner.ok("POST", f"/api/v1/brands/{brand}/evidence/export", {"order_id": order, "reason": "a dispute", "personal": True})
            check_bundle(bundle)
            expect(PHONE in json.dumps(bundle), "opened for who may")
            asked = buyer.ok("POST", "/api/v1/me/erasure", {"confirm": "erase"})
            expect(asked["state"] == "waiting" and not asked["waits_for"], f"{asked}")
            move(600)
            after = world.client().ok("GET", "/api/v1/erasures/" + asked["receipt"])
            expect(after["state"] == "partly" and any(k["why"] == "retention" for k in after["keeps"]), f"{after}")
            closed = buyer.send("GET", "/api/v1/orders")
            expect(closed.status == 401, f"the account is closed: {closed}")
            gone = owner.ok("GET", f"/api/v1/orders/{order}")
            expect(gone["total_fen"] == 9900 and PHONE not in json.dumps(gone), f"the order stays, the address is gone: {gone['address']}")
            move(1097 * 86400)
            expect(world.client().ok("GET", "/api/v1/erasures/" + asked["receipt"])["state"] == "done", "and in the end all of it")
            expect(owner.ok("POST", f"/api/v1/brands/{brand}/evidence/verify")["ok"], "the chain is whole")
            world.verify()
            world.server.stop()
            run(program, "evidence", "verify", db="sqlite:" + path)
            found = set()
            for file in [path, path + "-wal", log_path]:
                data = pathlib.Path(file).read_bytes() if pathlib.Path(file).exists() else b""
                found |= {f"{secret} in {pathlib.Path(file).name}" for secret in (NAME, PHONE, STREET, LOGIN, "secret-password")
                          if secret.encode() in data}
            expect(not found, f"readable: {sorted(found)}")
            expect(pathlib.Path(log_path).stat().st_size > 0, "the log that was looked into is empty")
            rows = sqlite3.connect(path)
            rows.execute("update evidence_heads set seq = seq + 1")
            rows.commit()
            rows.close()
            run(program, "evidence", "verify", db="sqlite:" + path, expect_code=1)
            return f"log and file hold nothing of {me}; bundle of {len(bundle['records'])} entries checked; erased, then forgotten"
        finally:
            world.close()
