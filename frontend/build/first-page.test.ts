import { expect, test } from "vitest";
import { scripts } from "./first-page.ts";

test("the scripts of a page are those that it runs and those that it preloads", () => {
  const html = `
    <script type="module" crossorigin src="./assets/main-1.js"></script>
    <link rel="modulepreload" crossorigin href="./assets/shared-2.js">
    <link rel="stylesheet" crossorigin href="./assets/main-3.css">
    <script>inline()</script>`;
  expect(scripts(html)).toEqual(["./assets/main-1.js", "./assets/shared-2.js"]);
});
