/** The only place that reads variables and secrets. */
import { z } from "zod";

const list = z.string().transform((s) =>
  s
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);
const url = z.url({ protocol: /^https?$/ });
const secret = z.string().min(16);

const Variables = z.object({
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//),
  DATABASE_FETCH_ENDPOINT: url.optional(),
  PUBLIC_URL: url,
  CORS_ORIGINS: list,
  AUTH_JWKS_URL: url,
  AUTH_ISSUER: z.string().min(1),
  AUTH_AUDIENCE: z.string().min(1),
  OPENAI_API_KEY: z.string().min(1),
  OPENAI_BASE_URL: url.default("https://api.openai.com/v1"),
  OPENROUTER_API_KEY: z.string().min(1),
  OPENROUTER_BASE_URL: url.default("https://openrouter.ai/api/v1"),
  REPLICATE_API_TOKEN: z.string().min(1),
  REPLICATE_BASE_URL: url.default("https://api.replicate.com/v1"),
  /** More than one while a secret is being rotated. */
  REPLICATE_WEBHOOK_SECRET: list.pipe(z.array(z.string().startsWith("whsec_")).min(1)),
  REPLICATE_OUTPUT_HOSTS: list.prefault("replicate.delivery"),
  CALLBACK_SECRET: secret,
  /** What one owner may spend in all, in US dollars; an owner's own limit is in the table `owners`. */
  OWNER_BUDGET_USD: z.coerce.number().min(0).optional(),
  S3_ENDPOINT: url,
  S3_BUCKET: z.string().min(1).default("omvee"),
  S3_REGION: z.string().min(1).default("auto"),
  S3_ACCESS_KEY_ID: z.string().min(1),
  S3_SECRET_ACCESS_KEY: z.string().min(1),
});

const withoutSlash = (address: string) => address.replace(/\/+$/, "");

export type Config = ReturnType<typeof parseConfig>;

/**
 * The variables as one typed value. A missing or malformed one throws with the
 * variable's name and what it should be, never with its value.
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
    ownerBudgetUsd: v.OWNER_BUDGET_USD ?? null,
    s3: {
      endpoint: withoutSlash(v.S3_ENDPOINT),
      bucket: v.S3_BUCKET,
      region: v.S3_REGION,
      accessKeyId: v.S3_ACCESS_KEY_ID,
      secretAccessKey: v.S3_SECRET_ACCESS_KEY,
    },
  };
}
