// Comfort for the poll pages. Everything works without it: the server makes the page and checks the answers.
const form = document.forms[0];
const questions = [...document.querySelectorAll("fieldset")];
const ticks = question => question.querySelectorAll(":checked").length;

function progress() {
  const told = document.getElementById("progress");
  const done = questions.filter(ticks).length;
  if (told) told.innerHTML = `已答 ${done} / ${questions.length} 题<span lang=en>${done} answered</span>`;
}

// Told in words, beside the question and above the button; the first of several is also read out.
function ask(question, missing, first) {
  const hint = question.querySelector(".hint");
  hint.usual = hint.usual || hint.innerHTML;
  question.classList.toggle("missing", missing);
  question.querySelectorAll("input").forEach(input => input.setAttribute("aria-invalid", missing));
  hint.setAttribute("role", missing && first ? "alert" : "note");
  hint.innerHTML = !missing ? hint.usual : question.dataset.most
    ? "请至少选一项<span lang=en>Please choose at least one</span>" : "请选一项<span lang=en>Please choose one</span>";
}

function changed({target}) {
  const question = target.closest("fieldset");
  const most = Number(question.dataset.most || 1);
  const tooMany = target.type === "checkbox" && ticks(question) > most;
  if (tooMany) target.checked = false;
  question.querySelector(".hint").classList.toggle("full", tooMany);
  if (question.classList.contains("missing")) ask(question, false);
  progress();
}

// The browser's own words for a missing answer hide behind the button, and checkboxes have none.
function sent(event) {
  const missing = questions.filter(question => !ticks(question));
  questions.forEach(question => ask(question, missing.includes(question), question === missing[0]));
  if (missing.length) {
    const number = questions.indexOf(missing[0]) + 1;
    const told = document.getElementById("progress");
    if (told) told.innerHTML = `第 ${number} 题还没有选<span lang=en>Question ${number} has no answer yet</span>`;
    event.preventDefault();
    missing[0].scrollIntoView({block: "center"});
    missing[0].querySelector("input").focus({preventScroll: true});
  } else {
    form.querySelector("button").disabled = true;
  }
}

if (form) {
  form.noValidate = true;
  form.addEventListener("change", changed);
  form.addEventListener("submit", sent);
  addEventListener("pageshow", () => { form.querySelector("button").disabled = false; });
  progress();
}

// A picture from elsewhere that does not come leaves no broken frame.
const picture = document.querySelector(".picture");
if (picture) {
  if (picture.complete && !picture.naturalWidth) picture.remove();
  picture.addEventListener("error", () => picture.remove());
}

// The phone's clock may be wrong, so the server says how long it still takes. Not everybody comes in the same second.
const waiting = document.querySelector("[data-left]");
if (waiting) {
  const opens = performance.now() + waiting.dataset.left * 1000;
  const again = opens + 1000 + Math.random() * 3000;
  const timer = setInterval(() => {
    const left = Math.max(0, Math.ceil((opens - performance.now()) / 1000));
    const told = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    waiting.querySelectorAll("time").forEach(time => { time.textContent = told; });
    if (performance.now() < again) return;
    clearInterval(timer);
    location.reload();
  }, 1000);
}

// The card that friends see. Its address is the page's own, without anybody's answers.
async function share({module, title, text, picture}) {
  const {configureJssdk} = await import(module);
  const wx = await configureJssdk(["updateAppMessageShareData", "updateTimelineShareData"]);
  const link = location.origin + location.pathname;
  (wx || window.wx).updateAppMessageShareData({title, desc: text, link, imgUrl: picture});
  (wx || window.wx).updateTimelineShareData({title, link, imgUrl: picture});
}

if (/MicroMessenger/i.test(navigator.userAgent)) {
  addEventListener("load", () => share(document.body.dataset).catch(error => console.warn(error.message)));
}
