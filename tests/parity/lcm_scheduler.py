"""AnimateLCM-SVD's scheduler, written from its published description, in the shape that diffusers' pipeline calls."""

from types import SimpleNamespace

import numpy as np
import torch


class AnimateLcmScheduler:
    order = 1

    def __init__(self, draw_noise, num_train_timesteps=40, sigma_min=0.002, sigma_max=700.0, rho=7, s_noise=1.0, **_):
        """draw_noise(shape, step): the unit normal noise of a step; called only when there is more than one step."""
        self.draw_noise, self.s_noise = draw_noise, s_noise
        self.num_train_timesteps = num_train_timesteps
        self.sigma_min, self.sigma_max, self.rho = sigma_min, sigma_max, rho
        self.init_noise_sigma = (sigma_max**2 + 1) ** 0.5

    def set_timesteps(self, num_inference_steps, device=None):
        index = np.arange(num_inference_steps) * (self.num_train_timesteps // num_inference_steps)
        ramp = index / (self.num_train_timesteps - 1)
        low, high = self.sigma_min ** (1 / self.rho), self.sigma_max ** (1 / self.rho)
        sigmas = (high + ramp * (low - high)) ** self.rho
        self.timesteps = torch.from_numpy(0.25 * np.log(sigmas + 1e-44))
        self.sigmas = torch.from_numpy(np.append(sigmas, 0).astype(np.float32))
        self.step_index = 0

    def scale_model_input(self, sample, timestep):
        return sample / (self.sigmas[self.step_index] ** 2 + 1) ** 0.5

    def step(self, v, timestep, sample):
        sigma, sigma_next = self.sigmas[self.step_index], self.sigmas[self.step_index + 1]
        x0 = v * (-sigma / (sigma**2 + 1) ** 0.5) + sample / (sigma**2 + 1)
        many = len(self.timesteps) > 1
        noise = self.draw_noise(sample.shape, self.step_index) if many else torch.zeros_like(sample)
        self.step_index += 1
        return SimpleNamespace(prev_sample=x0 + self.s_noise * noise.to(x0.dtype) * sigma_next)
