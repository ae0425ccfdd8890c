"""What a tool costs, seen from outside and by the same means for all: processor
time and memory of its processes, and the responder's own record of the load."""

import glob
import json
import os
import threading
import time

STEP = 0.005  # seconds between two looks at the processor time
LOOKS = 20  # of those between two looks at memory, the machine and new processes


def clock(pid):
    """Processor seconds of a process so far, threads that have ended included, in
    nanosecond steps; None when it is gone. The kernel's per-process clock."""
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return None


def machine():
    """Seconds that the machine's processors were busy and stolen so far, of all together."""
    with open("/proc/stat") as f:
        v = [int(x) / os.sysconf("SC_CLK_TCK") for x in f.readline().split()[1:9]]
    return v[0] + v[1] + v[2] + v[5] + v[6], v[7]


def settle(longest):
    """Waits until other programs take less than a tenth of the machine, but no
    longer than so many seconds."""
    end, quiet = time.monotonic() + longest, 0.1 * os.cpu_count()
    while time.monotonic() < end:
        before, at = machine()[0], time.monotonic()
        time.sleep(0.3)
        if machine()[0] - before < quiet * (time.monotonic() - at):
            return


class Watch(threading.Thread):
    """Looks at all processes of a session, and at the responder."""

    def __init__(self, session, responder):
        super().__init__(daemon=True)
        self.session, self.responder, self.done = session, responder, threading.Event()
        self.cpu = {session: 0.0}
        self.cpus = []  # (wall clock, processor seconds of the tool)
        self.looks = []  # (wall clock, PSS, busy, stolen, of the tool, of the responder, of this program)
        self.start()

    def run(self):
        n = 0
        while not self.done.wait(STEP):
            if n % LOOKS == 0:
                self.look()
            n += 1
            for pid in self.cpu:
                if (c := clock(pid)) is not None:
                    self.cpu[pid] = c
            self.cpus.append((time.time(), sum(self.cpu.values())))

    def look(self):
        memory = 0
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path) as f:
                    fields = f.read().rsplit(")", 1)[1].split()
                if int(fields[3]) != self.session:
                    continue
                self.cpu.setdefault(int(path.split("/")[2]), 0.0)
                with open(os.path.dirname(path) + "/smaps_rollup") as f:
                    memory += sum(1024 * int(line.split()[1]) for line in f if line.startswith("Pss:"))
            except OSError:
                pass  # it has ended
        self.looks.append((time.time(), memory, *machine(), sum(self.cpu.values()), clock(self.responder) or 0.0, time.process_time()))

    def peak(self):
        return max((m for _, m, *_ in self.looks), default=0)

    def at(self, when):
        """Processor seconds of the tool up to a moment of the wall clock."""
        before = (self.cpus[0][0], 0.0)
        for t, c in self.cpus:
            if t >= when:
                share = (when - before[0]) / (t - before[0]) if t > before[0] else 0
                return before[1] + max(0.0, share) * (c - before[1])
            before = (t, c)
        return before[1]

    def between(self, start, end):
        """What the tool took between two moments of the wall clock, and what else the machine did."""
        inside = [m for t, m, *_ in self.looks if start <= t <= end and m]
        out = {"cpu_s": self.at(end) - self.at(start), "window_s": end - start, "window_peak": max(inside, default=None)}
        first = max((x for x in self.looks if x[0] <= start), default=None)
        last = min((x for x in self.looks if x[0] >= end), default=self.looks[-1] if self.looks else None)
        if first and last and last[0] > first[0]:
            span = (last[0] - first[0]) * os.cpu_count()
            busy, stolen, *ours = (b - a for a, b in zip(first[2:], last[2:]))
            out |= {"others_share": max(0.0, busy - sum(ours)) / span, "stolen_share": stolen / span}
        return out


def percentile(values, q):
    """Of sorted values, between the two nearest ones."""
    if not values:
        return None
    at = q * (len(values) - 1)
    low = int(at)
    return values[low] + (at - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def load(path, counts, ttft):
    """The loads that the responder's truth log shows: its last sum(counts)
    requests, since tools may ask for something before them. Each is a dict with
    the wall clock of its first request's arrival and of its last write, the frames
    with a token, how long after the first the requests arrived, and how late the
    responder's own writes were, in ms."""
    asked = {}
    with open(path) as f:
        for line in f:
            w = json.loads(line)
            r = asked.setdefault(w["request"], {"index": w["index"], "tokens": 0, "late": []})
            r["end"] = w["actual_unix_ns"] / 1e9
            if w["kind"] != "token":
                continue
            late = (w["actual_ns"] - w["intended_ns"]) / 1e6
            if not r["late"]:
                # When the first token is due follows from when the request arrived.
                r["start"] = r["end"] - late / 1e3 - ttft / 1e3
            r["tokens"] += 1
            r["late"].append(late)
    whole = sorted((r for r in asked.values() if r["late"]), key=lambda r: r["index"])
    if len(whole) < sum(counts):
        raise ValueError(f"the responder saw {len(whole)} requests, and the tool counts {sum(counts)}")
    whole = whole[len(whole) - sum(counts):]
    out = []
    for n in counts:
        part, whole = whole[:n], whole[n:]
        late = sorted(x for r in part for x in r["late"])
        first = [r["late"][0] for r in part]
        begun = min(r["start"] for r in part)
        after = [1e3 * (r["start"] - begun) for r in part]
        out.append({"arrived_mean_ms": sum(after) / len(after), "arrived_last_ms": max(after), "start": begun, "end": max(r["end"] for r in part), "frames": len(late),
                    "first_late_ms": sum(first) / len(first), "late_p50_ms": percentile(late, 0.5), "late_p99_ms": percentile(late, 0.99)})
    return out
