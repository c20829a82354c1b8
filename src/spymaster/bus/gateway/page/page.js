// Levels and alerts of a running Session, as its gateway sends them. Everything is put in as text, never as markup.
"use strict";

const MOST_LEVELS = 30;
const MOST_ALERTS = 40;
const MOST_WAIT_MS = 10000;
const at = (id) => document.getElementById(id);
const alerts = new Map();
let token = "";
let waitMs = 500;
let lastMs = 0;

function cell(row, text, name) {
  const made = row.insertCell();
  made.textContent = text;
  if (name) made.className = name;
}

const number = (value, digits) => (value === null || value === undefined ? "-" : value.toFixed(digits));

function showSignals(data) {
  const quote = data.spy || data.es;
  at("spot").textContent = `${data.profile.toUpperCase()} ${number(quote.spot, 2)}`;
  at("time").textContent = new Date(data.ts).toLocaleTimeString();
  const lights = Object.entries(data.trust).map(([name, input]) => {
    const light = document.createElement("span");
    light.className = input.state;
    light.textContent = `${name} ${input.state}${input.reason ? ` (${input.reason})` : ""}  `;
    return light;
  });
  at("trust").replaceChildren(...lights);
  const body = document.createElement("tbody");
  for (const level of data.levels.slice(0, MOST_LEVELS)) {
    const row = body.insertRow();
    cell(row, level.id);
    cell(row, number(level.price, 2));
    cell(row, number(level.distance, 2));
    cell(row, level.barrier.state, "words");
    cell(row, number(level.break_score_smooth, 0));
    cell(row, level.signal, `words ${level.signal}`);
    cell(row, level.confidence, "words");
    cell(row, level.note, "words muted");
  }
  body.id = "levels";
  at("levels").replaceWith(body);
}

function showAlert(data) {
  const known = alerts.get(data.id);
  alerts.set(data.id, { ...data, over: data.event === "resolved" || (known !== undefined && known.over) });
  while (alerts.size > MOST_ALERTS) alerts.delete(alerts.keys().next().value);
  const items = [...alerts.values()].reverse().map((alert) => {
    const item = document.createElement("li");
    item.className = alert.over ? "past" : alert.signal;
    const time = new Date(alert.raised_ts_event_ns / 1e6).toLocaleTimeString();
    item.textContent = `${time} ${alert.signal} ${alert.level} ${number(alert.raised_score, 0)} ${alert.reason}`;
    return item;
  });
  at("alerts").replaceChildren(...items);
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
  at("link").className = ageS === null || ageS > 3 ? "lost" : "muted";
  at("link").textContent = ageS === null ? "no connection" : ageS > 3 ? `nothing for ${ageS.toFixed(0)} s` : "connected";
}

at("door").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value.trim();
  at("token").value = "";
});
setInterval(tellAge, 500);
connect();
