/* Every sentence of the page, in Chinese first and in English; the choice is remembered. */

const WORDS = {
  tagline: ["装在笔记本里的微信", "A WeChat for your laptop"],
  accounts: ["公众号", "Accounts"],
  people: ["微信用户", "People"],
  people_hint: ["选一个人，就拿起了 TA 的手机。", "Pick a person to hold their phone."],
  meet: ["拿起一部新手机", "Pick up a new phone"],
  ask_openid: ["新用户的 openid", "Openid of the new person"],
  lists: ["公众号和用户", "Accounts and people"],
  drawer: ["开发者抽屉", "Developer drawer"],
  profile: ["公众号资料", "Account profile"],
  conversation: ["聊天记录", "Conversation"],
  phone_label: ["手机", "Phone"],
  language_label: ["切换到英文", "Switch to Chinese"],
  close: ["关闭", "Close"],
  back: ["返回", "Back"],
  send: ["发送", "Send"],
  newer: ["有新消息", "New messages"],
  follows: ["已关注", "Following"],
  follows_not: ["未关注", "Not following"],
  unread: ["{n} 条未读", "{n} unread"],
  kind_service: ["服务号", "Service account"],
  kind_subscription: ["订阅号", "Subscription account"],
  kind_test: ["测试号", "Test account"],
  verified: ["已认证", "Verified"],
  unverified: ["未认证", "Unverified"],
  mode_safe: ["安全模式", "Safe mode"],
  mode_compatible: ["兼容模式", "Compatible mode"],
  mode_plain: ["明文模式", "Plain mode"],
  original_id: ["原始 ID", "Original ID"],
  app_id: ["AppID", "AppID"],
  callback_url: ["回调地址", "Callback"],
  message_mode: ["消息加解密", "Encryption"],
  follow: ["关注公众号", "Follow"],
  unfollow: ["取消关注", "Unfollow"],
  enter: ["发消息", "Messages"],
  following: ["正在关注…", "Following…"],
  you_followed: ["你已关注{name}", "You are following {name}"],
  you_left: ["你已取消关注{name}", "You unfollowed {name}"],
  follow_by_scan: ["扫带参数的二维码关注", "Follow by a QR code with a scene"],
  sure_unfollow: ["不再关注后，将不再收到其下发的消息。确定取消关注？", "You will get no more of its messages. Unfollow?"],
  hello_title: ["先关注，再聊天", "Follow first, then chat"],
  hello: ["{nickname} 还没有关注这个公众号。点下面的按钮，看它怎样欢迎新朋友。", "{nickname} does not follow this account yet. Press the button to see how it greets a newcomer."],
  say_label: ["输入消息，回车发送", "Type a message, Enter sends"],
  to_keyboard: ["切换到键盘", "Keyboard"],
  to_menu: ["切换到菜单", "Menu"],
  more_ways: ["更多", "More"],
  faces: ["表情", "Faces"],
  typing: ["对方正在输入…", "Typing…"],
  failure: ["该公众号提供的服务出现故障，请稍后再试", "The service of this account is out of order; please try again later"],
  way_picture: ["图片", "Picture"],
  way_voice: ["语音", "Voice"],
  way_place: ["位置", "Location"],
  way_scan: ["扫一扫", "Scan"],
  way_open: ["打开网页", "Open page"],
  way_link: ["链接", "Link"],
  way_pay: ["付款", "Pay"],
  way_event: ["事件", "Event"],
  ask_voice: ["你说了什么？", "What did you say?"],
  ask_scene: ["二维码的场景值", "Scene of the QR code"],
  ask_url: ["网页地址", "Address of the page"],
  ask_event: ["事件字段（JSON）", "Fields of the event (JSON)"],
  ask_title: ["链接标题", "Title of the link"],
  ok: ["确定", "OK"],
  dismiss: ["取消", "Cancel"],
  privacy: ["隐私与授权", "Privacy"],
  rename: ["修改昵称", "Change nickname"],
  rename_hint: ["账号会收到 user_info_modified", "The account gets user_info_modified"],
  revoke: ["撤回授权", "Withdraw consent"],
  revoke_hint: ["昵称和头像（205）", "Nickname and picture (205)"],
  cancel: ["注销微信", "Delete WeChat account"],
  cancel_hint: ["账号会收到 user_authorization_cancellation", "The account gets user_authorization_cancellation"],
  ask_nickname: ["新的昵称", "New nickname"],
  sure_revoke: ["撤回后，公众号应删除你的昵称和头像。确定撤回？", "The account must then delete your nickname and picture. Withdraw?"],
  sure_cancel: ["注销后，公众号应删除关于你的一切。确定注销？", "The account must then delete everything about you. Delete?"],
  revoked: ["已撤回授权", "Consent withdrawn"],
  cancelled: ["已注销", "Account deleted"],
  people_square: ["上海市 人民广场", "People's Square, Shanghai"],
  scene_now: ["扫了二维码「{scene}」", "Scanned the QR code “{scene}”"],
  details: ["查看详情", "Details"],
  picture: ["图片", "Picture"],
  voice: ["语音", "Voice"],
  video: ["视频", "Video"],
  music: ["音乐", "Music"],
  location: ["位置", "Location"],
  link: ["链接", "Link"],
  unknown_kind: ["暂不支持显示的消息：{kind}", "No picture for this message yet: {kind}"],
  miniprogram: ["小程序", "Mini program"],
  handed_over: ["已转接人工客服", "Handed over to customer service"],
  browser_blank: ["页面是空白？它可能不许被嵌入，请用真实浏览器打开。", "Blank page? It may refuse to be framed; open it in a tab."],
  browser_outside: ["这是外部网页，模拟器不访问外网。", "This page is outside; the simulator makes no external requests."],
  share: ["分享", "Share"],
  share_friend: ["发送给朋友", "Send to a friend"],
  share_timeline: ["分享到朋友圈", "Share on Moments"],
  shared: ["已分享", "Shared"],
  snapshot_banner: ["当前为快照页，仅供浏览", "A snapshot page, for a look only"],
  full_service: ["使用完整服务", "Use the full service"],
  open_in_tab: ["用真实浏览器打开", "Open in a tab"],
  reload: ["刷新", "Reload"],
  tab_exchanges: ["往来", "Exchanges"],
  tab_calls: ["调用", "API calls"],
  tab_controls: ["控制台", "Controls"],
  exchanges_empty: ["手机每做一件事，微信推给服务器的回调和服务器的回答都会出现在这里。", "Whatever the phone does, the callback WeChat sends and the server's answer appear here."],
  calls_empty: ["服务器还没有调用过微信接口。", "The server has not called WeChat yet."],
  select_hint: ["点一个气泡，看它背后的回调。", "Click a bubble to see the callback behind it."],
  way_phone: ["手机", "Phone"],
  way_wechat: ["微信（模拟）", "WeChat, simulated"],
  way_server: ["你的服务器", "Your server"],
  callback_clear: ["回调（解密后）", "Callback, decrypted"],
  callback_sent: ["回调（实际发出）", "Callback, as sent"],
  answer_clear: ["回答（解密后）", "Answer, decrypted"],
  answer_sent: ["回答（原文）", "Answer, as received"],
  answer_empty: ["（空）", "(empty)"],
  address: ["请求地址", "Address"],
  copy: ["复制", "Copy"],
  copied: ["已复制", "Copied"],
  tries: ["{n} 次推送", "{n} deliveries"],
  one_try: ["1 次推送", "1 delivery"],
  waiting: ["等待中", "Waiting"],
  no_answer: ["没有回答", "No answer"],
  clock: ["时钟", "Clock"],
  clock_hint: ["拨动模拟器和本地服务的同一个时钟。", "Moves the one clock of simulator and local stack."],
  clock_ahead: ["比真实时间快 {time}", "{time} ahead of real time"],
  clock_real: ["与真实时间一致", "The same as real time"],
  plus_5_minutes: ["+5 分钟", "+5 min"],
  plus_2_hours: ["+2 小时", "+2 h"],
  plus_1_day: ["+1 天", "+1 day"],
  clock_moved: ["时钟已拨快", "The clock was moved"],
  breaks: ["故障", "Faults"],
  breaks_hint: ["让微信接口在接下来的几次调用里出错。", "Makes WeChat's endpoints fail for the next calls."],
  break_quota: ["模板消息超过日限额", "Template quota spent"],
  break_timeout: ["发模板消息超时（已生效）", "Template send times out after effect"],
  break_token: ["access_token 被顶替", "Token replaced by another"],
  break_busy: ["系统繁忙", "System busy"],
  break_set: ["已设置：{name}", "Set: {name}"],
  break_mend: ["恢复正常", "Mend all"],
  break_mended: ["故障已清除", "All mended"],
  settings: ["设置", "Settings"],
  settings_hint: ["微信没有写明的行为，可以在这里改。", "Behaviour that WeChat leaves open."],
  saved: ["已保存", "Saved"],
  set_mode: ["消息加解密方式", "Encryption mode"],
  set_retry_malformed: ["回答有误也重试", "Retry malformed answers"],
  set_strict_compatible: ["兼容模式不收明文回答", "Compatible mode refuses plain answers"],
  set_double_redirect: ["授权后重复打开回跳页", "OAuth return page is asked for twice"],
  set_deadline_s: ["等待回答（秒）", "Wait for an answer (s)"],
  set_pause_s: ["重试间隔（秒）", "Between deliveries (s)"],
  set_event_delay_s: ["模板消息结果延迟（秒）", "Delay of delivery events (s)"],
  set_caller_ip: ["服务器的出口 IP", "Address the server calls from"],
  paid: ["付款成功，48 小时内可不限条数回复", "Paid: unlimited messages for 48 hours"],
  reset: ["重置", "Reset"],
  reset_hint: ["清空聊天、令牌和时钟，回到最初。", "Forgets chats, tokens and clock."],
  reset_sure: ["全部清空，回到最初？", "Forget everything and start over?"],
  reset_done: ["已重置", "Reset done"],
  trouble_network: ["连不上模拟器，正在重试", "The simulator does not answer; trying again"],
  trouble_door: ["操作没有成功：{why}", "That did not work: {why}"],
  trouble_json: ["这不是正确的 JSON", "That is not valid JSON"],
  yesterday: ["昨天", "Yesterday"],
  noreply: ["服务器收下了，没有回复", "Accepted without a reply"],
};

const HERE = "gaiwan.language";
let place = localStorage.getItem(HERE) === "en" ? 1 : 0;

/** A name written as "中文 · English" is shown in the language of the page. */
export function inLanguage(name) {
  const both = name.split(" · ");
  return both.length === 2 ? both[place] : name;
}

export const language = () => (place ? "en" : "zh-CN");

export function say(key, values = {}) {
  const both = WORDS[key];
  if (!both) return key;
  return both[place].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Errors are told in both languages at once, whichever is chosen. */
export function sayBoth(key, values = {}) {
  return WORDS[key].map((sentence) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)).join("\n");
}

export function switchLanguage() {
  place = 1 - place;
  localStorage.setItem(HERE, place ? "en" : "zh");
}

/** Fills what page.html left open: data-say for words, data-label for names that only readers of the screen hear. */
export function sayAll(root = document) {
  document.documentElement.lang = language();
  for (const node of root.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", say(node.dataset.label));
    node.title = node.matches("button") ? say(node.dataset.label) : "";
  }
}
