"""What clients read of a photo that cannot be used, and of one that perhaps will not do."""

from __future__ import annotations

FAULTS = {
    "blurred": "照片模糊。请拿稳手机，等画面清晰后再拍一张。",
    "glare": "证件上有反光。请稍微移动证件或避开灯光，关闭闪光灯后重新拍摄。",
    "dark": "照片太暗。请到光线好的地方重新拍摄。",
    "no_card": "照片中没有找到身份证。请把证件平放在干净的桌面上，拍下整张证件。",
    "too_small": "证件在照片中太小。请靠近一些，让证件占满画面。",
    "covered": "证件有一部分被遮挡。请移开手指和其他物品后重新拍摄。",
    "cut_off": "证件没有拍完整。请稍微拿远一些，让证件的四个角都在画面里。",
    "low_contrast": "证件与背景颜色太接近。请把证件放在颜色较深、没有花纹的背景上重新拍摄。",
}
MILD = {
    "copy": "这张照片看起来是复印件。请拍摄证件原件，否则可能会被退回。",
    "screen": "这张照片看起来是翻拍屏幕的。请拍摄证件原件，否则可能会被退回。",
}
"""Said, and taken all the same."""
PATIENT = 60_000
"""Milliseconds that a photo may take to be sent and looked at on a busy machine."""
