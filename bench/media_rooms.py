#!/usr/bin/env python3
"""Many rooms publishing at once to one server's media plane, each a copy of one film, nothing encoded: what a room costs.

    bench/media_rooms.py --program build/release/lianbo [--rooms 100] [--seconds 30] [--kbit 300]

Prints CPU and memory of nginx and of the server for each room, and what lies on the disk; fails when a room drops."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/e2e"))
import pictures  # noqa: E402
from lianbo import World, wait_until  # noqa: E402
from media import SETTINGS, Host, children  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def used(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--program", required=True)
    options.add_argument("--rooms", type=int, default=100)
    options.add_argument("--seconds", type=int, default=30)
    options.add_argument("--kbit", type=int, default=300)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="lianbo-bench-") as folder:
        film = f"{folder}/film.flv"
        command = [c for c in pictures.command(film, 20, rate=15, bitrate=f"{given.kbit - 32}k") if c != "-re"]
        subprocess.run([*command[:1], "-y", *command[1:]], check=True)
        os.environ["LIANBO_PRIVACY_KEY_FILE"] = f"{folder}/lianbo.key"
        world = World(str(pathlib.Path(given.program).resolve()), f"sqlite:{folder}/lianbo.db", settings=SETTINGS, agents=given.rooms)
        publishers = []
        try:
            rtmp = "rtmp://127.0.0.1" + world.owner.ok("GET", "/api/v1/site")["media"]["ingest_url"]
            rooms = [Host(world, i).start() for i in range(given.rooms)]
            for room in rooms:
                publishers.append(subprocess.Popen(
                    ["ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", film, "-c", "copy", "-f", "flv",
                     f"{rtmp}/{room.stream}?key={room.key}"], stderr=subprocess.DEVNULL))
            streams = pathlib.Path(folder) / "media/streams"
            if not wait_until(lambda: all((streams / r.stream / "all.m3u8").exists() for r in rooms), 60):
                sys.exit("not every room came on air")
            server = world.server.process.pid
            nginx = next(pid for pid, name in children(server).items() if name == "nginx")
            before = {pid: used(pid)[0] for pid in (server, nginx)}
            begun = time.monotonic()
            time.sleep(given.seconds)
            took = time.monotonic() - begun
            dropped = sum(p.poll() is not None for p in publishers)
            late = sum(len(pictures.entries((streams / r.stream / "all.m3u8").read_text())) < given.seconds * 0.7 for r in rooms)
            size = sum(f.stat().st_size for f in streams.rglob("*.ts"))
            for name, pid in (("nginx", nginx), ("server", server)):
                cpu, memory = used(pid)
                share = (cpu - before[pid]) / took / given.rooms
                print(f"{name:7} {share * 100:.3f} % of a core and {memory / given.rooms / 1024:.0f} KiB for each of {given.rooms} rooms")
            print(f"disk    {size / given.rooms / 1e6:.2f} MB for each room so far; {dropped} publishers dropped, {late} rooms behind")
            return 1 if dropped or late else 0
        finally:
            for p in publishers:
                p.kill()
                p.wait()
            world.close()


if __name__ == "__main__":
    sys.exit(main())
