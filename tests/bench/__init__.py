"""Figures, as ratios against baselines that run in the same call: `make bench`."""
