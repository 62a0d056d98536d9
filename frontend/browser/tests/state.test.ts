import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "../support/fixtures.ts";
import { frontendDir } from "../support/paths.ts";

const run = promisify(execFile);

test("what the page counts by itself is what the services say", async ({ chain }) => {
  const words = [join(frontendDir, "node_modules/vitest/vitest.mjs"), "run", "src/state/chain.test.ts"];
  // Not the variables of these tests, which that other run of vitest would take for its own.
  const env = { PATH: process.env.PATH, UPTAKE_TEST_URL: new URL(chain.api.base).origin };
  const { stdout } = await run(process.execPath, words, { cwd: frontendDir, env }).catch((failed) => {
    throw new Error(`${failed.stdout}${failed.stderr}`);
  });
  expect(stdout).toContain("passed");
  expect(stdout).not.toContain("skipped");
});
