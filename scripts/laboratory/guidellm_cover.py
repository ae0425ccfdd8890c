"""Reads the runs of `scripts/coverage --series` and prints what the intervals of
GuideLLM's own functions cover, as scripts/coverage --json prints ours.

    python3 -m venv guidellm && guidellm/bin/pip install guidellm==0.8.1
    scripts/coverage --series --n 500,2000 | guidellm/bin/python scripts/laboratory/guidellm_cover.py
"""

import json
import math
import sys

from guidellm.utils.statistics import mean_confidence_interval, quantile_confidence_interval

cells = {}
for line in sys.stdin:
    run = json.loads(line)
    values = sorted(run["latency_ms"])
    n = len(values)
    mean = math.fsum(values) / n
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / n)  # GuideLLM's is of the population
    found = {"mean": mean_confidence_interval(n, mean, spread)}
    for name, share in ("p50", 0.5), ("p95", 0.95), ("p99", 0.99):
        found[name] = quantile_confidence_interval(values, share)
    for figure, interval in found.items():
        if figure not in run["truth"]:
            continue
        cell = cells.setdefault((run["queue"], run["n"], figure), {"runs": 0, "shown": 0, "held": 0})
        cell["runs"] += 1
        if interval:
            cell["shown"] += 1
            cell["held"] += interval[0] <= run["truth"][figure] <= interval[1]

rows = []
for (queue, n, figure), cell in cells.items():
    row = {"queue": queue, "n": n, "figure": figure, "runs": cell["runs"], "shown": cell["shown"] / cell["runs"]}
    if cell["shown"]:
        row["cover"] = cell["held"] / cell["shown"]
    rows.append(row)
json.dump(rows, sys.stdout, indent=1)
print()
