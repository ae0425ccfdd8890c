"""Feeds the byte-exact server of our conformance suite to the released readers
of other tools, and prints how many cases each reads right. Called by
scripts/conformance --peers, with the cases as JSON on stdin.

A case is right where the reader takes a success for one, with the same text, or a
failure for a failure. The text of reasoning and of tool calls is not compared,
since tools differ in what they keep of it."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from types import SimpleNamespace

# What is installed for each peer; SGLang without what its server needs.
PEERS = {
    "evalscope": ["evalscope[perf]==1.14.1"],
    "guidellm": ["guidellm==0.8.1"],
    "aiperf": ["aiperf==0.13.0"],
    "sglang": ["--no-deps", "sglang==0.5.23"],
    "inference-perf": ["inference-perf==0.7.0"],
}
MORE = {"sglang": ["aiohttp", "numpy", "requests", "tqdm", "transformers", "pillow", "datasets", "pydantic", "pybase64", "orjson", "psutil"]}
LONGEST = 15  # seconds for one case
BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 64, "stream": True,
        "stream_options": {"include_usage": True}}


# Each reader takes the base URL of a case, ending in /v1, and returns (ok, text).

async def evalscope():
    import aiohttp
    from evalscope.perf.arguments import Arguments
    from evalscope.perf.plugin.api.openai_api import OpenaiPlugin
    plugin = OpenaiPlugin(Arguments(model="m", url="http://localhost/v1/chat/completions", api="openai"))

    async def read(url):
        async with aiohttp.ClientSession() as session:
            out = await plugin.process_request(session, url + "/chat/completions", {}, BODY)
        return bool(out.success), out.generated_text
    return read


async def guidellm():
    from guidellm.backends.openai.http import OpenAIHTTPBackend
    from guidellm.schemas import GenerationRequest, RequestInfo
    from guidellm.schemas.backends import OpenAIHTTPBackendArgs

    async def read(url):
        backend = OpenAIHTTPBackend(OpenAIHTTPBackendArgs(target=url.removesuffix("/v1"), model="m", stream=True, validate_backend=False))
        await backend.process_startup()
        try:
            last = None
            async for response, _ in backend.resolve(GenerationRequest(columns={"text_column": ["hi"]}), RequestInfo()):
                last = response or last
        finally:
            await backend.process_shutdown()
        return last is not None, (last.text if last else "") or ""
    return read


async def aiperf():
    from aiperf.endpoints.openai_chat import ChatEndpoint
    from aiperf.transports.aiohttp_client import AioHttpClient
    endpoint = ChatEndpoint(model_endpoint=SimpleNamespace(endpoint=SimpleNamespace()))
    client = AioHttpClient(timeout=LONGEST)

    async def read(url):
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        record = await client.post_request(url + "/chat/completions", json.dumps(BODY).encode(), headers)
        parsed = [p.data for p in endpoint.extract_response_data(record) if p.data] if record.valid else []
        # A record without content is turned into an error later.
        return bool(parsed), "".join(d.get_text() for d in parsed)
    return read


async def sglang():
    # The client's code alone: the package's own beginning, and a constant and two
    # functions that the reader does not use, need PyTorch and the server's kernels.
    import importlib.machinery
    import sysconfig
    import types
    for name, members in [("sglang", {"__path__": [sysconfig.get_path("purelib") + "/sglang"]}), ("sglang.srt", {"__path__": []}),
                          ("sglang.srt.disaggregation", {"__path__": []}), ("sglang.srt.disaggregation.utils", {"FAKE_BOOTSTRAP_HOST": ""}),
                          ("sglang.srt.utils", {"__path__": []}), ("sglang.srt.utils.network", {"resolve_base_url": None, "resolve_host_port": None})]:
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        vars(module).update(members)
        sys.modules[name] = module
    from sglang.benchmark import serving
    serving.set_global_args(argparse.Namespace(disable_stream=False, disable_ignore_eos=True, print_requests=False, header=None))

    async def read(url):
        out = await serving.async_request_openai_chat_completions(serving.RequestFuncInput(
            prompt="hi", api_url=url + "/chat/completions", prompt_len=1, output_len=64, model="m", lora_name="",
            image_data=None, extra_request_body={"stream_options": {"include_usage": True}}))
        return bool(out.success), out.generated_text
    return read


async def inference_perf():
    import aiohttp
    from inference_perf.apis.chat import ChatCompletionAPIData, ChatMessage
    from inference_perf.config import APIConfig, APIType
    tokenizer = SimpleNamespace(count_tokens=lambda text, **_: len(text.split()))
    data = ChatCompletionAPIData(messages=[ChatMessage(role="user", content="hi")])

    async def read(url):
        async with aiohttp.ClientSession() as session:
            async with session.post(url + "/chat/completions", json=BODY) as response:
                if response.status != 200:
                    return False, ""
                info = await data.process_response(response, APIConfig(type=APIType.Chat, streaming=True), tokenizer)
        chunks = [json.loads(c)["choices"][0]["delta"]["content"] for c in info.response_metrics.response_chunks]
        return True, "".join(c if isinstance(c, str) else str(c) for c in chunks)
    return read


async def child(peer, given):
    """Reads all cases with one peer; one line of JSON each."""
    read = await globals()[peer.replace("-", "_")]()
    for case in given["cases"]:
        try:
            ok, text = await asyncio.wait_for(read(f"{given['url']}/{case['id']}/v1"), LONGEST)
            said = {"ok": ok, "text": text}
        except Exception as e:  # that is how most of them say that a request failed
            said = {"ok": False, "text": "", "error": f"{type(e).__name__}: {e}"}
        print("\x1e" + json.dumps({"id": case["id"], **said}), flush=True)


def install(folder, peer):
    env, python = f"{folder}/{peer}", f"{folder}/{peer}/bin/python"
    want, mark = " ".join(PEERS[peer] + MORE.get(peer, [])), f"{folder}/{peer}/.conformance"
    if os.path.exists(mark) and open(mark).read() == want:
        return python
    print(f"installing {PEERS[peer][-1]}", file=sys.stderr)
    quiet = {"stdout": subprocess.DEVNULL, "check": True}
    subprocess.run([sys.executable, "-m", "venv", env], **quiet)
    for packages in filter(None, [PEERS[peer], MORE.get(peer)]):
        subprocess.run([python, "-m", "pip", "-q", "install", *packages], **quiet)
    with open(mark, "w") as f:
        f.write(want)
    return python


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--child")
    flags.add_argument("--peers")
    flags.add_argument("--only", default=",".join(PEERS))
    args = flags.parse_args()
    given = json.load(sys.stdin)
    if args.child:
        asyncio.run(child(args.child, given))
        return
    cases = {c["id"]: c for c in given["cases"]}
    for peer in args.only.split(","):
        if peer not in PEERS:
            sys.exit(f"conformance: unknown peer {peer}; there are {', '.join(PEERS)}")
        try:
            python = install(args.peers, peer)
            env = dict(os.environ, HF_HUB_OFFLINE="1", NO_PROXY="127.0.0.1", TOKENIZERS_PARALLELISM="false")
            ran = subprocess.run([python, __file__, "--child", peer], input=json.dumps(given), capture_output=True, text=True,
                                 timeout=20 * len(cases), env=env)
            lines = [line.split("\x1e", 1)[1] for line in ran.stdout.split("\n") if "\x1e" in line]
            if len(lines) != len(cases):
                raise RuntimeError((ran.stderr.strip().splitlines() or ["no output"])[-1])
        except (subprocess.SubprocessError, RuntimeError, OSError) as e:
            print(f"{PEERS[peer][-1]}: left out: {e}")
            continue
        wrong = []
        for said in map(json.loads, lines):
            case = cases[said["id"]]
            if said["ok"] != case["ok"]:
                why = "takes it for a success" if said["ok"] else "takes it for a failure: " + said.get("error", "")
            elif case["ok"] and case["compare"] and said["text"] != case["text"]:
                why = f"reads {said['text'][:60]!r} for {case['text'][:60]!r}"
            else:
                continue
            wrong.append(f"  {said['id']} ({case['wire']}): {why.strip()[:200]}")
        print(f"{PEERS[peer][-1]}: {len(cases) - len(wrong)} of {len(cases)}", *wrong, sep="\n")


main()
