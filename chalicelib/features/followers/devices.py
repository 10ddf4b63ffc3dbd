"""What a browser says of itself: the device, WeChat's version and the language."""

from __future__ import annotations

import re

IN_USER_AGENT = {
    "wechat_version": re.compile(r"\bMicroMessenger/(\d{1,5}(?:\.\d{1,5}){0,3})(?!\d)", re.ASCII),
    "language": re.compile(r"\bLanguage/([A-Za-z]{2,3}(?:[_-][A-Za-z]{2,4})?)"),
}
# The first that fits: an iPad calls itself a Mac too, and HarmonyOS an Android.
DEVICES = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("HarmonyOS", re.compile(r"\b(?:OpenHarmony|HarmonyOS)\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("Mac", re.compile(r"\bMac(?:intosh|WeChat)\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)
MODEL = re.compile(r"\bAndroid [\d.]+; (?:[a-z]{2}[-_][a-zA-Z]{2}; )?([\w .+()-]{1,40}?)(?: Build|[;)])", re.ASCII)
LONGEST = 1000  # characters of a User-Agent that are looked at


def device_of(user_agent: str) -> dict[str, str]:
    """{device, wechat_version, language}, as far as a browser tells; `Android (2201123C)` where it names its model."""
    said = user_agent[:LONGEST]
    told = {name: found[1] for name, pattern in IN_USER_AGENT.items() if (found := pattern.search(said))}
    device = next((name for name, pattern in DEVICES if pattern.search(said)), "")
    model = MODEL.search(said) if device == "Android" else None
    if model and model[1].strip() not in ("", "K"):  # browsers that hide the model call it K
        device = f"{device} ({model[1].strip()})"
    return ({"device": device} if device else {}) | told
