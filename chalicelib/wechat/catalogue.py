"""Every errcode we know: what it means, what we do about it, and what you do. One table, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from types import MappingProxyType

import msgspec


class Action(Enum):
    NEW_TOKEN = "new token"  # noqa: S105 (a name for a measure)
    WAIT_MINUTE = "wait a minute"
    WAIT_DAY = "wait for tomorrow"
    BACK_OFF = "back off"
    SKIP_PERSON = "skip this person"
    STOP = "stop"
    FIX_CALL = "fix the call"
    FINE = "fine"


class Entry(msgspec.Struct, frozen=True):
    action: Action
    meaning_en: str
    meaning_zh: str
    advice_en: str
    advice_zh: str


# What to do, unless the table says something better.
ADVICE = {
    Action.NEW_TOKEN: (
        "We repeat the call once with a new token. If it keeps coming, find the other program that asks for tokens.",
        "系统会换新 token 重试一次。若反复出现，请查找是否有其他程序也在获取该公众号的 token。",
    ),
    Action.WAIT_MINUTE: ("We go on in a minute.", "系统一分钟后继续。"),
    Action.WAIT_DAY: (
        "We go on tomorrow (Shanghai time), or clear the quota in WeChat's console.",
        "系统次日（北京时间）继续；也可在微信后台清零调用次数。",
    ),
    Action.BACK_OFF: ("We try again a little later.", "系统稍后自动重试。"),
    Action.SKIP_PERSON: (
        "We leave this person out and go on with the others.",
        "系统跳过此人，其他人不受影响。",
    ),
    Action.STOP: (
        "We stop. Correct the setting or the content, then start again.",
        "系统已停止。请修正配置或内容后重新开始。",
    ),
    Action.FIX_CALL: (
        "A mistake in how WeChat was asked: please report it with the rid.",
        "调用方式有误：请带上 rid 反馈给开发者。",
    ),
    Action.FINE: ("Nothing to do.", "无需处理。"),
}

UNKNOWN = Entry(
    Action.FIX_CALL,
    "a code that is not in our catalogue",
    "错误码表中没有的错误码",
    "Look the code up in WeChat's documentation and report it with the rid.",
    "请在微信官方文档中查询该错误码，并带上 rid 反馈给开发者。",
)

# code (or codes, or first..last)  ACTION  meaning | 含义          and, indented, advice | 建议
TABLE = """
-1 BACK_OFF system busy | 系统繁忙
0 FINE success | 成功
40001 NEW_TOKEN AppSecret wrong, or access token not the newest | AppSecret 错误，或 access_token 不是最新的
    If it comes from asking for a token: correct the AppSecret. | 若在获取 token 时出现：请更正 AppSecret。
40002 FIX_CALL grant_type invalid | grant_type 不合法
40003 SKIP_PERSON openid invalid: not a follower, or of another account | openid 不合法：未关注，或属于其他公众号
40004 FIX_CALL kind of media invalid | 媒体类型不合法
40005 FIX_CALL kind of file invalid | 文件类型不合法
40006 FIX_CALL file size invalid | 文件大小不合法
40007 STOP media_id unknown or older than three days | media_id 不存在或已超过三天
    Upload the file again, then repeat. | 请重新上传素材后再发送。
40008 FIX_CALL kind of message invalid | 消息类型不合法
40009 FIX_CALL picture too large | 图片过大
40010 FIX_CALL voice size invalid | 语音大小不合法
40011 FIX_CALL video size invalid | 视频大小不合法
40012 FIX_CALL thumbnail size invalid | 缩略图大小不合法
40013 STOP app id invalid | AppID 不合法
    Compare the app id with WeChat's console. | 请与微信后台核对 AppID。
40014 NEW_TOKEN access token invalid | access_token 不合法
40015 FIX_CALL kind of menu invalid | 菜单类型不合法
40016 FIX_CALL a menu has one to three buttons | 一级菜单按钮应为 1 至 3 个
40017 FIX_CALL kind of button invalid | 按钮类型不合法
40018 FIX_CALL button name too long | 按钮名称过长
40019 FIX_CALL button key too long | 按钮 KEY 过长
40020 FIX_CALL button address too long | 按钮 URL 过长
40021 FIX_CALL menu version invalid | 菜单版本号不合法
40022 FIX_CALL too many menu levels | 子菜单级数不合法
40023 FIX_CALL a submenu has one to five buttons | 子菜单按钮应为 1 至 5 个
40024 FIX_CALL kind of submenu button invalid | 子菜单按钮类型不合法
40025 FIX_CALL submenu button name too long | 子菜单按钮名称过长
40026 FIX_CALL submenu button key too long | 子菜单按钮 KEY 过长
40027 FIX_CALL submenu button address too long | 子菜单按钮 URL 过长
40028 FIX_CALL this user may not have the menu | 该用户不可使用自定义菜单
40029 SKIP_PERSON login code invalid | 登录 code 不合法
    The visitor signs in again. | 请访客重新登录。
40030 SKIP_PERSON refresh token invalid | refresh_token 不合法
    The visitor signs in again. | 请访客重新登录。
40031 FIX_CALL list of openids invalid | openid 列表不合法
40032 FIX_CALL length of the openid list invalid | openid 列表长度不合法
40033 FIX_CALL \\uXXXX escapes in the text | 请求中含有 \\uXXXX 转义字符
40035 FIX_CALL arguments invalid | 参数不合法
40036 FIX_CALL length of template_id invalid | template_id 长度不合法
40037 STOP template unknown: deleted, or of another account | 模板不存在：已删除，或属于其他公众号
    Choose a template of this account. | 请选择该公众号名下的模板。
40038 FIX_CALL form of the request invalid | 请求格式不合法
40039 FIX_CALL length of the address invalid | URL 长度不合法
40048 FIX_CALL address or its domain invalid | URL 或域名不合法
40050,40051,40117 FIX_CALL group id or name invalid | 分组 ID 或名称不合法
40052 FIX_CALL action_name of the QR code invalid | 二维码 action_name 不合法
40053 FIX_CALL action_info of the QR code invalid | 二维码 action_info 不合法
40054 FIX_CALL domain of a submenu button invalid | 子菜单按钮域名不合法
40055 FIX_CALL domain of a menu button invalid | 菜单按钮域名不合法
40059 FIX_CALL msg_id invalid | msg_id 不合法
40060 FIX_CALL article_idx invalid | article_idx 不合法
40062 FIX_CALL length of the title invalid | 标题长度不合法
40065 STOP the article cannot be deleted in this state | 文章当前状态不可删除
40066 FIX_CALL address blocked or invalid | URL 被拦截或不合法
40092 FIX_CALL remark invalid | 备注名不合法
40097 FIX_CALL arguments invalid | 参数不合法
40114 FIX_CALL index invalid | index 不合法
40118 FIX_CALL length of media_id invalid | media_id 长度不合法
40119 FIX_CALL kind of button wrong | 按钮类型错误
40120 FIX_CALL kind of submenu button wrong | 子按钮类型错误
40121 FIX_CALL kind of media_id wrong | media_id 类型错误
40125 STOP AppSecret wrong | AppSecret 错误
    Put the AppSecret of WeChat's console into the secret store. | 请把微信后台的 AppSecret 更新到密钥存储。
40130 FIX_CALL needs at least two openids | 至少需要两个 openid
40132 FIX_CALL WeChat id invalid | 微信号不合法
40137 FIX_CALL picture format not supported | 不支持的图片格式
40152 STOP the tag of this mass message does not exist | 群发所用的标签不存在
40155 STOP links to another account's home page are refused | 请勿添加其他公众号的主页链接
40163 SKIP_PERSON login code used before | 登录 code 已被使用
    The visitor signs in again. | 请访客重新登录。
40164 STOP our address is not on the IP whitelist | 调用方 IP 不在白名单中
    Put the address it names on the whitelist in WeChat's console. | 请把报错中的 IP 加入微信后台的 IP 白名单。
40165 STOP path in the mini-program invalid | 小程序页面路径不合法
40166 STOP app id of the mini-program invalid | 小程序 AppID 不合法
40200 STOP wrong kind of account | 账号类型不合法
40201 STOP no callback address is configured | 未配置回调 URL
40202 FIX_CALL check action invalid | 检测动作不合法
40203 FIX_CALL check operator invalid | 检测运营商不合法
40204 STOP this article cannot be deleted | 该文章不可删除
40215 FIX_CALL too many pictures | 图片数量过多
40226 SKIP_PERSON high-risk user: login refused | 高风险用户，登录被拦截
40241 WAIT_MINUTE the same message within 60 seconds | 60 秒内发送了相同的消息
    Repeat after a minute, with the same client_msg_id. | 一分钟后用同一 client_msg_id 重发。
40243 STOP AppSecret frozen | AppSecret 已被冻结
    Unfreeze it in WeChat's console. | 请在微信后台解冻。
40246 FIX_CALL keyword_name_list invalid | keyword_name_list 不合法
40247 FIX_CALL needs a template of the new categories | 须使用类目模板 ID
40249 STOP marketing text is refused in templates | 模板消息内容涉及营销，被拒绝
    Say what happened, without advertising. | 请只写服务通知，去掉营销内容。
40252 FINE held for review by the platform | 消息正在平台审核
    Do not send again: WeChat delivers it once it has passed. | 请勿重发：审核通过后微信会自行下发。
41001 FIX_CALL access_token missing | 缺少 access_token
41002 FIX_CALL appid missing | 缺少 appid
41003 FIX_CALL refresh_token missing | 缺少 refresh_token
41004 FIX_CALL secret missing | 缺少 secret
41005 FIX_CALL media data missing | 缺少媒体文件数据
41006 FIX_CALL media_id missing | 缺少 media_id
41007 FIX_CALL submenu missing | 缺少子菜单
41008 FIX_CALL login code missing | 缺少 code
41009 FIX_CALL openid missing | 缺少 openid
41030 STOP page is not in the released mini-program | 页面不在已发布的小程序中
41039 FIX_CALL content_source_url invalid | content_source_url 不合法
41040 STOP requirements of the original-work claim not met | 不满足原创声明条件
41051 FINE (WeCom) welcome sent, or the chat has begun | （企业微信）欢迎语已发送，或会话已开始
41096 BACK_OFF (WeCom) another app is sending the welcome | （企业微信）其他应用正在发送欢迎语
42001 NEW_TOKEN access token expired | access_token 已过期
42002 SKIP_PERSON refresh token expired | refresh_token 已过期
    The visitor signs in again. | 请访客重新登录。
42003 SKIP_PERSON login code expired | 登录 code 已过期
    The visitor signs in again. | 请访客重新登录。
42007 SKIP_PERSON password changed, the login is void | 用户改密，登录授权失效
    The visitor signs in again. | 请访客重新登录。
42010 WAIT_MINUTE mass sending too fast | 群发操作过快
42022 SKIP_PERSON (WeCom) login code expired | （企业微信）登录 code 已过期
43001 FIX_CALL needs GET | 须使用 GET
43002 FIX_CALL needs POST | 须使用 POST
43003 FIX_CALL needs HTTPS | 须使用 HTTPS
43004 SKIP_PERSON not a follower | 接收者未关注
43005 SKIP_PERSON needs to be a contact | 需要好友关系
43019 SKIP_PERSON on the account's blacklist | 接收者在黑名单中
43101 SKIP_PERSON refuses these messages | 用户拒收，或已取消订阅
43104 STOP the account has no right to this | 该公众号没有此权限
43106 STOP adding templates is forbidden as a penalty | 因处罚不可添加模板
43107 STOP subscription messages are closed for the account | 订阅通知能力被封禁
43108 BACK_OFF two messages to one person at once | 同一用户并发下发
43116 STOP this template is restricted | 该模板被限制下发
    Choose another template; see the console for the reason. | 请更换模板，原因见微信后台。
44001 FIX_CALL media file empty | 媒体文件为空
44002 FIX_CALL body empty | POST 数据为空
44003 FIX_CALL article empty | 图文内容为空
44004 FIX_CALL text empty | 文本内容为空
44005 FIX_CALL list empty | 列表为空
44990 WAIT_MINUTE asked too fast | 请求过快
44991 WAIT_MINUTE limit of the minute reached | 达到每分钟调用上限
45001 FIX_CALL media too large | 媒体文件过大
45002 FIX_CALL message too long | 消息内容过长
    Shorten it: 2048 bytes, some 600 Chinese characters. | 请缩短：不超过 2048 字节，约 600 个汉字。
45003 FIX_CALL title too long | 标题过长
45004 FIX_CALL description too long | 描述过长
45005 FIX_CALL address too long | 链接过长
45006 FIX_CALL picture address too long | 图片链接过长
45007 FIX_CALL voice too long | 语音过长
45008 FIX_CALL too many articles | 图文条数过多
45009 WAIT_DAY quota of this interface used up | 接口调用次数已用完
45010 FIX_CALL too many menus | 菜单数量过多
45011 WAIT_MINUTE called too often | 调用过于频繁
45012 FIX_CALL template too large | 模板过大
45015 SKIP_PERSON the person has not written for too long | 已超过客服消息回复时限
    It is possible again after the person's next message. | 用户再次互动后即可发送。
45016 FIX_CALL system groups cannot change | 系统分组不可修改
45017 FIX_CALL group name too long | 分组名称过长
45018 FIX_CALL too many groups | 分组数量过多
45021 FIX_CALL an argument is too long | 参数过长
45026 STOP the account has its 25 templates | 模板已达 25 个上限
    Delete one that is not used. | 请先删除不用的模板。
45027 STOP template not of the account's industry | 模板与所属行业不符
45028 STOP mass messages of this period used up | 本期群发次数已用完
    Wait for the next period (day or month). | 请等待下一周期（日或月）。
45029 STOP too many QR codes | 二维码数量已达上限
45033 BACK_OFF (WeCom) too many calls at once | （企业微信）并发调用过多
45035 STOP our address is not registered | 调用方 IP 未登记
45047 SKIP_PERSON customer-service messages to this person used up | 对该用户的客服消息条数已用完
    It is possible again after the person's next message. | 用户再次互动后即可发送。
45056 STOP the account has its 100 tags | 标签已达 100 个上限
45057 STOP too many followers have this tag to delete it | 标签下粉丝过多，不可删除
45058 FIX_CALL system tags cannot change | 系统标签不可修改
45059 SKIP_PERSON the person has 20 tags | 该用户标签已达 20 个
45062 STOP the article carries an advertising agreement | 文章含有广告协议，不可群发
45064 STOP the menu names a mini-program that is not linked | 菜单引用了未关联的小程序
45065 FINE sent before under this clientmsgid | 该 clientmsgid 已发送过
45066 WAIT_MINUTE this clientmsgid again too soon | 该 clientmsgid 重试过快
45067 FIX_CALL clientmsgid over 32 bytes | clientmsgid 超过 32 字节
45072 FIX_CALL typing command invalid | 输入状态命令不合法
45080 FINE no message in the last 30 seconds to be typing for | 30 秒内没有互动，不显示输入状态
45081 FINE typing is shown already | 已处于输入状态
45083 FIX_CALL speed is 0 to 4 | 群发速度应为 0 至 4
45084 FIX_CALL speed missing | 缺少群发速度
45103 STOP this interface is no longer supported | 接口已不再支持
45109 STOP this interface was withdrawn | 接口已下线
45113 STOP cards can no longer be mass-sent | 不再支持群发卡券或商品
45157 FIX_CALL tag name invalid or taken | 标签名不合法或已存在
45158 FIX_CALL tag name over 30 bytes | 标签名超过 30 字节
45159 FIX_CALL tag unknown | 标签不合法
45162 FIX_CALL kind of mass message invalid | 群发消息类型不合法
45166 STOP content refused | 内容不合法
45168 STOP a word is on the blacklist | 含有敏感词
45169 BACK_OFF two tag changes of one person at once | 同一用户的标签并发操作
45171 FINE some of the people could not be tagged | 部分用户操作失败
    The answer lists who is left. | 未成功的用户见返回列表。
46001 STOP media unknown | 素材不存在
46002 FINE menu version unknown | 菜单版本不存在
46003 FINE there is no menu | 菜单不存在
46004 SKIP_PERSON no such user | 用户不存在
47001 FIX_CALL body cannot be read, or a field is missing | 数据格式错误，或缺少参数
47002 FIX_CALL \\uXXXX escapes in the body | 请勿使用 \\uXXXX 转义
47003 STOP a value does not fit its template field | 模板字段内容不符合规则
    Shorten or correct the field that the message names. | 请按报错所指字段缩短或修改内容。
48001 STOP the account may not use this interface | 该公众号无此接口权限
    It needs verification or another kind of account. | 需要认证，或更换账号类型。
48002 SKIP_PERSON refuses the account's messages | 用户已屏蔽该公众号的消息
48003 STOP the mass message agreement is not accepted | 未同意群发协议
48004 STOP interface banned | 接口被封禁
    See the notice in WeChat's console. | 请查看微信后台的通知。
48005 FIX_CALL material in use cannot be deleted | 使用中的素材不可删除
48006 WAIT_DAY quota cleared ten times this month | 本月清零次数已用完
48008 STOP no right to this kind of message | 无此类消息的发送权限
48021 STOP the draft was saved only automatically | 草稿仅为自动保存，请手动保存
48022 STOP videos from the API cannot be published by it | API 上传的视频不可用 API 发布
49003 SKIP_PERSON openid of another account | openid 与 AppID 不匹配
50001 STOP this interface was not authorised | 接口未获授权
50002 STOP account restricted after a violation | 账号因违规受限
    See the notice in WeChat's console. | 请查看微信后台的通知。
50004 STOP asking for tokens is forbidden | 获取 token 的能力被封禁
50005 SKIP_PERSON no longer a follower | 用户已取消关注
50007 STOP account frozen | 账号已被冻结
    See the notice in WeChat's console. | 请查看微信后台的通知。
53404 STOP commerce is limited for the account | 账号的带货能力受限
53405 STOP product information wrong | 商品信息有误
53406 STOP commerce is not enabled | 未开通带货能力
53503 STOP the draft did not pass the check | 草稿未通过检查
53504 STOP this draft goes through the console only | 请在微信后台使用该草稿
53505 STOP save the draft by hand first | 请先手动保存草稿
53600 FIX_CALL article_id invalid | article_id 不合法
60011 STOP (WeCom) the app has no right to this | （企业微信）应用无权限
60020 STOP (WeCom) our address is not trusted | （企业微信）IP 不在可信列表
    Put our address on the app's list of trusted IPs. | 请把出口 IP 加入应用的企业可信 IP。
60111 SKIP_PERSON (WeCom) no such user id | （企业微信）userid 不存在
61003 STOP the platform is not authorised by this account | 该公众号未授权给第三方平台
61004 STOP the platform's address is not registered | 第三方平台的 IP 未登记
61007 STOP interface not authorised to the platform | 接口未授权给第三方平台
61010 SKIP_PERSON they were not in the mini-program lately | 此人近两小时没有打开过小程序
61023 STOP the platform's refresh token is invalid | 第三方平台的 refresh_token 不合法
61450 BACK_OFF customer service is busy | 客服系统繁忙
61451 FIX_CALL argument invalid | 参数不合法
61452 FIX_CALL desk account invalid | 客服账号不合法
61453 FIX_CALL desk account exists | 客服账号已存在
61454 FIX_CALL desk account name too long | 客服账号名过长
61455 FIX_CALL desk account name has other letters | 客服账号名含非法字符
61456 FIX_CALL too many desk accounts | 客服账号数量超限
61457 FIX_CALL kind of picture invalid | 头像文件类型不合法
61500 FIX_CALL form of the date wrong | 日期格式错误
61501 FIX_CALL span of days wrong | 日期范围错误
61503 BACK_OFF the figures are not ready yet | 数据尚未就绪
63178 STOP appid of the migration wrong | 账号迁移的 appid 有误
63182 STOP list of the migration empty | 账号迁移的列表为空
63183 STOP there was no migration | 没有账号迁移记录
65301 FIX_CALL no such conditional menu | 个性化菜单不存在
65302 SKIP_PERSON no such user | 没有该用户
65303 STOP make the ordinary menu first | 请先创建默认菜单
65304 FIX_CALL match rule empty | 匹配规则为空
65305 STOP too many conditional menus | 个性化菜单数量超限
65306 STOP no conditional menus for this account | 账号不支持个性化菜单
65307 FIX_CALL conditional menu empty | 个性化菜单为空
65308 FIX_CALL a button does nothing | 有按钮没有响应动作
65309 STOP conditional menus are switched off | 个性化菜单开关已关闭
65310..65314 FIX_CALL region of the match rule wrong | 匹配规则的地区有误
65316 STOP more than three domains in the menus | 菜单跳转域名超过三个
65317 FIX_CALL address invalid | URL 不合法
65320 FIX_CALL match rule asks for private data | 匹配规则使用了隐私字段
65400 STOP the new customer service is not enabled | 未开通新版客服功能
65401 FIX_CALL no such desk account | 客服账号不存在
65402 STOP no WeChat user is bound to the desk account | 客服账号未绑定微信号
65403 FIX_CALL desk nickname invalid | 客服昵称不合法
65404 FIX_CALL desk account name invalid | 客服账号名不合法
65405 STOP more than 100 desk accounts | 客服账号超过 100 个
65406 FIX_CALL desk account exists | 客服账号已存在
65407..65412 FINE the invitation has been made or answered | 客服邀请已发出或已处理
65413 FINE no such conversation | 会话不存在
65414 FINE another desk has this conversation | 客户正由其他客服接待
65415 BACK_OFF the desk is not online | 客服不在线
65416 FIX_CALL arguments of the record query wrong | 聊天记录查询参数有误
65417 FIX_CALL span of the record query over a day | 聊天记录查询跨度超过一天
70000 SKIP_PERSON refused to protect a minor | 未成年人保护，禁止下发
76001 FIX_CALL rid unknown | rid 不存在
76002 FIX_CALL rid malformed | rid 格式有误
76003 FIX_CALL rid of another account | rid 属于其他账号
76004 FIX_CALL rid older than seven days | rid 已超过七天
76021 FIX_CALL interface path unknown | cgi_path 不存在
76022 FIX_CALL wrong kind of token for this path | 该路径的 token 类型不符
84061 SKIP_PERSON (WeCom) not an external contact | （企业微信）不是外部联系人
85066..85076,85095,886000,886001 FIX_CALL rule of QR codes to mini-programs | 扫码打开小程序的规则有误
87009 FIX_CALL signature invalid | 签名不合法
87014 SKIP_PERSON content is risky | 内容含有违规信息
88000 STOP the account has no comments | 该公众号没有留言功能
88001..88008,88010 FIX_CALL this comment cannot be changed so | 留言不可如此操作
89501 STOP our address waits for the administrator | 该 IP 正等待管理员确认
    The administrator confirms it in WeChat. | 请管理员在微信中确认。
89502 STOP waits for the administrator | 请等待管理员确认
89503 STOP this call needs the administrator's consent | 此次调用需管理员确认
    The administrator confirms it in WeChat. | 请管理员在微信中确认。
89504 FINE the mass message waits for the administrator | 群发等待管理员确认
    The administrator has 30 minutes to confirm it. | 请管理员在 30 分钟内确认。
89505 FINE the mass message was put to the administrator | 群发已提交管理员确认
    The administrator has 30 minutes to confirm it. | 请管理员在 30 分钟内确认。
89506 STOP the administrator refused twice: 24 hours | 管理员两次拒绝该 IP，24 小时内不可用
89507 STOP the administrator refused: one hour | 管理员拒绝了该 IP，1 小时内不可用
101000 FIX_CALL picture address invalid | 图片地址不合法
101001 FIX_CALL nothing to read in the picture | 图片中没有可识别的内容
101002 FIX_CALL picture cannot be decoded | 图片解码失败
101003 WAIT_DAY recognition quota used up | 识别次数已用完
200011 STOP subscription messages banned | 订阅通知功能被封禁
200012 STOP template library full | 私有模板数量已达上限
200013 STOP template banned | 模板已被封禁
200014,200015 FIX_CALL template number wrong | 模板 tid 有误
200016 FIX_CALL start wrong | start 参数有误
200017 FIX_CALL limit wrong | limit 参数有误
200018 FIX_CALL category ids missing | 类目 ids 缺失
200019 FIX_CALL category ids wrong | 类目 ids 不合法
200020 FIX_CALL keyword list wrong | kidList 有误
200021 FIX_CALL scene description wrong | 场景描述 sceneDesc 有误
200022 FIX_CALL keywords repeated | 关键词重复
200100 STOP wrong kind of account | 账号类型不支持
268487001,268487002,268488001 BACK_OFF the platform is busy | 平台繁忙
9001001..9001036 FIX_CALL Shake Nearby refused it | 摇一摇周边接口错误
9410010 FIX_CALL data to shorten over 4 KB | 短 key 数据超过 4 KB
9410011 FIX_CALL expiry of the short key wrong | 短 key 有效期不合法
9410012 FIX_CALL short key unknown or expired | 短 key 不存在或已过期
9500001,9500002 BACK_OFF mass sending failed at the platform | 群发在平台侧失败
10170001..10170003 FIX_CALL product card wrong | 商品卡片参数有误
"""


def _entries() -> Iterator[tuple[int, Entry]]:
    lines = TABLE.strip().splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if not line.startswith(" "):
            codes, action, meaning = line.split(" ", 2)
            advice = below.strip().split(" | ") if below.startswith(" ") else ADVICE[Action[action]]
            entry = Entry(Action[action], *meaning.split(" | "), *advice)
            yield from ((code, entry) for code in _codes(codes))


def _codes(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition("..")
        yield from range(int(first), int(last or first) + 1)


CATALOGUE: Mapping[int, Entry] = MappingProxyType(dict(_entries()))
