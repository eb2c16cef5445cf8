"""A phone photo of an identity card becomes an upright, complete, legible card, or the reason why not."""

from banli_imaging.plugin import ImagingPlugin

__all__ = ["ImagingPlugin"]
