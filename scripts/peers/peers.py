"""Runs each tool against the responder and makes one table of what they say.
Called by scripts/bench-peers; needs nothing but Python and Linux."""

import argparse
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

TTFT, ITL, TOKENS = 50.0, 10.0, 100
NEAR = 5.0  # ms: the error of TTFT up to which a tool is taken to keep up
ALL = ["inferometer", "vllm-rs", "vllm", "guidellm", "aiperf", "genai-bench", "inference-perf"]
TICK = os.sysconf("SC_CLK_TCK")
LONGEST = 240  # seconds for one start of a tool

flags = argparse.ArgumentParser()
flags.add_argument("--peers", required=True)
flags.add_argument("--versions", required=True)
flags.add_argument("--only", default=",".join(ALL))
flags.add_argument("--streams", default="1,10,100,500,1000")
flags.add_argument("--minutes", type=float, default=12)
flags.add_argument("--out")
args = flags.parse_args()
streams = [int(n) for n in args.streams.split(",")]
tools = args.only.split(",")
if unknown := set(tools) - set(ALL):
    sys.exit(f"bench-peers: unknown tools {sorted(unknown)}; there are {ALL}")
versions = dict(v.split("==") for v in args.versions.split())
begun = time.monotonic()
tokenizer = f"{args.peers}/tokenizer"


def say(text):
    print(f"bench-peers: {time.monotonic() - begun:4.0f} s  {text}", file=sys.stderr, flush=True)


def requests(n):
    return max(5, n)


class Watch(threading.Thread):
    """Looks at all processes of a session: processor time so far, and memory."""

    def __init__(self, session):
        super().__init__(daemon=True)
        self.session, self.peak, self.seen, self.done = session, 0, [], threading.Event()
        self.cpu = {}
        self.start()

    def run(self):
        while not self.done.wait(0.25):
            memory = 0
            for path in glob.glob("/proc/[0-9]*/stat"):
                try:
                    fields = open(path).read().rsplit(")", 1)[1].split()
                    if int(fields[3]) != self.session:
                        continue
                    self.cpu[path] = (int(fields[11]) + int(fields[12])) / TICK
                    for line in open(os.path.dirname(path) + "/smaps_rollup"):
                        if line.startswith("Pss:"):
                            memory += 1024 * int(line.split()[1])
                except OSError:
                    pass  # it has ended
            self.peak = max(self.peak, memory)
            self.seen.append((time.time(), sum(self.cpu.values())))

    def between(self, start, end):
        """Processor seconds between two moments of the wall clock, to a quarter of a second."""
        before = [c for t, c in self.seen if t <= start]
        after = [c for t, c in self.seen if t >= end]
        if not after or not self.seen:
            return None
        return after[0] - (before[-1] if before else 0)


def run(name, command):
    """Runs a command in a session of its own; returns its watch and processor seconds."""
    env = dict(os.environ, HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", NO_COLOR="1", TQDM_DISABLE="1",
               TOKENIZERS_PARALLELISM="false", HF_HUB_DISABLE_TELEMETRY="1", VLLM_NO_USAGE_STATS="1")
    for variable in [v for v in env if v.startswith("INFEROMETER_")]:
        del env[variable]
    if name == "aiperf":  # it looks for a local folder only where it believes to be online
        del env["HF_HUB_OFFLINE"], env["TRANSFORMERS_OFFLINE"]
    with open(f"{folder}/{name}.log", "w+") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd=folder, start_new_session=True)
        watch = Watch(child.pid)
        kill = threading.Timer(LONGEST, lambda: os.killpg(child.pid, signal.SIGKILL))
        kill.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:  # interrupted: the tool must not outlive this program
            os.killpg(child.pid, signal.SIGKILL)
            raise
        finally:
            kill.cancel()
        watch.done.set()
        watch.join()
        child.returncode = os.waitstatus_to_exitcode(status)
        # 97 to 99 are verdicts of Inferometer's, with a whole result.
        if child.returncode not in (0, 97, 98, 99):
            log.seek(0)
            tail = log.read().strip().splitlines()[-8:]
            raise RuntimeError(f"exit code {child.returncode}: " + " | ".join(tail))
    watch.peak = max(watch.peak, 1024 * usage.ru_maxrss)
    return watch, usage.ru_utime + usage.ru_stime


def row(ttft, itl, n, ok, **more):
    """ttft and itl map mean, p50, p99 and sd to ms; what a tool does not say is missing."""
    return dict(streams=n, ok=ok, ttft=ttft, itl=itl, **more)


def python(name):
    return f"{args.peers}/{name}/bin/python"


def program(name):
    return f"{args.peers}/{name}/bin/{name}"


def inferometer(n):
    # A trace whose arrivals are all at one moment; a lone stream goes one after the other.
    load = ["--users", "1", "--requests", "5"]
    if n > 1:
        with open(f"{folder}/at-once.csv", "w") as f:
            f.write("TIMESTAMP,ContextTokens,GeneratedTokens\n")
            f.write(f"2024-01-01 00:00:00.0000000,16,{TOKENS}\n" * requests(n))
        load = ["--trace", f"{folder}/at-once.csv"]
    out = f"{folder}/inferometer.json"
    watch, cpu = run("inferometer", ["sh", "-c", 'out=$1; shift; exec "$@" >"$out"', "sh", out, binary, "load", url, *load,
                     "--warmup", "0", "--calibrate=false", "--json", "--dir", f"{folder}/runs", "--output-tokens", str(TOKENS)])
    cell = json.load(open(out))["benchmarks"]["load"]["cells"][0]
    stats = cell["metrics"]["stats"]

    def shown(s, keys):
        got = {"mean": s.get("mean"), "sd": s.get("sd")}
        for k in keys:
            q = s.get(k, {})
            # Withheld for want of an interval: the point that the run has.
            got[k] = q.get("value", q.get("at_least"))
        return got
    yield row(shown(stats["ttft"], ["p50", "p99"]), shown(stats["gap"], ["p99"]), n, cell["counts"]["ok"], cpu=cpu, peak=watch.peak)


def from_vllm(path, n, **more):
    d = json.load(open(path))
    ttft = {"mean": d["mean_ttft_ms"], "p50": d["p50_ttft_ms"], "p99": d["p99_ttft_ms"]}
    return row(ttft, {"mean": d["mean_itl_ms"], "sd": d["std_itl_ms"], "p99": d["p99_itl_ms"]}, n, d["completed"], **more)


def vllm_rs(n):
    found = glob.glob(f"{args.peers}/vllm/lib/python3*/site-packages/vllm/vllm-rs")
    watch, cpu = run("vllm-rs", [found[0], "bench", "serve", "--backend", "openai-chat", "--base-url", url, "--model", "fixed",
                     "--tokenizer", tokenizer, "--dataset-name", "random", "--random-input-len", "16", "--random-output-len", str(TOKENS),
                     "--ignore-eos", "--num-prompts", str(requests(n)), "--max-concurrency", str(n), "--disable-tqdm", "--no-steady-state",
                     "--percentile-metrics", "ttft,itl", "--metric-percentiles", "50,99",
                     "--save-result", "--result-dir", folder, "--result-filename", "rs.json"])
    yield from_vllm(f"{folder}/rs.json", n, cpu=cpu, peak=watch.peak)


def vllm():
    os.makedirs(f"{folder}/vllm", exist_ok=True)
    watch, _ = run("vllm", [python("vllm"), f"{here}/vllm_serve.py", url, tokenizer, f"{folder}/vllm", args.streams, str(TOKENS)])
    for n in streams:
        busy = json.load(open(f"{folder}/vllm/{n}.cpu.json"))
        yield from_vllm(f"{folder}/vllm/{n}.json", n, busy=busy, peak=watch.peak)


def guidellm(n):
    out = f"{folder}/guidellm.json"
    watch, _ = run("guidellm", [program("guidellm"), "run", "--backend", f"kind=openai_http,target={url},model=fixed",
                   "--profile", f"kind=concurrent,streams={n}", "--constraint", f"kind=max_requests,count={requests(n)}",
                   "--tokenizer", f"kind=huggingface_auto,model={tokenizer}",
                   "--data", f"kind=synthetic_text,prompt_tokens=16,output_tokens={TOKENS}",
                   "--output", f"kind=json,path={out}", "--disable-console"])
    b = json.load(open(out))["benchmarks"][0]
    ttft, itl = (b["metrics"][k]["successful"] for k in ("time_to_first_token_ms", "inter_token_latency_ms"))
    busy = watch.between(b["start_time"], b["end_time"])
    yield row({"mean": ttft["mean"], "p50": ttft["median"], "p99": ttft["percentiles"]["p99"]},
              {"mean": itl["mean"], "sd": itl["std_dev"], "p99": itl["percentiles"]["p99"]},
              n, b["metrics"]["request_totals"]["successful"], busy=busy, peak=watch.peak)


def aiperf(n):
    out = f"{folder}/aiperf-{n}"
    watch, cpu = run("aiperf", [program("aiperf"), "profile", "-m", "fixed", "--url", url, "--endpoint-type", "chat", "--streaming",
                     "--tokenizer", tokenizer, "--concurrency", str(n), "--request-count", str(requests(n)),
                     "--synthetic-input-tokens-mean", "16", "--output-tokens-mean", str(TOKENS), "--extra-inputs", "ignore_eos:true",
                     "--artifact-dir", out, "--ui", "none"])
    d = json.load(open(f"{out}/profile_export_aiperf.json"))
    ttft, itl = d["time_to_first_token"], d["inter_chunk_latency"]
    yield row({"mean": ttft["avg"], "p50": ttft["p50"], "p99": ttft["p99"]},
              {"mean": itl["avg"], "sd": itl["std"], "p99": itl["p99"]}, n, int(d["request_count"]["avg"]), cpu=cpu, peak=watch.peak)


def genai_bench(n):
    name = f"genai-{n}"
    watch, cpu = run("genai-bench", [program("genai-bench"), "benchmark", "--api-backend", "openai", "--api-base", url, "--api-key", "none",
                     "--api-model-name", "fixed", "--model-tokenizer", tokenizer, "--task", "text-to-text",
                     "--traffic-scenario", f"D(16,{TOKENS})", "--num-concurrency", str(n), "--max-time-per-run", "1",
                     "--max-requests-per-run", str(requests(n)), "--additional-request-params", '{"ignore_eos": true}',
                     "--experiment-base-dir", folder, "--experiment-folder-name", name, "--server-engine", "vLLM"])
    found = glob.glob(f"{folder}/{name}/D*num_concurrency_{n}_*.json")
    a = json.load(open(found[0]))["aggregated_metrics"]
    ttft, tpot = ({k: 1e3 * v for k, v in a["stats"][m].items() if v is not None} for m in ("ttft", "tpot"))
    # It tells no gap between frames; TPOT is another thing, and not in the table.
    yield row({k: ttft[k] for k in ("mean", "p50", "p99")}, {"mean": tpot["mean"]}, n, a["num_completed_requests"], cpu=cpu, peak=watch.peak)


def inference_perf():
    out = f"{folder}/inference-perf"
    stages = [{"num_requests": requests(n), "concurrency_level": n} for n in streams]
    fixed = {"min": 16, "max": 16, "mean": 16, "std_dev": 0, "total_count": sum(map(requests, streams))}
    config = {
        "load": {"type": "concurrent", "num_workers": 1, "stages": stages},
        "api": {"type": "completion", "streaming": True},
        "server": {"type": "vllm", "model_name": "fixed", "base_url": url, "ignore_eos": True},
        "tokenizer": {"pretrained_model_name_or_path": tokenizer},
        "data": {"type": "random", "input_distribution": fixed, "output_distribution": dict(fixed, min=TOKENS, max=TOKENS, mean=TOKENS)},
        "report": {"request_lifecycle": {"summary": True, "per_stage": True, "per_request": False}},
        "storage": {"local_storage": {"path": out}},
    }
    with open(f"{folder}/inference-perf.yaml", "w") as f:
        json.dump(config, f)  # which is YAML
    watch, _ = run("inference-perf", [program("inference-perf"), "-c", f.name])
    for i, n in enumerate(streams):
        d = json.load(open(f"{out}/stage_{i}_lifecycle_metrics.json"))["successes"]
        ttft, itl = ({k: 1e3 * v for k, v in d["latency"][m].items()} for m in ("time_to_first_token", "inter_token_latency"))
        yield row({"mean": ttft["mean"], "p50": ttft["median"], "p99": ttft["p99"]}, {"mean": itl["mean"], "p99": itl["p99"]},
                  n, d["count"], peak=watch.peak)


# Those that take all numbers of streams in one start, and those that take one.
WHOLE = {"vllm": vllm, "inference-perf": inference_perf}
EACH = {"inferometer": inferometer, "vllm-rs": vllm_rs, "guidellm": guidellm, "aiperf": aiperf, "genai-bench": genai_bench}


def measure(name):
    rows, errors = [], []

    def take(title, make):
        if time.monotonic() - begun > 60 * args.minutes:
            errors.append(f"{title}: not begun, the time was over (--minutes)")
            return
        say(title)
        try:
            for r in make():
                rows.append(r)
        except (RuntimeError, OSError, KeyError, IndexError, TypeError, ValueError) as e:
            errors.append(f"{title}: {type(e).__name__} {e}"[:1500])
            say(errors[-1])
    if name in WHOLE:
        take(f"{name}, {args.streams} streams", WHOLE[name])
    else:
        for n in streams:
            take(f"{name}, {n} streams", lambda: EACH[name](n))
    # Where the start of the tool is in the processor time, the difference of
    # two runs has it no more.
    for r in rows:
        base = rows[0]
        frames = requests(r["streams"]) * TOKENS
        if r.get("busy") is not None:
            r["cpu_us_frame"] = 1e6 * r["busy"] / frames
        elif r.get("cpu") is not None and r["streams"] >= 100 and base["streams"] <= 10:
            r["cpu_us_frame"] = 1e6 * (r["cpu"] - base["cpu"]) / (frames - requests(base["streams"]) * TOKENS)
    near = [r["streams"] for r in rows if abs(r["ttft"]["mean"] - TTFT) <= NEAR]
    return {"tool": name, "version": versions.get(name.removesuffix("-rs")), "rows": rows, "errors": errors,
            "keeps_up_to": max(near, default=None)}


def number(v, digits=1):
    return "–" if v is None else f"{v:.{digits}f}"


def markdown(found):
    out = [f"Streams at once, TTFT {TTFT:.0f} ms, ITL {ITL:.0f} ms, {TOKENS} tokens; {os.cpu_count()} processors shared with the responder.", ""]
    out += ["| tool | streams | answers | TTFT error ms: mean | p50 | p99 | ITL mean ms | σ | p99 | client CPU µs/frame | peak MB |",
            "|---|---|---|---|---|---|---|---|---|---|---|"]
    for t in found:
        name = t["tool"] + (" " + t["version"] if t["version"] else "")
        for r in t["rows"]:
            e = {k: None if v is None else v - TTFT for k, v in r["ttft"].items()}
            i = r["itl"]
            out.append("| " + " | ".join([
                name, str(r["streams"]), str(r["ok"]), number(e.get("mean")), number(e.get("p50")), number(e.get("p99")),
                number(i.get("mean"), 2), number(i.get("sd"), 2), number(i.get("p99"), 2),
                number(r.get("cpu_us_frame")), number(r["peak"] / 1e6, 0)]) + " |")
    out.append("")
    for t in found:
        most = t["keeps_up_to"]
        out.append(f"- {t['tool']}: mean TTFT error within {NEAR:.0f} ms " + (f"up to {most} streams (of those tried)" if most else "at none of the numbers tried"))
        out += [f"  - {e}" for e in t["errors"]]
    return "\n".join(out) + "\n"


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
here = os.path.dirname(os.path.abspath(__file__))
binary = os.path.abspath(f"{here}/../../bin/inferometer")
with tempfile.TemporaryDirectory(prefix="bench-peers-") as folder:
    server = subprocess.Popen([binary, "sim", "--addr", "127.0.0.1:0", "--exit-with-stdin", "--profile", "fixed",
                               "--ttft", f"{TTFT}ms", "--itl", f"{ITL}ms"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().split()[-1]
        found = [measure(t) for t in tools]
    finally:
        server.stdin.close()
        server.wait()
table = markdown(found)
document = json.dumps({"ttft_ms": TTFT, "itl_ms": ITL, "tokens": TOKENS, "tools": found}, indent=1)
if args.out:
    for path, text in ((args.out, table), (args.out + ".json", document)):
        with open(path, "w") as f:
            f.write(text)
else:
    print(table)
    print(document)
