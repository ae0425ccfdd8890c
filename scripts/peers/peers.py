"""Runs each tool against the responder and makes one table of what they say.
Called by scripts/bench-peers; needs nothing but Python and Linux."""

import argparse
import glob
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from watch import Watch, load, percentile, settle

TTFT, ITL = 50.0, 10.0
ALL = ["inferometer", "vllm-rs", "sglang-bench", "vllm", "guidellm", "aiperf", "genai-bench", "inference-perf"]
# once: all at once over standing connections. Inferometer dials them ahead; the
# Rust clients get as many warm-up requests as streams, after which they have them.
# cold: all at once, with connections dialled then; Inferometer has no flag for it.
# spread: as many requests as streams, begun over a second, over standing connections.
KINDS = {"once": "All streams at once over standing connections", "cold": "All streams at once, connections dialled then",
         "spread": "As many requests as streams, begun over a second (Poisson), over standing connections"}
RUST = ["vllm-rs", "sglang-bench"]
LONGEST = 240  # seconds for one start of a tool

here = os.path.dirname(os.path.abspath(__file__))
flags = argparse.ArgumentParser()
flags.add_argument("--peers", required=True)
flags.add_argument("--versions", required=True)
flags.add_argument("--only", default=",".join(ALL))
flags.add_argument("--streams", default="1,10,100,500,1000")
flags.add_argument("--kinds", default=",".join(KINDS))
flags.add_argument("--rounds", type=int, default=5)
flags.add_argument("--tokens", type=int, default=64)
flags.add_argument("--binary", action="append", default=[])
flags.add_argument("--responder", default=os.path.abspath(f"{here}/../../bin/inferometer"))
flags.add_argument("--rs")
flags.add_argument("--wait", type=float, default=0)
flags.add_argument("--minutes", type=float, default=60)
flags.add_argument("--out")
args = flags.parse_args()
TOKENS = args.tokens
streams = [int(n) for n in args.streams.split(",")]
kinds = args.kinds.split(",")
tools = args.only.split(",")
if unknown := set(tools) - set(ALL):
    sys.exit(f"bench-peers: unknown tools {sorted(unknown)}; there are {ALL}")
if unknown := set(kinds) - set(KINDS):
    sys.exit(f"bench-peers: unknown kinds {sorted(unknown)}; there are {list(KINDS)}")
versions = dict(v.split("==") for v in args.versions.split())
begun = time.monotonic()
tokenizer = f"{args.peers}/tokenizer"
url, turn = "", 0  # of the responder of the present run; the round, from 0

# The versions of Inferometer, by the name in the table.
binaries = {}
for given in args.binary or [args.responder]:
    title, _, path = given.rpartition("=")
    binaries["inferometer" + (f" ({title})" if title else "")] = os.path.abspath(path)
tools = [x for t in tools for x in (binaries if t == "inferometer" else [t])]


def say(text):
    print(f"bench-peers: {time.monotonic() - begun:4.0f} s  {text}", file=sys.stderr, flush=True)


def requests(n):
    return max(5, n)


def warmups(n, kind):
    return 0 if kind == "cold" else n


class Responder:
    """The responder in a process of its own, for one start of a tool."""

    def __enter__(self):
        global url
        self.truth = f"{folder}/truth.jsonl"
        self.process = subprocess.Popen([args.responder, "sim", "--addr", "127.0.0.1:0", "--exit-with-stdin", "--profile", "fixed",
                                         "--ttft", f"{TTFT}ms", "--itl", f"{ITL}ms", "--truth-log", self.truth],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        url = self.process.stdout.readline().split()[-1]
        return self

    def __exit__(self, *_):
        self.process.stdin.close()  # which also writes the rest of the log
        self.process.wait()


def run(name, command):
    """Runs a command in a session of its own; returns its watch."""
    env = dict(os.environ, HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", NO_COLOR="1", TQDM_DISABLE="1",
               TOKENIZERS_PARALLELISM="false", HF_HUB_DISABLE_TELEMETRY="1", VLLM_NO_USAGE_STATS="1")
    for variable in [v for v in env if v.startswith("INFEROMETER_")]:
        del env[variable]
    if name == "aiperf":  # it looks for a local folder only where it believes to be online
        del env["HF_HUB_OFFLINE"], env["TRANSFORMERS_OFFLINE"]
    with open(f"{folder}/{name}.log", "w+") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd=folder, start_new_session=True)
        watch = Watch(child.pid, responder.process.pid)
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
    watch.whole = max(watch.peak(), 1024 * usage.ru_maxrss)
    return watch


def row(watch, ttft, itl, n, ok, **more):
    """ttft and itl map mean, p50, p99 and sd to ms; what a tool does not say is missing."""
    return dict(watch=watch, streams=n, ok=ok, ttft=ttft, itl=itl, **more)


def summary(seconds, **more):
    """Of single values, for the tools that tell them."""
    ms = sorted(1e3 * v for v in seconds)
    return {"mean": statistics.fmean(ms), "sd": statistics.stdev(ms), "p50": percentile(ms, 0.5), "p99": percentile(ms, 0.99), **more}


def python(name):
    return f"{args.peers}/{name}/bin/python"


def program(name):
    return f"{args.peers}/{name}/bin/{name}"


def inferometer(n, kind, name="inferometer"):
    if kind == "spread":
        load = ["--rate", str(n), "--arrival", "poisson", "--requests", str(requests(n)), "--input-tokens", "16", "--seed", str(turn + 1)]
    elif n == 1:
        load = ["--users", "1", "--requests", str(requests(n)), "--input-tokens", "16"]
    else:  # a trace whose arrivals are all at one moment
        with open(f"{folder}/at-once.csv", "w") as f:
            f.write("TIMESTAMP,ContextTokens,GeneratedTokens\n")
            f.write(f"2024-01-01 00:00:00.0000000,16,{TOKENS}\n" * requests(n))
        load = ["--trace", f"{folder}/at-once.csv"]
    out = f"{folder}/inferometer.json"
    watch = run("inferometer", ["sh", "-c", 'out=$1; shift; exec "$@" >"$out"', "sh", out, binaries[name], "load", url, *load,
                "--warmup", "0", "--calibrate=false", "--json", "--dir", f"{folder}/runs", "--no-history",
                "--output-tokens", str(TOKENS)])
    cell = json.load(open(out))["benchmarks"]["load"]["cells"][0]
    stats = cell["metrics"]["stats"]

    def shown(s):
        # The quantiles of these requests, also where it withholds them as an estimate.
        return {"mean": s.get("mean"), "sd": s.get("sd"), **{k: s[k].get("sample", s[k].get("value")) for k in ("p50", "p99") if k in s}}
    client = cell.get("client", {})
    yield row(watch, shown(stats["ttft_service"]), shown(stats["gap"]), n, cell["counts"]["ok"], due=shown(stats["ttft"]),
              coalesced=client.get("coalesced"), new_connections=client.get("new_connections"))


def from_vllm(path, n, watch):
    d = json.load(open(path))
    ttft = {"mean": d["mean_ttft_ms"], "p50": d["p50_ttft_ms"], "p99": d["p99_ttft_ms"]}
    itl = {"mean": d["mean_itl_ms"], "sd": d["std_itl_ms"], "p99": d["p99_itl_ms"]}
    if "itls" in d:
        # It counts a gap of nothing between the frame with the role and the first
        # token, which come in one write. Without it, as it reports it beside.
        itl = summary((g for r in d["itls"] for g in r[len(r) - TOKENS + 1:]), sd_reported=d["std_itl_ms"])
    return row(watch, ttft, itl, n, d["completed"])


def vllm_rs(n, kind):
    found = [args.rs] if args.rs else glob.glob(f"{args.peers}/vllm/lib/python3*/site-packages/vllm/vllm-rs")
    pace = ["--request-rate", str(n)] if kind == "spread" else ["--max-concurrency", str(n)]
    watch = run("vllm-rs", [found[0], "bench", "serve", "--backend", "openai-chat", "--base-url", url, "--model", "fixed",
                "--tokenizer", tokenizer, "--dataset-name", "random", "--random-input-len", "16", "--random-output-len", str(TOKENS),
                "--ignore-eos", "--num-prompts", str(requests(n)), *pace, "--num-warmups", str(warmups(n, kind)),
                "--disable-tqdm", "--no-steady-state", "--seed", str(turn + 1),
                "--percentile-metrics", "ttft,itl", "--metric-percentiles", "50,99",
                "--save-result", "--save-detailed", "--result-dir", folder, "--result-filename", "rs.json"])
    yield from_vllm(f"{folder}/rs.json", n, watch)


def sglang_bench(n, kind):
    out = f"{folder}/sglang.json"
    if os.path.exists(out):
        os.remove(out)  # it appends
    pace = ["--request-rate", str(n)] if kind == "spread" else ["--max-concurrency", str(n)]
    watch = run("sglang-bench", [python("sglang-bench"), f"{here}/sglang_bench.py", "--backend", "sglang-oai-chat", "--base-url", url,
                "--model", "fixed", "--tokenizer", tokenizer, "--dataset-name", "random-ids", "--random-input-len", "16",
                "--random-output-len", str(TOKENS), "--random-range-ratio", "1", "--num-prompts", str(requests(n)), *pace,
                "--warmup-requests", str(warmups(n, kind)), "--disable-retokenize", "--disable-tqdm", "--seed", str(turn + 1),
                "--output-file", out, "--output-details"])
    d = json.load(open(out))
    yield row(watch, summary(d["ttfts"]), summary(g for r in d["itls"] for g in r), n, d["completed"])


def vllm():
    os.makedirs(f"{folder}/vllm", exist_ok=True)
    watch = run("vllm", [python("vllm"), f"{here}/vllm_serve.py", url, tokenizer, f"{folder}/vllm", args.streams, str(TOKENS)])
    for n in streams:
        yield from_vllm(f"{folder}/vllm/{n}.json", n, watch)


def guidellm(n, _):
    out = f"{folder}/guidellm.json"
    watch = run("guidellm", [program("guidellm"), "run", "--backend", f"kind=openai_http,target={url},model=fixed",
                   "--profile", f"kind=concurrent,streams={n}", "--constraint", f"kind=max_requests,count={requests(n)}",
                   "--tokenizer", f"kind=huggingface_auto,model={tokenizer}",
                   "--data", f"kind=synthetic_text,prompt_tokens=16,output_tokens={TOKENS}",
                   "--output", f"kind=json,path={out}", "--disable-console"])
    b = json.load(open(out))["benchmarks"][0]
    ttft, itl = (b["metrics"][k]["successful"] for k in ("time_to_first_token_ms", "inter_token_latency_ms"))
    yield row(watch, {"mean": ttft["mean"], "p50": ttft["median"], "p99": ttft["percentiles"]["p99"]},
              {"mean": itl["mean"], "sd": itl["std_dev"], "p99": itl["percentiles"]["p99"]},
              n, b["metrics"]["request_totals"]["successful"])


def aiperf(n, _):
    out = f"{folder}/aiperf-{n}"
    watch = run("aiperf", [program("aiperf"), "profile", "-m", "fixed", "--url", url, "--endpoint-type", "chat", "--streaming",
                     "--tokenizer", tokenizer, "--concurrency", str(n), "--request-count", str(requests(n)),
                     "--synthetic-input-tokens-mean", "16", "--output-tokens-mean", str(TOKENS), "--extra-inputs", "ignore_eos:true",
                     "--artifact-dir", out, "--ui", "none"])
    d = json.load(open(f"{out}/profile_export_aiperf.json"))
    ttft, itl = d["time_to_first_token"], d["inter_chunk_latency"]
    yield row(watch, {"mean": ttft["avg"], "p50": ttft["p50"], "p99": ttft["p99"]},
              {"mean": itl["avg"], "sd": itl["std"], "p99": itl["p99"]}, n, int(d["request_count"]["avg"]))


def genai_bench(n, _):
    name = f"genai-{n}"
    watch = run("genai-bench", [program("genai-bench"), "benchmark", "--api-backend", "openai", "--api-base", url, "--api-key", "none",
                     "--api-model-name", "fixed", "--model-tokenizer", tokenizer, "--task", "text-to-text",
                     "--traffic-scenario", f"D(16,{TOKENS})", "--num-concurrency", str(n), "--max-time-per-run", "1",
                     "--max-requests-per-run", str(requests(n)), "--additional-request-params", '{"ignore_eos": true}',
                     "--experiment-base-dir", folder, "--experiment-folder-name", name, "--server-engine", "vLLM"])
    found = glob.glob(f"{folder}/{name}/D*num_concurrency_{n}_*.json")
    a = json.load(open(found[0]))["aggregated_metrics"]
    ttft, tpot = ({k: 1e3 * v for k, v in a["stats"][m].items() if v is not None} for m in ("ttft", "tpot"))
    # It tells no gap between frames; TPOT is another thing, and not in the table.
    yield row(watch, {k: ttft[k] for k in ("mean", "p50", "p99")}, {"mean": tpot["mean"]}, n, a["num_completed_requests"])


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
    watch = run("inference-perf", [program("inference-perf"), "-c", f.name])
    for i, n in enumerate(streams):
        d = json.load(open(f"{out}/stage_{i}_lifecycle_metrics.json"))["successes"]
        ttft, itl = ({k: 1e3 * v for k, v in d["latency"][m].items()} for m in ("time_to_first_token", "inter_token_latency"))
        yield row(watch, {"mean": ttft["mean"], "p50": ttft["median"], "p99": ttft["p99"]}, {"mean": itl["mean"], "p99": itl["p99"]},
                  n, d["count"])


# Those that take all numbers of streams in one start, and those that take one.
WHOLE = {"vllm": vllm, "inference-perf": inference_perf}
EACH = {"vllm-rs": vllm_rs, "sglang-bench": sglang_bench, "guidellm": guidellm, "aiperf": aiperf, "genai-bench": genai_bench}
for name in binaries:
    EACH[name] = lambda n, kind, name=name: inferometer(n, kind, name)

rows, errors = [], []


def take(name, kind, title, make):
    """Starts a tool once and keeps what it says, with what it cost."""
    global responder
    if time.monotonic() - begun > 60 * args.minutes:
        errors.append(f"{title}: not begun, the time was over (--minutes)")
        return
    settle(args.wait)
    say(title)
    try:
        with Responder() as responder:
            got = list(make())
        for r, l in zip(got, load(responder.truth, [r["ok"] for r in got], TTFT)):
            watch = r.pop("watch")
            rows.append({"tool": name, "kind": kind, "round": turn + 1, **r, **watch.between(l["start"], l["end"]), "responder": l,
                         "whole_peak": watch.whole, "loadavg": os.getloadavg()[0]})
            rows[-1]["cpu_us_frame"] = 1e6 * rows[-1]["cpu_s"] / l["frames"]
    except (RuntimeError, OSError, KeyError, IndexError, TypeError, ValueError) as e:
        errors.append(f"{title}: {type(e).__name__} {e}"[:1500])
        say(errors[-1])


def one_round():
    """Every tool once for each number of streams and kind; who is first changes from round to round."""
    first = turn % len(tools)
    order = tools[first:] + tools[:first]
    for kind in kinds:
        for n in streams:
            for name in order:
                if name in EACH and (kind == "cold" and name not in binaries or kind != "cold" and (name in binaries or name in RUST)):
                    take(name, kind, f"round {turn + 1}, {name}, {n} streams {kind}", lambda: EACH[name](n, kind))
    for name in order:
        if name in WHOLE and "cold" in kinds:
            take(name, "cold", f"round {turn + 1}, {name}, {args.streams} streams", WHOLE[name])


def middle(values, digits=1):
    """The median over the rounds and their range."""
    values = [v for v in values if v is not None]
    if not values:
        return "–"
    text = f"{statistics.median(values):.{digits}f}"
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return text if low == high else f"{text} ({low} to {high})"


def markdown():
    out = [f"Responder: TTFT {TTFT:.0f} ms, ITL {ITL:.0f} ms, {TOKENS} tokens; {os.cpu_count()} processors shared with it. "
           "Medians over the rounds (ranges).", ""]
    for kind in kinds:
        out += [f"{KINDS[kind]}:", "",
                "| tool | streams | answers | TTFT error from the tool's own start, ms: mean | p50 | p99 | from due: mean | p99 "
                "| arrived after the first, ms: mean | last | ITL σ, ms | client CPU, µs a frame | peak MB: window | whole "
                "| responder late, ms: first token | p99 of all | others' CPU, % |",
                "|" + "---|" * 17]
        for n in streams:
            for name in tools:
                own = [r for r in rows if (r["tool"], r["kind"], r["streams"]) == (name, kind, n)]
                if not own:
                    continue

                def of(get, digits=1, less=0.0, scale=1.0):
                    got = [get(r) for r in own]
                    return middle([None if v is None else scale * v - less for v in got], digits)
                version = versions.get(name.removesuffix("-rs"))
                out.append("| " + " | ".join([
                    name + (" " + version if version else ""), str(n), middle([r["ok"] for r in own], 0),
                    *(of(lambda r: r["ttft"].get(k), 1, TTFT) for k in ("mean", "p50", "p99")),
                    *(of(lambda r: r.get("due", {}).get(k), 1, TTFT) for k in ("mean", "p99")),
                    *(of(lambda r: r["responder"][k] if kind != "spread" and n > 1 else None) for k in ("arrived_mean_ms", "arrived_last_ms")),
                    of(lambda r: r["itl"].get("sd"), 2), of(lambda r: r["cpu_us_frame"]),
                    of(lambda r: r["window_peak"], 0, 0, 1e-6), of(lambda r: r["whole_peak"], 0, 0, 1e-6),
                    of(lambda r: r["responder"]["first_late_ms"]), of(lambda r: r["responder"]["late_p99_ms"]),
                    of(lambda r: r.get("others_share"), 0, 0, 100)]) + " |")
        out.append("")
    out += [f"- {e}" for e in errors]
    return "\n".join(out) + "\n"


def write():
    table = markdown()
    document = json.dumps({"ttft_ms": TTFT, "itl_ms": ITL, "tokens": TOKENS, "versions": versions, "binaries": binaries,
                           "cells": rows, "errors": errors}, indent=1)
    if not args.out:
        return table + document
    for path, text in ((args.out, table), (args.out + ".json", document)):
        with open(path, "w") as f:
            f.write(text)
    return ""


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
with tempfile.TemporaryDirectory(prefix="bench-peers-") as folder:
    for turn in range(args.rounds):
        one_round()
        text = write()  # after each round, so that an interrupted run has those before
print(text, end="")
