// Log in with WeChat, and WeChat's JS-SDK, on your page. What each function promises: gaiwan.d.ts beside this.
const here = new URL(import.meta.url);
const account = here.searchParams.get("account");
const base = new URL("..", here).href;
const elsewhere = location.origin !== here.origin;
const landing = location.href;
let asking, last, used;

// In sessionStorage, which a browser may forbid.
function kept(name, value) {
  const key = `gaiwan-${account}-${name}`;
  try {
    if (value != null) sessionStorage.setItem(key, value);
    return sessionStorage.getItem(key);
  } catch { return ""; }
}

async function ask(path, options) {
  const answer = await fetch(base + path, options).catch(() => {
    throw Error(`gaiwan: no answer from ${base}; is ${location.origin} listed there?`);
  });
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  // A ticket or token that was used, or is too late, is no error: nobody is signed in.
  if (/^oauth/.test(path) && [400, 401].includes(answer.status)) return {};
  throw Error(`gaiwan: ${told.error?.message || answer.status}`);
}

function oauth(path, options) {
  const token = kept("token");
  return ask(`oauth/${account}/${path}`, {headers: token ? {Authorization: `Bearer ${token}`} : {}, ...options});
}

async function exchange(ticket) {
  const told = await oauth("exchange", {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify({ticket, code_verifier: kept("verifier")}),
  });
  kept("verifier", "");
  if (told.id_token) kept("token", told.id_token);
  const clean = location.href.replace(/\?ticket=[^&#]*&/, "?").replace(/[?&]ticket=[^&#]*/, "");
  history.replaceState(history.state, "", clean);
}

async function identify() {
  const ticket = new URLSearchParams(location.search).get("ticket");
  // Without a sign-in that was begun here it is the page's own word, or a link that somebody passed on.
  if (elsewhere && ticket && kept("verifier")) await exchange(ticket);
  if (elsewhere && !kept("token")) return null;
  const told = await oauth("me");
  if (told.signed_in) return told;
  kept("token", "");
  return null;
}

export function me() {
  return asking = asking || identify().finally(() => { asking = null; });
}

const text = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replace(/[+/=]/g, sign => ({"+": "-", "/": "_"})[sign] || "");

export async function signIn({profile, then = location.href} = {}) {
  const page = new URL(then, location).href.replace(/[{}|^`\\]/g, encodeURIComponent);
  const query = new URLSearchParams({then: page, scope: profile ? "snsapi_userinfo" : "snsapi_base"});
  if (elsewhere) {
    const verifier = text(crypto.getRandomValues(new Uint8Array(32)));
    if (!crypto.subtle || !kept("verifier", verifier)) throw Error("gaiwan: signIn needs https and sessionStorage");
    query.set("code_challenge", text(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
    query.set("code_challenge_method", "S256");
  }
  location.assign(`${base}oauth/${account}/start?${query}`);
  return new Promise(() => {});
}

export async function signOut() {
  await oauth("sign-out", {method: "POST", credentials: "include"});
  kept("token", "");
}

async function configure(url, again, list) {
  const told = await ask(`jssdk/${account}?${new URLSearchParams({url: url.split("#")[0], again})}`);
  return new Promise((done, fail) => {
    const start = () => {
      setTimeout(fail, 9000, Error("gaiwan: no answer from WeChat; is this page open in it?"));
      wx.config({...told, ...list});
      wx.error(wrong => fail(Error(wrong.errMsg)));
      wx.ready(() => done(wx));
    };
    // Once configured, an SDK calls ready() at once for ever: each further time takes a fresh one.
    if (window.wx && !used) start();
    else {
      window.wx = window.jWeixin = null;
      const src = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js";
      const onerror = () => fail(Error("gaiwan: the JS-SDK does not load"));
      document.head.append(Object.assign(document.createElement("script"), {src, onload: start, onerror}));
    }
    used = true;
  });
}

export function configureJssdk(apis, {debug = false, openTags = []} = {}) {
  const list = {debug, jsApiList: apis, openTagList: openTags};
  const run = () => {
    // On iOS, WeChat checks the address that the page was opened at, wherever its script has gone since.
    const pages = [location.href, landing];
    if (/iPhone|iPad/.test(navigator.userAgent)) pages.reverse();
    return configure(pages[0], 0, list).catch(error => {
      if (!/invalid signature/.test(error.message)) throw error;
      return configure(pages[1], 1, list);
    });
  };
  return last = last ? last.then(run, run) : run();
}
