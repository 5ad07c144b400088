"""Moving pictures that say what time it is: each frame has its media time, in tenths of a second, as a row of black and
white boxes, so that a test can read it back out of whatever it is shown."""
import json
import re
import subprocess
import urllib.request

BITS, BOX, WIDTH, HEIGHT = 14, 20, 320, 180


def command(url, seconds, rate=10, first_ms=0, sound=True, bitrate="150k", words=None, size=(WIDTH, HEIGHT)):
    boxes = ",".join(
        f"drawbox=x={i * BOX}:y=0:w={BOX}:h={BOX}:color=white:t=fill:enable='mod(floor((t+{first_ms / 1000 + 0.02})*10/{1 << i}),2)'"
        for i in range(BITS))
    picture = f"drawbox=x=0:y=0:w={BITS * BOX}:h={BOX}:color=black:t=fill,{boxes}"
    if words:
        picture += f",drawtext=text='{words}':x=10:y=60:fontsize=28:fontcolor=white:box=1:boxcolor=black@0.5"
    out = ["ffmpeg", "-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", f"testsrc=s={size[0]}x{size[1]}:r={rate}"]
    if sound:
        out += ["-f", "lavfi", "-i", "sine=frequency=300:sample_rate=44100"]
    out += ["-t", str(seconds), "-vf", picture, "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g",
            str(rate), "-keyint_min", str(rate), "-sc_threshold", "0", "-b:v", bitrate, "-pix_fmt", "yuv420p"]
    if sound:
        out += ["-c:a", "aac", "-b:a", "32k", "-ac", "1"]
    return out + ["-f", "flv", url]


def publish(url, seconds=600, **more):
    return subprocess.Popen(command(url, seconds, **more), stderr=subprocess.PIPE, text=True)


def marks(source):
    """[(seconds into the source, burnt-in seconds)] of every frame."""
    probe = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                            "frame=pts_time,best_effort_timestamp_time", "-of", "json", source], capture_output=True, text=True)
    times = [float(f.get("pts_time") or f["best_effort_timestamp_time"]) for f in json.loads(probe.stdout)["frames"]]
    raw = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", source, "-map", "0:v:0", "-vf",
                          f"crop={BITS * BOX}:{BOX}:0:0,scale={BITS}:1:flags=area", "-vsync", "passthrough", "-f", "rawvideo",
                          "-pix_fmt", "gray", "-"], capture_output=True).stdout
    read = [sum(1 << i for i in range(BITS) if raw[n * BITS + i] > 127) / 10 for n in range(len(raw) // BITS)]
    return [(t - times[0], m) for t, m in zip(times, read)]


def probe(source):
    """What ffprobe says of it; None when it does not accept it."""
    done = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name:format=duration", "-of", "json", source],
                          capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 and not done.stderr.strip() else None


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as got:
        return got.read()


def entries(playlist):
    """[(program date time as text, seconds, file, after a cut)]"""
    return [(time, float(length), file, bool(cut)) for cut, time, length, file in
            re.findall(r"(#EXT-X-DISCONTINUITY\n)?#EXT-X-PROGRAM-DATE-TIME:(\S+)\n#EXTINF:([\d.]+),\n(\S+)", playlist)]
