/* A stand-in for WeChat's JS-SDK 1.6.0: the same names, and the answers that WeChat gives, from the simulator. */

(() => {
  const me = document.currentScript?.src ?? document.querySelector('script[src*="/open/js/jweixin-"]').src;
  const simulator = new URL(me).origin;
  const landed = performance.getEntriesByType("navigation")[0]?.name ?? location.href;
  const callbacks = { ready: [], error: null };
  const cards = {};
  let config = { jsApiList: [] };
  let result = null;
  let may = [];
  let number = 0;

  // ---- questions to the simulator

  /** By this file's own address first, which every policy that let it in allows; else by POST. */
  function ask(door, told) {
    const own = `${number += 1}-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    return new Promise((settle, fail) => {
      const script = document.createElement("script");
      const heard = ({ detail }) => detail.number === own && done(() => settle(detail.answer));
      const done = (then) => { removeEventListener("simulated-wx", heard); script.remove(); then(); };
      addEventListener("simulated-wx", heard);
      script.onerror = () => done(() => post(door, told).then(settle, fail));
      script.src = `${me.split("?")[0]}?${new URLSearchParams({ ask: JSON.stringify({ door, ...told }), number: own })}`;
      document.head.append(script);
    });
  }

  function post(door, told) {
    const body = JSON.stringify(told);
    return fetch(`${simulator}/page/jssdk/${door}`, { method: "POST", body }).then((answer) => answer.json());
  }

  /** On an iPhone WeChat knows the page by the address it was entered with, whatever the page has pushed since. */
  function address() {
    return (/iPhone|iPad/.test(navigator.userAgent) ? landed : location.href).split("#")[0];
  }

  // ---- config

  function configure(wanted) {
    config = { jsApiList: [], ...wanted };
    result = null;
    const { appId, timestamp, nonceStr, signature, jsApiList } = config;
    const told = { appId, timestamp, nonceStr, signature, jsApiList, url: address() };
    ask("check", told).catch(() => ({ errMsg: "config:fail,Error: the simulator does not answer", may: [] })).then(settle);
  }

  function settle(answer) {
    result = { errMsg: answer.errMsg };
    may = answer.may;
    tell(result);
    if (answer.errMsg === "config:ok") callbacks.ready.splice(0).forEach((then) => then());
    else callbacks.error?.(result);
  }

  /** With `debug` every answer is shown, as WeChat does. */
  function tell(answer) {
    if (config.debug) alert(JSON.stringify(answer));
  }

  function ready(then) {
    if (result?.errMsg === "config:ok") then();
    else callbacks.ready.push(then);
  }

  function error(then) {
    callbacks.error = then;
    if (result && result.errMsg !== "config:ok") then(result);
  }

  // ---- the apis

  const finished = (name, more = {}, how = "ok") => ({ ...more, errMsg: `${name}:${how}` });

  function answer(options, told) {
    const how = told.errMsg.slice(told.errMsg.indexOf(":") + 1);
    tell(told);
    if (how === "ok") options.success?.(told);
    else if (how === "cancel") options.cancel?.(told);
    else options.fail?.(told);
    options.complete?.(told);
  }

  /** An api answers in its own time, never within the call. */
  function api(name, act) {
    return (options = {}) => {
      const refused = name !== "checkJsApi" && !may.includes(name);
      const told = refused ? finished(name, {}, "permission denied") : act(options);
      Promise.resolve(told).then((known) => known && answer(options, known));
    };
  }

  function card(name) {
    return api(name, async ({ title, desc, link, imgUrl }) => {
      const set = { title: title ?? document.title, desc, link: link ?? address(), imgUrl };
      const told = await ask("share", { api: name, appId: config.appId, url: address(), ...set });
      if (told.errMsg === `${name}:ok`) show(name, set);
      return told;
    });
  }

  /** The older kind: its callbacks come when somebody shares, not when the card is set. */
  function menu(name) {
    return (options = {}) => {
      if (!may.includes(name)) return answer(options, finished(name, {}, "permission denied"));
      const { title, desc, link, imgUrl } = options;
      const set = { title: title ?? document.title, desc, link: link ?? address(), imgUrl };
      ask("share", { api: name, appId: config.appId, url: address(), ...set })
        .then((told) => (told.errMsg === `${name}:ok` ? show(name, set, options) : answer(options, told)));
    };
  }

  function show(name, set, options = null) {
    cards[name] = options;
    toPhone({ does: "share", to: /Timeline/.test(name) ? "timeline" : "friend", card: set });
  }

  function toPhone(told) {
    if (parent !== window) parent.postMessage({ simulatedWx: told }, simulator);
  }

  addEventListener("pagehide", () => toPhone({ does: "leave" }));
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || origin !== simulator || !data?.simulatedWx) return;
    const name = data.simulatedWx.shared === "timeline" ? "onMenuShareTimeline" : "onMenuShareAppMessage";
    if (!cards[name]) return;
    cards[name].trigger?.(finished(name));
    answer(cards[name], finished(name));
  });

  const simple = (name, more) => api(name, () => finished(name, more));
  const wx = { config: configure, ready, error };

  wx.checkJsApi = api("checkJsApi", ({ jsApiList = [] }) =>
    finished("checkJsApi", { checkResult: Object.fromEntries(jsApiList.map((name) => [name, name in wx])) }));
  for (const name of ["updateAppMessageShareData", "updateTimelineShareData"]) wx[name] = card(name);
  for (const name of ["onMenuShareTimeline", "onMenuShareAppMessage", "onMenuShareQQ", "onMenuShareWeibo", "onMenuShareQZone"]) wx[name] = menu(name);
  for (const name of ["hideMenuItems", "showMenuItems", "hideAllNonBaseMenuItem", "showAllNonBaseMenuItem", "hideOptionMenu", "showOptionMenu", "openLocation", "previewImage"]) wx[name] = simple(name);
  wx.closeWindow = api("closeWindow", () => { toPhone({ does: "close" }); return finished("closeWindow"); });
  wx.scanQRCode = simple("scanQRCode", { resultStr: "https://example.com/tea" });
  wx.chooseImage = simple("chooseImage", { sourceType: "album", localIds: ["wxLocalResource://simulated/1"] });
  wx.getLocation = simple("getLocation", { latitude: "31.230416", longitude: "121.473701", speed: "0", accuracy: "40" });
  wx.getNetworkType = simple("getNetworkType", { networkType: "wifi" });
  wx.chooseWXPay = api("chooseWXPay", () => finished("chooseWXPay", {}, "cancel"));
  wx.miniProgram = { getEnv: (then) => then({ miniprogram: false }) };

  window.wx = window.jWeixin = wx;
})();
