/**
 * What a browser has and Node.js has not, as far as this page uses it: all tests begin with this file.
 * Requests are real: they go to the server of the test, as a browser resolves them against the page's own address.
 */
import { limits } from "../api/limits.ts";

class Page extends EventTarget {
  hidden = false;
  baseURI = "http://page.test/ui/";
  html = '<html><script type="module" src="./assets/index-AAAA.js"></script></html>';
  get documentElement() {
    return { outerHTML: this.html };
  }
  querySelector(selector: string) {
    return selector === 'meta[name="api"]' ? { content: "/api" } : null;
  }
}

class Storage {
  readonly values = new Map<string, string>();
  isForbidden = false;
  private check() {
    if (this.isForbidden) throw new DOMException("denied", "SecurityError");
  }
  getItem(name: string) {
    this.check();
    return this.values.get(name) ?? null;
  }
  setItem(name: string, value: string) {
    this.check();
    this.values.set(name, value);
  }
  removeItem(name: string) {
    this.check();
    this.values.delete(name);
  }
}

const realFetch = globalThis.fetch;

export const browser = {
  /** Where relative addresses lead. */
  origin: "http://127.0.0.1:9",
  window: new EventTarget(),
  document: new Page(),
  navigator: { onLine: true },
  localStorage: new Storage(),
  /** What the page reported as its own defects. */
  defects: [] as unknown[],
  go(online: boolean) {
    this.navigator.onLine = online;
    this.window.dispatchEvent(new Event(online ? "online" : "offline"));
  },
  show(isShown: boolean) {
    this.document.hidden = !isShown;
    this.document.dispatchEvent(new Event("visibilitychange"));
  },
};

const globals = {
  window: browser.window,
  document: browser.document,
  navigator: browser.navigator,
  localStorage: browser.localStorage,
  reportError: (error: unknown) => browser.defects.push(error),
  fetch: (url: string, init?: RequestInit) => realFetch(new URL(url, browser.origin), init),
};
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

// Nobody waits for tests.
Object.assign(limits, { firstWaitMs: 4, longestWaitMs: 20 });
