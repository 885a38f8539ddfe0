"""Super-resolution: the diffusion upsampler that takes MM-Diffusion's 64x64 pictures to 256x256."""
