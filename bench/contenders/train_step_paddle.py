"""The original's training step on PaddlePaddle's own kernels, as its program runs it, in our own words.

Titles are padded to 50 tokens and ERNIE runs at every step, with dropout, although it is frozen. Features are random; frames and
sound have 30 to 60 rows a video. Centered RMSProp with L2.
"""
from measured import serve

HIDDEN, HEADS, LAYERS = 768, 12, 12
IMAGE, AUDIO = (2048, 512), (128, 128)
BATCH, FRAMES, TITLE, VOCABULARY, LABELS, DROP = 16, 60, 50, 18_000, 110, 0.5


def build(static, paddle):
    """The graph, whose result is the loss of a batch."""
    functional = paddle.nn.functional
    dense = static.nn.fc

    def dropout(x, rate, mode):
        return functional.dropout(x, rate, training=True, mode=mode)

    def ernie(tokens, sentences, positions, mask):
        def look_up(ids, rows):
            start = paddle.nn.initializer.TruncatedNormal(std=0.02)
            return functional.embedding(ids, static.create_parameter([rows, HIDDEN], "float32", default_initializer=start))

        def normalized(x):
            return static.nn.layer_norm(x, begin_norm_axis=2)

        def inner_dropout(x):
            return dropout(x, 0.1, "upscale_in_train")

        def by_heads(x):
            return paddle.transpose(paddle.reshape(x, [0, 0, HEADS, HIDDEN // HEADS]), [0, 2, 1, 3])

        x = look_up(tokens, VOCABULARY) + look_up(positions, 513) + look_up(sentences, 2)
        x = inner_dropout(normalized(x))
        both = paddle.matmul(mask, mask, transpose_y=True)
        bias = paddle.unsqueeze(paddle.scale(both, 10_000.0, -1.0, bias_after_scale=False), 1)
        for _ in range(LAYERS):
            query, key, value = (by_heads(dense(x, HIDDEN, num_flatten_dims=2)) for _ in range(3))
            scores = paddle.matmul(paddle.scale(query, (HIDDEN // HEADS) ** -0.5), key, transpose_y=True)
            heard = paddle.matmul(inner_dropout(functional.softmax(scores + bias)), value)
            heard = paddle.reshape(paddle.transpose(heard, [0, 2, 1, 3]), [0, 0, HIDDEN])
            x = normalized(inner_dropout(dense(heard, HIDDEN, num_flatten_dims=2)) + x)
            wide = dense(x, 4 * HIDDEN, num_flatten_dims=2, activation="relu")
            x = normalized(inner_dropout(dense(wide, HIDDEN, num_flatten_dims=2)) + x)
        return x

    def peephole_lstm(x, units, reverse):
        from paddle.base.layer_helper import LayerHelper

        helper = LayerHelper("lstm")
        weight = helper.create_parameter(helper.param_attr, [units, 4 * units], "float32")
        bias = helper.create_parameter(paddle.ParamAttr(), [1, 7 * units], "float32", is_bias=True)
        outputs = {
            name: helper.create_variable_for_type_inference("float32")
            for name in ("Hidden", "Cell", "BatchGate", "BatchCellPreAct")
        }
        helper.append_op(
            type="lstm",
            inputs={"Input": x, "Weight": weight, "Bias": bias},
            outputs=outputs,
            attrs={
                "use_peepholes": True,
                "is_reverse": reverse,
                "gate_activation": "sigmoid",
                "cell_activation": "tanh",
                "candidate_activation": "tanh",
            },
        )
        return outputs["Hidden"]

    def attended(rows, units, title):
        directions = [peephole_lstm(dense(rows, 4 * units), units, reverse) for reverse in (False, True)]
        states = dropout(paddle.concat(directions, axis=1), DROP, "downscale_in_infer")
        guide = static.nn.sequence_expand(title, states, ref_level=0)
        energy = dense(paddle.concat([states, guide], axis=-1), 2 * units, activation="tanh")
        return static.nn.sequence_pool(states * dense(energy, 1, activation="sequence_softmax"), "sum")

    text = static.data("text", [-1, 5, TITLE, 1], "int64")
    tokens, sentences, positions, _, mask = (text[:, index] for index in range(5))
    mask = paddle.cast(mask, "float32")
    encoded = ernie(*(paddle.squeeze(ids, [-1]) for ids in (tokens, sentences, positions)), mask)
    encoded.stop_gradient = True
    kept = static.nn.sequence_unpad(encoded, paddle.cast(paddle.sum(mask, axis=[1, 2]), "int64"))
    convolved = [static.nn.sequence_conv(kept, 256, window, act="tanh") for window in (2, 3, 4)]
    title = paddle.concat([static.nn.sequence_pool(each, "max") for each in convolved], axis=1)
    title = dropout(title, DROP, "downscale_in_infer")
    pooled = []
    for name, (size, units) in (("image", IMAGE), ("audio", AUDIO)):
        pooled.append(attended(static.data(name, [-1, size], "float32", lod_level=1), units, title))
    logits = dense(paddle.concat([*pooled, title], axis=1), LABELS)
    labels = static.data("labels", [-1, LABELS], "float32")
    return functional.binary_cross_entropy_with_logits(logits, labels, reduction="sum")


def prepare(task):
    if task.get("part"):
        return "its parts are not timed one by one."
    import numpy
    import paddle
    import paddle.static as static
    from paddle.base import create_lod_tensor

    paddle.enable_static()
    start, program = static.Program(), static.Program()
    with static.program_guard(program, start), paddle.utils.unique_name.guard():
        loss = build(static, paddle)
        decay = paddle.regularizer.L2Decay(8e-4)
        paddle.optimizer.RMSProp(7e-4, centered=True, weight_decay=decay).minimize(loss)
    place = paddle.CPUPlace()
    executor = static.Executor(place)
    executor.run(start)
    random = numpy.random.RandomState(0)

    def rows(size):
        lengths = random.randint(FRAMES // 2, FRAMES + 1, BATCH).tolist()
        return create_lod_tensor(random.randn(sum(lengths), size).astype("float32"), [lengths], place)

    def batch():
        text = numpy.zeros((BATCH, 5, TITLE, 1), "int64")
        for title, length in zip(text, random.randint(12, 29, BATCH)):
            title[0, :length, 0] = random.randint(1, VOCABULARY, length)
            title[2, :length, 0], title[4, :length, 0] = numpy.arange(length), 1
        labels = (random.rand(BATCH, LABELS) < 0.02).astype("float32")
        return {"text": text, "labels": labels, "image": rows(IMAGE[0]), "audio": rows(AUDIO[0])}

    batches = [batch() for _ in range(task["videos"] // BATCH)]

    def run():
        for feed in batches:
            executor.run(program, feed=feed, fetch_list=[loss])

    return {"run": run, "versions": {"paddlepaddle": paddle.__version__}}


serve(prepare)
