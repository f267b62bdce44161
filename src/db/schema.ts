/** All tables. Column names are the contract with Postgres; the API's names are in domain/views and http. */
export * from "./schema/accounts.ts";
export * from "./schema/artifacts.ts";
export * from "./schema/deletions.ts";
export * from "./schema/projects.ts";
export * from "./schema/scenes.ts";
export * from "./schema/work.ts";
