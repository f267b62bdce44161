/**
 * Real browsers, headless: Debian's Chromium, over the DevTools protocol, and Firefox, over WebDriver
 * BiDi, both driven by puppeteer. (Playwright drives a Firefox of its own build only:
 * github.com/microsoft/playwright/issues/27542, closed in April 2024.)
 *
 * Each is opened with a home and a profile of its own, reaches this machine alone, and is ended with
 * all its processes when the work is done, when it fails, and when this process ends, however it does.
 * Several may run at once. For Linux: processes are found in /proc, and bound to this one by setpriv.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import puppeteer, { type LaunchOptions, type Page } from "puppeteer-core";

export const BROWSERS = ["chromium", "firefox"] as const;
export type BrowserName = (typeof BROWSERS)[number];

/** In CSS pixels. */
export const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;

export interface OpenPage {
  /**
   * Puppeteer's page. Code for `evaluate` is given as text, because the tests' types do not include the DOM.
   */
  page: Page;
  /** What the page logged as an error or threw, in order, since it was opened. */
  errors: readonly string[];
  resize(size: keyof typeof SIZES): Promise<void>;
  /** The visible part of the page, as PNG. */
  screenshot(): Promise<Uint8Array>;
}

export interface OpenBrowser {
  name: BrowserName;
  /** The browser's name and version, as it reports them. */
  version: string;
  /** Id of its first process, which leads the group of all its processes. */
  pid: number;
  /** Loads the address in a new page, which shares only the profile with others. */
  open(url: string, size?: keyof typeof SIZES): Promise<OpenPage>;
  /** Ends all its processes and deletes its profile. */
  close(): Promise<void>;
}

const BINARIES: Record<BrowserName, { variable: string; path: string }> = {
  chromium: { variable: "CHROMIUM", path: "/usr/bin/chromium" },
  firefox: { variable: "FIREFOX", path: "/usr/bin/firefox-esr" },
};

/**
 * A proxy at which nothing listens, so that only this machine can be reached. Both browsers leave this
 * machine's own addresses out of a proxy (Chromium: net/docs/proxy.md, "Implicit bypass rules"; Firefox:
 * network.proxy.allow_hijacking_localhost, off).
 */
const NOWHERE = { host: "127.0.0.1", port: 9 };

const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-component-update",
  "--disable-domain-reliability",
  `--proxy-server=${NOWHERE.host}:${NOWHERE.port}`,
  "--autoplay-policy=no-user-gesture-required",
];

/**
 * In addition to those that puppeteer sets, which turn off updates, reports, remote settings and safe
 * browsing.
 */
const FIREFOX_PREFERENCES = {
  "media.autoplay.default": 0,
  "media.autoplay.blocking_policy": 0,
  "media.block-autoplay-until-in-foreground": false,
  // A sound device that accepts sound and plays none, made for Mozilla's tests (dom/media/CubebUtils.cpp
  // under ENABLE_MOCK_CUBEB). Without a device, no AudioContext of Firefox 153 runs.
  "media.cubeb.force_mock_context": true,
  "network.proxy.type": 1,
  "network.proxy.http": NOWHERE.host,
  "network.proxy.http_port": NOWHERE.port,
  "network.proxy.ssl": NOWHERE.host,
  "network.proxy.ssl_port": NOWHERE.port,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.dns.disablePrefetch": true,
  "network.prefetch-next": false,
  "app.normandy.enabled": false,
  "browser.region.update.enabled": false,
  "dom.push.connection.enabled": false,
  "toolkit.telemetry.enabled": false,
  "toolkit.telemetry.unified": false,
};

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Path of the browser's program. Throws an error that says what to install where it is missing. */
function binaryOf(name: BrowserName): string {
  const { variable, path } = BINARIES[name];
  const binary = process.env[variable] ?? path;
  if (existsSync(binary)) return binary;
  throw new Error(
    `There is no ${name} at ${binary}: apt-get install chromium firefox-esr, or name it by ${variable}.`,
  );
}

/**
 * A program that becomes the browser, and that the kernel kills when this process has ended, even if this
 * process was killed (setpriv(1) of util-linux, prctl(2) PR_SET_PDEATHSIG).
 */
function bound(binary: string, home: string): string {
  const path = join(home, "browser");
  writeFileSync(path, `#!/bin/sh\nexec setpriv --pdeathsig KILL -- '${binary}' "$@"\n`, { mode: 0o755 });
  return path;
}

function launchOptions(name: BrowserName, home: string): LaunchOptions {
  const common: LaunchOptions = {
    executablePath: bound(binaryOf(name), home),
    userDataDir: join(home, "profile"),
    // Without the variables of a desktop session, so that neither it nor its sound server is used.
    env: { PATH: process.env.PATH, LANG: "C.UTF-8", HOME: home, TMPDIR: home },
    headless: true,
    defaultViewport: null,
    timeout: 60_000,
    protocolTimeout: 120_000,
    // Puppeteer's handlers would close the browser and let this process go on.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  };
  return name === "chromium"
    ? { ...common, browser: "chrome", pipe: true, args: CHROMIUM_FLAGS }
    : { ...common, browser: "firefox", extraPrefsFirefox: FIREFOX_PREFERENCES };
}

/**
 * Ids of the group's processes that have not ended. Zombies, which only wait for their parent, count as
 * ended.
 */
export function processesOf(group: number): number[] {
  return readdirSync("/proc").flatMap((entry) => {
    try {
      // proc_pid_stat(5): after the name in parentheses, the state, the parent and the group.
      const stat = readFileSync(`/proc/${Number(entry)}/stat`, "latin1");
      const [state, , its] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(its) === group && state !== "Z" && state !== "X" ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

async function endGroup(group: number): Promise<void> {
  while (processesOf(group).length > 0) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      return;
    }
    await setTimeout(10);
  }
}

/** Writes errors as text: for an Error that a page logs in Firefox, puppeteer 25 gives no message. */
const SPELL_ERRORS = `{
  const write = console.error;
  const spelled = (value) => (value instanceof Error ? String(value) : value);
  console.error = (...values) => write.apply(console, values.map(spelled));
}`;

async function watch(page: Page, name: BrowserName): Promise<string[]> {
  const errors: string[] = [];
  await page.evaluateOnNewDocument(SPELL_ERRORS);
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => {
    // Firefox has the error's name in its message.
    const isWhole = name === "firefox" && error instanceof Error;
    errors.push(`page: ${isWhole ? error.message : error}`);
  });
  return errors;
}

/** Opens a browser, which the caller must close. */
export async function openBrowser(name: BrowserName): Promise<OpenBrowser> {
  const home = await mkdtemp(join(tmpdir(), `omvee-${name}-`));
  const forget = () => rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  const quit = () => process.exit(1);
  let group: number | undefined;
  const close = async () => {
    // Nothing is kept, so no clean shutdown is needed.
    if (group !== undefined) await endGroup(group);
    process.off("exit", forget);
    for (const signal of SIGNALS) process.off(signal, quit);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const browser = await puppeteer.launch(launchOptions(name, home));
    const pid = browser.process()?.pid;
    if (pid === undefined) throw new Error(`${name} has no process.`);
    group = pid;
    // Runs after puppeteer's own handler, which ends the browser.
    process.once("exit", forget);
    for (const signal of SIGNALS) process.once(signal, quit);
    const open = async (url: string, size: keyof typeof SIZES = "desk"): Promise<OpenPage> => {
      const page = await browser.newPage();
      const errors = await watch(page, name);
      const resize = (to: keyof typeof SIZES) => page.setViewport(SIZES[to]);
      await resize(size);
      await page.goto(url);
      return { page, errors, resize, screenshot: () => page.screenshot() };
    };
    return { name, version: await browser.version(), pid, open, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs `work` with a browser of its own, and closes it. */
export async function withBrowser<T>(
  name: BrowserName,
  work: (browser: OpenBrowser) => Promise<T>,
): Promise<T> {
  const browser = await openBrowser(name);
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/** Runs `work` with a page in a browser of its own, and closes it. */
export const withPage = <T>(
  name: BrowserName,
  url: string,
  work: (opened: OpenPage) => Promise<T>,
  size?: keyof typeof SIZES,
): Promise<T> => withBrowser(name, async ({ open }) => work(await open(url, size)));
