"""Runs `vllm bench serve` for several numbers of streams in one process, since
its start takes most of a minute."""

import argparse
import sys

from vllm.benchmarks.serve import add_cli_args, main

url, tokenizer, folder, streams, tokens = sys.argv[1:]
parser = argparse.ArgumentParser()
add_cli_args(parser)
for n in streams.split(","):
    main(parser.parse_args([
        "--backend", "openai-chat", "--endpoint", "/v1/chat/completions", "--base-url", url, "--model", "fixed",
        "--tokenizer", tokenizer, "--dataset-name", "random", "--random-input-len", "16", "--random-output-len", tokens,
        "--ignore-eos", "--num-prompts", str(max(5, int(n))), "--max-concurrency", n, "--disable-tqdm",
        "--percentile-metrics", "ttft,itl", "--metric-percentiles", "50,99",
        "--save-result", "--result-dir", folder, "--result-filename", n + ".json"]))
