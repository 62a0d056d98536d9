import type { Overview, ServiceRow } from "../console/api/overview.ts";

/** A service as an overview has it. */
export function serviceRow(name: string, change: Partial<ServiceRow> = {}): ServiceRow {
  return {
    name,
    class: "call",
    stream: `uptake-call-${name}`,
    consumer: "workers",
    waiting: 0,
    inWork: 0,
    oldestSeconds: null,
    openPulls: 1,
    redelivered: 0,
    workers: 1,
    permits: 64,
    busy: 0,
    noWorker: false,
    ...change,
  };
}

/** A platform where all is well and nothing happens, as the proxy tells of it. */
export function quietPlatform(at: string, change: Partial<Overview> = {}): Overview {
  return {
    at,
    root: "uptake",
    server: { name: "n1", version: "2.15.1" },
    account: null,
    services: [serviceRow("hello")],
    workers: [],
    proxies: [],
    streams: [],
    jobs: { waiting: 0, running: 0, records: 0 },
    deadLetters: 0,
    deadLettersByService: {},
    errors: [],
    ...change,
  };
}

/** A proxy that has answered so often. */
export function proxyRow(id: string, responses: Overview["proxies"][number]["responses"]) {
  const [now, zero] = ["2026-11-21T12:00:00Z", 0];
  return {
    id,
    version: "0.1.0",
    build: "0.1.0 release",
    started: now,
    draining: false,
    inFlight: zero,
    inFlightBytes: zero,
    answerBytes: zero,
    waiters: zero,
    connections: zero,
    responses,
    faults: {},
  };
}
