/** Finds tests that are skipped, or that keep others from running. */
import { partsOf } from "./text.ts";

/** `test.skipIf`, `describe.only`, `it.each.todo` and the like, `xit(`, and `ctx.skip()`. */
const SKIPPED =
  /\b(?:it|test|describe|suite|bench|ctx|context|t)\b(?:\.\w+)*\.(?:skip|skipIf|runIf|only|todo)\b|(?<![.\w])(?:xit|xtest|xdescribe|fit|fdescribe)\s*\(/g;

/** A call of `skip` that a test got from its context: `({ skip }) => …`. */
const FROM_CONTEXT = /\{[^{}]*\bskip\b[^{}]*\}\s*\)\s*=>/g;

/** A test that ends early where a program or a variable is missing. */
const RETURNS = /\bif\s*\([^{};]*?(?:installed|process\.env)[^{};]*?\)\s*(?:\{\s*)?return\b/gi;

/** What is wrong with a file of tests, one sentence each. What a test needs and can't have makes it fail. */
export function skippedTests(path: string, source: string): string[] {
  if (!/\.test\.ts$/.test(path)) return [];
  return partsOf(source)
    .filter((part) => part.kind === "code")
    .flatMap(({ text, line }) =>
      [SKIPPED, FROM_CONTEXT, RETURNS].flatMap((pattern) =>
        [...text.matchAll(pattern)].map(({ 0: found, index }) => {
          const at = line + text.slice(0, index).split("\n").length - 1;
          return `${path}:${at}: "${found.trim()}" keeps tests from running: a test that can't run must fail.`;
        }),
      ),
    );
}
