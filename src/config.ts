/** The only place that reads variables and secrets. `.dev.vars.example` has a value for each. */
import { z } from "zod";

/** Texts separated by commas; blanks around them and empty ones do not count. */
const list = z.string().transform((s) =>
  s
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);
/** A name with a dot, an address or this machine, with or without a port: a bare word would allow a whole TLD. */
const HOST = /^(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|\[[0-9a-f:]+\])(:\d{1,5})?$/i;
const url = z.url({ protocol: /^https?$/ });
/** US dollars, or the word `unlimited` (null): an operator who wants no limit says so. */
const limitUsd = z
  .string()
  .trim()
  .pipe(
    z.union([
      z.literal("unlimited").transform(() => null),
      z.stringFormat("usd", /^\d+(\.\d+)?$/).transform(Number),
    ]),
  );
const secret = z.string().min(16);

/** Each is required, except where a default or its absence is described. */
const Variables = z.object({
  /** Postgres on Neon, reached over HTTP. */
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//),
  /** The address of Neon's HTTP protocol. Absent: Neon's own, derived from the host in DATABASE_URL. */
  DATABASE_FETCH_ENDPOINT: url.optional(),
  /**
   * The address of this API on the internet: of the webhooks that providers send, of film files and of the
   * feed.
   */
  PUBLIC_URL: url,
  /** Origins whose pages may call the API from a browser. Empty: none. */
  CORS_ORIGINS: list,
  /** The address of the identity provider's public keys; `iss` and `aud` of the tokens that are accepted. */
  AUTH_JWKS_URL: url,
  AUTH_ISSUER: z.string().min(1),
  AUTH_AUDIENCE: z.string().min(1),
  /** Transcription. */
  OPENAI_API_KEY: z.string().min(1),
  OPENAI_BASE_URL: url.default("https://api.openai.com/v1"),
  /** Scenes and prompts. */
  OPENROUTER_API_KEY: z.string().min(1),
  OPENROUTER_BASE_URL: url.default("https://openrouter.ai/api/v1"),
  /** Images, clips, and transcription where OpenAI's fails. */
  REPLICATE_API_TOKEN: z.string().min(1),
  REPLICATE_BASE_URL: url.default("https://api.replicate.com/v1"),
  /** Secrets of Replicate's webhook signatures: more than one while a secret is being rotated. */
  REPLICATE_WEBHOOK_SECRET: list.pipe(z.array(z.string().startsWith("whsec_")).min(1)),
  /**
   * Hosts that output files may be fetched from, in the form of `OpenerOptions.hosts` (providers/output.ts).
   */
  REPLICATE_OUTPUT_HOSTS: list.prefault("replicate.delivery").pipe(z.array(z.string().regex(HOST)).min(1)),
  /** Signs the token in the address of a webhook, so that only orders of ours can call it. */
  CALLBACK_SECRET: secret,
  /**
   * What one owner may spend in all, in US dollars, or `unlimited`. The column `budget_usd` of the table
   * `owners` takes its place for one owner.
   */
  OWNER_BUDGET_USD: limitUsd,
  /** What all owners together may spend in a day (UTC), in US dollars, or `unlimited`. */
  DAILY_BUDGET_USD: limitUsd,
  /**
   * The bucket over the S3 protocol: for presigned addresses, and for everything where BUCKET is not bound.
   */
  S3_ENDPOINT: url,
  S3_BUCKET: z.string().min(1).default("omvee"),
  S3_REGION: z.string().min(1).default("auto"),
  S3_ACCESS_KEY_ID: z.string().min(1),
  S3_SECRET_ACCESS_KEY: z.string().min(1),
});

const withoutSlash = (address: string) => address.replace(/\/+$/, "");

export type Config = ReturnType<typeof parseConfig>;

/**
 * The variables as one typed value. Throws where some are missing or malformed: the message names each of
 * them and never has its value.
 */
export function parseConfig(variables: object) {
  const parsed = Variables.safeParse(variables);
  if (!parsed.success) {
    const names = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      const missing = !(name in variables) || Reflect.get(variables, name) === "";
      return missing ? `${name} is missing` : `${name} is malformed (${issue.code})`;
    });
    throw new Error(
      `Configuration: ${[...new Set(names)].join("; ")}. See .dev.vars.example for each variable.`,
    );
  }
  const v = parsed.data;
  return {
    publicUrl: withoutSlash(v.PUBLIC_URL),
    corsOrigins: v.CORS_ORIGINS,
    database: { url: v.DATABASE_URL, fetchEndpoint: v.DATABASE_FETCH_ENDPOINT ?? null },
    auth: { jwksUrl: v.AUTH_JWKS_URL, issuer: v.AUTH_ISSUER, audience: v.AUTH_AUDIENCE },
    openai: { apiKey: v.OPENAI_API_KEY, baseUrl: withoutSlash(v.OPENAI_BASE_URL) },
    openrouter: { apiKey: v.OPENROUTER_API_KEY, baseUrl: withoutSlash(v.OPENROUTER_BASE_URL) },
    replicate: {
      token: v.REPLICATE_API_TOKEN,
      baseUrl: withoutSlash(v.REPLICATE_BASE_URL),
      webhookSecrets: v.REPLICATE_WEBHOOK_SECRET,
      outputHosts: v.REPLICATE_OUTPUT_HOSTS,
    },
    callbackSecret: v.CALLBACK_SECRET,
    ownerBudgetUsd: v.OWNER_BUDGET_USD,
    dailyBudgetUsd: v.DAILY_BUDGET_USD,
    s3: {
      endpoint: withoutSlash(v.S3_ENDPOINT),
      bucket: v.S3_BUCKET,
      region: v.S3_REGION,
      accessKeyId: v.S3_ACCESS_KEY_ID,
      secretAccessKey: v.S3_SECRET_ACCESS_KEY,
    },
  };
}
