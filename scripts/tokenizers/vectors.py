#!/usr/bin/env python3
"""Makes internal/tokens/testdata: small tokenizers, and what the reference library makes of texts.

Needs the package tokenizers (Apache-2.0; the vectors are from 0.23.3). Run it
from the repository's root. The texts to train on are the project's own pages.
"""
import json, pathlib, random
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers, AddedToken

OUT = pathlib.Path("internal/tokens/testdata")
PAGES = [p.read_text() for p in sorted(pathlib.Path("docs").glob("*.md")) if p.name != "metrics.md"]
VOCAB = 700
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

TEXTS = [
    "", " ", "  ", "\n", "a", "Hello world", " Hello  world ", "I'm, we'LL and they've.", "1234567 and 3.14", "tabs\tand\r\nlines\n\n\nend  ",
    "naïve café über Straße", "cafe\u0301 (two code points)", "日本語のテキスト、テスト。", "Привет, мир!", "emoji 👩‍👩‍👧 🎉🎉", "\u00a0no-break\u3000wide",
    "<s>", "a <|eot|> b", "x<tool>y", "word <tool>  next", "func main() {\n\tfmt.Println(\"hi\")\n}\n", "▁already▁marked", "___ --- ... ???!!!",
    "x" * 100, "the " * 50, "\x00\x01\x7f", "ＦＵＬＬ width ﬁ ligature", "The quick brown fox jumps over the lazy dog. " * 3,
]


def byte_level(name, pre, **kw):
    t = Tokenizer(models.BPE(ignore_merges=kw.get("ignore_merges", False)))
    t.pre_tokenizer, t.decoder = pre, decoders.ByteLevel()
    if "normalizer" in kw:
        t.normalizer = kw["normalizer"]
    t.train_from_iterator(PAGES, trainers.BpeTrainer(vocab_size=VOCAB, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.add_special_tokens(["<|bot|>", "<|eot|>"])
    t.add_tokens([AddedToken("<tool>", normalized=True, lstrip=True, rstrip=True), AddedToken("fox", single_word=True)])
    if kw.get("template"):
        t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
            single="<|bot|> $A", special_tokens=[("<|bot|>", t.token_to_id("<|bot|>"))])])
    return name, json.loads(t.to_str())


def sentence_piece(name, normalizer, pre, decoder, fallback=True):
    t = Tokenizer(models.BPE())
    if normalizer:
        t.normalizer = normalizer
    if pre:
        t.pre_tokenizer = pre
    # Training cuts at spaces, as SentencePiece does, whatever is cut later.
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trained.train_from_iterator(PAGES, trainers.BpeTrainer(vocab_size=VOCAB - 260, show_progress=False, limit_alphabet=120))
    model = json.loads(trained.to_str())["model"]
    t.decoder = decoder
    d = json.loads(t.to_str())
    vocab = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if fallback else [])
    vocab += [w for w, _ in sorted(model["vocab"].items(), key=lambda p: p[1])]
    d["model"].update(vocab={w: i for i, w in enumerate(vocab)}, merges=[" ".join(m) for m in model["merges"]], unk_token="<unk>", fuse_unk=True, byte_fallback=fallback)
    t = Tokenizer.from_str(json.dumps(d))
    t.add_special_tokens(["<unk>", "<s>", "</s>"])
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    out = json.loads(t.to_str())
    out["model"]["merges"] = d["model"]["merges"]  # the form before 2024
    return name, out


sp_decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
made = dict([
    byte_level("gpt2", pre_tokenizers.ByteLevel(add_prefix_space=False)),
    byte_level("prefixed", pre_tokenizers.ByteLevel(add_prefix_space=True)),
    byte_level("llama3", pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), ignore_merges=True, template=True),
    byte_level("qwen2", pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), normalizer=normalizers.NFC()),
    byte_level("digits", pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation(), pre_tokenizers.ByteLevel(add_prefix_space=False)]), normalizer=normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])),
    sentence_piece("llama2", normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None, sp_decoder),
    sentence_piece("mistral", None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False), sp_decoder),
    sentence_piece("gemma", normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous"), decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])),
    sentence_piece("unknowns", normalizers.Sequence([normalizers.Strip(), normalizers.Replace(Regex(" +"), " ")]), pre_tokenizers.Metaspace(), decoders.Metaspace(), fallback=False),
])
rng = random.Random(1)
words = " ".join(PAGES).split()
for _ in range(10):
    TEXTS.append(" ".join(rng.choices(words, k=rng.randint(3, 15))))
vectors = []
for name, d in made.items():
    text = json.dumps(d, ensure_ascii=False, separators=(",", ":"))
    (OUT / f"{name}.json").write_text(text)
    t = Tokenizer.from_str(text)
    for s in TEXTS:
        plain, special = t.encode(s, add_special_tokens=False).ids, t.encode(s).ids
        vectors.append(dict(tokenizer=name, text=s, ids=plain, special=len(special) - len(plain), decoded=t.decode(plain, skip_special_tokens=False)))
(OUT / "vectors.jsonl").write_text("".join(json.dumps(v, ensure_ascii=False, separators=(",", ":")) + "\n" for v in vectors))
