"""Real pictures: in by RTMP, out by HLS, kept, cut into clips, and landed in."""
import datetime
import json
import os
import pathlib
import random
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import pictures
from lianbo import World, expect, run, wait_until

SETTINGS = ["media.on=1", "media.rtmp_port=0", "media.http_port=0", "jobs.ms=200"]


def children(pid):
    out = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split("\n")
    return {int(p): name for p, name in (line.split(None, 1) for line in out if line.strip())}


class Camera:
    """What a browser does: pieces of a WebM over a WebSocket."""

    def __init__(self, world, host):
        self.socket = socket.create_connection(("127.0.0.1", world.server.port), timeout=10)
        self.socket.sendall((f"GET /api/v1/broadcasts/{host.id}/camera/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                             f"Authorization: Bearer {world.owner_token}\r\n\r\n").encode())
        expect(b" 101 " in self.socket.recv(4096), "the camera's socket is refused")
        self.send(b'{"video":"encode"}', 1)
        expect(b"ready" in self.socket.recv(4096), "the camera is not taken")
        words = pictures.command("-", 600, sound=False)
        words[words.index("libx264"):words.index("-g")] = ["libvpx", "-deadline", "realtime", "-cpu-used", "8"]
        self.film = subprocess.Popen([*words[:words.index("flv")], "webm", "-"], stdout=subprocess.PIPE)
        self.thread = threading.Thread(target=self.forward, daemon=True)
        self.thread.start()

    def send(self, data, opcode):
        head = bytes([0x80 | opcode]) + (bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data)))
        self.socket.sendall(head + b"\0\0\0\0" + data)

    def forward(self):
        try:
            while piece := self.film.stdout.read1(16384):
                self.send(piece, 2)
        except OSError:
            pass

    def closed_with(self):
        """The code of the server's close frame."""
        self.socket.settimeout(10)
        head = self.socket.recv(2)
        while len(head) == 2 and head[0] & 15 != 8:
            self.socket.recv(head[1])
            head = self.socket.recv(2)
        return struct.unpack(">H", self.socket.recv(2))[0] if len(head) == 2 else None

    def stop(self):
        self.socket.close()
        self.film.kill()
        self.film.wait()


class Host:
    def __init__(self, world, store, products=("P1", "P2")):
        self.world, self.store = world, world.store(store)
        made = world.owner.ok("POST", f"/api/v1/stores/{self.store}/broadcasts",
                              {"title": "晚间直播", "scheduled_at": world.owner.ok("GET", "/api/v1/clock")["now"],
                               "product_ids": [world.products[p]["id"] for p in products]})
        self.id, self.key, self.stream = made["id"], made["stream_key"], made["picture"]["stream"]

    def start(self):
        self.world.owner.ok("POST", f"/api/v1/broadcasts/{self.id}/start", {})
        return self

    def end(self):
        self.world.owner.ok("POST", f"/api/v1/broadcasts/{self.id}/end", {})

    def pin(self, product):
        return self.world.owner.ok("POST", f"/api/v1/broadcasts/{self.id}/pins",
                                   {"product_id": self.world.products[product]["id"]})

    def unpin(self):
        self.world.owner.ok("DELETE", f"/api/v1/broadcasts/{self.id}/pins/open")

    @property
    def picture(self):
        return self.world.owner.ok("GET", f"/api/v1/broadcasts/{self.id}")["picture"]


def answers(url):
    try:
        return bool(pictures.fetch(url))
    except OSError:
        return False


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test(program):
    with tempfile.TemporaryDirectory(prefix="lianbo-e2e-") as folder:
        os.environ["LIANBO_PRIVACY_KEY_FILE"] = f"{folder}/lianbo.key"
        world = World(program, f"sqlite:{folder}/lianbo.db", settings=SETTINGS)
        try:
            return play(program, world, pathlib.Path(folder))
        finally:
            world.close()
            del os.environ["LIANBO_PRIVACY_KEY_FILE"]


def play(program, world, folder):
    site = world.owner.ok("GET", "/api/v1/site")["media"]
    base = "http://127.0.0.1" + site["all_url"].split("/streams")[0]
    rtmp = "rtmp://127.0.0.1" + site["ingest_url"]
    a, b, c, c2 = Host(world, 0).start(), Host(world, 1), Host(world, 2).start(), Host(world, 2)
    running = []

    def publish(host, key=None, **more):
        running.append(pictures.publish(f"{rtmp}/{host.stream}?key={key or host.key}", **more))
        return running[-1]

    def url(host, name="all"):
        return f"{base}/streams/{host.stream}/{name}.m3u8"

    def playlist(host):
        try:
            return pictures.entries(pictures.fetch(url(host)).decode())
        except OSError:
            return []

    try:
        # ——— keys: before a frame is accepted
        refused = [publish(a, key="x" * 32), publish(a, key=b.key), publish(b, key=a.key)]
        c.end()
        refused.append(publish(c))  # its broadcast has ended
        for r in refused:
            r.wait(timeout=60)
            expect(r.returncode != 0, "a publisher with a wrong or used-up key is let in")
        expect(not (folder / "media/streams" / a.stream).exists(), "something of a refused publisher is kept")

        # ——— on air, three seconds after the broadcast began: media time is the stream's, not the wall's
        first = publish(a)
        expect(wait_until(lambda: len(playlist(a)) >= 3, 20), "no playlist comes up")
        expect(a.picture["state"] == "on", f"the room's picture is {a.picture}, expected on")
        second = publish(a)
        second.wait(timeout=60)
        expect(second.returncode != 0, "a second publisher with the same key is let in")
        expect(first.poll() is None, "the first publisher lost its place to a second")
        expect(pictures.probe(url(a, "live")), "ffprobe does not accept the live playlist")

        pins = []
        for product in ("P1", "P2"):
            began = time.monotonic()
            before = pictures.marks(f"{base}/streams/{a.stream}/{playlist(a)[-1][2]}")[-1][1]
            pins.append(a.pin(product))
            # The newest whole segment is at most a segment and its way old; reading it took a moment too.
            took, age = time.monotonic() - began, pins[-1]["media_open_ms"] / 1000 - before
            expect(-0.2 <= age <= 2.5 + took, f"a pin is stamped {age:.2f} s after the newest frame there is")
            time.sleep(3.2)
        # ——— cut off and back within 20 s: the same broadcast goes on
        a.unpin()
        closed_at = time.monotonic()
        first.kill()
        expect(wait_until(lambda: a.picture["state"] == "cut", 10), "the room does not say that the host is reconnecting")
        gone_ms = len(playlist(a))
        first = publish(a, first_ms=50_000)
        expect(wait_until(lambda: a.picture["state"] == "on" and len(playlist(a)) > gone_ms + 1, 15), "the host can't come back")
        expect(any(cut for *_, cut in playlist(a)), "the playlist does not say where it was cut")

        # ——— nginx dies: it is started again, the recording goes on
        server = world.server.process.pid
        nginx = [pid for pid, name in children(server).items() if name == "nginx"]
        expect(len(nginx) == 1, f"expected one nginx, found {children(server)}")
        kept = len(playlist(a))
        os.kill(nginx[0], signal.SIGKILL)
        expect(wait_until(lambda: a.picture["state"] == "cut", 10), "nginx died and the room does not say so")
        first.wait(timeout=60)
        expect(wait_until(lambda: len(playlist(a)) >= kept, 10), "nginx is not started again, or the recording is gone")
        first = publish(a, first_ms=90_000)
        expect(wait_until(lambda: len(playlist(a)) > kept + 1, 15), "nobody can publish after nginx was started again")

        # ——— clips: whole segments around the pin
        def clips():
            got = [c for c in world.owner.ok("GET", f"/api/v1/stores/{a.store}/clips")["items"] if c["state"] == "ready"]
            return got if len(got) == 2 else None
        expect(wait_until(clips, 25), "not every pin has its clip within 30 s")
        took = time.monotonic() - closed_at
        made = clips()
        longest = max(1.5, max(length for _, length, *_ in playlist(a)))
        seen = {}
        for clip in made:
            where = f"{base}/clips/{clip['name']}"
            file = folder / "media/clips" / clip["name"] / "clip.mp4"
            expect(pictures.fetch(where + "/poster.jpg")[:2] == b"\xff\xd8", "a clip's poster is no JPEG")
            kinds = {s["codec_name"] for s in (pictures.probe(where + "/clip.mp4") or {"streams": []})["streams"]}
            expect(kinds == {"h264", "aac"}, f"a clip is {kinds}, expected what was sent")
            seen[clip["id"]] = pictures.marks(str(file))
            start, end = seen[clip["id"]][0][1], seen[clip["id"]][-1][1]
            # Burnt in at the first publisher is the media time itself.
            expect(abs(start * 1000 - clip["from_ms"]) <= 250, f"clip begins at {start} s, says {clip['from_ms']} ms")
            expect(0 <= clip["media_open_ms"] - clip["from_ms"] <= longest * 1000, f"clip begins more than a segment off: {clip}")
            expect(-longest * 1000 <= clip["to_ms"] - clip["media_close_ms"] <= longest * 1000, f"clip ends off: {clip}")
            expect(clip["title"].startswith("主播0同款 · "), f"a clip's title is {clip['title']}")
            # ——— provenance
            said = folder / "provenance.json"
            said.write_text(json.dumps(world.owner.ok("GET", f"/api/v1/clips/{clip['id']}/provenance")))
            run(program, "clip", "verify", str(file), str(said))
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 1
            (folder / "changed.mp4").write_bytes(data)
            run(program, "clip", "verify", str(folder / "changed.mp4"), str(said), expect_code=1)

        # ——— the landing: shared while live, opened after the end
        dice, shares = random.Random(7), []
        pin_of = {p["id"]: p for p in world.owner.ok("GET", f"/api/v1/broadcasts/{a.id}/pins")["items"]}
        viewer = world.client()
        for _ in range(200):
            pin = pin_of[dice.choice(pins)["id"]]
            at = dice.randrange(pin["media_open_ms"], pin["media_close_ms"])
            shares.append((pin, at, viewer.ok("POST", "/api/v1/shares", {"kind": "moment", "channel": "dm", "broadcast_id": a.id,
                                                                         "product_id": pin["product_id"], "media_ms": at})))
        shifted = viewer.send("GET", "/s/" + shares[0][2]["token"])
        expect(shifted.status == 302 and f"t={shares[0][0]['media_open_ms']}&shift=1" in shifted.headers["location"],
               f"while live, a pin that is over lands at {shifted.headers.get('location')}, expected the pin's start")
        # ——— while live, with the pin over: the room, its picture at the pin's start
        def burnt_at(media_ms, so_far):
            """What the picture at this media time says, as the player finds it: by each segment's date and time."""
            at = instant(a.picture["first_frame_at"]) + media_ms / 1000
            time_text, _, file, _ = [e for e in so_far if instant(e[0]) <= at + 0.001][-1]
            frames = frames_of.setdefault(file, None) or pictures.marks(f"{base}/streams/{a.stream}/{file}")
            frames_of[file] = frames
            return min(frames, key=lambda m: abs(m[0] - (at - instant(time_text))))[1]

        frames_of, so_far = {}, playlist(a)
        for pin, at, share in shares:
            landed = viewer.send("GET", "/s/" + share["token"])
            start = pin["media_open_ms"]
            expect(landed.status == 302 and landed.headers["location"].startswith(f"/room/{a.id}?")
                   and f"product={pin['product_id']}" in landed.headers["location"] and f"t={start}&shift=1" in landed.headers["location"],
                   f"while live, a moment of {pin['id']} lands at {landed.headers.get('location')}")
            burnt = burnt_at(start, so_far) * 1000
            expect(start - 300 <= burnt <= pin["media_close_ms"] + 300, f"the pin is {start} to {pin['media_close_ms']} ms, the picture there {burnt}")
        a.end()
        expect(wait_until(lambda: b"ENDLIST" in pictures.fetch(url(a)), 10), "the replay is not closed")
        expect(first.wait(timeout=60) is not None, "the publisher of an ended broadcast goes on")
        for pin, at, share in shares:
            landed = viewer.send("GET", "/s/" + share["token"]).headers["location"]
            clip = next((c for c in made if landed.startswith(f"/clip/{c['id']}?t={at}&")), None)
            expect(clip and clip["product_id"] == pin["product_id"], f"a moment of {pin['id']} lands at {landed}")
            frame = min(seen[clip["id"]], key=lambda m: abs(m[0] * 1000 - (at - clip["from_ms"])))
            expect(abs(frame[1] * 1000 - at) <= 300, f"shared at {at} ms, lands on the picture of {frame[1]} s")

        # ——— the replay: what it says of time is what is burnt in
        whole = playlist(a)
        expect(pictures.probe(url(a)), "ffprobe does not accept the replay")
        zero = instant(a.picture["first_frame_at"])
        for time_text, _, file, _ in whole[:6]:
            mark = pictures.marks(f"{base}/streams/{a.stream}/{file}")[0][1]
            expect(abs(instant(time_text) - zero - mark) <= 0.25, f"{file} says {time_text}, its picture {mark} s after {zero}")

        # ——— a withdrawn product takes its clips along
        world.owner.ok("PATCH", f"/api/v1/products/{world.products['P2']['id']}", {"on_sale": False})
        gone = next(c for c in made if c["product_id"] == world.products["P2"]["id"])
        expect(viewer.send("GET", f"/api/v1/clips/{gone['id']}").status == 404, "a withdrawn product's clip is still shown")
        expect(wait_until(lambda: not answers(f"{base}/clips/{gone['name']}/clip.mp4"), 10), "a withdrawn clip's file still answers")
        kept_clip = next(c for c in made if c["product_id"] != world.products["P2"]["id"])
        world.owner.ok("PUT", f"/api/v1/clips/{kept_clip['id']}/withdrawn")
        expect(wait_until(lambda: not answers(f"{base}/clips/{kept_clip['name']}/poster.jpg"), 10), "a clip its store withdrew still answers")
        world.owner.ok("DELETE", f"/api/v1/clips/{kept_clip['id']}/withdrawn")
        expect(wait_until(lambda: answers(f"{base}/clips/{kept_clip['name']}/clip.mp4"), 10), "a clip that is shown again does not answer")

        # ——— another agent posts a clip; who comes through that pays them as clipper
        clip = next(c for c in made if c["product_id"] == world.products["P1"]["id"])
        world.owner.ok("PUT", f"/api/v1/brands/{world.brand}/plans",
                       {"scope": "brand", "host_bp": 1000, "promoter_bp": 800, "recruiter_bp": 0, "clipper_bp": 300})
        world.owner.ok("PUT", f"/api/v1/clips/{clip['id']}/posts/{world.store(1)}")
        share = viewer.ok("POST", "/api/v1/shares", {"kind": "clip", "channel": "moments", "clip_id": clip["id"],
                                                     "store_id": world.store(1)})
        buyer = world.buyer("clipbuyer")
        landed = buyer.send("GET", "/s/" + share["token"]).headers["location"]
        expect(landed.startswith(f"/clip/{clip['id']}?"), f"a clip's share lands at {landed}")
        order = buyer.ok("POST", "/api/v1/orders",
                         {"store_id": clip["store_id"], "lines": [{"sku_id": world.sku("P1"), "qty": 1}], "share_id": share["id"],
                          "address": {"name": "王小明", "phone": "13800000000", "region": "上海", "detail": "路1号"}}, key="clip-order-1")
        world.pay(buyer, order["id"])
        why = world.owner.send("GET", f"/api/v1/orders/{order['id']}/explain").body.decode()
        expect('"role":"clipper"' in why and world.agents[1]["id"] in why, f"no clipper is named: {why[:800]}")

        # ——— a browser's camera, and a room that carries its picture
        world.owner.ok("PUT", f"/api/v1/broadcasts/{c2.id}/picture", {"of": b.id})
        b.start(), c2.start()
        camera = Camera(world, b)
        try:
            expect(wait_until(lambda: len(playlist(b)) >= 3, 25), "a browser's camera does not come on air")
            mark = pictures.marks(f"{base}/streams/{b.stream}/{playlist(b)[-1][2]}")[-1][1]
            expect(0 < mark < 60, f"the camera's picture says {mark} s")
            ffmpeg = [pid for pid, name in children(server).items() if name == "ffmpeg"]
            expect(len(ffmpeg) == 1, f"expected one FFmpeg for one camera, found {children(server)}")
            os.kill(ffmpeg[0], signal.SIGKILL)
            expect(wait_until(lambda: b.picture["state"] == "cut", 10), "a camera's FFmpeg died and the room does not say so")
            expect(camera.closed_with() == 1011, "a camera whose FFmpeg died is not told")
            camera.stop()
            had = len(playlist(b))
            camera = Camera(world, b)
            expect(wait_until(lambda: b.picture["state"] == "on" and len(playlist(b)) > had + 1, 25), "a camera can't come back after its FFmpeg died")
            carried = c2.picture
            expect(carried["state"] == "on" and carried["of"] == b.id and carried["first_frame_at"] == b.picture["first_frame_at"],
                   f"the carrying room says {carried}")
        finally:
            camera.stop()
        expect(wait_until(lambda: b.picture["state"] == "cut", 10), "a camera that went away is not noticed")

        # ——— nothing outlives the server
        left = children(server)
        world.server.kill()
        expect(wait_until(lambda: not any(os.path.exists(f"/proc/{pid}/stat") and open(f"/proc/{pid}/stat").read().split()[2] != "Z"
                                          for pid in left), 10), f"the server was killed; of {left} something lives on")

        # ——— a start with the withdrawn clip's files where they are served, and hardly any disk allowed
        aside, served = folder / "media/withdrawn" / gone["name"], folder / "media/clips" / gone["name"]
        expect(aside.exists() and not served.exists(), "a withdrawn clip's files are not put aside")
        aside.rename(served)
        (folder / "media/clips" / clip["name"] / "long.mp4").write_bytes(bytes(1_200_000))
        recordings = sorted(p.name for p in (folder / "media/streams").iterdir() if (p / "all.m3u8").exists())
        world.server.settings = [*SETTINGS, "media.disk_mb=1"]
        world.server.start()
        world.owner = world.client(world.owner_token)
        expect(wait_until(lambda: not served.exists(), 10), "a withdrawn clip's file is served again after a restart")
        expect(wait_until(lambda: world.owner.send("GET", f"/api/v1/clips/{clip['id']}").status == 404, 10),
               "the disk is full and no clip goes")
        expect(recordings == sorted(p.name for p in (folder / "media/streams").iterdir() if (p / "all.m3u8").exists()),
               "the disk budget takes a recording that evidence needs")
        said = world.owner.send("GET", "/metrics").body.decode()
        for line in ("lianbo_media_recordings_open ", "lianbo_media_kept_bytes ", 'lianbo_media_restarts_total 0'):
            expect(line in said, f"the figures do not say {line}")
        return f"{len(whole)} segments, clips ready {took:.1f} s after the pin closed, 200 moments landed live and 200 after the end"
    finally:
        for one in running:
            one.kill()
            one.wait()
