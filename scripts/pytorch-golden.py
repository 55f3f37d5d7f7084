"""Writes what PyTorch computes for the optimizers, schedules and losses: test/fixtures/pytorch/*.json.

    python3.11 -m venv VENV && VENV/bin/pip install torch==2.1.2 torchvision==0.16.2 'numpy<2'
    VENV/bin/python scripts/pytorch-golden.py

All in float64, from values that float32 holds exactly, so that the figures are those of the formulas. What PyTorch does
not have (the asymmetric loss) is its paper's formula, differentiated by PyTorch.
"""

import json
import math
from pathlib import Path

import torch
import torchvision
from torch.nn import functional as F

FOLDER = Path(__file__).parent.parent / "test" / "fixtures" / "pytorch"
SHAPES = {"block.kernel": (3, 5), "block.bias": (7,), "norm.scale": (2, 3, 2)}
STEPS = 12
# Which parameters have no gradient at a step: their state must stand still.
ABSENT = {3: ["block.bias"], 4: ["block.bias", "norm.scale"]}
RATES = [0.1 / (1 + step) for step in range(STEPS)]
SCALES = {"block.kernel": 1.0, "block.bias": 0.25, "norm.scale": 0.5}
VERSIONS = {"torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0]}


def representable(values):
    return values.to(torch.float32).to(torch.float64)


def tensor_json(values):
    return {"shape": list(values.shape), "data": values.detach().reshape(-1).tolist()}


def write(name, content):
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"versions": VERSIONS, **content}, allow_nan=False)
    (FOLDER / name).write_text(text + "\n")


def draw(generator, shape):
    return representable(torch.randn(shape, generator=generator, dtype=torch.float64))


def gradient(generator, shape, step):
    """Of a size that changes from step to step, with one small value; none is 0, where RMSProp without epsilon has none."""
    values = draw(generator, shape) * (3.0 if step % 4 == 1 else 0.5)
    flat = values.reshape(-1)
    flat[step % flat.numel()] *= 1e-4
    return representable(values)


def optimizer_case(initial, gradients, make, decays, scales):
    """The parameters after every step."""
    parameters = {path: values.clone().requires_grad_() for path, values in initial.items()}
    groups = [{"params": [parameters[path]], "weight_decay": decays[path]} for path in SHAPES]
    optimizer = make(groups)
    after = []
    for step in range(STEPS):
        for path, group in zip(SHAPES, optimizer.param_groups):
            group["lr"] = RATES[step] * scales[path]
            parameters[path].grad = None if path not in gradients[step] else gradients[step][path].clone()
        optimizer.step()
        after.append({path: tensor_json(values) for path, values in parameters.items()})
    return after


def average_case(initial, gradients, decay):
    """The averages after every step of plain gradient descent."""
    model = torch.nn.ParameterList([values.clone() for values in initial.values()])
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    )
    average.update_parameters(model)  # The first call copies: the average of no step.
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    after = []
    for step in range(STEPS):
        for path, parameter in zip(SHAPES, model):
            parameter.grad = None if path not in gradients[step] else gradients[step][path].clone()
        optimizer.step()
        average.update_parameters(model)
        after.append({path: tensor_json(values) for path, values in zip(SHAPES, average.module)})
    return after


def clipping_case(gradients, max_norm):
    parameters = {path: torch.zeros_like(values).requires_grad_() for path, values in gradients.items()}
    for path, parameter in parameters.items():
        parameter.grad = gradients[path].clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters.values(), max_norm)
    clipped = {path: tensor_json(parameter.grad) for path, parameter in parameters.items()}
    return {"maxNorm": max_norm, "norm": norm.item(), "clipped": clipped}


def schedule_case(rate, steps, make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    schedule = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def optimizers():
    generator = torch.Generator().manual_seed(1)
    initial = {path: draw(generator, shape) for path, shape in SHAPES.items()}
    gradients = []
    for step in range(STEPS):
        drawn = {path: gradient(generator, shape, step) for path, shape in SHAPES.items()}
        gradients.append({path: values for path, values in drawn.items() if path not in ABSENT.get(step, [])})
    none = {path: 0.0 for path in SHAPES}
    some = {"block.kernel": 0.05, "block.bias": 0.0, "norm.scale": 0.02}
    same = {path: 1.0 for path in SHAPES}
    optim = torch.optim
    runs = {
        "adamW": (lambda g: optim.AdamW(g, lr=1.0), some, same),
        "adamWOtherBetas": (lambda g: optim.AdamW(g, lr=1.0, betas=(0.7, 0.95), eps=1e-2), some, SCALES),
        "sgd": (lambda g: optim.SGD(g, lr=1.0), some, SCALES),
        "sgdMomentum": (lambda g: optim.SGD(g, lr=1.0, momentum=0.9), some, same),
        "sgdNesterov": (lambda g: optim.SGD(g, lr=1.0, momentum=0.8, nesterov=True), some, SCALES),
        # PyTorch adds epsilon to the root and Paddle to what is under it: comparable where it is 0.
        "rmsProp": (lambda g: optim.RMSprop(g, lr=1.0, alpha=0.95, eps=0.0, centered=True), some, SCALES),
        "rmsPropUndecayed": (lambda g: optim.RMSprop(g, lr=1.0, alpha=0.6, eps=0.0, centered=True), none, same),
    }
    write(
        "optimizers.json",
        {
            "initial": {path: tensor_json(values) for path, values in initial.items()},
            "learningRates": RATES,
            "gradients": [{path: tensor_json(v) for path, v in each.items()} for each in gradients],
            "runs": {
                name: {
                    "weightDecay": decays,
                    "learningRateScale": scales,
                    "parameters": optimizer_case(initial, gradients, make, decays, scales),
                }
                for name, (make, decays, scales) in runs.items()
            },
            "movingAverage": {
                "decay": 0.9,
                "learningRate": 0.1,
                "averages": average_case(initial, gradients, 0.9),
            },
            "clipping": [clipping_case(gradients[1], 2.5), clipping_case(gradients[3], 100.0)],
        },
    )


def schedules():
    scheduler = torch.optim.lr_scheduler
    write(
        "schedules.json",
        {
            "cosine": schedule_case(0.3, 9, lambda o: scheduler.CosineAnnealingLR(o, T_max=8, eta_min=0.01)),
            "linear": schedule_case(0.3, 12, lambda o: scheduler.LinearLR(o, 1.0, 0.1, total_iters=7)),
            # From a fifth of the rate at the first step to all of it at the fifth.
            "warmUp": schedule_case(0.3, 9, lambda o: scheduler.LinearLR(o, 0.2, 1.0, total_iters=4)),
            "piecewise": schedule_case(0.3, 9, lambda o: scheduler.MultiStepLR(o, [2, 5], gamma=0.4)),
        },
    )


def asymmetric(logits, labels, gamma_positive, gamma_negative, shift):
    """arXiv:2009.14119, equations 3 to 7, a term for each label."""
    p = torch.sigmoid(logits)
    shifted = torch.clamp(p - shift, min=0)
    positive = (1 - p) ** gamma_positive * F.logsigmoid(logits)
    # Without a shift, log(1 - p) by its stable form.
    log_negative = F.logsigmoid(-logits) if shift == 0 else torch.log(1 - shifted)
    return -labels * positive - (1 - labels) * shifted**gamma_negative * log_negative


def losses():
    generator = torch.Generator().manual_seed(2)
    rows, classes = 4, 5
    logits = draw(generator, (rows, classes)) * 3
    logits[0, 0], logits[1, 2], logits[2, 4], logits[3, 1] = 25.0, -25.0, 0.0, -4.0
    logits = representable(logits)
    hard = (torch.rand((rows, classes), generator=generator) < 0.4).to(torch.float64)
    soft = representable(torch.rand((rows, classes), generator=generator, dtype=torch.float64))
    rows_soft = representable(torch.softmax(draw(generator, (rows, classes)), -1))
    weights = representable(torch.rand((rows, classes), generator=generator, dtype=torch.float64) * 2)
    weights[1, 3] = 0
    row_weights = representable(torch.rand((rows, 1), generator=generator, dtype=torch.float64) * 2)
    class_weights = representable(torch.rand((classes,), generator=generator, dtype=torch.float64) * 2)
    pos_weight = representable(1 + torch.rand((classes,), generator=generator, dtype=torch.float64) * 3)
    ones = torch.ones((rows, classes), dtype=torch.float64)
    bce = F.binary_cross_entropy_with_logits
    focal = torchvision.ops.sigmoid_focal_loss

    def smoothed(labels, amount):
        return labels * (1 - amount) + amount / 2

    def weighted_softmax(x, y):
        return F.cross_entropy(x, y, weight=class_weights, reduction="sum")

    # name: (function of the logits, labels, weights or None). Our weights of PyTorch's options are written out here.
    cases = {
        "sigmoid": (lambda x: bce(x, soft, reduction="sum"), soft, None),
        "sigmoidWeighted": (lambda x: bce(x, soft, weight=weights, reduction="sum"), soft, weights),
        "sigmoidRowWeights": (lambda x: bce(x, hard, weight=row_weights, reduction="sum"), hard, row_weights),
        "sigmoidPositiveWeights": (
            lambda x: bce(x, hard, pos_weight=pos_weight, reduction="sum"),
            hard,
            representable(1 + (pos_weight - 1) * hard),
        ),
        "sigmoidSmoothed": (lambda x: bce(x, smoothed(hard, 0.1), weight=weights, reduction="sum"), hard, weights),
        "softmax": (lambda x: F.cross_entropy(x, rows_soft, reduction="sum"), rows_soft, None),
        "softmaxClassWeights": (lambda x: weighted_softmax(x, rows_soft), rows_soft, ones * class_weights),
        "softmaxSmoothed": (
            lambda x: F.cross_entropy(x, rows_soft, weight=class_weights, reduction="sum", label_smoothing=0.1),
            rows_soft,
            ones * class_weights,
        ),
        "focal": (lambda x: focal(x, hard, alpha=-1, gamma=2, reduction="sum"), hard, None),
        "focalBalanced": (
            lambda x: (focal(x, hard, alpha=0.25, gamma=1.5, reduction="none") * weights).sum(),
            hard,
            weights,
        ),
        "asymmetric": (lambda x: asymmetric(x, hard, 0, 4, 0.05).sum(), hard, None),
        "asymmetricUnshifted": (lambda x: (asymmetric(x, soft, 1, 2.5, 0) * weights).sum(), soft, weights),
        "asymmetricRowWeights": (lambda x: (asymmetric(x, hard, 2, 1, 0.2) * row_weights).sum(), hard, row_weights),
    }
    written = {}
    for name, (function, labels, used) in cases.items():
        x = logits.clone().requires_grad_()
        loss = function(x)
        loss.backward()
        assert math.isfinite(loss.item()) and bool(torch.isfinite(x.grad).all()), name
        written[name] = {
            "labels": tensor_json(labels),
            "weights": None if used is None else tensor_json(used),
            "loss": loss.item(),
            "gradient": tensor_json(x.grad),
        }
    write("losses.json", {"logits": tensor_json(logits), "cases": written})


torch.set_default_dtype(torch.float64)
optimizers()
schedules()
losses()
