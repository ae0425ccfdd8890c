"""Short conversations of other people's clients with the simulated server, and
a table of how they went. Called by scripts/interop."""

import argparse
import contextlib
import datetime
import glob
import json
import math
import os
import platform
import subprocess
import sys
import tempfile

import anthropic
import openai

flags = argparse.ArgumentParser()
flags.add_argument("--binary", required=True)
flags.add_argument("--peers", default="")
args = flags.parse_args()
MODEL = "llama-3.1-8b-instruct"  # of the profiles vllm and fitted
LONGEST = 120  # seconds for a benchmark tool
EXACTLY = {"ignore_eos": True, "min_tokens": 12}
ASK = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Explain caching."}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
          "required": ["city", "days"], "additionalProperties": False}
rows = []


@contextlib.contextmanager
def simulator(*more):
    server = subprocess.Popen([args.binary, "sim", "--exit-with-stdin", *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().split()[-1]
    finally:
        server.stdin.close()
        server.wait()


def check(client, what):
    """Runs a function at once and notes what came of it."""
    def run(f):
        try:
            detail, good = f() or "", True
        except Exception as e:  # whatever a client does wrong, the others go on
            detail, good = f"{type(e).__name__}: {e}"[:300].replace("\n", " ").replace("|", "/"), False
        rows.append((client, what, good, detail))
        print(f"interop: {client}: {what}: {'ok' if good else 'FAILED'} {detail}", file=sys.stderr, flush=True)
    return run


def same(got, want):
    assert got == want, f"{got!r}, want {want!r}"


def raises(kind, f):
    try:
        f()
    except kind as e:
        return e
    raise AssertionError(f"no {kind.__name__}")


def openai_checks(url, engine):
    name = f"openai {openai.__version__} ({engine})"
    c = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)

    def chat(**more):
        return c.chat.completions.create(**({"model": MODEL, "messages": ASK, "max_tokens": 12, "extra_body": EXACTLY} | more))

    @check(name, "models")
    def _():
        same([m.id for m in c.models.list()], [MODEL])

    @check(name, "chat")
    def _():
        r = chat()
        same((r.usage.completion_tokens, r.choices[0].finish_reason), (12, "length"))
        assert r.choices[0].message.content

    @check(name, "chat, streamed, with usage")
    def _():
        parts = list(chat(stream=True, stream_options={"include_usage": True}))
        text = "".join(p.choices[0].delta.content or "" for p in parts if p.choices)
        same(text, chat().choices[0].message.content)
        same((parts[-1].choices, parts[-1].usage.completion_tokens), ([], 12))

    @check(name, "chat, usage with every frame")
    def _():
        parts = list(chat(stream=True, stream_options={"include_usage": True, "continuous_usage_stats": True}))
        same([p.usage.completion_tokens for p in parts if p.choices and p.choices[0].delta.content], list(range(1, 13)))

    @check(name, "n, logprobs")
    def _():
        r = chat(n=2, logprobs=True, top_logprobs=2)
        same([len(x.logprobs.content) for x in r.choices], [12, 12])
        same("".join(t.token for t in r.choices[1].logprobs.content), r.choices[1].message.content)

    @check(name, "tools")
    def _():
        r = chat(max_tokens=200, extra_body={}, tool_choice="required",
                 tools=[{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}])
        call = r.choices[0].message.tool_calls[0].function
        assert call.name == "weather" and set(json.loads(call.arguments)) == {"city", "days"}, call
        same(r.choices[0].finish_reason, "tool_calls")

    @check(name, "tools, streamed by the helper")
    def _():
        with c.chat.completions.stream(model=MODEL, messages=ASK, tool_choice="required",
                                       tools=[{"type": "function", "function": {"name": "weather", "parameters": SCHEMA, "strict": True}}]) as s:
            call = s.get_final_completion().choices[0].message.tool_calls[0].function
        assert set(call.parsed_arguments) == {"city", "days"}, call

    @check(name, "structured output")
    def _():
        r = chat(max_tokens=200, extra_body={}, response_format={"type": "json_schema", "json_schema": {"name": "w", "schema": SCHEMA, "strict": True}})
        assert set(json.loads(r.choices[0].message.content)) == {"city", "days"}

    @check(name, "completions")
    def _():
        r = c.completions.create(model=MODEL, prompt="Once upon a time", max_tokens=12, logprobs=1, extra_body=EXACTLY)
        same((r.usage.completion_tokens, "".join(r.choices[0].logprobs.tokens)), (12, r.choices[0].text))

    @check(name, "embeddings")
    def _():
        r = c.embeddings.create(model=MODEL, input=["a", "b"], dimensions=32)
        for d in r.data:
            assert len(d.embedding) == 32 and abs(math.fsum(x * x for x in d.embedding) - 1) < 1e-5

    @check(name, "responses")
    def _():
        r = c.responses.create(model=MODEL, input="Explain caching.", max_output_tokens=12, extra_body=EXACTLY)
        same((r.status, r.usage.output_tokens), ("incomplete", 12))
        assert r.output_text

    @check(name, "responses, streamed by the helper")
    def _():
        with c.responses.stream(model=MODEL, input="Explain caching.", max_output_tokens=2000) as s:
            text = "".join(e.delta for e in s if e.type == "response.output_text.delta")
            same(text, s.get_final_response().output_text)

    @check(name, "responses, tools")
    def _():
        r = c.responses.create(model=MODEL, input="Weather?", tool_choice="required", tools=[{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": True}])
        same((r.output[0].type, r.output[0].name), ("function_call", "weather"))

    @check(name, "errors")
    def _():
        e = raises(openai.NotFoundError, lambda: chat(model="other"))
        same((e.status_code, e.param), (404, "model"))
        e = raises(openai.BadRequestError, lambda: chat(extra_body={}, top_logprobs=50, logprobs=True))
        same((e.param, e.type), ("top_logprobs", "BadRequestError"))

    def fault(text, **more):
        return lambda: list(chat(stream=True, extra_headers={"X-Sim-Fault": text}, **more))

    @check(name, "faults: status, connection, stream")
    def _():
        e = raises(openai.RateLimitError, fault("status=429/7s"))
        same(e.response.headers["retry-after"], "7")
        raises(openai.InternalServerError, fault("status=503"))
        raises(openai.APIConnectionError, fault("refuse"))
        e = raises(openai.APIError, fault("error@3=the engine is gone"))
        assert "the engine is gone" in str(e)
        raises(json.JSONDecodeError, fault("malformed@3"))
        assert not any(p.choices[0].finish_reason for p in fault("truncate@3")()), "a truncated stream has a finish reason"

    @check(name, "faults: a character in two writes")
    def _():
        assert "🙂" in "".join(p.choices[0].delta.content or "" for p in fault("split-utf8@3")())


def anthropic_checks(url, engine):
    name = f"anthropic {anthropic.__version__} ({engine})"
    c = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)

    def message(**more):
        return c.messages.create(**({"model": MODEL, "messages": ASK[1:], "system": "Be brief.", "max_tokens": 12, "extra_body": EXACTLY} | more))

    @check(name, "messages")
    def _():
        m = message()
        same((m.stop_reason, m.usage.output_tokens), ("max_tokens", 12))

    @check(name, "messages, streamed by the helper")
    def _():
        with c.messages.stream(model=MODEL, messages=ASK[1:], system="Be brief.", max_tokens=12, extra_body=EXACTLY) as s:
            text = "".join(s.text_stream)
            final = s.get_final_message()
        same((text, final.usage.output_tokens), (message().content[0].text, 12))

    @check(name, "messages, tools")
    def _():
        tools = [{"name": "weather", "input_schema": SCHEMA}]
        m = message(max_tokens=200, extra_body={}, tools=tools, tool_choice={"type": "any"})
        same((m.stop_reason, set(m.content[0].input)), ("tool_use", {"city", "days"}))
        with c.messages.stream(model=MODEL, messages=ASK[1:], max_tokens=200, tools=tools, tool_choice={"type": "tool", "name": "weather"}) as s:
            same(set(s.get_final_message().content[0].input), {"city", "days"})

    @check(name, "messages, stop sequence")
    def _():
        word = message(max_tokens=200, extra_body={}).content[0].text.split()[3]
        m = message(max_tokens=200, extra_body={}, stop_sequences=[word])
        same((m.stop_reason, m.stop_sequence), ("stop_sequence", word))

    @check(name, "messages, errors")
    def _():
        raises(anthropic.NotFoundError, lambda: message(model="other"))
        e = raises(anthropic.RateLimitError, lambda: message(extra_headers={"X-Sim-Fault": "status=429/7s"}))
        same(e.body["error"]["type"], "rate_limit_error")
        with c.messages.stream(model=MODEL, messages=ASK[1:], max_tokens=12, extra_body=EXACTLY, extra_headers={"X-Sim-Fault": "error@3=gone"}) as s:
            e = raises(anthropic.APIError, s.get_final_message)
        assert "gone" in str(e)


def special_checks():
    with simulator("--reasoning-tokens", "5") as url:
        c = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)

        @check(f"openai {openai.__version__}", "reasoning")
        def _():
            parts = list(c.chat.completions.create(model=MODEL, messages=ASK, max_tokens=12, stream=True, stream_options={"include_usage": True}, extra_body=EXACTLY))
            same(sum(1 for p in parts if p.choices and getattr(p.choices[0].delta, "reasoning", None)), 5)
            same(parts[-1].usage.completion_tokens_details.reasoning_tokens, 5)

        a = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)

        @check(f"anthropic {anthropic.__version__}", "thinking, streamed by the helper")
        def _():
            with a.messages.stream(model=MODEL, messages=ASK[1:], max_tokens=12, extra_body=EXACTLY) as s:
                same([b.type for b in s.get_final_message().content], ["thinking", "text"])

    with simulator("--requests-per-minute", "2") as url:
        c = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)

        @check(f"openai {openai.__version__}", "rate limit")
        def _():
            def ask():
                return c.completions.create(model=MODEL, prompt="x", max_tokens=1)
            ask(), ask()
            e = raises(openai.RateLimitError, ask)
            same((e.response.headers["x-ratelimit-limit-requests"], e.response.headers["x-ratelimit-remaining-requests"]), ("2", "0"))


def tool_checks(url):
    """Ten requests by each benchmark tool that is installed; how many it says were answered."""
    tokenizer = f"{args.peers}/tokenizer"
    env = dict(os.environ, HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", NO_COLOR="1", VLLM_NO_USAGE_STATS="1", HF_HUB_DISABLE_TELEMETRY="1")

    def version(tool):
        try:
            with open(f"{args.peers}/{tool}/.installed") as f:
                return f.read().split()[0].replace("==", " ")
        except OSError:
            return tool

    def run(folder, command, leave_out=()):
        r = subprocess.run(command, env={k: v for k, v in env.items() if k not in leave_out}, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST)
        assert r.returncode == 0, (r.stdout + r.stderr)[-250:]

    bench = ["--backend", "openai-chat", "--base-url", url, "--endpoint", "/v1/chat/completions", "--model", "fixed", "--tokenizer", tokenizer,
             "--dataset-name", "random", "--random-input-len", "16", "--random-output-len", "20", "--ignore-eos", "--num-prompts", "10",
             "--save-result", "--result-filename", "r.json"]
    for rust in glob.glob(f"{args.peers}/vllm/lib/python3*/site-packages/vllm/vllm-rs")[:1]:
        @check(f"{version('vllm')}, vllm-rs bench serve", "ten streams")
        def _():
            with tempfile.TemporaryDirectory() as d:
                run(d, [rust, "bench", "serve", *[b for b in bench if b not in ("--endpoint", "/v1/chat/completions")], "--result-dir", d, "--disable-tqdm", "--no-steady-state"])
                r = json.load(open(f"{d}/r.json"))
                same((r["completed"], r["total_output_tokens"]), (10, 200))
    python = f"{args.peers}/vllm/bin/python"
    if os.path.exists(python):
        @check(f"{version('vllm')}, vllm bench serve", "ten streams")
        def _():
            with tempfile.TemporaryDirectory() as d:
                os.mkdir(f"{d}/out")
                run(d, [python, os.path.abspath(f"{os.path.dirname(__file__)}/../peers/vllm_serve.py"), url, tokenizer, f"{d}/out", "10", "20"])
                same(json.load(open(f"{d}/out/10.json"))["completed"], 10)
    if os.path.exists(f"{args.peers}/guidellm/bin/guidellm"):
        @check(version("guidellm"), "ten streams")
        def _():
            with tempfile.TemporaryDirectory() as d:
                run(d, [f"{args.peers}/guidellm/bin/guidellm", "run", "--backend", f"kind=openai_http,target={url},model=fixed",
                        "--profile", "kind=concurrent,streams=5", "--constraint", "kind=max_requests,count=10",
                        "--tokenizer", f"kind=huggingface_auto,model={tokenizer}", "--data", "kind=synthetic_text,prompt_tokens=16,output_tokens=20",
                        "--output", f"kind=json,path={d}/r.json", "--disable-console"])
                same(json.load(open(f"{d}/r.json"))["benchmarks"][0]["metrics"]["request_totals"]["successful"], 10)
    if os.path.exists(f"{args.peers}/aiperf/bin/aiperf"):
        @check(version("aiperf"), "ten streams")
        def _():
            with tempfile.TemporaryDirectory() as d:
                run(d, [f"{args.peers}/aiperf/bin/aiperf", "profile", "-m", "fixed", "--url", url, "--endpoint-type", "chat", "--streaming",
                        "--tokenizer", tokenizer, "--concurrency", "5", "--request-count", "10", "--synthetic-input-tokens-mean", "16",
                        "--output-tokens-mean", "20", "--extra-inputs", "ignore_eos:true", "--artifact-dir", d, "--ui", "none"],
                    leave_out=("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))  # it looks for a local folder only where it believes to be online
                same(json.load(open(f"{d}/profile_export_aiperf.json"))["request_count"]["avg"], 10)


for profile, engine in (("vllm", "fixed latencies"), ("fitted", "an engine that batches")):
    with simulator("--profile", profile) as url:
        openai_checks(url, engine)
        anthropic_checks(url, engine)
special_checks()
# Tools fit their prompts to a tokenizer if the server has one; see docs/simulator.md.
with simulator("--profile", "fixed") as url:
    tool_checks(url)

print(f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()} {platform.machine()}\n")
print("| client | check | result | |\n|---|---|---|---|")
for client, what, good, detail in rows:
    print(f"| {client} | {what} | {'ok' if good else '**failed**'} | {detail} |")
failed = sum(not good for _, _, good, _ in rows)
print(f"\n{len(rows) - failed} of {len(rows)} checks pass.")
sys.exit(failed > 0)
