"""What WeChat lets which kind of account do. The one table of it: services.py and features/abilities.py read it.

https://developers.weixin.qq.com/doc/service/guide/product/intro.html and each interface's page ("仅认证": verified
accounts of companies and the like, never of private persons). A call without the right is refused with 48001.
"""

from __future__ import annotations

COLUMNS = ("subscription-", "subscription+", "service-", "service+", "test", "miniprogram")

# A mark for each column: + may, . may not. Verified is +, unverified -; the sandbox counts as neither.
TABLE = {
    "receive": "+++++.",  # messages and events, and the answer to them
    "custom": ".+.++.",  # customer-service messages, within 48 hours of what a person did
    "followers": ".+.++.",  # the list of followers, tags, remarks, blocking
    "menus": ".+.++.",  # menus by API
    "templates": "...++.",  # template messages
    "notices": ".+.+..",  # subscription notices; 48001 in the sandbox
    "mass": ".+.+..",  # mass messages to all or to a tag, their preview, deleting them
    "mass_list": "...+..",  # mass messages to a list of openids
    "sign_in": "...++.",  # web OAuth
    "qrcodes": "...++.",  # QR codes with a scene
    "jssdk_share": ".+.++.",  # cards of one's own on shared pages
    "material": "+++++.",  # media, material, drafts
    "publish": ".+.+..",  # freepublish
    "statistics": ".+.++.",  # datacube
    "check_content": ".....+",  # msg_sec_check, of mini-programs alone
}
_UNSIGNED = ("test", "miniprogram")


def may(kind: str, verified: bool, ability: str) -> bool:
    """Whether an account may. Of kinds without a column (wecom, shop) none may do any of this; KeyError for an
    ability that the table does not know."""
    column, marks = kind if kind in _UNSIGNED else f"{kind}{'+' if verified else '-'}", TABLE[ability]
    return column in COLUMNS and marks[COLUMNS.index(column)] == "+"
