import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { Link, useLocation, useSearch } from "wouter-preact";

import { online, waiting } from "../state/connection.ts";
import { member } from "../state/member.ts";
import { newRelease } from "../state/release.ts";
import { Avatar } from "./avatar.tsx";
import { Guard } from "./guard.tsx";
import { Shape, STAR } from "./icons.tsx";
import { Notices } from "./notices.tsx";

/** What all pages have: the way to each other, who one is, how the connection is, and what happened. */
export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  const main = useRef<HTMLElement>(null);
  // So that the link to the content is always one to this page.
  useLocation();
  useSearch();
  return (
    <>
      {/* A fragment alone would be relative to <base href>, which is another page. */}
      <a
        class="skip"
        href={`${location.pathname}${location.search}#content`}
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <Top />
      <Bars />
      <main ref={main} id="content" class="wide" tabIndex={-1}>
        <Guard>{children}</Guard>
      </main>
      <Notices />
    </>
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
        <nav aria-label="Main">
          <ul>
            {PAGES.map(([href, text]) => (
              <li key={href}>
                <Link
                  href={href}
                  aria-current={section === href ? (path === href ? "page" : "true") : undefined}
                >
                  {text}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
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

/** What concerns all pages; empty as a rule. */
function Bars(): JSX.Element {
  const writes = waiting.value;
  return (
    <>
      <div class="bars" role="status">
        {!online.value && (
          <p class="bar">
            <span class="wide">You are offline. Changes are sent when the connection is back.</span>
          </p>
        )}
        {online.value && writes > 0 && (
          <p class="bar">
            <span class="wide">
              {writes === 1 ? "A change is" : `${writes} changes are`} not saved yet. It is tried again and
              again.
            </span>
          </p>
        )}
      </div>
      <div class="bars" role="status">
        {newRelease.value && <NewRelease />}
      </div>
    </>
  );
}

/** The page runs on with what it has; what it lacks, only the new one can bring. */
export function NewRelease(): JSX.Element {
  return (
    <div class="bar">
      <div class="wide">
        A new version is here.
        <button type="button" class="button compact" onClick={() => location.reload()}>
          Reload
        </button>
      </div>
    </div>
  );
}
