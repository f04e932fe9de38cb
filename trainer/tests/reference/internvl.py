"""InternVL as transformers builds it, with weights drawn by chance, and the names that its parameters have on disk.

What `make.py` and `training.py` have in common. The original naming is written here from its description.
"""

import torch
from peft import LoraConfig, get_peft_model
from transformers import InternVLConfig, InternVLForConditionalGeneration, LlamaConfig, Qwen2Config
from transformers.models.internvl.configuration_internvl import InternVLVisionConfig

IGNORED, IMAGE, END = -100, 5, 2
PATCH = 14


def build(s):
    """The model of these settings: `vision` is (layers, width, heads, inner), `text` (layers, width, heads, key heads, inner)."""
    layers, width, heads, inner = s["vision"]
    vision = InternVLVisionConfig(
        hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=inner,
        image_size=[s["side"] * PATCH] * 2, patch_size=[PATCH] * 2, attention_bias=not s["llama"], use_qk_norm=s["llama"],
        norm_type="rms_norm" if s["llama"] else "layer_norm", layer_norm_eps=1e-6, initializer_range=s["spread"],
    )
    layers, width, heads, keys, inner = s["text"]
    common = dict(
        vocab_size=s["vocabulary"], hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=keys,
        intermediate_size=inner, max_position_embeddings=512, tie_word_embeddings=s["tied"], initializer_range=s["spread"],
        bos_token_id=1, eos_token_id=END, pad_token_id=0,
    )
    if s["llama"]:
        text = LlamaConfig(rope_theta=5e6, rms_norm_eps=1e-5, attention_bias=False, mlp_bias=False, **common)
    else:
        text = Qwen2Config(rope_theta=1e6, rms_norm_eps=1e-6, use_sliding_window=False, **common)
    config = InternVLConfig(
        vision_config=vision, text_config=text, image_token_id=IMAGE, image_seq_length=(s["side"] // 2) ** 2,
        downsample_ratio=0.5, projector_hidden_act="gelu", vision_feature_layer=-1, vision_feature_select_strategy="default",
        tie_word_embeddings=s["tied"],
    )
    config._attn_implementation = "eager"
    torch.manual_seed(s["seed"])
    model = InternVLForConditionalGeneration(config).float()
    noise = torch.Generator().manual_seed(s["seed"] + 1)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim == 1 or "cls_token" in name or "position_embeddings" in name:
                p.add_(s["spread"] * torch.randn(p.shape, generator=noise))
            if "lambda_" in name:
                p.copy_(0.4 + 0.1 * torch.randn(p.shape, generator=noise))
    return config, model


def stable(name):
    """A parameter's name on disk, whichever way this version of transformers nests it in memory."""
    name = name.removeprefix("base_model.model.").replace(".base_layer.", ".").replace(".default.", ".").removeprefix("model.")
    if name.startswith("language_model.") and not name.startswith("language_model.model."):
        name = name.replace("language_model.", "language_model.model.", 1)
    return name.replace("lm_head.", "language_model.lm_head.") if name.startswith("lm_head.") else name


RENAMED = [
    ("vision_tower.embeddings.cls_token", "vision_model.embeddings.class_embedding"),
    ("vision_tower.embeddings.position_embeddings", "vision_model.embeddings.position_embedding"),
    ("vision_tower.embeddings.patch_embeddings.projection", "vision_model.embeddings.patch_embedding"),
    ("vision_tower.encoder.layer.", "vision_model.encoder.layers."),
    ("layernorm_before", "norm1"), ("layernorm_after", "norm2"),
    ("attention.q_norm", "attn.q_norm"), ("attention.k_norm", "attn.k_norm"),
    ("attention.projection_layer", "attn.proj"), ("lambda_1", "ls1"), ("lambda_2", "ls2"),
    ("multi_modal_projector.layer_norm", "mlp1.0"), ("multi_modal_projector.linear_1", "mlp1.1"),
    ("multi_modal_projector.linear_2", "mlp1.3"),
]


def to_original(tensors):
    out = {}
    for name, tensor in tensors.items():
        if name.startswith("vision_tower.") and ("attention.k_proj" in name or "attention.v_proj" in name):
            continue
        if name.startswith("vision_tower.") and "attention.q_proj" in name:
            parts = [tensors[name.replace("q_proj", p)] for p in ("q_proj", "k_proj", "v_proj")]
            name, tensor = name.replace("attention.q_proj", "attn.qkv"), torch.cat(parts)
        if not name.startswith("language_model."):
            for old, new in RENAMED:
                name = name.replace(old, new)
        out[name] = tensor.contiguous().clone()
    return out


def original_config(s, config):
    v, t = config.vision_config, config.text_config
    text = {k: getattr(t, k) for k in (
        "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "intermediate_size",
        "max_position_embeddings", "rms_norm_eps", "tie_word_embeddings")}
    text |= dict(model_type="llama" if s["llama"] else "qwen2", rope_theta=5e6 if s["llama"] else 1e6, hidden_act="silu")
    return {
        "architectures": ["InternVLChatModel"], "model_type": "internvl_chat", "downsample_ratio": 0.5,
        "force_image_size": s["side"] * PATCH, "dynamic_image_size": not s["llama"], "select_layer": -1,
        "ps_version": "v1" if s["llama"] else "v2", "template": "Hermes-2" if s["llama"] else "internvl2_5", "llm_config": text,
        "vision_config": {
            "hidden_size": v.hidden_size, "num_hidden_layers": v.num_hidden_layers, "num_attention_heads": v.num_attention_heads,
            "intermediate_size": v.intermediate_size, "image_size": s["side"] * PATCH, "patch_size": PATCH,
            "qkv_bias": not s["llama"], "qk_normalization": s["llama"],
            "norm_type": "rms_norm" if s["llama"] else "layer_norm", "layer_norm_eps": 1e-6},
    }


def adapted(model, rank, alpha, seed, spread):
    """The model with PEFT's low-rank adapters on every linear layer of the decoder, the second halves drawn by chance too; and what is
    trained."""
    config = LoraConfig(
        r=rank, lora_alpha=alpha, lora_dropout=0.0, bias="none", task_type="CAUSAL_LM",
        target_modules=r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)")
    torch.manual_seed(seed)
    tuned = get_peft_model(model, config)
    noise = torch.Generator().manual_seed(seed)
    trained = [(n, p) for n, p in tuned.named_parameters() if p.requires_grad]
    with torch.no_grad():
        for name, p in trained:
            if "lora_B" in name:
                p.copy_(spread * torch.randn(p.shape, generator=noise))
    return tuned, trained
