/** Global setup of the tests that need a Postgres server: fails without its address. */
export default function setup() {
  if (!process.env.TEST_DATABASE_URL)
    throw new Error("These tests need a Postgres: set TEST_DATABASE_URL=postgres://…");
}
