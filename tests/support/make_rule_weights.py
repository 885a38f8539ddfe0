"""Writes rule-made weights in the published formats: `python tests/support/make_rule_weights.py FOLDER`.

They run wherever the published files do (`avbench eval --weights i3d=FOLDER/i3d.pt --weights
audioclip=FOLDER/audioclip.pt`), so that the whole path can be tried without them. Their numbers mean nothing.
"""

import sys
from pathlib import Path

import torch
from rule_weights import audioclip_checkpoint, i3d_checkpoint


def make_rule_weights(folder: Path) -> dict[str, Path]:
    """Writes `i3d.pt` and `audioclip.pt` into `folder`; the files by the name of their weights."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, checkpoint in (("i3d", i3d_checkpoint), ("audioclip", audioclip_checkpoint)):
        files[name] = folder / f"{name}.pt"
        torch.save(checkpoint(), files[name])
    return files


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for written in make_rule_weights(Path(sys.argv[1])).values():
        print(written)
