import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { browser } from "./browser.ts";

/** A request as the server got it. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
  /** Settles when the client has gone, or has its answer. */
  closed: Promise<void>;
}

/** How one request is answered, or not. */
export type Behaviour = (response: ServerResponse, request: Received) => void | Promise<void>;

/** A real HTTP server that behaves as it is told, one request after the other; the last behaviour stays. */
export async function serverThat(...behaviours: Behaviour[]): Promise<{ received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (message, response) => {
    let body = "";
    for await (const chunk of message) body += chunk;
    const { method = "", url = "", headers } = message;
    const closed = new Promise<void>((resolve) => response.on("close", resolve));
    const request = { method, url, headers, body, closed };
    received.push(request);
    const behave = behaviours[Math.min(received.length, behaviours.length) - 1];
    await behave?.(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  browser.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { received };
}

type Fields = Record<string, string>;

export function json(data: unknown, status = 200, fields: Fields = {}): Behaviour {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...fields }).end(JSON.stringify(data));
  };
}

/** A problem as the platform makes them; a service's own has no `Proxy-Status`. */
export function problem(status: number, slug: string, members: object = {}, fields: Fields = {}): Behaviour {
  const body = { type: `urn:uptake:problem:${slug}`, title: `Title of ${slug}`, status, ...members };
  return json(body, status, { "content-type": "application/problem+json", ...fields });
}

export function html(status: number): Behaviour {
  return (response) => {
    response.writeHead(status, { "content-type": "text/html" }).end("<h1>Bad Gateway</h1>");
  };
}

export function empty(status: number, fields: Fields = {}): Behaviour {
  return (response) => {
    response.writeHead(status, fields).end();
  };
}

export const brokenJson: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json" }).end('{"items": [');
};

/** Reads the request, and cuts the connection. */
export const drop: Behaviour = (response) => {
  response.socket?.destroy();
};

/** Cuts the connection in the middle of the answer. */
export const dropMidAnswer: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
  response.write('{"id": ');
  setTimeout(() => response.socket?.destroy(), 20);
};

/** Never answers. */
export const silence: Behaviour = () => undefined;
