import "uplot/dist/uPlot.min.css";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/controls.css";
import "../styles/shell.css";
import "../styles/states.css";
import "../styles/notices.css";
import "../styles/dialog.css";
import "../styles/progress.css";
import "./styles/shell.css";
import "./styles/overview.css";
import "./styles/table.css";
import "./styles/details.css";

import { render } from "preact";

import { watchRelease } from "../state/release.ts";
import { App } from "./app.tsx";
import { checkSession } from "./state/session.ts";

watchRelease();
void checkSession();

const place = document.getElementById("app");
if (place !== null) {
  render(<App />, place);
}
