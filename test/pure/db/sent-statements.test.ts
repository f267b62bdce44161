import { expect, test } from "vitest";
import { formOf, listedVersions, listOf, SentStatements, TESTS_OWN } from "../../support/statements.ts";

const OURS = "postgresql://omvee:omvee@localhost/omvee";
const request = (body: unknown, connection = OURS) =>
  new Request("http://localhost/sql", {
    method: "POST",
    headers: { "neon-connection-string": `${connection}?application_name=driver` },
    body: JSON.stringify(body),
  });
const listed = () => listOf(Math.max(...listedVersions())).map(({ sql }) => sql);
const UNLISTED = `select 1 from "projects" where "no_such_column" = $1`;

test("a statement that is not in the newest list is found, alone and in a transaction", async () => {
  const [known = ""] = listed();
  for (const body of [{ query: UNLISTED }, { queries: [{ query: known }, { query: UNLISTED }] }]) {
    const sent = new SentStatements();
    await sent.add(request(body));
    expect(() => sent.checkListed()).toThrow(UNLISTED);
    expect(() => sent.checkListed()).not.toThrow(known);
  }
});

test("a listed statement is known whatever its parameters' numbers and however many values its lists have", async () => {
  const withList = listed().find((sql) => /in \(\$\d+, \$\d+\)/.test(sql));
  if (!withList) throw new Error("No statement with a list of values");
  const sent = new SentStatements();
  for (const values of ["$71", "$71, $72, $73"])
    await sent.add(request({ query: withList.replace(/in \(\$\d+, \$\d+\)/, `in (${values})`) }));
  expect(() => sent.checkListed()).not.toThrow();
});

test("a statement by Postgres' clock is known where it was recorded by a test's, and the other way round", () => {
  expect(formOf('update "jobs" set "a" = $1, "b" = $2::timestamptz where "id" = $3')).toBe(
    formOf('update "jobs" set "a" = $1, "b" = now() where "id" = $2'),
  );
  expect(formOf("values ($1, default, $2::timestamptz)")).toBe(formOf("values ($1, default, now())"));
});

test("what a test itself sends need not be listed", async () => {
  const sent = new SentStatements();
  await sent.add(request({ query: UNLISTED }, TESTS_OWN));
  expect(() => sent.checkListed()).not.toThrow();
});
