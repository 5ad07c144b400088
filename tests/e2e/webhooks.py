"""A receiver of webhooks written from the Standard Webhooks text alone: signatures, repetitions, order, rotation, dead letters
and replay; and the events API says the same behind a cursor. Addresses that are not public are refused."""
import base64
import hashlib
import hmac
import http.server
import json
import tempfile
import threading
import time

from lianbo import World, expect, wait_until


class Receiver:
    """Answers what `answer(event, tries)` says, and keeps what it was sent."""

    def __init__(self, answer=lambda event, tries: 200):
        self.answer, self.secrets, self.lock = answer, [], threading.Lock()
        self.got, self.tries, self.wrong, self.paths = [], {}, [], []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiver.lock:
                    status = receiver.take(self.path, self.headers, body)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, headers, body):
        self.paths.append(path)
        name, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        if abs(time.time() - int(stamp)) > 300:
            self.wrong.append(f"timestamp {stamp}")
        signed = f"{name}.{stamp}.".encode() + body
        given = headers["webhook-signature"].split(" ")
        for secret in self.secrets:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            if "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() in given:
                break
        else:
            self.wrong.append(f"signature of {name}: {given}")
        event = json.loads(body)
        self.tries[name] = self.tries.get(name, 0) + 1
        status = self.answer(event, self.tries[name])
        if status == 200:
            if event["id"] != name and event["type"] != "webhook.ping":
                self.wrong.append(f"{name} carries {event['id']}")
            self.got.append(event)
        return status

    def types(self):
        with self.lock:
            return [e["type"] for e in self.got]


def test(program):
    with tempfile.TemporaryDirectory(prefix="lianbo-hooks-") as folder:
        world = World(program, f"sqlite:{folder}/lianbo.db", settings=["webhook.allow_private=1", "jobs.ms=20",
                                                                       "webhook.tries=2"])
        try:
            owner, brand = world.owner, world.brand
            good = Receiver()
            made = owner.ok("POST", f"/api/v1/brands/{brand}/webhooks",
                            {"url": f"http://127.0.0.1:{good.port}/hook?x=1", "types": ["order.placed", "order.paid", "order.shipped"]})
            hook = "/api/v1/webhooks/" + made["id"]
            good.secrets = [made["secret"]]
            expect("secret" not in json.dumps(owner.ok("GET", hook)["secrets"]), "a secret is told once")
            ping = owner.ok("POST", hook + "/ping")
            expect(ping["taken"] and ping["status"] == 200, f"a ping is sent at once: {ping}")

            buyer = world.buyer("b1")
            orders = []
            for _ in range(20):
                orders.append(world.order(buyer, world.store(0), "P1").json["id"])
            for order in orders:
                world.pay(buyer, order)
                owner.ok("POST", f"/api/v1/orders/{order}/ship", {"carrier": "SF", "tracking_number": "SF" + order})
            expect(wait_until(lambda: good.types().count("order.shipped") == 20), f"60 events were to come: {good.types()}")
            expect(not good.wrong, f"{good.wrong[:3]}")
            for order in orders:
                mine = [e["type"] for e in good.got if e["subject_id"] == order]
                expect(mine == ["order.placed", "order.paid", "order.shipped"], f"order {order} was told as {mine}")
            expect(all("13800000000" not in json.dumps(e) and "王" not in json.dumps(e, ensure_ascii=False) for e in good.got),
                   "an event tells who the buyer is")

            # The same behind a cursor, in small pages.
            seen, after = [], None
            while True:
                page = owner.ok("GET", f"/api/v1/brands/{brand}/events?limit=7&types=order.placed,order.paid,order.shipped"
                                + (f"&after={after}" if after else ""))
                seen += page["items"]
                after = page["next"]
                if not page["more"] and not page["items"]:
                    break
            told = [e for e in good.got if e["type"] != "webhook.ping"]
            expect([e["id"] for e in sorted(told, key=lambda e: e["cursor"])] == [e["id"] for e in seen],
                   f"the list has {len(seen)} events, the webhook was told {len(told)}")

            # Rotation: both sign, and a receiver that knows either one is content.
            fresh = owner.ok("POST", hook + "/secrets", {"overlap_hours": 1})["secret"]
            world.order(buyer, world.store(0), "P1")
            expect(wait_until(lambda: good.types().count("order.placed") == 21), "an event with two signatures")
            good.secrets = [fresh]
            world.order(buyer, world.store(0), "P1")
            expect(wait_until(lambda: good.types().count("order.placed") == 22), "an event for who knows the new secret")
            expect(not good.wrong, f"{good.wrong[:3]}")

            # A receiver that redirects or fails: tried again with the same id, then a dead letter, then by hand.
            broken = [True]
            bad = Receiver(lambda event, tries: (302 if tries == 1 else 500) if broken[0] else 200)
            made = owner.ok("POST", f"/api/v1/brands/{brand}/webhooks",
                            {"url": f"http://127.0.0.1:{bad.port}/hook", "types": ["order.placed"]})
            bad.secrets = [made["secret"]]
            hook = "/api/v1/webhooks/" + made["id"]
            world.order(buyer, world.store(1), "P1")
            expect(wait_until(lambda: owner.ok("GET", hook + "/deliveries?state=dead")["items"], 30), "two tries, and it is dead")
            dead = owner.ok("GET", hook + "/deliveries?state=dead")["items"][0]
            expect(dead["tries"] == 2 and dead["status"] == 500, f"{dead}")
            expect(bad.tries == {dead["event_id"]: 2} and set(bad.paths) == {"/hook"}, f"no redirect is followed: {bad.paths}")
            broken[0] = False
            owner.ok("POST", hook + "/replay", {"event_id": dead["event_id"]})
            expect(wait_until(lambda: len(bad.got) == 1), "sent again by hand")
            owner.ok("POST", hook + "/replay", {"after": owner.ok("GET", f"/api/v1/brands/{brand}/events?limit=1")["next"]})
            expect(wait_until(lambda: len({e['id'] for e in bad.got}) == 22), f"everything after the first event: {len({e['id'] for e in bad.got})} of 22")
            expect(not bad.wrong, f"{bad.wrong[:3]}")
            world.verify()
        finally:
            world.close()

        strict = World(program, f"sqlite:{folder}/strict.db")
        try:
            refused = strict.owner.send("POST", f"/api/v1/brands/{strict.brand}/webhooks", {"url": "http://example.com/"})
            expect(refused.status == 422, f"webhooks are https: {refused}")
            for host in ("127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1"):
                made = strict.owner.ok("POST", f"/api/v1/brands/{strict.brand}/webhooks", {"url": f"https://{host}/"})
                ping = strict.owner.ok("POST", f"/api/v1/webhooks/{made['id']}/ping")
                expect(not ping["taken"] and "address_refused" in ping["error"], f"{host} was called: {ping}")
        finally:
            strict.close()
        return f"{len(good.got)} events signed, ordered and the same as behind a cursor; dead letters replayed; private addresses refused"
