import { ask } from "./ask.ts";

/** Classes of HTTP status, as figures are kept of them. */
export const STATUS_CLASSES = ["2xx", "3xx", "4xx", "5xx"] as const;
export type StatusClass = (typeof STATUS_CLASSES)[number];
export type ByStatus = Partial<Record<StatusClass, number>>;

/** One delivery class of a service: a stream and its consumer. */
export interface ServiceRow {
  name: string;
  class: string;
  stream: string;
  consumer: string | null;
  waiting: number;
  inWork: number;
  /** Age of the oldest message, waiting or in work; null if there is none. */
  oldestSeconds: number | null;
  openPulls: number;
  redelivered: number;
  workers: number;
  permits: number;
  busy: number;
  noWorker: boolean;
}

/** What a worker does for one class. Counters are since its start. */
export interface WorkerClass {
  class: string;
  stream: string;
  permits: number;
  busy: number;
  /** Permits in pull requests that are open. */
  out: number;
  free: number;
  deliveries: number;
  redeliveries: number;
  answered: number;
  faults: number;
  /** 0 before the first answer. */
  meanMs: number;
  lastError: string | null;
}

export interface WorkerRow {
  id: string;
  service: string;
  version: string;
  build: string;
  started: string;
  draining: boolean;
  routes: string[];
  classes: WorkerClass[];
}

/** A proxy. Counters are since its start. */
export interface ProxyRow {
  id: string;
  version: string;
  build: string;
  started: string;
  draining: boolean;
  inFlight: number;
  inFlightBytes: number;
  answerBytes: number;
  waiters: number;
  connections: number;
  responses: ByStatus;
  faults: Record<string, number>;
}

export interface ConsumerRow {
  name: string;
  pending: number;
  ackPending: number;
  maxAckPending: number | null;
  openPulls: number;
  maxWaiting: number | null;
  redelivered: number;
  fullness: number;
}

export interface StreamRow {
  name: string;
  kind: string;
  service: string | null;
  subjects: string[];
  storage: string;
  replicas: number;
  leader: string | null;
  messages: number;
  maxMessages: number | null;
  bytes: number;
  maxBytes: number | null;
  maxAgeSeconds: number | null;
  /** How near it is to its limits, from 0 to 1. */
  fullness: number;
  oldest: string | null;
  consumers: ConsumerRow[];
}

/** The platform at one moment. Limits that are none are null. */
export interface Overview {
  at: string;
  root: string;
  server: { name: string; version: string };
  account: {
    storage: number;
    maxStorage: number | null;
    memory: number;
    maxMemory: number | null;
  } | null;
  services: ServiceRow[];
  workers: WorkerRow[];
  proxies: ProxyRow[];
  streams: StreamRow[];
  jobs: { waiting: number; running: number; records: number };
  deadLetters: number;
  /** By service. */
  deadLettersByService: Record<string, number>;
  /** What could not be read, in words. */
  errors: string[];
}

/** The figures of one moment, as the proxy keeps them. */
export interface HistoryPoint {
  at: string;
  /** A second; null where nothing was known before. */
  responses: ByStatus | null;
  waiting: Record<string, number>;
  oldestSeconds: Record<string, number | null>;
  busy: number;
  permits: number;
  deadLetters: number | null;
}

export interface History {
  /** Seconds between points. */
  every: number;
  points: HistoryPoint[];
}

/** @throws ApiError */
export const readOverview = (signal: AbortSignal) => ask<Overview>("/overview", { signal });

/** The last 15 minutes. @throws ApiError */
export const readHistory = (signal: AbortSignal) => ask<History>("/history", { signal });
