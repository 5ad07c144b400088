"""The demo's evening has pictures: nginx and FFmpeg come up by themselves, rooms publish, one carries another's, clips and
a recording come of it; Ctrl-C and kill leave nothing running. Without FFmpeg the demo says so and goes on."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading

import pictures
from lianbo import expect, wait_until

SMALL = ["--people", "20", "--agents-count", "5", "--rooms", "2", "--quiet", "--port", "0"]


def below(pid):
    """Every process below this one: {pid: name}."""
    rows = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,comm="], capture_output=True, text=True).stdout.split("\n")
    rows = [r.split(None, 2) for r in rows if r.strip()]
    found, size = {pid: ""}, 0
    while size != len(found):
        size = len(found)
        found.update({int(p): name for p, parent, name in rows if int(parent) in found})
    del found[pid]
    return found


def lives(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Demo:
    def __init__(self, program, folder, *more, env=None):
        self.said = ""
        self.process = subprocess.Popen([program, "demo", *SMALL, "--data", folder, *more], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.said += line

    def url(self):
        found = re.search(r"API (http://127.0.0.1:(\d+))/", self.said)
        return (found.group(1), int(found.group(2))) if found else None


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/api/v1" + path, headers={"Accept": "application/json"})
    got = connection.getresponse()
    body = got.read()
    connection.close()
    return json.loads(body) if got.status < 300 else None


def test(program):
    with tempfile.TemporaryDirectory(prefix="lianbo-e2e-") as folder:
        told = with_pictures(program, folder)
    with tempfile.TemporaryDirectory(prefix="lianbo-e2e-") as folder:
        without(program, folder)
    return told


def with_pictures(program, folder):
    demo = Demo(program, folder, "--pictures", "2")
    family = {}
    try:
        expect(wait_until(demo.url, 120), f"the demo has no evening: {demo.said[-800:]}")
        url, port = demo.url()
        site = get(port, "/site")
        base = "http://127.0.0.1" + site["media"]["all_url"].split("/streams")[0]
        brand = site["brands"][0]["id"]

        def on_air():
            return [r for r in get(port, f"/brands/{brand}/hall")["on_air"] if r["picture"]["state"] == "on"]
        expect(wait_until(lambda: len(on_air()) >= 3, 60), f"expected two rooms with a picture and one that carries: {on_air()}")
        rooms = on_air()
        own = [r for r in rooms if not r["picture"]["of"]]
        expect(len(own) == 2 and len(rooms) == 3, f"pictures of {len(own)} rooms, {len(rooms)} show one")

        def longer(room):
            try:
                return len(pictures.entries(pictures.fetch(f"{base}/streams/{room['picture']['stream']}/live.m3u8").decode())) >= 3
            except OSError:
                return False
        expect(wait_until(lambda: all(longer(r) for r in own), 30), "a room on air has no playlist")
        for room in own:
            streams = pictures.probe(f"{base}/streams/{room['picture']['stream']}/live.m3u8")
            expect(streams and {s["codec_name"] for s in streams["streams"]} == {"h264", "aac"}, f"ffprobe says {streams}")
        # Each pin that is over becomes a clip, also in the room that carries another's picture.
        def clips():
            return [c for c in get(port, f"/brands/{brand}/clips?limit=50")["items"] if c["shown"]]
        expect(wait_until(lambda: len({c["store_id"] for c in clips()}) >= 3, 90), f"clips of {len({c['store_id'] for c in clips()})} stores")
        expect(pictures.probe(f"{base}/clips/{clips()[0]['name']}/clip.mp4"), "ffprobe does not accept a clip")

        # A film that dies comes back.
        family = below(demo.process.pid)
        films = [pid for pid, name in family.items() if name == "ffmpeg"]
        expect(len(films) == 2 and sum(name == "nginx" for name in family.values()) == 1, f"expected 2 FFmpeg and 1 nginx: {family}")
        os.kill(films[0], signal.SIGKILL)
        expect(wait_until(lambda: len([p for p, n in below(demo.process.pid).items() if n == "ffmpeg" and p != films[0] and lives(p)]) == 2, 20),
               "a film that died is not started again")
        family = below(demo.process.pid)
        demo.process.send_signal(signal.SIGINT)
        expect(demo.process.wait(timeout=30) == 0, f"Ctrl-C: the demo exits {demo.process.returncode}: {demo.said[-500:]}")
        expect(not any(lives(p) for p in family), f"Ctrl-C left of {family}: {[p for p in family if lives(p)]}")
        streams = pathlib.Path(folder, "demo-media/streams")
        expect(all((streams / r["picture"]["stream"] / "all.m3u8").exists() for r in own), "no recording is kept")
    finally:
        demo.process.kill()
        demo.process.wait()
    # Killed: what it started dies with it.
    demo = Demo(program, folder, "--pictures", "1", "--once", "--evening", "600")
    try:
        expect(wait_until(lambda: "ffmpeg" in below(demo.process.pid).values(), 120), f"no picture with --once --evening: {demo.said[-800:]}")
        family = below(demo.process.pid)
    finally:
        demo.process.kill()
        demo.process.wait()
    expect(wait_until(lambda: not any(lives(p) for p in family), 20), f"killed: of {family} lives on {[p for p in family if lives(p)]}")
    return f"{len(rooms)} rooms with a picture, {len(family)} processes, none left"


def without(program, folder):
    demo = Demo(program, folder, "--once", "--evening", "1", env={"PATH": "/nonexistent"})
    try:
        expect(demo.process.wait(timeout=120) == 0, f"without nginx the demo exits {demo.process.returncode}: {demo.said[-800:]}")
    finally:
        demo.process.kill()
        demo.process.wait()
        demo.reader.join(timeout=5)
    line = [x for x in demo.said.splitlines() if x.startswith("No pictures:")]
    expect(len(line) == 1 and "FFmpeg" in line[0], f"the demo does not say that FFmpeg is missing: {demo.said[-800:]}")
