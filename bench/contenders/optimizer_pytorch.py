"""A step of PyTorch's optimizers."""
from measured import serve


def prepare(task):
    import torch

    torch.set_num_threads(task["threads"])
    side = round((task["count"] / 5) ** 0.5)
    parameters = [torch.nn.Parameter(torch.ones(side, side)) for _ in range(5)]
    for parameter in parameters:
        parameter.grad = torch.full((side, side), 1e-3)
    if task["rule"] == "AdamW":
        optimizer = torch.optim.AdamW(parameters, lr=1e-6, weight_decay=0.01)
    else:
        optimizer = torch.optim.RMSprop(parameters, lr=1e-6, alpha=0.95, eps=1e-6, weight_decay=8e-4, centered=True)
    return {"run": optimizer.step, "versions": {"torch": torch.__version__}}


serve(prepare)
