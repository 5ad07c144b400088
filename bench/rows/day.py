"""The big day (bench/day.py) has no limit to be measured against and takes minutes: here only its smoke run."""
import day
from frame import Row, expect


class Day(Row):
    name, order, in_suite = "day", 90, False
    what, unit = "the big day, all phases", "s at scale 1"

    def smoke(self, context):
        result = day.run(0.0001, say=lambda text: None, smoke=True)
        expect(all(p["count"] > 0 for p in result["phases"]), "a phase of the day did nothing")
