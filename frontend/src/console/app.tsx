import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Route, Router, Switch } from "wouter-preact";

import { base } from "../base.ts";
import { WayHome } from "../ui/trouble.tsx";
import { JobPage } from "./pages/job.tsx";
import { JobsPage } from "./pages/jobs.tsx";
import { LetterPage } from "./pages/letter.tsx";
import { LettersPage } from "./pages/letters.tsx";
import { NotFoundPage } from "./pages/not-found.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { SignInPage } from "./pages/sign-in.tsx";
import { StreamsPage } from "./pages/streams.tsx";
import { forget, live } from "./state/live.ts";
import { session } from "./state/session.ts";
import { Shell } from "./ui/shell.tsx";

/** All pages, and where they are; or that for signing in, wherever one is: who has signed in goes on there. */
export function App(): JSX.Element {
  const { is } = session.value;
  useEffect(() => {
    if (is !== "in") return;
    const stop = new AbortController();
    void live(stop.signal);
    return () => {
      stop.abort();
      forget();
    };
  }, [is]);
  return (
    <Router base={base}>
      <WayHome.Provider value="To the overview">
        <Shell>
          {is === "in" && <Pages />}
          {is === "out" && <SignInPage />}
          {is === "unknown" && <p role="status">Loading…</p>}
        </Shell>
      </WayHome.Provider>
    </Router>
  );
}

function Pages(): JSX.Element {
  return (
    <Switch>
      <Route path="/" component={OverviewPage} />
      <Route path="/streams" component={StreamsPage} />
      <Route path="/jobs" component={JobsPage} />
      <Route path="/jobs/:id">{({ id }) => <JobPage key={id} id={id} />}</Route>
      <Route path="/dead-letters" component={LettersPage} />
      <Route path="/dead-letters/:sequence">
        {({ sequence }) => <LetterPage key={sequence} sequence={sequence} />}
      </Route>
      <Route component={NotFoundPage} />
    </Switch>
  );
}
