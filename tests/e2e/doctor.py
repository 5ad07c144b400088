"""doctor, as somebody runs it who has a set-up that is wrong: exit codes, JSON, and what only another process can have wrong
(fonts, limits of open files, a settings file). Each check is made to fail in src/app/doctor_test.cpp."""
import json
import os
import pathlib
import resource
import subprocess
import tempfile

from lianbo import Server, World, databases, expect, run


def doctor(program, *arguments, env=None, before=None):
    done = subprocess.run([program, "doctor", "--json", *arguments], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **(env or {})}, preexec_fn=before)
    try:
        said = json.loads(done.stdout)
    except json.JSONDecodeError:
        expect(False, f"doctor {arguments} says {done.stdout!r} {done.stderr!r}")
    failed = {c["check"] for c in said["checks"] if c["health"] == "fail"}
    expect(done.returncode == (1 if failed else 0), f"doctor exits {done.returncode} with failures {failed}")
    expect(said["healthy"] == (not failed), f"healthy is {said['healthy']} with failures {failed}")
    for check in said["checks"]:
        words = [check["says"]["en"], check["says"]["zh"]]
        if check["health"] != "ok":
            words += [check["mend"]["en"], check["mend"]["zh"]]
        expect(all(words), f"{check['check']} says nothing in one of the languages")
    return {c["check"]: c for c in said["checks"]}


def health(checks, name, wanted):
    expect(checks[name]["health"] == wanted, f"{name} is {checks[name]}, expected {wanted}")


def test(program):
    os.umask(0o077)
    with tempfile.TemporaryDirectory(prefix="lianbo-doctor-") as name, databases(program) as urls:
        folder = pathlib.Path(name)
        for engine, url in urls:
            health(doctor(program, "--db", url), "database" if engine == "sqlite" else "database.schema", "warn")  # nothing there yet
            world = World(program, url)
            try:
                busy = doctor(program, "--db", url, "--set", f"http.port={world.server.port}", "--set", "http.connections=1000")
                health(busy, "port", "ok")  # it is ours
                for check in ["database", "database.schema", "database.writable", "time_zones", "fonts", "open_files", "clock"]:
                    health(busy, check, "ok")
                health(busy, "pay", "warn")
            finally:
                world.close()
        db = ["--db", urls[0][1]]

        fonts = folder / "fonts.conf"
        fonts.write_text(f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>{folder}</dir>'
                         f"<cachedir>{folder}/cache</cachedir></fontconfig>")
        health(doctor(program, *db, env={"FONTCONFIG_FILE": str(fonts)}), "fonts", "fail")
        health(doctor(program, *db, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))), "open_files", "fail")
        settings = folder / "lianbo.conf"
        settings.write_text("http.port = 99999\nno.such = 1\n")
        health(doctor(program, "--config", str(settings)), "config", "fail")
        health(doctor(program, *db, env={"PATH": str(folder)}), "media", "warn")

        text = run(program, "doctor", *db, expect_code=None).stdout
        expect("doctor:" in text and "正常" in text and "沙箱" in text, f"doctor's words are not in both languages: {text}")
    return "both languages, exit codes, fonts, files, settings, ports"
