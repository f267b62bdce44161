/** The closed lists of codes and of log events: nothing else is used, and nothing in them is unused. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ERRORS, fail, OWN_INPUT_ERRORS } from "../../src/domain/record/errors.ts";
import { FAILURES, type FailureText, SONG_REFUSALS } from "../../src/domain/record/failure-codes.ts";
import { failure, OTHER, PUBLIC_FAILURE_CODES, publicCode } from "../../src/domain/record/failures.ts";
import type { Log } from "../../src/log.ts";
import { type EventText, LOG_EVENTS } from "../../src/log-events.ts";
import { refusal } from "../../src/media/lib/failures.ts";
import { problem } from "../../src/providers/outcome.ts";
import { RUNBOOK, withParts } from "../check/runbook.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The Worker's sources; the sandbox is not a part of it. */
const SOURCES = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.startsWith("sandbox/"))
  .map((path) => readFileSync(join(ROOT, "src", path), "utf8"));
const LITERAL = /"(\w+)"/g;

/** What the pattern's first group finds in the sources, without duplicates, in order. */
const found = (pattern: RegExp) =>
  [
    ...new Set(SOURCES.flatMap((source) => [...source.matchAll(pattern)].map(([, code = ""]) => code))),
  ].sort();

/** The codes that failures are made with: literals, or constants of the same file. */
function madeFailures(): string[] {
  const codes = SOURCES.flatMap((source) =>
    [...source.matchAll(/\b(?:failure|refusal|problem)\(\s*(?:"(\w+)"|([A-Z_]+),)/g)].map(
      ([, code, name]) => code ?? new RegExp(`const ${name} = "(\\w+)"`).exec(source)?.[1] ?? `${name}`,
    ),
  );
  return [...new Set(codes)].sort();
}

/** Each event that a call of `log` names. */
const loggedEvents = () =>
  [
    ...new Set(
      SOURCES.flatMap((source) => [...source.matchAll(/\blog\(([^{;]*)/g)])
        .flatMap(([, args = ""]) => [...args.matchAll(LITERAL)].map(([, text = ""]) => text))
        .filter((text) => !["info", "warn", "error"].includes(text)),
    ),
  ].sort();

describe("failure codes", () => {
  test("the sources make failures of every listed code but `other`, and of no other", () => {
    expect(madeFailures()).toEqual(
      Object.keys(FAILURES)
        .filter((code) => code !== OTHER)
        .sort(),
    );
  });

  test("tsc refuses a code that is not listed, and `other`", () => {
    // @ts-expect-error There is no such code.
    failure("not_listed", "");
    // @ts-expect-error `other` stands for codes of other versions.
    failure("other", "");
    // @ts-expect-error There is no such code.
    refusal("not_listed", "", "");
    // @ts-expect-error There is no such code.
    problem("provider_not_listed", "", false);
    expect(Object.keys(FAILURES)).not.toContain("not_listed");
  });

  test("a stored code that is not listed is shown as `other`, and a listed one as it is", () => {
    expect(publicCode("code_of_2031")).toBe("other");
    expect(publicCode("toString")).toBe("other");
    expect(PUBLIC_FAILURE_CODES.map(publicCode)).toEqual(Object.keys(FAILURES));
  });
});

describe("problem codes", () => {
  test("the sources answer with every listed code, and with no other", () => {
    const codes = new Set([...found(/\bfail\(\s*"(\w+)"/g), ...found(/\bcode: "(\w+)",\s*detail/g)]);
    expect([...codes].sort()).toEqual(Object.keys(ERRORS).sort());
  });

  test("the codes of inputs that are our own are all used", () => {
    const codes = new Set([
      ...found(/\bcode: "(\w+)"(?!,\s*detail)/g),
      ...found(/\bnamed\(\w+, \w+, "(\w+)"/g),
    ]);
    expect(Object.keys(OWN_INPUT_ERRORS).filter((code) => !codes.has(code))).toEqual([]);
  });

  test("tsc refuses a code that is not listed", () => {
    // @ts-expect-error There is no such problem.
    fail("not_listed", "");
    // @ts-expect-error There is no such code of an input.
    fail("invalid_request", "", [{ path: "", message: "", code: "not_listed" }]);
    expect(Object.keys(ERRORS)).not.toContain("not_listed");
  });
});

describe("log events", () => {
  test("the sources log every listed event, and no other", () => {
    const listed = Object.values(LOG_EVENTS).flatMap((events) => Object.keys(events));
    expect(loggedEvents()).toEqual([...new Set(listed)].sort());
  });

  test("tsc refuses an event that is not listed, and a level that is not the event's", () => {
    const lines: string[] = [];
    const log: Log = (level, event) => void lines.push(`${level} ${event}`);
    log("info", "swept");
    log("warn", "swept");
    // @ts-expect-error There is no such event.
    log("error", "not_listed");
    // @ts-expect-error A request is daily business.
    log("warn", "request");
    // @ts-expect-error It is no error.
    log("error", "swept");
    const level = lines.length > 0 ? "warn" : "info";
    // @ts-expect-error It has only one of these levels.
    log(level, "request");
    expect(lines).toHaveLength(6);
  });
});

describe("texts", () => {
  const texts: [string, string | null | undefined][] = [
    ...Object.entries<FailureText>({ ...FAILURES, ...SONG_REFUSALS }).flatMap(
      ([code, { meaning, action }]): [string, string | undefined][] => [
        [code, meaning],
        [code, action],
      ],
    ),
    ...Object.entries(ERRORS).flatMap(([code, { meaning, action }]): [string, string][] => [
      [code, meaning],
      [code, action],
    ]),
  ];

  test("of codes are whole sentences", () => {
    for (const [code, text] of texts)
      if (text !== undefined) expect([code, text]).toEqual([code, expect.stringMatching(/^[A-Z`].*\.$/)]);
  });

  test("of the runbook fit into a cell of a table", () => {
    for (const events of Object.values<Record<string, EventText>>(LOG_EVENTS))
      for (const { what, action } of Object.values(events)) expect(`${what}${action}`).not.toMatch(/[|\n]/);
  });
});

describe("the runbook", () => {
  const runbook = readFileSync(join(ROOT, RUNBOOK), "utf8");

  test("has the tables that its catalogues make (npm run docs)", () => {
    expect(withParts(runbook)).toBe(runbook);
  });

  test("is found to differ where a table was changed by hand or a row is missing", () => {
    for (const changed of [
      runbook.replace("a step threw", "a step fell"),
      runbook.replace(/\| `outage` .*\n/, ""),
      runbook.replace("| `budget_exceeded` |", "| `budget` |"),
    ]) {
      expect(changed).not.toBe(runbook);
      expect(withParts(changed)).toBe(runbook);
    }
  });

  test("is refused without the markers of a part, or with those of an unknown one", () => {
    expect(() => withParts(runbook.replace(/<!-- generated .*: failure codes -->/, ""))).toThrow(
      "failure codes",
    );
    expect(() => withParts(runbook.replace(": failure codes -->", ": others -->"))).toThrow("others");
  });
});
