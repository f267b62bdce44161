/** The reference at /docs in a browser: the explorer, and the entries that problems lead to. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { createRoute, z } from "@hono/zod-openapi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docsRoutes } from "../../src/http/docs.ts";
import { router } from "../../src/http/lib/router.ts";
import { BROWSERS, type OpenBrowser, type OpenPage, openBrowser } from "../support/browser.ts";

const EXPLORER = join(
  import.meta.dirname,
  "../../node_modules/openapi-explorer/dist/browser/openapi-explorer.min.js",
);

const described = router();
described.openapi(
  createRoute({
    method: "get",
    path: "/things",
    tags: ["Service"],
    responses: { 200: { description: "Them." } },
  }),
  (c) => c.body(null, 200),
);

let server: Server;
let address = "";
/** Paths that browsers asked for, in order. */
let asked: string[] = [];

beforeAll(async () => {
  const docs = docsRoutes({ config: { publicUrl: "http://127.0.0.1" } }, () => described);
  server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    asked.push(path);
    if (path === "/openapi-explorer.min.js")
      return void response.setHeader("content-type", "text/javascript").end(readFileSync(EXPLORER));
    const answer = await docs.request(path);
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  address = `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : 0}/docs`;
});
afterAll(() => server.close());

const explorerIsShown = `document.querySelector("openapi-explorer").getBoundingClientRect().height > 100
  && document.querySelector("openapi-explorer").shadowRoot?.textContent.includes("Create a project") === true`;
/** Where an element starts, in CSS pixels from the top of the window, and what the window has. */
const boxOf = (id: string) =>
  `(() => { const { top, left, right } = document.getElementById(${JSON.stringify(id)}).getBoundingClientRect();
    return { top, left, right, height: innerHeight, width: innerWidth, hash: location.hash,
      wide: document.documentElement.scrollWidth }; })()`;

const Box = z.object({
  top: z.number(),
  left: z.number(),
  right: z.number(),
  height: z.number(),
  width: z.number(),
  hash: z.string(),
  wide: z.number(),
});

describe.each(BROWSERS)("%s", (name) => {
  let browser: OpenBrowser;
  beforeAll(async () => {
    browser = await openBrowser(name);
  }, 60_000);
  afterAll(() => browser?.close());

  const box = async ({ page }: OpenPage, id: string) => Box.parse(await page.evaluate(boxOf(id)));

  it.each([
    ["problem-audio_missing", "desk"],
    ["problem-audio_missing", "phone"],
    ["failure-other", "desk"],
    ["failure-other", "phone"],
    ["input-scene_too_long", "phone"],
  ] as const)("shows the entry of #%s on a %s, and keeps the address", async (id, size) => {
    asked = [];
    const opened = await browser.open(`${address}#${id}`, size);
    await opened.page.waitForNetworkIdle();
    const { top, left, right, height, width, hash, wide } = await box(opened, id);
    expect(hash).toBe(`#${id}`);
    expect(top).toBeGreaterThanOrEqual(48);
    expect(top).toBeLessThan(height - 50);
    expect(left).toBeGreaterThanOrEqual(0);
    expect(right).toBeLessThanOrEqual(width);
    expect(wide).toBeLessThanOrEqual(width);
    expect(asked).not.toContain("/openapi-explorer.min.js");
    expect(opened.errors).toEqual([]);
  });

  it.each(["desk", "phone"] as const)(
    "shows the API on a %s, and from there an entry and back",
    async (size) => {
      const opened = await browser.open(address, size);
      const { page } = opened;
      await page.waitForFunction(explorerIsShown);
      await page.evaluate(`document.querySelector('nav a[href="#failures"]').click()`);
      await page.waitForFunction(
        `document.getElementById("failures").getBoundingClientRect().top < innerHeight / 2`,
      );
      await page.evaluate(`document.querySelector('a[href="#failure-canceled"]').click()`);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { top, height, hash } = await box(opened, "failure-canceled");
      expect(hash).toBe("#failure-canceled");
      expect(top).toBeGreaterThanOrEqual(48);
      expect(top).toBeLessThan(height - 50);
      await page.evaluate(`document.querySelector('nav a[href="#api"]').click()`);
      await page.waitForFunction(`document.getElementById("explorer").getBoundingClientRect().top >= 0`);
      expect(opened.errors).toEqual([]);
    },
  );

  it("loads the API where an entry was shown first", async () => {
    const opened = await browser.open(`${address}#problem-conflict`);
    await opened.page.evaluate(`document.querySelector('nav a[href="#api"]').click()`);
    await opened.page.waitForFunction(explorerIsShown);
    await opened.page.waitForFunction("scrollY === 0");
    expect(opened.errors).toEqual([]);
  });
});
