"""Makes small reference sets for `medreg-trainer verify` with PyTorch, transformers and PEFT.

    python make.py OUT

needs torch, transformers, peft, safetensors and Pillow (the sets in this folder: torch 2.15.0, transformers 5.24.0, peft 0.21.2,
Pillow 13.0.0 on a CPU).
Each set is a model with weights drawn by chance (`model/` in the original naming, `native/` in the HF-native one where that can say
the same), `ref.safetensors` and `ref.json` with what PyTorch computes, and `adapter_init/` for the low-rank tuning. The pixel
shuffle is written here from its description, the original naming in `internvl.py`; everything else is the libraries'.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from internvl import END, IGNORED, IMAGE, PATCH, adapted, build, original_config, stable, to_original
from PIL import Image
from safetensors.torch import save_file

VOCABULARY = 96

COMMON = dict(vocabulary=VOCABULARY, spread=0.1)
SETS = {
    # Qwen2, LayerNorm, biases, rows in order; the first row's picture is three tiles.
    "qwen2": dict(seed=11, vision=(3, 24, 2, 40), side=4, text=(2, 32, 4, 2, 48), tied=False, tiles=[3, 1], llama=False, **COMMON),
    # Llama, RMSNorm, q and k normalised, columns first, a tied head, eight queries to one key.
    "llama": dict(seed=12, vision=(1, 32, 4, 36), side=6, text=(3, 64, 8, 1, 40), tied=True, tiles=[1, 1], llama=True, **COMMON),
}


def shuffle(states, llama):
    """Two by two neighbours in one token: rows of tokens in order (v2), or columns (v1)."""
    n, count, width = states.shape
    half = int(count**0.5) // 2
    x = states.reshape(n, half, 2, half, 2, width)
    order = (0, 3, 1, 2, 4, 5) if llama else (0, 1, 3, 2, 4, 5)
    return x.permute(order).reshape(n, half * half, 4 * width)


class Parts:
    """The model as the separate steps whose results are stored."""

    def __init__(self, config, model, llama):
        self.vision, self.projector = model.model.vision_tower, model.model.multi_modal_projector
        self.text, self.head, self.llama, self.config = model.model.language_model, model.lm_head, llama, config

    def image_tokens(self, pixels):
        return self.projector(shuffle(self.vision(pixel_values=pixels).last_hidden_state[:, 1:], self.llama))

    def embed(self, ids, pixels):
        x = self.text.get_input_embeddings()(ids)
        places = (ids == IMAGE).unsqueeze(-1).expand_as(x)
        return x.masked_scatter(places, self.image_tokens(pixels).to(x.dtype))

    def states(self, x, mask):
        return self.text(inputs_embeds=x, attention_mask=mask, use_cache=False).last_hidden_state

    def loss(self, logits, labels):
        flat = logits[:, :-1].reshape(-1, VOCABULARY)
        return torch.nn.functional.cross_entropy(flat, labels[:, 1:].reshape(-1), ignore_index=IGNORED)

    @torch.no_grad()
    def greedy(self, prompt, pixels, count):
        tokens = list(prompt)
        for _ in range(count):
            ids = torch.tensor([tokens])
            logits = self.head(self.states(self.embed(ids, pixels), torch.ones_like(ids)))[0, -1]
            tokens.append(int(logits.argmax()))
            if tokens[-1] == END:
                break
        return tokens[len(prompt):]


def batch(s):
    draw = torch.Generator().manual_seed(s["seed"] + 2)
    text = lambda n: torch.randint(6, VOCABULARY, (n,), generator=draw).tolist()
    rows = []
    for tiles, answer in zip(s["tiles"], (9, 6)):
        prompt = [1, *text(4), 3, *[IMAGE] * (tiles * (s["side"] // 2) ** 2), 4, *text(5)]
        rows.append((prompt, text(answer) + [END]))
    length = max(len(p) + len(a) for p, a in rows)
    pad = lambda row, value: row + [value] * (length - len(row))
    ids = torch.tensor([pad(p + a, 0) for p, a in rows])
    labels = torch.tensor([pad([IGNORED] * len(p) + a, IGNORED) for p, a in rows])
    mask = torch.tensor([pad([1] * (len(p) + len(a)), 0) for p, a in rows])
    side = s["side"] * PATCH
    pixels = torch.randn(sum(s["tiles"]), 3, side, side, generator=draw)
    return [p for p, _ in rows], ids, labels, mask, pixels


def forward(parts, tensors, facts, ids, labels, mask, pixels):
    with torch.no_grad():
        x = parts.vision.embeddings(pixels)
        x = x[0] if isinstance(x, tuple) else x
        tensors["vision_embeddings"] = x
        tensors["vision_hidden_1"] = parts.vision.encoder.layer[0](x)
        last = parts.vision(pixel_values=pixels).last_hidden_state
        tensors["vision_last_hidden"] = last
        tensors["pixel_shuffled"] = shuffle(last[:, 1:], parts.llama)
        tensors["projector_out"] = parts.image_tokens(pixels)
        tensors["inputs_embeds"] = x = parts.embed(ids, pixels)
        seen = []
        hook = parts.text.layers[0].register_forward_hook(lambda _m, _i, out: seen.append(out[0] if isinstance(out, tuple) else out))
        tensors["text_final_norm"] = states = parts.states(x, mask)
        hook.remove()
        tensors["text_hidden_1"] = seen[0]
        tensors["logits"] = logits = parts.head(states)
        facts["loss"] = parts.loss(logits, labels).item()


def full_gradients(model, parts, tensors, facts, ids, labels, mask, pixels):
    for p in model.parameters():
        p.requires_grad_(True)
    parts.loss(parts.head(parts.states(parts.embed(ids, pixels), mask)), labels).backward()
    norms = {}
    for name, p in model.named_parameters():
        if p.grad is None:
            continue
        norms[stable(name)] = p.grad.norm().item()
        if p.ndim == 1 or "attention" in name or "embed_tokens" in name:
            tensors["full_grad." + stable(name)] = p.grad.clone()
        p.grad = None
    facts["full_grad_norms"] = norms
    facts["full_grad_global_norm"] = sum(n * n for n in norms.values()) ** 0.5


def tuning(model, parts, tensors, facts, out, seed, ids, labels, mask, pixels):
    tuned, trained = adapted(model, 4, 8, seed, 0.05)
    tuned.save_pretrained(out / "adapter_init")
    optimizer = torch.optim.AdamW([p for _, p in trained], lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    losses, norms = [], []
    for step in range(11):
        logits = parts.head(parts.states(parts.embed(ids, pixels), mask))
        loss = parts.loss(logits, labels)
        losses.append(loss.item())
        if step == 10:
            break
        loss.backward()
        norms.append(torch.stack([p.grad.norm() for _, p in trained]).norm().item())
        if step == 0:
            tensors["lora_logits_step0_row0_last32"] = logits[0, -32:].detach()
            tensors |= {"lora_grad." + stable(n): p.grad.clone() for n, p in trained}
        optimizer.step()
        optimizer.zero_grad()
    facts["lora"] = dict(r=4, alpha=8, lr=2e-3, betas=[0.9, 0.999], eps=1e-8, weight_decay=0.01, losses=losses, grad_norms=norms)
    tuned.save_pretrained(out / "adapter_step10")


def make(name, s, root):
    out = root / name
    (out / "model").mkdir(parents=True, exist_ok=True)
    config, model = build(s)
    model.eval()
    parts = Parts(config, model, s["llama"])
    named = {stable(k): v.detach().contiguous().clone() for k, v in model.state_dict().items()}
    if s["tied"]:
        named.pop("language_model.lm_head.weight", None)
    save_file(to_original(named), out / "model" / "model.safetensors")
    (out / "model" / "config.json").write_text(json.dumps(original_config(s, config), indent=1))
    if not s["llama"]:
        (out / "native").mkdir(exist_ok=True)
        save_file(named, out / "native" / "model.safetensors", metadata={"format": "pt"})
        (out / "native" / "config.json").write_text(json.dumps(config.to_dict(), indent=1, default=str))
    prompts, ids, labels, mask, pixels = batch(s)
    data = (ids, labels, mask, pixels)
    tensors = {"input_ids": ids, "labels": labels, "attention_mask": mask, "pixel_values": pixels}
    facts = {"image_token_id": IMAGE, "prompt_ids": prompts}
    forward(parts, tensors, facts, *data)
    if not s["llama"]:
        library = model(input_ids=ids, attention_mask=mask, pixel_values=pixels, use_cache=False).logits
        assert ((library - tensors["logits"]) * mask.unsqueeze(-1)).abs().max() < 1e-5, "the steps are not the library's"
    starts = [sum(s["tiles"][:n]) for n in range(len(prompts))]
    pictures = [pixels[a:a + n] for a, n in zip(starts, s["tiles"])]
    greedy = lambda: [parts.greedy(p, x, 12) for p, x in zip(prompts, pictures)]
    facts["greedy_base"] = greedy()
    full_gradients(model, parts, tensors, facts, *data)
    tuning(model, parts, tensors, facts, out, s["seed"], *data)
    facts["greedy_lora_step10"] = greedy()
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, out / "ref.safetensors")
    (out / "ref.json").write_text(json.dumps(facts))
    print(name, "loss", round(facts["loss"], 4), "after ten steps", round(facts["lora"]["losses"][-1], 4))


def pictures(out):
    """Pictures with hard edges and noise, and what Pillow makes of them at other sizes."""
    out.mkdir(parents=True, exist_ok=True)
    draw = numpy.random.default_rng(7)
    for name, (width, height), to in (("smaller", (90, 64), 28), ("larger", (24, 17), 56), ("lower", (70, 110), 56)):
        pixels = draw.integers(0, 256, (height, width, 3), dtype=numpy.uint8)
        stripes = numpy.arange(width) // 5 % 2 == 0
        pixels[: height // 2] = numpy.where(stripes[None, :, None], 255, 0)
        picture = Image.fromarray(pixels)
        picture.save(out / f"{name}.png")
        picture.resize((to, to), Image.BICUBIC).save(out / f"{name}.resized.png")


def grid(width, height, side, most, least=1):
    """Columns and rows of tiles as InternVL chooses them (the rule as published; candidates with fewer tiles first)."""
    candidates = {(i, j) for n in range(least, most + 1) for i in range(1, n + 1) for j in range(1, n + 1) if least <= i * j <= most}
    best, nearest = (1, 1), float("inf")
    for columns, rows in sorted(candidates, key=lambda c: c[0] * c[1]):
        far = abs(width / height - columns / rows)
        if far < nearest or (far == nearest and width * height > 0.5 * side * side * columns * rows):
            best, nearest = (columns, rows), far
    return best


def tilings(out):
    """Grid choices, and tiles with the whole picture after them, one below the other in one picture."""
    draw = numpy.random.default_rng(9)
    sizes = [(224, 224), (800, 600), (600, 800), (1024, 512), (512, 1024), (1920, 1080), (448, 448), (896, 896), (2000, 300),
             (300, 2000), (1, 1), (5000, 1), (1500, 1000), (633, 634), (3328, 2560), (2560, 3328)]
    sizes += [tuple(int(n) for n in draw.integers(1, 4000, 2)) for _ in range(40)]
    choices = [dict(width=w, height=h, side=side, most=most, grid=grid(w, h, side, most))
               for w, h in sizes for side, most in ((448, 1), (448, 4), (448, 6), (448, 12), (56, 12), (224, 40))]
    (out / "grids.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in choices) + "\n]\n")
    for name, side, most in (("smaller", 28, 6), ("larger", 28, 6), ("lower", 28, 2)):
        picture = Image.open(out / f"{name}.png")
        columns, rows = grid(*picture.size, side, most)
        large = picture.resize((columns * side, rows * side), Image.BICUBIC)
        tiles = [large.crop((c * side, r * side, (c + 1) * side, (r + 1) * side)) for r in range(rows) for c in range(columns)]
        tiles += [picture.resize((side, side), Image.BICUBIC)] if len(tiles) > 1 else []
        below = Image.new("RGB", (side, side * len(tiles)))
        for n, tile in enumerate(tiles):
            below.paste(tile, (0, n * side))
        below.save(out / f"{name}.tiles{most}.png")


pictures(Path(sys.argv[1]) / "pictures")
tilings(Path(sys.argv[1]) / "pictures")
for name, settings in SETS.items():
    make(name, settings, Path(sys.argv[1]))
