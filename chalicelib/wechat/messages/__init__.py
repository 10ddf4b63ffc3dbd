"""What a follower sends us and what we may answer; XML goes no further than this folder."""

from .message import Message, message, parse
from .reading import BadMessage, fields_of
from .replies import (
    Article,
    Image,
    Music,
    News,
    Reply,
    Text,
    Transfer,
    Video,
    Voice,
    render,
    reply_data,
    reply_from,
    split_text,
)

__all__ = [
    "Article",
    "BadMessage",
    "Image",
    "Message",
    "Music",
    "News",
    "Reply",
    "Text",
    "Transfer",
    "Video",
    "Voice",
    "fields_of",
    "message",
    "parse",
    "render",
    "reply_data",
    "reply_from",
    "split_text",
]
