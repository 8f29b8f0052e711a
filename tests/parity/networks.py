"""Builds the reference networks, fills them by rule, runs them. Every function returns {name: float32 array}."""

import os
import pathlib

import torch
from diffusers import AutoencoderKLTemporalDecoder, AutoencoderTiny, UNetSpatioTemporalConditionModel
from safetensors.torch import load_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from rule_weights import rule_tensor, rule_weight
from taesdv import TaesdvDecoder

SHARED_DATA = pathlib.Path(os.environ.get("SFV_SHARED_DATA", pathlib.Path(__file__).parents[2] / ".." / "shared" / "data"))


class MissingData(Exception):
    """A case needs a file of the shared data folder that is not there."""


def fill_by_rule(model, weight_set, rename=lambda key: key):
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(rule_weight(rename(key), tuple(parameter.shape), weight_set)))
    return model.eval()


def build_diffusers(model_class, config, weight_set, rename=lambda key: key):
    with torch.device("meta"):  # skips the random initialisation, which is slow at full width
        model = model_class.from_config(config)
    return fill_by_rule(model.to_empty(device="cpu"), weight_set, rename)


def build_clip(config, weight_set):
    return fill_by_rule(CLIPVisionModelWithProjection(CLIPVisionConfig(**config)), weight_set)


def published_taesd_key(key):
    """diffusers' name of a TAESD tensor -> the published one: its decoder begins with a clamp, which counts as layer 0."""
    side, _, index, rest = key.split(".", 3)
    return f"{side}.{int(index) + (side == 'decoder')}.{rest}"


def build_taesd(config, weights, side):
    model = build_diffusers(AutoencoderTiny, config, "normal", published_taesd_key)
    if weights.startswith("shared:"):
        path = SHARED_DATA / weights.removeprefix("shared:")
        if not path.exists():
            raise MissingData(str(path))
        published = load_file(path)
        own = {k: published[published_taesd_key(k).removeprefix(side + ".")]
               for k in model.state_dict() if k.startswith(side + ".")}
        missing, unexpected = model.load_state_dict(own, strict=False)
        assert not unexpected and not any(k.startswith(side + ".") for k in missing)
    return model


def gradients(model, output, inputs, cotangent_name):
    """Of sum(output * cotangent), for every parameter (zeros where none flows) and for the inputs."""
    cotangent = torch.from_numpy(rule_tensor(cotangent_name, tuple(output.shape)))
    (output * cotangent).sum().backward()
    result = {}
    for key, parameter in model.named_parameters():
        grad = parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)
        result["grad/" + key] = grad.numpy()
    for key, value in inputs.items():
        result["grad_input/" + key] = value.grad.numpy()
    return result


def run_forward(case, model, forward, sample, dtype):
    """forward(model, sample) -> output; adds the gradients where the case asks for them."""
    model, sample = model.to(dtype), sample.to(dtype)
    if not case.get("gradient"):
        with torch.no_grad():
            return {"output": forward(model, sample).float().numpy()}
    sample.requires_grad_(True)
    output = forward(model, sample)
    return {"output": output.detach().numpy(), **gradients(model, output, {"sample": sample}, case.get("cotangent", "cotangent"))}


def rule_input(name, shape, scale):
    return torch.from_numpy(rule_tensor("input." + name, shape, scale))


def run_unet(case, dtype=torch.float32):
    model = build_diffusers(UNetSpatioTemporalConditionModel, case["config"], case["weights"])
    b, f = case["batch"], case["frames"]
    width = model.config.cross_attention_dim
    width = width if isinstance(width, int) else width[0]
    sample = rule_input("sample", (b, f, model.config.in_channels, case["height"], case["width"]), case["scale"])
    context = rule_input("context", (b, case["context"], width), 1.5).to(dtype)
    ids = torch.tensor(case["time_ids"], dtype=torch.float32).to(dtype)
    timestep = torch.tensor(case["timestep"], dtype=torch.float32)

    def forward(net, x):
        return net(x, timestep, encoder_hidden_states=context, added_time_ids=ids).sample

    return run_forward(case, model, forward, sample, dtype)


def run_vae_encoder(case, dtype=torch.float32):
    model = build_diffusers(AutoencoderKLTemporalDecoder, case["config"], case["weights"])
    sample = rule_input("sample", (case["batch"], model.config.in_channels, case["height"], case["width"]), case["scale"])
    return run_forward(case, model, lambda net, x: net.encode(x).latent_dist.mode(), sample, dtype)


def run_vae_decoder(case, dtype=torch.float32):
    model = build_diffusers(AutoencoderKLTemporalDecoder, case["config"], case["weights"])
    frames = case["frames"]
    shape = (case["batch"] * frames, model.config.latent_channels, case["height"], case["width"])
    sample = rule_input("sample", shape, case["scale"])
    return run_forward(case, model, lambda net, x: net.decode(x, num_frames=frames).sample, sample, dtype)


def run_clip(case, dtype=torch.float32):
    model = build_clip(case["config"], case["weights"])
    side = model.config.image_size
    sample = rule_input("sample", (case["batch"], model.config.num_channels, side, side), case["scale"])
    return run_forward(case, model, lambda net, x: net(x).image_embeds, sample, dtype)


def run_taesd_encoder(case, dtype=torch.float32):
    model = build_taesd(case["config"], case["weights"], "encoder")
    sample = rule_input("sample", (case["batch"], 3, case["height"], case["width"]), case["scale"])
    return run_forward(case, model, lambda net, x: net.encode(x).latents, sample, dtype)


def run_taesd_decoder(case, dtype=torch.float32):
    model = build_taesd(case["config"], case["weights"], "decoder")
    sample = rule_input("sample", (case["batch"], 4, case["height"], case["width"]), case["scale"])
    return run_forward(case, model, lambda net, x: net.decode(x).sample, sample, dtype)


def run_taesdv_decoder(case, dtype=torch.float32):
    model = fill_by_rule(TaesdvDecoder(), case["weights"], lambda key: "decoder." + key)
    sample = rule_input("sample", (case["frames"], 4, case["height"], case["width"]), case["scale"])
    # -1..1, as diffusers' AutoencoderTiny gives it.
    return run_forward(case, model, lambda net, x: net(x) * 2 - 1, sample, dtype)
