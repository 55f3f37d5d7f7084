"""ERNIE on PyTorch, with the weights that ours has: titles padded to the longest, PyTorch's own attention."""
from measured import serve
from safetensors_file import read

weights = {}


def prepare(task):
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(task["threads"])
    if not weights:
        # Products want kernels as [output, input].
        for name, values in read(task["weights"]).items():
            tensor = torch.from_numpy(values)
            weights[name] = tensor.T.contiguous() if name.endswith("kernel") else tensor
    config, titles = task["config"], task["titles"]
    size, heads = config["hiddenSize"], config["heads"]
    lengths = [len(title) for title in titles]
    time = max(lengths)
    ids = torch.zeros(len(titles), time, dtype=torch.int64)
    for row, title in zip(ids, titles):
        row[: len(title)] = torch.tensor(title)
    inside = torch.arange(time)[None] < torch.tensor(lengths)[:, None]
    mask = None if min(lengths) == time else inside[:, None, None, :]

    def linear(x, name):
        return F.linear(x, weights[name + ".kernel"], weights[name + ".bias"])

    def norm(x, name):
        return F.layer_norm(x, (size,), weights[name + ".scale"], weights[name + ".bias"])

    def split(x):
        return x.view(len(titles), time, heads, size // heads).transpose(1, 2)

    def encode():
        with torch.inference_mode():
            x = F.embedding(ids, weights["wordEmbedding.table"])
            x = x + weights["positionEmbedding.table"][:time] + weights["sentenceEmbedding.table"][0]
            x = norm(x, "embeddingNorm")
            for index in range(config["layers"]):
                block = f"blocks.{index}."
                query, key, value = (split(linear(x, block + "attention." + name)) for name in ("query", "key", "value"))
                heard = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
                heard = heard.transpose(1, 2).reshape(len(titles), time, size)
                x = norm(x + linear(heard, block + "attention.output"), block + "attentionNorm")
                inner = F.relu(linear(x, block + "inner"))
                x = norm(x + linear(inner, block + "outer"), block + "feedForwardNorm")
            return x.numpy()

    values = encode()
    results = [*values[0, 0, :8].tolist(), *values[-1, lengths[-1] - 1, :8].tolist()]
    return {"run": encode, "results": results, "versions": {"torch": torch.__version__}}


serve(prepare)
