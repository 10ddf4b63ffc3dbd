/* The whole program of the page without a server: who is here, sign in, sign out, and a card to share. */

import { configureJssdk, me, signIn, signOut } from "https://wx.brand.example/h5/gaiwan.js?account=tea";

const $ = (id) => document.getElementById(id);

function show(visitor) {
  $("guest").hidden = !visitor;
  $("sign-in").hidden = Boolean(visitor);
  $("sign-out").hidden = !visitor;
  $("status").hidden = Boolean(visitor);
  if (!visitor) return tell("你还没有登录。 You are not signed in.");
  $("name").textContent = visitor.nickname || "茶客 A guest";
  $("kind").textContent = visitor.virtual ? "快照页游客 Snapshot" : visitor.follower ? "已关注 Follower" : "访客 Visitor";
  $("openid").textContent = visitor.openid;
  $("picture").hidden = !visitor.picture;
  $("face").hidden = Boolean(visitor.picture);
  if (visitor.picture) $("picture").src = visitor.picture;
}

function tell(words) {
  $("status").textContent = words;
  $("status").hidden = false;
}

async function look() {
  show(await me());
}

async function share() {
  const wx = await configureJssdk(["updateAppMessageShareData", "updateTimelineShareData"]);
  const link = location.origin + location.pathname;
  const card = { title: "山房茶会：周末来喝明前龙井", desc: "一张不需要服务器的页面", link, imgUrl: `${location.origin}/page/static/gaiwan.svg` };
  wx.updateAppMessageShareData(card);
  wx.updateTimelineShareData(card);
  return "config:ok";
}

$("sign-in").onclick = () => signIn({ profile: true, then: location.origin + location.pathname }).catch((error) => tell(error.message));
$("sign-out").onclick = () => signOut().then(look).catch((error) => tell(error.message));
await look().catch((error) => { show(null); tell(error.message); });
$("jssdk").textContent = await share().catch((error) => error.message);
