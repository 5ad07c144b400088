"""A media server that is not ours: a small one that speaks SRS's HTTP hooks asks Lianbo who may publish, and serves the
playlists itself; Lianbo only hands out their address."""
import http.server
import json
import os
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request

import pictures
from lianbo import World, expect, wait_until
from media import Host

SECRET = "outside-secret"


class FakeSrs:
    """Takes a film as if an encoder had sent it: on_publish first, then HLS in its own folder, on_unpublish at the end."""

    def __init__(self, folder):
        files = type("Files", (http.server.SimpleHTTPRequestHandler,),
                     {"__init__": lambda me, *a: http.server.SimpleHTTPRequestHandler.__init__(me, *a, directory=folder),
                      "log_message": lambda *a: None})
        self.folder, self.hooks = folder, ""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), files)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def tell(self, action, host, key=None, client="c1"):
        """SRS goes on when the answer is 200 with the text 0 (or {"code":0}), and refuses otherwise."""
        body = {"action": action, "client_id": client, "ip": "127.0.0.1", "vhost": "__defaultVhost__", "app": "live",
                "stream": host.stream, "param": f"?key={key}" if key else ""}
        request = urllib.request.Request(self.hooks, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as got:
                return got.status == 200 and got.read().strip() == b"0"
        except urllib.error.HTTPError:
            return False

    def film(self, host, seconds=3):
        flv = f"{self.folder}/{host.stream}.flv"
        command = [c for c in pictures.command(flv, seconds) if c != "-re"]
        subprocess.run(command, check=True)
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", flv, "-c", "copy", "-f", "hls", "-hls_time", "1",
                        "-hls_list_size", "0", f"{self.folder}/{host.stream}.m3u8"], check=True)


def test(program):
    with tempfile.TemporaryDirectory(prefix="lianbo-e2e-") as folder:
        os.environ["LIANBO_PRIVACY_KEY_FILE"] = f"{folder}/lianbo.key"
        os.mkdir(f"{folder}/srs")
        srs = FakeSrs(f"{folder}/srs")
        world = World(program, f"sqlite:{folder}/lianbo.db",
                      settings=[f"media.hook_secret={SECRET}", f"media.play_url={srs.url}/{{stream}}.m3u8",
                                "media.rtmp_url=rtmp://srs.example/live", "media.lost_minutes=1", "jobs.ms=200"])
        try:
            return play(world, srs)
        finally:
            world.close()
            srs.server.shutdown()
            del os.environ["LIANBO_PRIVACY_KEY_FILE"]


def play(world, srs):
    a, b = Host(world, 0).start(), Host(world, 1)
    srs.hooks = f"http://127.0.0.1:{world.server.port}/media/hooks/wrong"
    expect(not srs.tell("on_publish", a, a.key), "a hook with a wrong secret is answered")
    srs.hooks = srs.hooks.replace("wrong", SECRET)
    expect(not srs.tell("on_publish", a, "x" * 32), "SRS is told to let a wrong key in")
    expect(not srs.tell("on_publish", a, b.key), "SRS is told to let another's key in")
    expect(srs.tell("on_publish", a, a.key), "SRS is told to refuse the right key")
    expect(not srs.tell("on_publish", a, a.key, client="c2"), "SRS is told to let a second publisher in")
    expect(srs.tell("on_play", a) and srs.tell("on_close", a), "what is not about publishing is refused")
    expect(a.picture["state"] == "on" and a.picture["first_frame_at"], f"the room's picture is {a.picture}")

    # OBS is often connected before one goes live: the picture begins with the broadcast.
    early = Host(world, 1)
    expect(srs.tell("on_publish", early, early.key, client="e1") and early.picture["state"] == "none", f"{early.picture}")
    early.start()
    expect(early.picture["state"] == "on", f"the encoder was there before the broadcast began: {early.picture}")
    # A server that crashed never says that its publisher left: a new key takes over.
    expect(not srs.tell("on_publish", early, early.key, client="e2"), "SRS is told to let a second publisher in")
    renewed = world.owner.ok("POST", f"/api/v1/broadcasts/{early.id}/stream-key", {})["stream_key"]
    expect(not srs.tell("on_publish", early, early.key, client="e2"), "the old key is still good")
    expect(srs.tell("on_publish", early, renewed, client="e2") and early.picture["state"] == "on", "the host is locked out")
    early.end()
    wrong = world.owner.send("PUT", f"/api/v1/broadcasts/{b.id}/picture", {"of": b.id})
    expect(wrong.status == 404 and wrong.json["where"] == "/of", f"a room can't carry itself, and /of says so: {wrong}")

    # Viewers are sent to its playlists; the page may fetch them, and the commerce process has no byte of them.
    srs.film(a)
    site = world.owner.ok("GET", "/api/v1/site")["media"]
    url = site["live_url"].replace("{stream}", a.stream)
    expect(url == f"{srs.url}/{a.stream}.m3u8" and site["all_url"] == site["live_url"], f"getSite says {site}")
    expect(site["ingest_url"] == "rtmp://srs.example/live" and not site["camera"], f"getSite says {site}")
    expect(pictures.probe(url), "ffprobe does not accept the outside playlist")
    seen = pictures.marks(url)
    expect(len(seen) >= 20 and seen[-1][1] > seen[0][1], f"the outside picture does not move: {seen[:3]}")
    policy = world.owner.send("GET", f"/room/{a.id}").headers.get("content-security-policy", "")
    expect(srs.url in policy or not policy, f"the page may not fetch {srs.url}: {policy}")

    expect(srs.tell("on_unpublish", a, client="c2") and a.picture["state"] == "on", "the end of a refused one ends another")
    expect(srs.tell("on_unpublish", a) and a.picture["state"] == "cut", "a publisher that left is not noticed")
    expect(srs.tell("on_publish", a, a.key, client="c3") and a.picture["state"] == "on", "the host can't come back")
    a.end()
    expect(not srs.tell("on_publish", a, a.key, client="c4"), "a used-up key is good for SRS")
    said = world.owner.send("GET", "/metrics").body.decode()
    for outcome, least in (("admitted", 2), ("refused", 4), ("left", 2)):
        line = next((x for x in said.splitlines() if x.startswith(f'lianbo_media_publishers_total{{outcome="{outcome}"}}')), "")
        expect(line and float(line.split()[-1]) >= least, f"publishers {outcome}: {line}, expected {least}")
    return f"{len(seen)} frames of an outside playlist, its hooks answered"
