/**
 * The public JSON of each entity, for HTTP and the feed alike: snake_case, times as ISO 8601,
 * song time in frames and in seconds. Not included: keys of objects, etags, owners, hashes, ids at
 * providers, and addresses of files, which expire.
 */

export * from "./artifacts.ts";
export * from "./common.ts";
export * from "./lyrics.ts";
export * from "./project.ts";
export * from "./work.ts";
