// Levels and alerts of a running Session, as its gateway sends them. Everything is put in as text, never as markup.
"use strict";

const MOST_LEVELS = 24;
const MOST_ALERTS = 40;
const MOST_WAIT_MS = 10000;
const OLD_S = 3;
const HEALTH_MS = 5000;
const STATES = { WALL: "■", VACUUM: "□", ABSORPTION: "◆", CONSUMED: "◇", WEAK: "▫", NEUTRAL: "·", MISSING: "╱" };
const SIGNALS = { BREAK: "▶", REJECT: "◀", CONTESTED: "╳" };
const LIGHTS = { GREEN: "●", DEGRADED: "!", BLIND: "✕", ABSENT: "·" };
const KINDS = [["strike", /^(STRIKE|ROUND)$/], ["average", /^(VWAP|SMA_|POC|VAH|VAL)/], ["walls", /(_WALL|GAMMA_FLIP)$/], ["user", /^USER$/]];
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", timeStyle: "medium" });
const at = (id) => document.getElementById(id);
const alerts = new Map();
let token = "";
let waitMs = 500;
let lastMs = 0;
let chosen = null;
let latest = null;

function made(tag, text, name) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

function cell(row, text, name) {
  return row.appendChild(made("td", text, name));
}

const number = (value, digits) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
const family = (kind) => (KINDS.find(([, kinds]) => kinds.test(kind)) || ["range"])[0];

function meter(score) {
  const whole = made("span", "", "meter");
  for (const tick of [20, 50, 80]) whole.appendChild(made("i", "")).style.left = `${tick}%`;
  if (score === null) return whole;
  const bar = whole.appendChild(made("b", "", score >= 80 ? "up" : score <= 20 ? "down" : ""));
  bar.style.left = `${Math.min(score, 50)}%`;
  bar.style.width = `${Math.max(Math.abs(score - 50), 0.8)}%`;
  return whole;
}

function forces(where, attribution) {
  for (const [letter, name] of [["B", "barrier"], ["F", "fuel"], ["T", "tape"]]) {
    const points = attribution[name];
    if (points === null || Math.abs(points) < 0.5) continue;
    const chip = where.appendChild(made("span", `${letter}${points > 0 ? "+" : "−"}${Math.abs(points).toFixed(0)}`, `force ${letter}`));
    chip.title = `${name}: ${signed(points)} points of the score`;
  }
}

function showSentence(levels) {
  const level = levels.find((one) => one.id === chosen) || levels.find((one) => one.signal in SIGNALS) || levels[0];
  at("sentence").textContent = level ? `${level.id}: ${level.note}` : "";
  at("sentence").className = level ? level.signal : "";
  return level;
}

function showLevels(levels, spot) {
  const told = showSentence(levels);
  const body = document.createElement("tbody");
  for (const level of levels) {
    const row = body.insertRow();
    row.className = `${level.signal in SIGNALS ? "on" : ""} ${level === told ? "chosen" : ""}`;
    row.onclick = () => {
      chosen = level.id;
      showSignals(latest);
    };
    cell(row, SIGNALS[level.signal] || "", level.signal);
    cell(row, `${level.held ? "=" : ""}${level.id}`, `words ${family(level.kind)}`);
    cell(row, number(level.price, 2));
    cell(row, spot === null ? "–" : signed(level.price - spot), "muted");
    const state = level.barrier.state;
    cell(row, `${STATES[state] || "·"} ${state === "MISSING" ? "unseen" : state}`, `words ${state}`);
    cell(row, number(level.break_score_smooth, 0), `score ${level.signal}`);
    cell(row, "", "mid").append(meter(level.break_score_smooth));
    cell(row, level.break_score_smooth === null ? "" : level.confidence, "words");
    forces(cell(row, "", "words"), level.attribution);
  }
  body.id = "levels";
  at("levels").replaceWith(body);
}

function showSignals(data) {
  latest = data;
  const quote = data.spy || data.es;
  at("spot").textContent = `${data.profile.toUpperCase()} ${number(quote.spot, 2)}`;
  at("time").textContent = `${CLOCK.format(data.ts)} ET`;
  at("window").textContent = data.context.in_window ? "" : "outside the signal window";
  document.title = `${number(quote.spot, 2)} spymaster-tui`;
  const lights = Object.entries(data.trust).map(([name, input]) => {
    const light = made("span", "", input.state);
    light.append(made("b", LIGHTS[input.state] || "·"), ` ${name} ${input.state}${input.reason ? ` (${input.reason})` : ""}`);
    return light;
  });
  at("trust").replaceChildren(...lights);
  showLevels(data.levels.slice(0, MOST_LEVELS), quote.spot);
}

function alertItem(alert) {
  const item = made("li", "", `${alert.signal} ${alert.over ? "" : "on"}`);
  const isUp = (alert.signal === "BREAK") === (alert.direction === "RESISTANCE");
  const way = alert.signal === "CONTESTED" ? "" : isUp ? " ↑" : " ↓";
  const peak = alert.peak_score === alert.raised_score ? "" : `→${number(alert.peak_score, 0)}`;
  item.append(
    made("span", CLOCK.format(alert.raised_ts_event_ns / 1e6), "at"),
    made("span", `${SIGNALS[alert.signal] || ""} ${alert.signal}${way} `, "name"),
    made("span", `${alert.level} `, "level"),
    made("span", `${number(alert.raised_score, 0)}${peak}`),
  );
  const said = [alert.why, alert.became].filter(Boolean).join(" · ");
  if (said) item.append(made("span", said, "why"));
  return item;
}

function showAlert(data) {
  const known = alerts.get(data.id) || {};
  const over = data.event === "resolved" || known.over === true;
  const why = data.outcome === null && data.event !== "resolved" ? data.reason : known.why;
  const became = data.outcome !== null ? data.reason : data.event === "resolved" ? data.reason : known.became;
  alerts.set(data.id, { ...data, over, why, became });
  while (alerts.size > MOST_ALERTS) alerts.delete(alerts.keys().next().value);
  const all = [...alerts.values()].sort((one, other) => other.raised_ts_event_ns - one.raised_ts_event_ns);
  at("alerts").replaceChildren(...all.map(alertItem));
  at("active").textContent = `${all.filter((alert) => !alert.over).length} active`;
}

async function askHealth() {
  try {
    const answer = await fetch("/health", token ? { headers: { Authorization: `Bearer ${token}` } } : {});
    const said = await answer.json();
    const mode = said.simulated ? "SIMULATED" : said.mode || "";
    at("mode").className = mode;
    at("mode").textContent = mode;
    at("symbol").textContent = said.symbol || "";
    at("said").textContent = said.message || "";
  } catch {
    at("mode").textContent = "";
  }
}

function tokenProtocol() {
  const bytes = new TextEncoder().encode(token);
  const text = btoa(String.fromCharCode(...bytes));
  return `spymaster.token.${text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const protocols = token ? ["spymaster", tokenProtocol()] : ["spymaster"];
  const socket = new WebSocket(`${scheme}//${location.host}/ws/stream?form=native`, protocols);
  let opened = false;
  socket.onopen = () => {
    opened = true;
    waitMs = 500;
    lastMs = Date.now();
    at("door").hidden = true;
    askHealth();
  };
  socket.onmessage = (event) => {
    lastMs = Date.now();
    const message = JSON.parse(event.data);
    if (message.subject === "levels.signals") showSignals(message.data);
    if (message.subject === "levels.alerts") showAlert(message.data);
  };
  socket.onclose = () => {
    lastMs = 0;
    if (!opened) at("door").hidden = false;
    setTimeout(connect, waitMs);
    waitMs = Math.min(waitMs * 1.5, MOST_WAIT_MS);
  };
}

function tellAge() {
  const ageS = lastMs ? (Date.now() - lastMs) / 1000 : null;
  const isOld = ageS === null || ageS > OLD_S;
  at("all").className = isOld ? "old" : "";
  at("link").className = isOld ? "lost" : "muted";
  at("link").textContent = ageS === null ? "no connection" : isOld ? `nothing for ${ageS.toFixed(0)} s` : "connected";
}

at("door").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value.trim();
  at("token").value = "";
});
setInterval(tellAge, 500);
setInterval(() => lastMs && askHealth(), HEALTH_MS);
connect();
