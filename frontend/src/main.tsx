import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/states.css";
import "./styles/notices.css";
import "./styles/dialog.css";
import "./styles/stars.css";
import "./styles/distribution.css";
import "./styles/services.css";
import "./styles/service.css";
import "./styles/users.css";

import { render } from "preact";

import { App } from "./app.tsx";
import { checkMember } from "./state/member.ts";
import { watchRelease } from "./state/release.ts";

watchRelease();
void checkMember();

const place = document.getElementById("app");
if (place !== null) {
  render(<App />, place);
}
