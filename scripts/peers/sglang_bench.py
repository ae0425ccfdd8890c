"""Runs SGLang's Rust client, which its wheel holds as an extension module, without
SGLang's own packages: those need PyTorch. Takes the client's flags."""

import glob
import importlib.util
import sys
import sysconfig

found = glob.glob(f"{sysconfig.get_path('purelib')}/sglang/srt/rust_extensions/_bench.*.so")
spec = importlib.util.spec_from_file_location("_bench", found[0])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.run_argv(["sglang-bench", *sys.argv[1:]])
