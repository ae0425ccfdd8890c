"""Makes a small tokenizer of made-up words, so that no tool asks the network
for one. The responder's one word, " word", is one token of it."""

import random
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

rng = random.Random(1)
letters = "abcdefghijklmnopqrstuvwxyz"
words = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(3000)] + ["word"] * 100
texts = (" ".join(rng.choices(words, k=50)) for _ in range(400))

t = Tokenizer(models.BPE())
t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
t.decoder = decoders.ByteLevel()
t.train_from_iterator(texts, trainers.BpeTrainer(
    vocab_size=2000, show_progress=False, special_tokens=["<s>", "</s>"],
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
fast = PreTrainedTokenizerFast(tokenizer_object=t, bos_token="<s>", eos_token="</s>", model_max_length=1 << 20)
fast.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
fast.save_pretrained(sys.argv[1])
if len(fast(" word word")["input_ids"]) != 2:
    sys.exit("the tokenizer splits the responder's word")
