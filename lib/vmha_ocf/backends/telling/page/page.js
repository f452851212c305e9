// The page of NovaEvacuate. What is shown comes from the worker's API and is text: it is set by textContent
// alone, never as markup, since tenants choose names.
"use strict";

const HOST_STATES = {
  up: ["up", "ok"], waiting: ["waits", "error"], evacuating: ["evacuating", "warning"],
  away: ["evacuated, away", "warning"], returning: ["coming back", "warning"], unknown: ["unknown", "unknown"],
  fenced: ["fenced", "warning"], lost: ["lost", "error"], "forced-down": ["forced down", "warning"],
  "nova-down": ["nova-compute down", "warning"], disabled: ["disabled", "unknown"],
};
const INCIDENT_STATES = {
  held: ["held", "error"], running: ["evacuating", "warning"], away: ["evacuated, away", "warning"],
  ended: ["in service", "ok"],
};
const AILMENT_STATES = {
  failed: ["failed", "warning"], restarting: ["restarting", "warning"], moving: ["moving", "warning"], told: ["waits for a person", "error"],
  ended: ["ended", "unknown"],
};
const FEW = 25;          // Hosts that are listed unasked.
const SILENT = 20000;    // Milliseconds without a word before the connection counts as lost: one comes every 5 s.
const OLD = 90;          // Seconds since the last round that are too many.

const told = {};         // The last of each part, by its name.
const parts = ["status", "hosts", "incidents", "policy"];
let ahead = 0;           // This clock is so many seconds ahead of the controller's.
let heard = 0, problem = "", shownPast = "", stream = null, wait = 1000, showAll = false;

const one = (selector, within = document) => within.querySelector(selector);
const now = () => Date.now() / 1000 - ahead;

function make(tag, words = "", kind = "") {
  const made = document.createElement(tag);
  if (words !== "") made.textContent = words;
  if (kind) made.className = kind;
  return made;
}

function fill(place, children) { place.replaceChildren(...children); }

function state([words, level]) { return make("span", words, `state ${level}`); }

function moment(at, brief = false) {
  const made = make("time");
  const text = at > 0 && at < 8e12 ? new Date(at * 1000).toISOString() : "";
  made.textContent = text ? (brief ? text.slice(11, 19) : `${text.slice(0, 10)} ${text.slice(11, 19)}Z`) : "-";
  if (text) made.dateTime = text;
  return made;
}

function lasting(seconds) {
  seconds = Math.max(0, seconds);
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const rounded = Math.round(seconds), minutes = Math.floor(rounded / 60), hours = Math.floor(minutes / 60);
  if (minutes < 60) return `${minutes} min ${rounded % 60} s`;
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

function many(count, what) { return `${count} ${what}${count === 1 ? "" : "s"}`; }

// ---- One look ----

function showVerdict() {
  const status = told.status, lost = problem || (heard && Date.now() - heard > SILENT ? "no word from the worker" : "");
  const box = one("#verdict"), connection = one("#connection");
  document.body.classList.toggle("stale", Boolean(lost) && Boolean(status));
  connection.dataset.state = lost ? "lost" : heard ? "live" : "waiting";
  one("#heard").textContent = lost ? lost : heard ? "live" : "connecting";
  if (!status) return;
  const age = now() - status.round_at, late = status.round_at > 0 && age > OLD;
  const level = lost || late ? "unknown" : status.level;
  box.dataset.level = level;
  const rows = told.hosts && told.hosts.hosts;
  const headline = lost ? "Not known: the worker is not heard"
    : late ? `Not known: the last round ended ${lasting(age)} ago` : begun(status.headline, rows || []);
  if (one("#headline").textContent !== headline) one("#headline").textContent = headline;
  document.title = `${{ ok: "\u2713", warning: "!", error: "\u2715", unknown: "?" }[level]} ${headline} \u2013 vmha`;
  const counted = rows ? `${rows.filter((row) => row.state === "up").length} of ${many(rows.length, "host")} up, ` : "";
  const last = lost ? `what is shown is of ${moment(status.round_at).textContent}`
    : status.round_at > 0 ? `last round ${Math.max(0, Math.round(age))} s ago` : "no round yet";
  one("#subline").textContent = `${counted}NovaEvacuate on ${status.controller}, ${last}`;
}

// As a sentence begins, but for the name of a host.
function begun(text, rows) {
  return rows.some((row) => text.startsWith(`${row.host} `)) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

function showWaiting() {
  const status = told.status, items = [];
  for (const text of status.held) items.push(asked(text, "held"));
  for (const text of status.problems) if (!status.held.includes(text)) items.push(asked(text));
  if (status.unnamed) {
    const more = make("li", "", "quiet");
    more.append(`${many(status.unnamed, items.length ? "more" : "thing").replace(/mores/, "more")} that may name instances: `,
      "show names with the token below, or type ", make("code", "vmha status"), " on a controller");
    items.push(more);
  }
  one("#waiting").hidden = !items.length;
  fill(one("#waiting .asks"), items);
}

function asked(text, kind = "") {
  const item = make("li");
  if (kind) item.append(make("span", "Held", "held"));
  item.append(make("bdi", text));
  return item;
}

// ---- What goes on ----

function showGoing() {
  const open = told.incidents.incidents.filter((each) => each.state !== "ended");
  one("#going").hidden = !open.length;
  fill(one("#going .cards"), open.map(card));
}

function card(incident) {
  const made = make("article", "", "card"), head = make("header"), since = make("span", "", "since");
  head.append(make("h3", incident.host), state(INCIDENT_STATES[incident.state] || [incident.state, "unknown"]), since);
  since.dataset.since = incident.began;
  made.append(head);
  const asked = Math.max(incident.requested, incident.moved);
  const bar = make("div", "", "bar"), filled = make("i");
  filled.style.width = `${incident.steps.over ? 100 : asked ? (100 * incident.moved) / asked : 0}%`;
  bar.append(filled);
  const left = staying(incident);
  const took = incident.time_to_recover === null ? "" : `, in ${lasting(incident.time_to_recover)}`;
  if (incident.state !== "held") made.append(bar, make("p", `${many(incident.moved, "instance")} elsewhere, ${asked} asked for${left}${took}`, "counts"));
  made.append(track(incident), steps(incident), notEvacuated(incident));
  return made;
}

function track(incident) {
  const made = make("div", "", "track"), ended = incident.state === "ended" || incident.state === "away";
  made.setAttribute("aria-hidden", "true");
  made.dataset.began = incident.began;
  made.dataset.ended = ended ? incident.story[incident.story.length - 1].at : "";
  for (const step of incident.story) {
    const dot = make("i");
    dot.dataset.at = step.at;
    dot.title = `${step.what}, +${lasting(step.at - incident.began)}`;
    made.append(dot);
  }
  if (!ended) made.append(make("i", "", "now"));
  place(made);
  return made;
}

function place(made) {
  const began = Number(made.dataset.began), end = Number(made.dataset.ended) || now();
  const whole = Math.max(end - began, 1);
  for (const dot of made.children) {
    const at = dot.dataset.at === undefined ? end : Number(dot.dataset.at);
    dot.style.left = `${Math.min(100, Math.max(0, (100 * (at - began)) / whole))}%`;
  }
}

function steps(incident) {
  const list = make("ol", "", "steps");
  for (const step of incident.story) {
    const item = make("li");
    item.append(moment(step.at, true), make("span", `+${lasting(step.at - incident.began)}`, "after"), make("bdi", held(step.what)));
    list.append(item);
  }
  return list;
}

function held(words) {
  const why = told.status ? told.status.held : [];
  return why.some((each) => words === `held: ${each}`) ? "held, as said above" : words;
}

function staying(incident) {
  const counts = [[incident.given_up.length, "not evacuated"], [incident.left_alone.length, "left alone"]];
  return counts.map(([count, what]) => (count ? `, ${count} ${what}` : "")).join("");
}

function notEvacuated(incident) {
  const list = make("ul", "", "left");
  const each = (some, what, level) => {
    for (const left of some) {
      const item = make("li");
      item.append(make("span", what, `state ${level}`), " ", ...named(left.name, left.instance), make("bdi", left.reason));
      list.append(item);
    }
  };
  each(incident.given_up, "not evacuated", "error");
  each(incident.left_alone, "left alone", "quiet");
  return list;
}

function named(name, id) {
  const shown = [];
  if (name) shown.push(make("bdi", name), " ");
  if (id) shown.push(make("code", id), " ");
  return shown;
}

// ---- On hosts that live ----

function showLiving() {
  const rows = told.incidents.ailments.map(ailment);
  if (told.incidents.unnamed) {
    const row = make("tr"), cell = make("td", `${many(told.incidents.unnamed, "failure")} of instances: shown with the token`, "quiet");
    cell.colSpan = 5;
    row.append(cell);
    rows.push(row);
  }
  one("#living").hidden = !rows.length;
  fill(one("#living tbody"), rows);
}

function ailment(each) {
  const row = make("tr"), what = make("td"), present = make("td");
  what.append(...named(each.name, each.instance), make("span", each.kind, "quiet"));
  const ended = each.state === "ended" && each.time_to_recover !== null;
  present.append(state(ended ? ["well", "ok"] : AILMENT_STATES[each.state] || [each.state, "unknown"]));
  if (each.told && !ended) present.append(" ", make("bdi", each.told));
  const began = make("td");
  began.append(moment(each.began));
  const took = each.time_to_recover === null ? "-" : lasting(each.time_to_recover);
  row.append(what, make("td", each.host, "brief"), began, present, make("td", took, "number"));
  return row;
}

// ---- Hosts ----

function showHosts() {
  const all = told.hosts.hosts, none = one("#hosts .none"), wanted = one("#find").value.trim().toLowerCase();
  none.hidden = Boolean(all && all.length);
  none.textContent = all ? "Nova has no compute host, as far as the worker has asked." : "Not known yet, or the flags cannot be read.";
  const rows = all || [], counts = new Map();
  for (const row of rows) counts.set(row.state, (counts.get(row.state) || 0) + 1);
  one("#hosts .count").textContent = all ? String(rows.length) : "";
  fill(one("#hosts .chips"), [...counts].map(([name, count]) => chip(name, count)));
  const found = wanted ? rows.filter((row) => `${row.host} ${row.node} ${row.state} ${row.nova}`.toLowerCase().includes(wanted)) : rows;
  const most = showAll || wanted ? 2000 : FEW, shown = found.slice(0, most);
  fill(one("#hosts tbody"), shown.map(hostRow));
  one("#hosts .more").hidden = found.length <= most;
  one("#all").textContent = `Show all ${found.length}`;
  showVerdict();
}

function chip(name, count) {
  const [words, level] = HOST_STATES[name] || [name, "unknown"], item = make("li");
  item.append(make("span", `${count} ${words}`, `state ${level}`));
  return item;
}

function hostRow(each) {
  const row = make("tr"), name = make("td"), how = make("td"), since = make("td", "", "quiet");
  name.append(make("bdi", each.host));
  if (each.node && each.node !== each.host) name.append(" ", make("span", `(${each.node})`, "quiet"));
  how.append(state(HOST_STATES[each.state] || [each.state, "unknown"]));
  since.append(moment(each.since));
  row.append(name, how, since, make("td", each.nova || "-", "quiet"));
  return row;
}

// ---- The past ----

function showPast() {
  const past = told.incidents.incidents.filter((each) => each.state === "ended"), said = JSON.stringify(past);
  if (said === shownPast) return; // Made anew, it would lose the keyboard's place.
  shownPast = said;
  const opened = new Set([...document.querySelectorAll("#past details[open]")].map((each) => each.dataset.id));
  const times = past.map((each) => each.time_to_recover).filter((each) => each !== null).sort((a, b) => a - b);
  const middle = times.length ? `, half of them recovered within ${lasting(times[Math.floor(times.length / 2)])}` : "";
  one("#past .count").textContent = past.length ? `${past.length}${middle}` : "";
  one("#past .none").hidden = Boolean(past.length);
  const longest = times[times.length - 1] || 1;
  fill(one("#past .list"), past.map((each) => pastOne(each, longest, opened.has(each.id))));
}

function pastOne(incident, longest, isOpen) {
  const made = make("details"), head = make("summary"), took = make("span", "", "took");
  made.dataset.id = incident.id;
  const recovery = incident.time_to_recover;
  if (recovery !== null) {
    const bar = make("i");
    bar.style.width = `${Math.round((130 * recovery) / longest)}px`;
    took.append(bar, lasting(recovery));
  } else took.append("-");
  const left = staying(incident);
  head.append(make("bdi", incident.host, "host"), moment(incident.began),
    make("span", `${many(incident.moved, "instance")} moved${left}`, left ? "" : "quiet"), took);
  made.append(head);
  const inside = () => {
    if (made.open && made.children.length < 2) {
      const body = make("div", "", "inside");
      body.append(steps(incident), notEvacuated(incident));
      made.append(body);
    }
  };
  made.addEventListener("toggle", inside);
  made.open = isOpen;
  return made;
}

// ---- The policy ----

function showPolicy() {
  const policy = told.policy, set = policy.settings, rows = [];
  const held = told.status && told.status.held.length ? told.status.held.join("; ") : "nothing";
  const storm = set.storm_limit ? `more than ${many(set.storm_limit, "failure")} in ${lasting(set.storm_window)} wait for a person` : "no limit";
  const pairs = [
    ["Held by", held],
    ["Policy file", policy.problem || (policy.policy ? `${policy.policy}, the same on all controllers` : "none")],
    ["Storm", storm],
    ["At once", `${set.max_in_flight} evacuations, ${set.max_per_host} off one host, ${set.max_per_destination} to one`],
    ["Untagged instances", { auto: "evacuated, if nothing in the cloud is tagged", all: "evacuated", none: "left alone" }[set.untagged] || set.untagged],
  ];
  if (policy.never_fence.length) pairs.push(["Never fenced", policy.never_fence.join(", ")]);
  for (const each of policy.exclusions) pairs.push(["Left alone", `${each.why} (line ${each.line}: ${each.out_of.join(", ")})`]);
  fill(one("#policy dl"), pairs.flatMap(([name, words]) => [make("dt", name), make("dd", words)]));
  for (const each of policy.classes) {
    const name = each.name === policy.default_class ? `${each.name} (default)` : each.name;
    for (const [kind, actions] of Object.entries(each.rows)) {
      const row = make("tr");
      row.append(make("td", name), make("td", kind), make("td", actions.join(", then ")));
      rows.push(row);
    }
  }
  one("#policy table").hidden = !rows.length;
  fill(one("#policy tbody"), rows);
}

// ---- The stream ----

const SHOW = {
  status: () => { showWaiting(); showVerdict(); if (told.policy) showPolicy(); },
  hosts: showHosts,
  incidents: () => { showGoing(); showLiving(); showPast(); },
  policy: showPolicy,
};

function hear(name, text) {
  const data = JSON.parse(text);
  heard = Date.now();
  problem = "";
  if (name === "now") ahead = Date.now() / 1000 - data.at;
  else if (parts.includes(name)) {
    told[name] = data;
    SHOW[name]();
  }
  showVerdict();
  if (window.drawn === undefined && parts.every((each) => told[each])) requestAnimationFrame(() => { window.drawn = performance.now(); });
}

async function listen() {
  const token = sessionStorage.getItem("token"), mine = new AbortController();
  stream = mine;
  try {
    const head = token ? { "X-Vmha-Token": token } : {};
    const answer = await fetch("v1/events", { headers: head, signal: mine.signal, cache: "no-store" });
    if (!answer.ok) throw new Error(await refused(answer));
    wait = 1000;
    one("#said").textContent = "";
    await read(answer.body.getReader());
    problem = "the worker has ended the connection; it is tried again";
  } catch (error) {
    if (mine.signal.aborted) return;
    problem = error instanceof TypeError ? "the worker does not answer: it may run on another controller now (pcs status)" : error.message;
  }
  showVerdict();
  if (stream === mine && !document.hidden) setTimeout(() => { if (stream === mine && !document.hidden) listen(); }, wait);
  wait = Math.min(2 * wait, 15000);
}

async function refused(answer) {
  const said = (await answer.text()).trim().slice(0, 300);
  if (answer.status === 403) {
    sessionStorage.removeItem("token");
    one("#said").textContent = said;
    showToken();
  }
  return said || `the worker answers ${answer.status}`;
}

async function read(reader) {
  const decoder = new TextDecoder();
  let kept = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const pieces = (kept + decoder.decode(value, { stream: true })).split("\n\n");
    kept = pieces.pop();
    for (const piece of pieces) {
      const [first, ...rest] = piece.split("\n");
      hear(first.replace(/^event: /, ""), rest.map((line) => line.replace(/^data: /, "")).join("\n"));
    }
  }
}

function again() {
  if (stream) stream.abort();
  stream = null;
  wait = 1000;
  if (!document.hidden) listen();
}

function showToken() {
  const has = Boolean(sessionStorage.getItem("token"));
  one("#forget").hidden = !has;
  one("#token label").hidden = has;
  one("#token button:not([type])").hidden = has;
}

one("#token").addEventListener("submit", (event) => {
  event.preventDefault();
  const secret = one("#secret");
  if (secret.value) sessionStorage.setItem("token", secret.value.trim());
  secret.value = "";
  showToken();
  again();
});
one("#forget").addEventListener("click", () => { sessionStorage.removeItem("token"); showToken(); again(); });
one("#find").addEventListener("input", () => { if (told.hosts) showHosts(); });
one("#all").addEventListener("click", () => { showAll = true; showHosts(); });
document.addEventListener("visibilitychange", again); // A browser has few connections to one address: only who is looked at keeps one.
setInterval(() => {
  showVerdict();
  for (const each of document.querySelectorAll(".track")) place(each);
  for (const each of document.querySelectorAll(".since[data-since]")) each.textContent = `began ${lasting(now() - each.dataset.since)} ago`;
}, 1000);
showToken();
listen();
