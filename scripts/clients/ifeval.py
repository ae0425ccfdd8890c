"""Compares verdicts on answers with those of the released IFEval checker.

See scripts/ifeval-interop, which installs what this needs.
"""

import argparse
import collections
import importlib.util
import json
import logging
import pathlib
import sys
import tempfile
import types


def released():
    """Returns the module with the released checker, without the framework around it."""
    import nltk
    import punkt.data.english as english

    # What nltk.download("punkt_tab") would have brought.
    folder = pathlib.Path(tempfile.mkdtemp()) / "tokenizers" / "punkt_tab" / "english"
    folder.mkdir(parents=True)
    starters = getattr(english, "SENT_STARTERS")
    collocations = getattr(english, "COLLOCATIONS")
    contexts = getattr(english, "ORTHO_CONTEXT")
    (folder / "abbrev_types.txt").write_text("\n".join(sorted(english.ABBREV_TYPES)))
    (folder / "sent_starters.txt").write_text("\n".join(sorted(starters)))
    (folder / "collocations.tab").write_text("\n".join("\t".join(c) for c in sorted(collocations)))
    (folder / "ortho_context.tab").write_text("\n".join(f"{w}\t{n}" for w, n in sorted(contexts.items())))
    nltk.data.path.insert(0, str(folder.parents[2]))

    import langdetect

    langdetect.DetectorFactory.seed = 0  # it draws chances otherwise
    root = pathlib.Path(importlib.util.find_spec("lm_eval").submodule_search_locations[0])
    for name in ("lm_eval", "lm_eval.tasks", "lm_eval.tasks.ifeval"):
        module = types.ModuleType(name)
        module.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
    logging.disable(logging.ERROR)  # a text without a language is said on every call
    from lm_eval.tasks.ifeval import utils

    return utils


def verdicts(utils, row):
    text = row["text"]
    item = utils.InputExample(0, [row["instruction"]], "", [row.get("params") or {}])
    out = []
    for check in (utils.test_instruction_following_strict, utils.test_instruction_following_loose):
        try:
            out.append(bool(check(item, text).follow_all_instructions))
        except Exception as err:  # the checker gives up on some patterns
            out.append(f"{type(err).__name__}: {err}")
    return out


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--answers", default="internal/quality/ifeval/testdata/answers.jsonl")
    args.add_argument("--verdicts")
    args = args.parse_args()
    utils = released()
    if args.verdicts:
        for line in open(args.verdicts, encoding="utf-8"):
            row = json.loads(line)
            row["strict"], row["loose"] = verdicts(utils, row)
            print(json.dumps(row, ensure_ascii=False))
        return 0
    rows = [json.loads(line) for line in open(args.answers, encoding="utf-8")]
    agree = explained = 0
    unexplained = []
    by_kind = collections.Counter()
    for n, row in enumerate(rows, 1):
        theirs = verdicts(utils, row)
        if theirs == [row["strict"], row["loose"]]:
            agree += 1
            by_kind[row["instruction"]] += 1
        elif row.get("differs"):
            explained += 1
            print(f"line {n}: {row['instruction']}: ours {row['strict']}, {row['loose']}; theirs {theirs}: {row['differs']}")
        else:
            unexplained.append(n)
            print(f"line {n}: {row['instruction']}: ours {row['strict']}, {row['loose']}; theirs {theirs}: {row['text'][:80]!r}")
    print(f"{len(rows)} answers over {len(set(r['instruction'] for r in rows))} kinds: {agree} agree strictly and loosely, "
          f"{explained} differ for a reason in the file, {len(unexplained)} differ")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
