// What a run may be told by its environment. k6/README.md lists every variable with its unit and default.

// Where the proxy serves the services, with the prefix that it strips.
export const BASE_URL = (__ENV.BASE_URL || "http://localhost:8080/api").replace(/\/+$/, "");

// `Location` fields are paths from here.
export const ORIGIN = BASE_URL.replace(/^(https?:\/\/[^/]+).*$/, "$1");

// How long a request may take before it counts as lost, in seconds. It is longer than the budget of the proxy, which has
// to answer by then whatever happens: so a request that is lost has really had no answer.
export const TIMEOUT_SECONDS = setting("TIMEOUT_SECONDS", 35);

// Where the summaries go besides the terminal, a folder that exists; nowhere unless told.
export const SUMMARY_DIR = __ENV.SUMMARY_DIR || "";

// A number of the environment. One that cannot be is refused before anything is asked, with its name.
export function setting(name, standard, least = 1) {
  const text = __ENV[name];
  if (text === undefined || text === "") {
    return standard;
  }
  const value = Number(text);
  if (!Number.isFinite(value) || value < least) {
    throw new Error(`${name} is ${JSON.stringify(text)}; it must be a number of at least ${least}`);
  }
  return value;
}

// Numbers of the environment, separated by commas.
export function settings(name, standard) {
  const text = __ENV[name];
  if (text === undefined || text === "") {
    return standard;
  }
  const values = text.split(",").map(Number);
  if (values.some((value) => !Number.isFinite(value) || value <= 0)) {
    throw new Error(`${name} is ${JSON.stringify(text)}; it must be numbers above 0, separated by commas`);
  }
  return values;
}
