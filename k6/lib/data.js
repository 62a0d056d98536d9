// The users and services that a script needs, under names that no other run has, and their removal.

import { sleep } from "k6";
import exec from "k6/execution";
import http from "k6/http";

import { BASE_URL, ORIGIN, TIMEOUT_SECONDS } from "./settings.js";

// How often something is tried that a script cannot begin without.
const TRIES = 8;
// How many items of a list are asked for at once.
const PAGE = 200;

let keys = 0;

// A key that is not used twice: each user of k6 has a counter of its own, and a random part tells runs apart.
export function newKey() {
  keys += 1;
  return `${__VU}-${keys}-${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
}

// What every `setup` returns: when the run began, by the clock of k6, and what its names begin with. Where
// what is needed does not answer, the run ends here: all that follows could only say so again, and less clearly.
export function newRun(needed = "/users?limit=1") {
  try {
    request("GET", BASE_URL + needed);
  } catch (error) {
    exec.test.abort(`What this script asks is not to be found: ${error.message}`);
  }
  return {
    began: Date.now(),
    prefix: `load-${Date.now().toString(36)}${Math.floor(Math.random() * 1296).toString(36)}-`,
  };
}

// A run that has users and services, whose ids are in `users` and `services`.
export function newRunWith(users, services) {
  const run = newRun();
  const made = (path, kind, count) =>
    Array.from(
      { length: count },
      (_, index) => surely("POST", path, { name: `${run.prefix}${kind}-${index}` }).id,
    );
  const members = { users: made("/users", "user", users), services: made("/services", "service", services) };
  // What was made before does not count.
  return { ...run, ...members, began: Date.now() };
}

// Removes all users and services of a run, with their ratings.
export function removeMembers(run) {
  for (const path of ["/users", "/services"]) {
    for (const member of all(`${path}?name=${run.prefix}&limit=${PAGE}`)) {
      surely("DELETE", `${path}/${member.id}`);
    }
  }
}

// The items of all pages of a list.
export function all(path) {
  const items = [];
  let next = BASE_URL + path;
  while (next) {
    const page = request("GET", next);
    items.push(...(page.json().items ?? []));
    const link = /<([^>]*)>; rel="next"/.exec(page.headers.Link || "");
    next = link && ORIGIN + link[1];
  }
  return items;
}

// Does what a script cannot begin (or end) without, by repeating it with one key. These requests are in no figure of the
// summary but those that k6 itself keeps.
function surely(method, path, body) {
  const response = request(method, BASE_URL + path, body);
  return response.body ? response.json() : null;
}

function request(method, url, body) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": newKey() };
  const params = {
    headers,
    timeout: `${TIMEOUT_SECONDS}s`,
    tags: { name: `${method} before or after the run` },
  };
  for (let left = TRIES; ; left -= 1) {
    const response = http.request(method, url, body ? JSON.stringify(body) : null, params);
    if (response.status >= 200 && response.status < 300) {
      return response;
    }
    // What is to be removed may be gone already: a repeat, or with its user.
    if (method === "DELETE" && response.status === 404) {
      return response;
    }
    if (left === 1 || (response.status >= 400 && response.status < 500)) {
      throw new Error(`${method} ${url} is answered ${response.status} ${response.error || response.body}`);
    }
    sleep(0.2);
  }
}
