import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { exampleVariables } from "../support/variables.ts";

const example = exampleVariables();
const names = Object.keys(example);

/** Variables that have a default, or may be absent. */
const OPTIONAL = [
  "DATABASE_FETCH_ENDPOINT",
  "OPENAI_BASE_URL",
  "OPENROUTER_BASE_URL",
  "REPLICATE_BASE_URL",
  "REPLICATE_OUTPUT_HOSTS",
  "S3_BUCKET",
  "S3_REGION",
];
const required = names.filter((name) => !OPTIONAL.includes(name));

/** A malformed value of each variable that is checked. */
const MALFORMED: Record<string, string> = {
  DATABASE_URL: "mysql://user:hunter2-password@host/db",
  DATABASE_FETCH_ENDPOINT: "ftp://hunter2-password",
  PUBLIC_URL: "hunter2-password",
  AUTH_JWKS_URL: "hunter2-password",
  OPENAI_BASE_URL: "hunter2-password",
  OPENROUTER_BASE_URL: "hunter2-password",
  REPLICATE_BASE_URL: "hunter2-password",
  REPLICATE_WEBHOOK_SECRET: "hunter2-password",
  CALLBACK_SECRET: "hunter2-short",
  OWNER_BUDGET_USD: "hunter2-password",
  DAILY_BUDGET_USD: "-1",
  REPLICATE_OUTPUT_HOSTS: "delivery",
  S3_ENDPOINT: "hunter2-password",
};

function refusal(variables: object): string {
  try {
    parseConfig(variables);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  throw new Error("It was accepted");
}

test("the example is a whole configuration", () => {
  expect(parseConfig(example)).toMatchObject({
    publicUrl: "http://localhost:8787",
    corsOrigins: ["http://localhost:3000", "http://localhost:5173"],
    replicate: { outputHosts: ["127.0.0.1:8788"] },
    s3: { bucket: "omvee", region: "auto" },
  });
});

describe("the example and the parser know the same variables", () => {
  const read = new Set<string>();
  const spied = new Proxy<Record<string, string | undefined>>(
    { ...example },
    {
      get(target, name) {
        if (typeof name === "string") read.add(name);
        return Reflect.get(target, name);
      },
    },
  );
  parseConfig(spied);

  test("what is parsed is in the example, and what is in the example is parsed", () => {
    expect([...read].toSorted()).toEqual(names.toSorted());
  });
});

describe("a required variable", () => {
  test.each(required)("%s is named where it is missing or empty", (name) => {
    const { [name]: _, ...others } = example;
    expect(refusal(others)).toContain(`${name} is missing`);
    if (name !== "CORS_ORIGINS") expect(refusal({ ...example, [name]: "" })).toContain(`${name} is missing`);
  });

  test("those that are missing are all named at once", () => {
    const said = refusal({});
    for (const name of required) expect(said).toContain(`${name} is missing`);
  });
});

test.each(OPTIONAL)("%s may be absent", (name) => {
  const { [name]: _, ...others } = example;
  expect(() => parseConfig(others)).not.toThrow();
});

test.each(Object.entries(MALFORMED))(
  "%s is named where it is malformed, and its value is not",
  (name, value) => {
    const said = refusal({ ...example, [name]: value });
    expect(said).toContain(`${name} is malformed`);
    expect(said).not.toContain("hunter2");
    for (const other of Object.values(example)) if (other) expect(said).not.toContain(other);
  },
);

test("addresses have no slash at the end, however they are written", () => {
  const config = parseConfig({
    ...example,
    PUBLIC_URL: "https://api.test/",
    S3_ENDPOINT: "https://s3.test//",
  });
  expect(config.publicUrl).toBe("https://api.test");
  expect(config.s3.endpoint).toBe("https://s3.test");
});

test("lists are split at commas, and blanks do not count", () => {
  const { corsOrigins, replicate } = parseConfig({
    ...example,
    CORS_ORIGINS: " https://a.test , https://b.test,",
    REPLICATE_WEBHOOK_SECRET: "whsec_a,whsec_b",
  });
  expect(corsOrigins).toEqual(["https://a.test", "https://b.test"]);
  expect(replicate.webhookSecrets).toEqual(["whsec_a", "whsec_b"]);
});
