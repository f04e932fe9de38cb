"""PyTorch, transformers and PEFT on the other end of an adapter: what they make of one of ours, and one of theirs.

    python peft_roundtrip.py apply --model NATIVE --adapter DIR --inputs ref.safetensors --out out.safetensors
    python peft_roundtrip.py make  --model NATIVE --adapter DIR --inputs ref.safetensors --out out.safetensors --targets REGEX
    python peft_roundtrip.py deltas --model ORIGINAL --adapter DIR --out out.safetensors

`apply` puts the adapter on the HF-native model and writes the logits. `make` draws an adapter with PEFT, saves it and writes the
logits. `deltas` puts the adapter on bare linear layers that are nested and named as in the original code, and writes what PEFT
would add to each weight. All say on stdout which modules PEFT wrapped. `trainer/tests/peft.rs` compares.
"""

import argparse
import json
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file, save_file
from transformers import InternVLForConditionalGeneration


def native_model(folder):
    model = InternVLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    return model.eval()


class Original(torch.nn.Module):
    """The linear layers of a checkpoint by the original code's paths: enough for PEFT to find, wrap and merge them."""

    def __init__(self, folder):
        super().__init__()
        for name, weight in load_file(Path(folder) / "model.safetensors").items():
            if not name.endswith(".weight") or weight.ndim != 2:
                continue
            *parents, last = name.removesuffix(".weight").split(".")
            place = self
            for part in parents:
                if not hasattr(place, part):
                    place.add_module(part, torch.nn.Module())
                place = getattr(place, part)
            layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
            layer.weight = torch.nn.Parameter(weight)
            place.add_module(last, layer)

    def prepare_inputs_for_generation(self):
        raise NotImplementedError("only PEFT asks whether this is there")


def wrapped(model):
    prefix = "base_model.model."
    return {n.removeprefix(prefix): m for n, m in model.named_modules() if isinstance(m, LoraLayer)}


@torch.no_grad()
def logits(model, inputs):
    given = {name: inputs[name] for name in ("input_ids", "attention_mask", "pixel_values")}
    return model(**given, use_cache=False).logits


def drawn(model, targets, seed, rank, alpha):
    """An adapter with both halves drawn by chance, of another rank and alpha in the decoder's second layer."""
    torch.manual_seed(seed)
    other = "layers.1.mlp.up_proj"
    config = LoraConfig(
        r=rank, lora_alpha=alpha, lora_dropout=0.1, bias="none", task_type="CAUSAL_LM", target_modules=targets,
        rank_pattern={other: rank + 1}, alpha_pattern={other: 2 * alpha})
    model = get_peft_model(model, config).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "lora_B" in name:
                p.copy_(0.1 * torch.randn(p.shape))
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["apply", "make", "deltas"])
    parser.add_argument("--model", required=True, help="the base model's folder")
    parser.add_argument("--adapter", required=True, help="the adapter's folder, read or written")
    parser.add_argument("--inputs", help="safetensors with input_ids, attention_mask, pixel_values")
    parser.add_argument("--out", required=True, help="safetensors to write")
    parser.add_argument("--targets", help="target_modules of the adapter to make: a regular expression")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--rank", type=int, default=3)
    parser.add_argument("--alpha", type=float, default=6.0)
    given = parser.parse_args()

    if given.what == "deltas":
        model = PeftModel.from_pretrained(Original(given.model), given.adapter)
        out = {name: layer.get_delta_weight("default").contiguous() for name, layer in wrapped(model).items()}
    else:
        model = native_model(given.model)
        inputs = load_file(given.inputs)
        out = {"base": logits(model, inputs)}
        if given.what == "apply":
            model = PeftModel.from_pretrained(model, given.adapter).eval()
        else:
            model = drawn(model, given.targets, given.seed, given.rank, given.alpha)
            model.save_pretrained(given.adapter)
        out["tuned"] = logits(model, inputs)
    save_file({name: t.detach().contiguous().clone() for name, t in out.items()}, given.out)
    print(json.dumps(sorted(wrapped(model))))


main()
