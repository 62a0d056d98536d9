import type { JSX } from "preact";
import { Route, Router, Switch } from "wouter-preact";

import { base } from "./base.ts";
import { NotFoundPage } from "./pages/not-found.tsx";
import { ServicePage } from "./pages/service.tsx";
import { ServicesPage } from "./pages/services.tsx";
import { UserPage } from "./pages/user.tsx";
import { UsersPage } from "./pages/users.tsx";
import { Later } from "./ui/later.tsx";
import { Shell } from "./ui/shell.tsx";

// Few people import: what only they need comes when they ask for it.
const importPages = () => import("./pages/import.tsx");

/** All pages, and where they are. A page with an id has it as its key, so that another one begins anew. */
export function App(): JSX.Element {
  return (
    <Router base={base}>
      <Shell>
        <Switch>
          <Route path="/" component={ServicesPage} />
          <Route path="/services/:id">{({ id }) => <ServicePage key={id} id={id} />}</Route>
          <Route path="/users" component={UsersPage} />
          <Route path="/users/:id">{({ id }) => <UserPage key={id} id={id} />}</Route>
          <Route path="/import">
            <Later load={importPages} title="Import ratings">
              {({ ImportPage }) => <ImportPage />}
            </Later>
          </Route>
          <Route path="/import/:id">
            {({ id }) => (
              <Later load={importPages} title="Import ratings">
                {({ ImportJobPage }) => <ImportJobPage key={id} id={id} />}
              </Later>
            )}
          </Route>
          <Route component={NotFoundPage} />
        </Switch>
      </Shell>
    </Router>
  );
}
