import type { ComponentChildren, JSX } from "preact";
import { Link, useLocation } from "wouter-preact";

import { online, waiting } from "../state/connection.ts";
import { member } from "../state/member.ts";
import { Avatar } from "./avatar.tsx";
import { Frame, Navigation } from "./frame.tsx";
import { Shape, STAR } from "./icons.tsx";

/** What all pages have: the way to each other, who one is, how the connection is, and what happened. */
export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <Frame top={<Top />} bars={<Bar />}>
      {children}
    </Frame>
  );
}

const PAGES = [
  ["/", "Services"],
  ["/users", "Users"],
  ["/import", "Import"],
] as const;

function Top(): JSX.Element {
  const [path] = useLocation();
  // A service's page belongs to the services, an import's page to the imports.
  const section = path.startsWith("/services") ? "/" : `/${path.split("/")[1] ?? ""}`;
  return (
    <header class="top">
      <div class="wide">
        <Link href="/" className="brand">
          <Shape path={STAR} size={22} />
          Ratings
        </Link>
        <Navigation pages={PAGES} section={section} />
        <You />
      </div>
    </header>
  );
}

function You(): JSX.Element {
  const user = member.value;
  return (
    <Link href="/users" className="you">
      {user !== undefined && <Avatar name={user.name} />}
      <span>
        {user === undefined ? (
          "Choose who you are"
        ) : (
          <>
            You: <bdi>{user.name}</bdi>
          </>
        )}
      </span>
    </Link>
  );
}

/** How the connection is, if it is not as it should be. */
function Bar(): JSX.Element | null {
  const writes = waiting.value;
  if (!online.value) {
    return (
      <p class="bar">
        <span class="wide">You are offline. Changes are sent when the connection is back.</span>
      </p>
    );
  }
  return writes === 0 ? null : (
    <p class="bar">
      <span class="wide">
        {writes === 1 ? "A change is" : `${writes} changes are`} not saved yet. It is tried again and again.
      </span>
    </p>
  );
}
