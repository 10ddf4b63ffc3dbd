"""An ID token, checked as a stranger would: ES256 by the published keys, then issuer, audience and end."""

from __future__ import annotations

import base64
import binascii
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from simulator.accounts import Json

HALF = 32
CLOCKS_APART = 60


class NotValid(Exception):
    """The token is not for us, not from them, or not good any more; the text says which."""


def checked(token: str, keys: Json, issuer: str, audience: str, now: int) -> Json:
    """Its claims, of which only then anything is believed."""
    signed, _, signature = token.rpartition(".")
    head, _, body = signed.partition(".")
    key = _key(_part(head), keys)
    try:
        key.verify(_as_der(_bytes(signature)), signed.encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise NotValid("ID token 的签名不对。The signature of the ID token is wrong.") from None
    claims = _part(body)
    if claims.get("iss") != issuer:
        raise NotValid("ID token 不是这个品牌签发的。The ID token is from another issuer.")
    if claims.get("aud") != audience:
        raise NotValid("ID token 是给另一个网站的。The ID token is for another site.")
    if not int(claims.get("iat", 0)) - CLOCKS_APART <= now < int(claims.get("exp", 0)):
        raise NotValid("ID token 已过期。The ID token has expired.")
    return claims


def _key(head: Json, keys: Json) -> ec.EllipticCurvePublicKey:
    """By its `kid`; the token does not choose the algorithm."""
    found = next((key for key in keys.get("keys", []) if key.get("kid") == head.get("kid")), None)
    if found is None or head.get("alg") != "ES256" or (found.get("kty"), found.get("crv")) != ("EC", "P-256"):
        raise NotValid("没有验证 ID token 的公钥。There is no key to check the ID token with.")
    x, y = (int.from_bytes(_bytes(str(found.get(name)))) for name in ("x", "y"))
    try:
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise NotValid("公钥无效。The published key is not valid.") from None


def _as_der(signature: bytes) -> bytes:
    """JWS has r and s side by side; the library wants them in DER."""
    if len(signature) != 2 * HALF:
        raise NotValid("ID token 的签名不对。The signature of the ID token is wrong.")
    return utils.encode_dss_signature(int.from_bytes(signature[:HALF]), int.from_bytes(signature[HALF:]))


def _part(text: str) -> Json:
    try:
        told = json.loads(_bytes(text))
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise NotValid("这不是 ID token。This is not an ID token.")
    return told


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise NotValid("这不是 ID token。This is not an ID token.") from None
