"""The tokenizers of Hugging Face (Rust) from Python: ids of all texts as lists."""
import json

from measured import serve

BATCH = 1000


def prepare(task):
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(task["tokenizer"])
    with open(task["texts"], encoding="utf-8") as file:
        texts = json.load(file)
    # A lone surrogate, which JSON allows, is no text to Rust.
    texts = [text.encode("utf-8", "surrogatepass").decode("utf-8", "replace") for text in texts]
    encode = lambda batch: [encoding.ids for encoding in tokenizer.encode_batch_fast(batch)]
    ready = {"versions": {"tokenizers (Python)": tokenizers.__version__}}
    if task.get("expected"):
        with open(task["expected"], encoding="utf-8") as file:
            expected = json.load(file)
        exact = sum(ids == wanted for ids, wanted in zip(encode(texts), expected))
        ready["note"] = f"the reference's ids for {exact} of its {len(expected)} texts."
    repeated = texts * task.get("repeat", 1)

    def run():
        for begin in range(0, len(repeated), BATCH):
            encode(repeated[begin : begin + BATCH])

    return {**ready, "run": run}


serve(prepare)
