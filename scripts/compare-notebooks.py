"""Compares a notebook that just ran with the one in the repository: the same cells, with the same kinds of output.

    compare-notebooks.py RAN KEPT [--write]

Numbers may differ from machine to machine. With --write the one in the repository becomes the one that ran, without what
changes at every run.
"""

import json
import sys
from pathlib import Path


def kinds(cell):
    """What a cell shows: text, or the types of what it displays."""
    found = []
    for output in cell.get("outputs", []):
        if output["output_type"] == "stream":
            # Text that comes in pieces is one text.
            kind = output["name"]
            if found and found[-1] == kind:
                continue
            found.append(kind)
        else:
            found.append([output["output_type"], *sorted(output.get("data", {}))])
    return found


def main(ran, kept, *options):
    cells = json.loads(Path(ran).read_text())
    if options == ("--write",):
        for cell in cells["cells"]:
            cell["metadata"] = {}
        Path(kept).write_text(json.dumps(cells, indent=1, ensure_ascii=False) + "\n")
        return
    for index, (got, expected) in enumerate(
        zip(cells["cells"], json.loads(Path(kept).read_text())["cells"], strict=True)
    ):
        if kinds(got) != kinds(expected):
            sys.exit(f"{ran}: cell {index + 1} must show {kinds(expected)}, as kept. Got {kinds(got)}.")
    print(f"{ran}: every cell shows what it should.")


main(*sys.argv[1:])
