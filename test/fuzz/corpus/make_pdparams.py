"""Writes corpus/pdparams/: what paddle.save makes of a layer's state_dict, in the protocols that it takes.

    python make_pdparams.py

Python 3.11 with NumPy 2.4.6. Paddle itself is not needed: it pickles a dict of arrays, with the parameters' own names
under one more key.
"""

import pathlib
import pickle

import numpy as np

state = {
    "linear.weight": np.array([[0.5, -1.0], [2.0, 0.25]], dtype="f4"),
    "linear.bias": np.zeros(2, dtype="f4"),
    "StructuredToParameterName@@": {"linear.weight": "linear_0.w_0", "linear.bias": "linear_0.b_0"},
}
folder = pathlib.Path(__file__).parent / "pdparams"
for protocol in [2, 4]:
    (folder / f"protocol-{protocol}.pdparams").write_bytes(pickle.dumps(state, protocol))
