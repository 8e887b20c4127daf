// The capture page: notice, agreement, camera, one prompt at a time, result.

import { Announcer } from "./announcer.js";
import { Camera } from "./camera.js";
import { LightShow } from "./light.js";
import { Link } from "./link.js";
import { knows, languages, loadLanguage, word } from "./words.js";

const CODE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
const ENOUGH_LIGHT_LEFT_MS = 1200;
const byId = (id) => document.getElementById(id);
const announcer = new Announcer(byId("status"));

let link = null;
let camera = null;
let show = null;
let nonce = "";
let notices = {};
let capturing = false;

function screen(name, { title = "" } = {}) {
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== name;
  const heading = byId(`${name}-title`);
  if (title) heading.textContent = title;
  heading.focus();
}

function showNotice() {
  const paragraphs = notices[document.documentElement.lang] ?? [];
  byId("notice").replaceChildren(
    ...paragraphs.map((text) => Object.assign(document.createElement("p"), { textContent: text })),
  );
}

function wrong(field, message, isWrong) {
  byId(message).hidden = !isWrong;
  const hint = field.id === "participant" ? ["participant-hint"] : [];
  if (isWrong) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  const described = isWrong ? [...hint, message] : hint;
  if (described.length) field.setAttribute("aria-describedby", described.join(" "));
  else field.removeAttribute("aria-describedby");
  return isWrong;
}

async function begin(event) {
  event.preventDefault();
  const participant = byId("participant");
  const consent = byId("consent");
  const first = [
    wrong(participant, "participant-wrong", !CODE.test(participant.value.trim())) && participant,
    wrong(consent, "consent-wrong", !consent.checked) && consent,
  ].find(Boolean);
  if (first) {
    first.focus();
    return;
  }
  byId("begin").disabled = true;
  byId("language-choice").hidden = true;
  screen("capture");
  prompt("look", word("camera.starting"));
  try {
    camera = await Camera.open(byId("video"));
  } catch (error) {
    fail(error.message);
    return;
  }
  const light = document.querySelector('input[name="light"]:checked')?.value === "with";
  link.send("begin", {
    consent: true,
    participant: participant.value.trim(),
    language: document.documentElement.lang,
    light: light && !byId("light-choice").hidden,
    camera: camera.label,
    opened_s: performance.now() / 1000,
  });
}

function prompt(icon, text) {
  byId("prompt-icon").firstElementChild.setAttribute("href", `#icon-${icon}`);
  byId("prompt-words").textContent = text;
  announcer.say(text);
}

function ask(step) {
  nonce = step.nonce;
  const one = step.ask === "close_eyes" && step.eyes !== "both" ? `close_${step.eyes}` : step.ask;
  prompt(one, word(`prompt.${one}`));
  if (step.ask === "light") shine(step);
}

async function shine(step) {
  const sheet = byId("light");
  document.body.classList.add("lit");
  sheet.hidden = false;
  show = new LightShow(step.colours, step.step_s, (colour) => {
    sheet.style.setProperty("--shown", colour);
    sheet.dataset.colour = colour;
  });
  const colours = await show.over;
  darken();
  link?.send("shown", { nonce, colours });
}

function darken() {
  show = null;
  document.body.classList.remove("lit");
  byId("light").hidden = true;
  byId("light").style.removeProperty("--shown");
}

function advise(guidance) {
  const text = guidance.length ? word(`guidance.${guidance[0]}`) : "";
  if (byId("guidance").textContent !== text) byId("guidance").textContent = text;
  announcer.advise(text);
}

function endCapture() {
  capturing = false;
  camera?.stop();
  camera = null;
}

function finish(name, next) {
  link?.close();
  byId("end-text").textContent = word(`${name}.text`);
  byId("end-more").textContent = "";
  byId("again").hidden = name !== "stopped";
  byId("next").hidden = !next;
  byId("next").onclick = () => (location.hash = next);
  screen("end", { title: word(`${name}.title`) });
}

function fail(code) {
  const kept = !byId("result").hidden;
  endCapture();
  show?.stop();
  darken();
  link?.close();
  link = null;
  byId("end-text").textContent = word(knows(`error.${code}`) ? `error.${code}` : "error.other");
  byId("end-more").textContent = kept ? "" : word("error.nothing_kept");
  byId("next").hidden = true;
  byId("again").hidden = false;
  screen("end", { title: word("error.title") });
}

function stop() {
  endCapture();
  link.send("stop");
  show?.stop();
  darken();
  finish("stopped", null);
}

const HEAR = {
  welcome(message) {
    notices = message.notices;
    byId("light-choice").hidden = !message.light;
    byId("light-never").hidden = message.light;
    showNotice();
    screen("agree");
  },
  begun() {
    capturing = true;
    prompt("look", word("prompt.look"));
    byId("progress").textContent = word("progress", { count: 0 });
    camera.frames(
      () => capturing && link.ready,
      (jpeg, seconds) => link.sendFrame(jpeg, seconds),
    );
  },
  prompt: (message) => ask(message.prompt),
  rest(message) {
    prompt("look", word("prompt.look"));
    byId("progress").textContent = word("progress", { count: message.done });
  },
  view(message) {
    if (capturing) advise(show ? [] : message.guidance);
  },
  hold: (message) => show?.hold(message.held),
  finishing() {
    endCapture();
    advise([]);
    if (show && show.leftMs > ENOUGH_LIGHT_LEFT_MS) show.stop();
    prompt("finishing", word("prompt.finishing"));
  },
  result(message) {
    byId("result-text").textContent = word(`result.${message.ending}`);
    byId("result-file").textContent = word("result.file", { file: message.file, frames: message.frames });
    screen("result", { title: word(`result.title.${message.ending}`) });
  },
  kept: (message) => finish("kept", message.next),
  erased: (message) => finish("erased", message.next),
  error: (message) => fail(message.code),
};

async function start() {
  const choice = byId("language");
  const { named, preferred } = await languages();
  choice.replaceChildren(
    ...named.map(([language, name]) =>
      Object.assign(document.createElement("option"), { value: language, textContent: name, lang: language }),
    ),
  );
  choice.value = preferred;
  choice.onchange = async () => {
    await loadLanguage(choice.value);
    showNotice();
  };
  await loadLanguage(preferred);
  byId("form").onsubmit = begin;
  byId("stop").onclick = stop;
  byId("keep").onclick = () => link.send("done");
  byId("erase").onclick = () => link.send("erase");
  byId("again").onclick = () => location.reload();
  window.onhashchange = () => location.reload(); // another link in the same tab
  link = new Link(
    location.hash.slice(1),
    (message) => HEAR[message.type]?.(message),
    () => fail("connection"),
  );
}

start();
