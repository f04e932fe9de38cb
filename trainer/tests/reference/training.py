"""PyTorch, transformers and PEFT's side of `./dev bench train`.

    python training.py make FOLDER --sequences 4 --tokens 304 --answer 80
    python training.py steps FOLDER --mode lora --steps 8 --threads 2 [--checkpointed] [--in-turn] [--device cuda [--mixed]]

`make` reads the sizes of a model from FOLDER/model/config.json and puts what both sides start from beside it: weights in the original
naming (`model/`) and the HF-native one (`native/`), an adapter (`adapter_init/`), a batch (`ref.safetensors`) and the optimizer's
settings (`ref.json`), as `make.py` does for `medreg-trainer verify`, which reads such a folder too. `steps` trains on that batch, again
and again, and prints one line of JSON: the loss and the seconds of each step, and by how many bytes the process grew at most.

`steps` leaves out whatever PyTorch need not do: no attention mask where there is no padding, logits of the answers' rows only.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from internvl import END, IGNORED, IMAGE, PATCH, adapted, build, stable, to_original
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import InternVLForConditionalGeneration

SEED = 21
LORA = dict(rank=8, alpha=16)
ADAMW = dict(lr=1e-4, betas=[0.9, 0.999], eps=1e-8, weight_decay=0.01)


def settings(config, sequences):
    """What `build` takes, out of a `config.json` in the original naming; a picture of one tile for each sequence."""
    v, t = config["vision_config"], config["llm_config"]
    sizes = ("num_hidden_layers", "hidden_size", "num_attention_heads")
    return dict(
        seed=SEED, vision=(*(v[k] for k in sizes), v["intermediate_size"]), side=v["image_size"] // PATCH,
        text=(*(t[k] for k in sizes), t["num_key_value_heads"], t["intermediate_size"]), tied=False, tiles=[1] * sequences, llama=False,
        vocabulary=t["vocab_size"], spread=0.02)


def batch(s, tokens, answer):
    """Sequences of one length: a picture, a question, an answer of which every token is supervised."""
    draw = torch.Generator().manual_seed(SEED)
    count = len(s["tiles"])
    ids = torch.randint(6, s["vocabulary"], (count, tokens), generator=draw)
    image = (s["side"] // 2) ** 2
    assert 8 + image + answer <= tokens, f"{tokens} tokens have no room for {image} of a picture and {answer} of an answer"
    ids[:, 0], ids[:, 5], ids[:, 6:6 + image], ids[:, 6 + image], ids[:, -1] = 1, 3, IMAGE, 4, END
    labels = ids.clone()
    labels[:, :-answer] = IGNORED
    side = s["side"] * PATCH
    return {
        "input_ids": ids, "labels": labels, "attention_mask": torch.ones_like(ids),
        "pixel_values": torch.randn(count, 3, side, side, generator=draw)}


def make(given):
    config = json.loads((given.folder / "model" / "config.json").read_text())
    s = settings(config, given.sequences)
    hf_config, model = build(s)
    named = {stable(k): v.detach().contiguous().clone() for k, v in model.state_dict().items()}
    (given.folder / "native").mkdir(exist_ok=True)
    save_file(to_original(named), given.folder / "model" / "model.safetensors")
    save_file(named, given.folder / "native" / "model.safetensors", metadata={"format": "pt"})
    (given.folder / "native" / "config.json").write_text(json.dumps(hf_config.to_dict(), indent=1, default=str))
    tensors = batch(s, given.tokens, given.answer)
    save_file(tensors, given.folder / "ref.safetensors")
    with torch.no_grad():
        loss = model(**inputs(tensors)).loss.item()
    (given.folder / "ref.json").write_text(json.dumps({"image_token_id": IMAGE, "loss": loss, "adamw": ADAMW}))
    tuned, _ = adapted(model, LORA["rank"], LORA["alpha"], SEED, 0.01)
    tuned.save_pretrained(given.folder / "adapter_init")


def inputs(tensors):
    """What the model is called with. Rows before the first supervised token need no logits, and full rows no mask."""
    labels, mask = tensors["labels"], tensors["attention_mask"]
    first = (labels != IGNORED).any(0).nonzero().min().item() - 1
    return dict(
        input_ids=tensors["input_ids"], pixel_values=tensors["pixel_values"], attention_mask=None if mask.all() else mask,
        labels=labels[:, first:], logits_to_keep=labels.shape[1] - first, use_cache=False)


def growth_since(before, device):
    """By how many bytes the process grew at most; what is in a GPU's memory the system does not tell."""
    return None if device.type == "cuda" else in_status("VmHWM") - before


def in_status(field):
    """Bytes of a field of this process's status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))


def optimizer_over(parameters, adamw):
    return torch.optim.AdamW(
        parameters, lr=adamw["lr"], betas=tuple(adamw["betas"]), eps=adamw["eps"], weight_decay=adamw["weight_decay"], fused=True)


def load_what_a_step_needs(adamw, device):
    """PyTorch loads parts of itself at the first step; they belong to the process, not to the model."""
    x = torch.nn.Parameter(torch.zeros(4, device=device))
    optimizer = optimizer_over([x], adamw)
    x.sum().backward()
    optimizer.step()


def trained_model(folder, mode, checkpointed):
    model = InternVLForConditionalGeneration.from_pretrained(folder / "native", dtype=torch.float32, attn_implementation="sdpa")
    if mode == "lora":
        model = PeftModel.from_pretrained(model, folder / "adapter_init", is_trainable=True)
    if checkpointed:
        model.activation_checkpointing_enable({"use_reentrant": False})
        # Only the re-entrant kind needs inputs with gradients; they would have the frozen vision tower differentiated.
        model.disable_input_require_grads()
    return model.train()


def turn():
    """Tells whoever called that a step can be taken, and waits to be told to take it."""
    # OpenMP's threads wait for more to do by spinning, some 20 ms: not while somebody else is measured.
    time.sleep(0.1)
    print("ready", flush=True)
    if not sys.stdin.readline():
        sys.exit("nobody says any more when a step is to be taken")


def steps(given):
    torch.set_num_threads(given.threads)
    device = torch.device(given.device)
    adamw = json.loads((given.folder / "ref.json").read_text())["adamw"]
    load_what_a_step_needs(adamw, device)
    Path("/proc/self/clear_refs").write_text("5")
    before = in_status("VmRSS")
    model = trained_model(given.folder, given.mode, given.checkpointed).to(device)
    data = inputs({name: tensor.to(device) for name, tensor in load_file(given.folder / "ref.safetensors").items()})
    optimizer = optimizer_over([p for p in model.parameters() if p.requires_grad], adamw)
    losses, seconds = [], []
    for _ in range(given.steps):
        if given.in_turn:
            turn()
        begun = time.perf_counter()
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=given.mixed):
            loss = model(**data).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - begun)
    print(json.dumps(dict(losses=losses, step_seconds=seconds, growth_bytes=growth_since(before, device))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    making = verbs.add_parser("make", help="weights, adapter and batch for the sizes of FOLDER/model/config.json")
    making.add_argument("folder", type=Path)
    making.add_argument("--sequences", type=int, required=True)
    making.add_argument("--tokens", type=int, required=True, help="of each sequence")
    making.add_argument("--answer", type=int, required=True, help="supervised tokens at the end of each")
    taking = verbs.add_parser("steps", help="train on the batch, print one line of JSON")
    taking.add_argument("folder", type=Path)
    taking.add_argument("--mode", choices=["lora", "full"], required=True)
    taking.add_argument("--steps", type=int, required=True)
    taking.add_argument("--threads", type=int, required=True)
    taking.add_argument("--device", default="cpu")
    taking.add_argument("--mixed", action="store_true", help="products in bf16, by autocast")
    taking.add_argument("--in-turn", action="store_true", help="before each step print a line and wait for one")
    taking.add_argument("--checkpointed", action="store_true", help="compute activations anew in the backward pass")
    given = parser.parse_args()
    {"make": make, "steps": steps}[given.verb](given)


main()
