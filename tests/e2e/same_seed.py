"""With one worker the same seed gives the same report, figure for figure (wall times aside)."""
import json
import pathlib
import tempfile

from lianbo import expect, run


def test(program):
    reports = []
    for _ in range(2):
        with tempfile.TemporaryDirectory(prefix="lianbo-seed-") as folder:
            path = pathlib.Path(folder, "report.json")
            run(program, "demo", "--once", "--quiet", "--workers", "1", "--seed", "5", "--people", "250", "--agents-count", "20",
                "--rooms", "5", "--port", "0", "--data", folder, "--report", str(path))
            figures = json.loads(path.read_text())
            for name in [n for n in figures if n.startswith("wall")]:
                del figures[name]
            reports.append(figures)
    different = {k: (reports[0][k], reports[1].get(k)) for k in reports[0] if reports[0][k] != reports[1].get(k)}
    expect(not different, f"the same seed gives other figures: {different}")
    return f"{len(reports[0])} figures, the same twice"
