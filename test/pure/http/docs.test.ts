/** The codes on the page /docs. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ERRORS, INPUT_ERRORS } from "../../../src/domain/record/errors.ts";
import { FAILURES, SONG_REFUSALS } from "../../../src/domain/record/failure-codes.ts";
import { docsRoutes } from "../../../src/http/docs.ts";
import { router } from "../../../src/http/lib/router.ts";

const response = await docsRoutes({ config: { publicUrl: "http://localhost" } }, router).request("/docs");
const page = await response.text();

test("every code has its anchor, and there is no anchor without a code", () => {
  const anchors = [...page.matchAll(/<article id="([^"]+)"/g)].map(([, id]) => id);
  expect(anchors.sort()).toEqual(
    [
      ...Object.keys(ERRORS).map((code) => `problem-${code}`),
      ...Object.keys({ ...INPUT_ERRORS, ...SONG_REFUSALS }).map((code) => `input-${code}`),
      ...Object.keys(FAILURES).map((code) => `failure-${code}`),
    ].sort(),
  );
});

test("every id is there once, and every link of the page leads to one", () => {
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const links = [...page.matchAll(/<a href="#([^"]+)"/g)].map(([, id]) => id);
  expect(links.filter((id) => !ids.includes(id))).toEqual([]);
});

test("an entry says the status, the title, what the code means and what to do", () => {
  const { status, title, meaning, action } = ERRORS.upload_missing;
  const start = page.indexOf('<article id="problem-upload_missing">');
  const entry = page.slice(start, page.indexOf("</article>", start));
  for (const text of [`${status}`, title, meaning, action]) expect(entry).toContain(text);
});

test("the policy of the page allows its only inline script, and no other", () => {
  const scripts = [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script = ""]) => script);
  expect(scripts).toHaveLength(1);
  const hash = createHash("sha256")
    .update(scripts[0] ?? "")
    .digest("base64");
  const policy = response.headers.get("content-security-policy")?.split("; ");
  expect(policy).toContain(`script-src 'self' 'sha256-${hash}'`);
});
