"""MM-Diffusion's networks: the coupled U-Net of Ruan et al. 2023 (arXiv 2212.09478) and its two single streams."""
