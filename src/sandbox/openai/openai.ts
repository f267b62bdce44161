/** OpenAI's audio transcription: openai-openapi `CreateTranscriptionRequest`, errors as probed in 2026. */
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { keyOf, type SandboxState } from "../state.ts";
import { readLyrics, type SungLyrics } from "../story/lyrics.ts";

/** Limit of the whole body, boundaries and other parts included. */
const MAX_BODY_BYTES = 26_214_400;
const EXTENSIONS = new Set(["flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "oga", "wav", "webm"]);
const SHUTDOWN = "2027-02-26";

interface Model {
  formats: readonly string[];
  shutdown: string | null;
}
const PLAIN = ["json", "text"];
const MODELS: Readonly<Record<string, Model>> = {
  "whisper-1": { formats: ["json", "text", "srt", "verbose_json", "vtt"], shutdown: SHUTDOWN },
  "gpt-4o-transcribe": { formats: PLAIN, shutdown: SHUTDOWN },
  "gpt-4o-mini-transcribe": { formats: PLAIN, shutdown: SHUTDOWN },
  "gpt-transcribe": { formats: PLAIN, shutdown: null },
};

interface Fault {
  status: number;
  message: string;
  type?: string;
  param?: string | null;
  code?: string | null;
}

const fault = ({
  status,
  message,
  type = "invalid_request_error",
  param = null,
  code = null,
}: Fault): Response => Response.json({ error: { message, type, param, code } }, { status });

/** A 401 is JSON under text/plain; its message shows a part of the key. */
function unauthorized(request: Request): Response {
  const key = request.headers.get("authorization")?.replace(/^Bearer\s+/i, "") ?? "";
  const message = key
    ? `Incorrect API key provided: ${key.slice(0, 3)}***${key.slice(-2)}. You can find your API key at https://platform.openai.com/account/api-keys.`
    : "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
  const body = fault({ status: 401, message, code: "invalid_api_key" });
  return new Response(body.body, { status: 401, headers: { "content-type": "text/plain; charset=utf-8" } });
}

const noCredit = () =>
  fault({
    status: 429,
    message: "You exceeded your current quota, please check your plan and billing details.",
    type: "insufficient_quota",
    code: "insufficient_quota",
  });

const model = (id: string) => ({
  id,
  object: "model",
  created: 1_677_532_384,
  owned_by: "openai-internal",
  shutdown_date: MODELS[id]?.shutdown ?? null,
});

const textOf = (heard: SungLyrics) => heard.lines.map((l) => l.text).join(" ");

/** Seconds as 00:00:00,000 with `mark` before the milliseconds. */
function stamp(seconds: number, mark: string): string {
  const at = new Date(Math.round(seconds * 1000)).toISOString();
  return at.slice(11, 23).replace(".", mark);
}

function subtitles(heard: SungLyrics, kind: "srt" | "vtt"): string {
  const mark = kind === "srt" ? "," : ".";
  const cues = heard.lines.map((l, i) => {
    const times = `${stamp(l.start, mark)} --> ${stamp(l.end, mark)}`;
    return `${kind === "srt" ? `${i + 1}\n` : ""}${times}\n${l.text}\n`;
  });
  return `${kind === "vtt" ? "WEBVTT\n\n" : ""}${cues.join("\n")}\n`;
}

function verbose(heard: SungLyrics, granularities: readonly string[]): object {
  const seconds = Math.ceil(heard.duration);
  const segments = heard.lines.map((line, id) => ({
    id,
    seek: Math.floor(line.start / 30) * 3000,
    start: line.start,
    end: line.end,
    text: ` ${line.text}`,
    tokens: line.words.map((w) => 50_364 + w.word.length),
    temperature: 0,
    avg_logprob: -0.24,
    compression_ratio: 1.4,
    no_speech_prob: 0.02,
  }));
  return {
    task: "transcribe",
    language: "english",
    duration: heard.duration,
    text: textOf(heard),
    ...(granularities.length === 0 || granularities.includes("segment") ? { segments } : {}),
    ...(granularities.includes("word") ? { words: heard.lines.flatMap((l) => l.words) } : {}),
    usage: { type: "duration", seconds },
  };
}

function plainJson(name: string, heard: SungLyrics): object {
  const text = textOf(heard);
  const seconds = Math.ceil(heard.duration);
  if (name === "gpt-transcribe") {
    return { text, languages: text ? [{ code: "en" }] : [], usage: { type: "duration", seconds } };
  }
  if (name === "whisper-1") return { text, usage: { type: "duration", seconds } };
  const audio = seconds * 10;
  const output = Math.ceil(text.length / 4);
  const usage = {
    type: "tokens",
    input_tokens: audio,
    input_token_details: { audio_tokens: audio, text_tokens: 0 },
    output_tokens: output,
    total_tokens: audio + output,
  };
  return { text, usage };
}

async function transcribe(state: SandboxState, request: Request): Promise<Response> {
  const body = await request.arrayBuffer();
  if (body.byteLength > MAX_BODY_BYTES) {
    const message = `Maximum content size limit (${MAX_BODY_BYTES}) exceeded (${body.byteLength} bytes read)`;
    return fault({ status: 413, message, type: "server_error" });
  }
  if (state.chaos.out_of_credit) return noCredit();
  const type = request.headers.get("content-type") ?? "";
  const form = await new Response(body, { headers: { "content-type": type } }).formData().catch(() => null);
  if (!form) return fault({ status: 400, message: "Could not parse multipart form" });
  const field = (name: string) => form.get(name);
  const name = String(field("model") ?? "");
  const known = MODELS[name];
  if (name === "") return fault({ status: 400, message: "you must provide a model parameter" });
  if (!known) {
    const message = `The model '${name}' does not exist or you do not have access to it.`;
    return fault({ status: 404, message, code: "model_not_found" });
  }
  const format = String(field("response_format") ?? "json");
  if (!known.formats.includes(format)) {
    const message = `response_format '${format}' is not compatible with model '${name}-api-ev3'. Use 'json' or 'text' instead.`;
    return fault({ status: 400, message, param: "response_format", code: "unsupported_value" });
  }
  const granularities = form.getAll("timestamp_granularities[]").map(String);
  if (granularities.length > 0 && format !== "verbose_json") {
    const message = "timestamp_granularities can only be used with response_format 'verbose_json'.";
    return fault({ status: 400, message, param: "timestamp_granularities", code: "invalid_value" });
  }
  const file = field("file");
  if (!(file instanceof File)) return fault({ status: 400, message: "file is required", param: "file" });
  const extension = file.name.includes(".") ? (file.name.split(".").at(-1) ?? "").toLowerCase() : "";
  if (!EXTENSIONS.has(extension)) {
    const message = `Unsupported file format ${extension || file.name}`;
    return fault({ status: 400, message, param: "file", code: "unsupported_value" });
  }
  const heard = await readLyrics(new Uint8Array(await file.arrayBuffer()));
  if (!heard) {
    const message = "Audio file might be corrupted or unsupported";
    return fault({ status: 400, message, param: "file", code: "invalid_value" });
  }
  state.ledger.openai.transcriptions += 1;
  if (format === "text") return new Response(`${textOf(heard)}\n`);
  if (format === "srt" || format === "vtt") return new Response(subtitles(heard, format));
  return Response.json(format === "verbose_json" ? verbose(heard, granularities) : plainJson(name, heard));
}

export function openaiRoutes(state: SandboxState): Hono {
  return new Hono()
    .use(async (c, next) => {
      const started = performance.now();
      if (keyOf(state, "openai", c.req.raw) === null) {
        await c.req.arrayBuffer();
        c.res = unauthorized(c.req.raw);
      } else await next();
      c.header("x-request-id", `req_${randomUUID().replaceAll("-", "")}`);
      c.header("openai-processing-ms", String(Math.round(performance.now() - started)));
    })
    .get("/models", (c) => c.json({ object: "list", data: Object.keys(MODELS).map(model) }))
    .get("/models/:id", (c) => {
      const id = c.req.param("id");
      if (id in MODELS) return c.json(model(id));
      return fault({
        status: 404,
        message: `The model '${id}' does not exist`,
        param: "model",
        code: "model_not_found",
      });
    })
    .post("/audio/transcriptions", (c) => transcribe(state, c.req.raw))
    .all("*", (c) =>
      fault({ status: 404, message: `Invalid URL (${c.req.method} ${new URL(c.req.url).pathname})` }),
    );
}
