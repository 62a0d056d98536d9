import { render } from "preact";

render(
  <main>
    <h1>Ratings</h1>
  </main>,
  document.body,
);
