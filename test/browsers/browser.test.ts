import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  BROWSERS,
  type BrowserName,
  type OpenBrowser,
  openBrowser,
  processesOf,
  SIZES,
  withBrowser,
  withPage,
} from "../support/browser.ts";

const PAGE = `<!doctype html><meta charset="utf-8"><title>A page</title><p>Seen</p>
<script>if (location.hash === "#broken") { console.error("written", new TypeError("told")); undefined.thrown; }</script>`;

let server: Server;
let address = "";

beforeAll(async () => {
  server = createServer((_, response) => response.setHeader("content-type", "text/html").end(PAGE));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  address = `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : 0}/`;
});
afterAll(() => server.close());

/** Width and height of a PNG, from its first chunk. */
const size = (png: Uint8Array) => {
  const view = new DataView(png.buffer, png.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
};

describe.each(BROWSERS)("%s", (name) => {
  let browser: OpenBrowser;
  beforeAll(async () => {
    browser = await openBrowser(name);
  }, 60_000);
  afterAll(() => browser?.close());

  it("evaluates in the page, and reports no error when there is none", async () => {
    const { page, errors } = await browser.open(address);
    const text = await page.evaluate("Promise.resolve(document.querySelector('p').textContent)");
    expect({ text, errors }).toEqual({ text: "Seen", errors: [] });
  });

  it("collects the errors that the page logs, and those that it throws", async () => {
    const { errors } = await browser.open(`${address}#broken`);
    expect(errors).toHaveLength(2);
    expect(errors[0]).toBe("console: written TypeError: told");
    expect(errors[1]).toMatch(/^page: TypeError: .*undefined/);
  });

  it.each(["desk", "phone"] as const)("shows the page on a %s", async (key) => {
    const { page, resize, screenshot } = await browser.open(address, key === "desk" ? "phone" : "desk");
    await resize(key);
    const { width, height } = SIZES[key];
    expect(await page.evaluate("[innerWidth, innerHeight]")).toEqual([width, height]);
    expect(size(await screenshot())).toEqual({ width, height });
  });

  it("plays a page's sound without an audio device and without a click", async () => {
    const { page } = await browser.open(address);
    const loudest = await page.evaluate(`(async () => {
      const context = new AudioContext();
      const analyser = new AnalyserNode(context);
      const tone = new OscillatorNode(context);
      tone.connect(analyser).connect(context.destination);
      tone.start();
      const samples = new Float32Array(analyser.fftSize);
      while (context.currentTime < 0.2) await new Promise(requestAnimationFrame);
      analyser.getFloatTimeDomainData(samples);
      return Math.max(...samples);
    })()`);
    expect(loudest).toBeGreaterThan(0.9);
  });

  it("connects to nothing outside of this machine", async () => {
    // An address that is reserved for documentation (RFC 5737).
    await expect(browser.open("http://192.0.2.1/")).rejects.toThrow(/PROXY_CONNECTION/);
  });

  it("keeps no state for the next run", async () => {
    const kept = () =>
      withPage(name, address, ({ page }) =>
        page.evaluate(
          "(() => { const n = localStorage.length; localStorage.setItem('a', 'b'); return n; })()",
        ),
      );
    expect([await kept(), await kept()]).toEqual([0, 0]);
  });

  it("is ended with all its processes when the work fails", async () => {
    let group = 0;
    const work = withBrowser(name, async ({ pid, open }) => {
      await open(address);
      group = pid;
      expect(processesOf(group).length).toBeGreaterThan(1);
      throw new Error("the work failed");
    });
    await expect(work).rejects.toThrow("the work failed");
    expect(processesOf(group)).toEqual([]);
  });
});

it.each<[BrowserName, string]>([
  ["chromium", "CHROMIUM"],
  ["firefox", "FIREFOX"],
])("says what to install when there is no %s", async (name, variable) => {
  const before = process.env[variable];
  process.env[variable] = "/nowhere/browser";
  try {
    await expect(withPage(name, address, async () => {})).rejects.toThrow(
      `There is no ${name} at /nowhere/browser: apt-get install chromium firefox-esr, or name it by ${variable}.`,
    );
  } finally {
    if (before === undefined) delete process.env[variable];
    else process.env[variable] = before;
  }
});
