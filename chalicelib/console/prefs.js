// What this browser remembers of a person: language, theme, account, and where they were when a session ended.

function read(name) {
  try {
    return localStorage.getItem(`gaiwan.${name}`) || "";
  } catch {
    return "";
  }
}

function write(name, value) {
  try {
    if (value) localStorage.setItem(`gaiwan.${name}`, value);
    else localStorage.removeItem(`gaiwan.${name}`);
  } catch {
    // A browser that keeps nothing: the choice holds until the page is closed.
  }
}

export const THEMES = ["auto", "light", "dark"];

export const language = () => (document.documentElement.lang.startsWith("en") ? "en" : "zh");

export function setLanguage(chosen) {
  write("language", chosen);
  document.documentElement.lang = chosen === "en" ? "en" : "zh-CN";
}

export const theme = () => document.documentElement.dataset.theme || "auto";

export function setTheme(chosen) {
  write("theme", chosen);
  document.documentElement.dataset.theme = chosen;
}

export const lastAccount = () => read("account");
export const rememberAccount = (alias) => write("account", alias);

/** Where to go back to after signing in; a hash of this page, never an address. */
export const cameFrom = () => (read("came_from").startsWith("#/") ? read("came_from") : "");
export const rememberPlace = (hash) => write("came_from", hash);
