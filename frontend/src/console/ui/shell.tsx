import type { ComponentChildren, JSX } from "preact";
import { Link, useLocation } from "wouter-preact";

import { failureOf } from "../../api/failure.ts";
import { notify } from "../../state/notices.ts";
import { Frame, Navigation } from "../../ui/frame.tsx";
import { Line } from "../../ui/icons.tsx";
import { clock } from "../state/clock.ts";
import { failure, heardAt, overview, silentSince } from "../state/live.ts";
import { session, signOut } from "../state/session.ts";
import { agoInWords, clockTime, shortNumber } from "./format.ts";

const PULSE = "M2.5 14h4.5l3-9 4.5 14 3-9h4";

/** What all pages have: the way to each other, how fresh the figures are, and what happened. */
export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <Frame top={<Top />} bars={<Silence />}>
      {children}
    </Frame>
  );
}

function Top(): JSX.Element {
  const [path] = useLocation();
  const letters = overview.value?.deadLetters ?? 0;
  const pages = [
    ["/", "Overview"],
    ["/streams", "Streams"],
    ["/jobs", "Jobs"],
    [
      "/dead-letters",
      <>
        Dead letters
        {letters > 0 && (
          <>
            {" "}
            <span class="badge">{shortNumber(letters)}</span>
          </>
        )}
      </>,
    ],
  ] as const;
  const isIn = session.value.is === "in";
  return (
    <header class="top">
      <div class="wide">
        <Link href="/" className="brand">
          <Line path={PULSE} size={22} />
          Uptake
        </Link>
        {isIn && <Navigation pages={pages} section={`/${path.split("/")[1] ?? ""}`} />}
        {isIn && (
          <div class="who">
            <Freshness />
            <button type="button" class="button quiet compact" onClick={() => void leave()}>
              Sign out
            </button>
          </div>
        )}
      </div>
    </header>
  );
}

async function leave(): Promise<void> {
  try {
    await signOut();
  } catch (error) {
    notify({ tone: "error", text: "You are still signed in.", failure: failureOf(error) });
  }
}

/** How old the figures are. Nothing that is read aloud each second; it keeps its room before there are any. */
function Freshness(): JSX.Element {
  const at = heardAt.value;
  if (silentSince.value !== undefined) return <span class="freshness silent">not live</span>;
  return (
    <span class={at === undefined ? "freshness unknown" : "freshness"}>
      {at === undefined ? "…" : `live, ${agoInWords(at, Math.max(at, clock.value))}`}
    </span>
  );
}

function Silence(): JSX.Element | null {
  const since = silentSince.value;
  return since === undefined ? null : (
    <p class="bar">
      <span class="wide">
        <span>
          <strong>Not reachable since {clockTime(since)}.</strong> {failure.value?.title}.{" "}
          {overview.value !== undefined && "What you see is from before."} It is tried again and again.
        </span>
      </span>
    </p>
  );
}
