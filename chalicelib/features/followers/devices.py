"""What a browser says of itself: the device, WeChat's version and the language."""

from __future__ import annotations

import re

# `re` compiles them when the first visitor comes, and remembers: most messages never need them.
IN_USER_AGENT = {
    "wechat_version": r"(?a)\bMicroMessenger/(\d{1,5}(?:\.\d{1,5}){0,3})(?!\d)",
    "language": r"\bLanguage/([A-Za-z]{2,3}(?:[_-][A-Za-z]{2,4})?)",
}
# The first that fits: an iPad calls itself a Mac too, and HarmonyOS an Android.
DEVICES = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("HarmonyOS", r"\b(?:OpenHarmony|HarmonyOS)\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("Mac", r"\bMac(?:intosh|WeChat)\b"),
    ("Linux", r"\bLinux\b"),
)
MODEL = r"(?a)\bAndroid [\d.]+; (?:[a-z]{2}[-_][a-zA-Z]{2}; )?([\w .+()-]{1,40}?)(?: Build|[;)])"
LONGEST = 1000  # characters of a User-Agent that are looked at


def device_of(user_agent: str) -> dict[str, str]:
    """{device, wechat_version, language}, as far as a browser tells; `Android (2201123C)` where it names its model."""
    said = user_agent[:LONGEST]
    told = {name: found[1] for name, pattern in IN_USER_AGENT.items() if (found := re.search(pattern, said))}
    device = next((name for name, pattern in DEVICES if re.search(pattern, said)), "")
    model = re.search(MODEL, said) if device == "Android" else None
    if model and model[1].strip() not in ("", "K"):  # browsers that hide the model call it K
        device = f"{device} ({model[1].strip()})"
    return ({"device": device} if device else {}) | told
