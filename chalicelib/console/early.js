// Before the first paint: the chosen theme and language, so that nothing flashes. A classic script, for it must block.
(function () {
  const kept = (name) => {
    try {
      return localStorage.getItem(`gaiwan.${name}`);
    } catch {
      return null; // a browser that keeps nothing
    }
  };
  const root = document.documentElement;
  root.dataset.theme = kept("theme") || "auto";
  const english = (kept("language") || navigator.language || "zh").startsWith("en");
  root.lang = english ? "en" : "zh-CN";
})();
