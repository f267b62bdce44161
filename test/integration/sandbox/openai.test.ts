import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
  toFile,
} from "openai";
import { describe, expect, test } from "vitest";
import { fixture } from "../../support/media.ts";
import { sandbox } from "../../support/sandbox.ts";

const client = (url: string, apiKey = "sk-test") =>
  new OpenAI({ apiKey, baseURL: `${url}/openai/v1`, maxRetries: 0 });
const upload = async (path: string, name = path.split("/").at(-1)) => toFile(fixture(path), name);

interface Known {
  lines: { start: number; end: number; text: string; words: { word: string; start: number }[] }[];
}
const known = async (): Promise<Known> => JSON.parse(Buffer.from(fixture("song.json")).toString());

async function timed(url: string, path: string) {
  return client(url).audio.transcriptions.create({
    file: await upload(path),
    model: "whisper-1",
    response_format: "verbose_json",
    timestamp_granularities: ["word", "segment"],
  });
}

async function failure(call: Promise<unknown>): Promise<APIError> {
  const error = await call.then(
    () => null,
    (e: unknown) => e,
  );
  if (!(error instanceof APIError)) throw new Error(`expected an API error, got ${error}`);
  return error;
}

describe("transcription", () => {
  test("whisper-1 gives the lyrics that the file carries, line by line and word by word", async () => {
    const { url } = await sandbox();
    const heard = await timed(url, "song.mp3");
    const { lines } = await known();
    expect(heard.segments?.map((s) => s.text)).toEqual(lines.map((l) => ` ${l.text}`));
    expect(heard.words?.map((w) => w.word)).toEqual(lines.flatMap((l) => l.words.map((w) => w.word)));
    expect(heard.duration).toBeCloseTo(65, 0);
    expect(heard).toMatchObject({ task: "transcribe", language: "english", usage: { seconds: 66 } });
  });

  test("word times lie inside their lines, in order, near the times at which they were sung", async () => {
    const { url } = await sandbox();
    const heard = await timed(url, "song.mp3");
    const sung = (await known()).lines.flatMap((l) => l.words);
    const words = heard.words ?? [];
    words.forEach((word, i) => {
      expect(word.end).toBeGreaterThan(word.start);
      expect(word.start).toBeGreaterThanOrEqual(words[i - 1]?.end ?? 0);
      expect(Math.abs(word.start - (sung[i]?.start ?? 0))).toBeLessThan(1);
    });
    for (const [i, segment] of (heard.segments ?? []).entries()) {
      expect(segment.end).toBeLessThanOrEqual(heard.segments?.[i + 1]?.start ?? 65.1);
    }
  });

  test("a song without lyrics gives no text, no segments and no words", async () => {
    const { url } = await sandbox();
    expect(await timed(url, "audio/pcm16.wav")).toMatchObject({ text: "", segments: [], words: [] });
  });

  test("the same file is heard the same twice", async () => {
    const { url } = await sandbox();
    expect(await timed(url, "song.mp3")).toEqual(await timed(url, "song.mp3"));
  });

  test("gpt-transcribe gives text alone, as json or as plain text", async () => {
    const { url } = await sandbox();
    const api = client(url).audio.transcriptions;
    const json = await api.create({ file: await upload("song.mp3"), model: "gpt-transcribe" });
    expect(json.text).toMatch(/^Neon rain/);
    expect(json).not.toHaveProperty("words");
    const text: unknown = await api.create({
      file: await upload("song.mp3"),
      model: "gpt-transcribe",
      response_format: "text",
    });
    expect(text).toMatch(/^Neon rain/);
  });

  test("a refused transcription is not counted as bought", async () => {
    const { url, state } = await sandbox();
    await failure(timed(url, "broken/html.mp3"));
    await timed(url, "song.mp3");
    expect(state.ledger.openai.transcriptions).toBe(1);
  });
});

describe("errors, as the official client reads them", () => {
  test("verbose_json of gpt-transcribe is unsupported", async () => {
    const { url } = await sandbox();
    const error = await failure(
      client(url).audio.transcriptions.create({
        file: await upload("song.mp3"),
        model: "gpt-transcribe",
        response_format: "verbose_json",
      }),
    );
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ code: "unsupported_value", param: "response_format" });
  });

  test.each(["broken/empty.mp3", "broken/html.mp3", "broken/noise.mp3", "broken/video-only.mp4"])(
    "%s is refused as possibly corrupted",
    async (path) => {
      const { url } = await sandbox();
      const error = await failure(timed(url, path));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ code: "invalid_value", type: "invalid_request_error" });
    },
  );

  test("the file's name decides its format", async () => {
    const { url } = await sandbox();
    const file = await upload("song.mp3", "song.bin");
    const error = await failure(client(url).audio.transcriptions.create({ file, model: "whisper-1" }));
    expect(error).toMatchObject({ status: 400, code: "unsupported_value" });
    expect(error.message).toContain("Unsupported file format bin");
  });

  test("a body over 26,214,400 bytes is a 413 of type server_error", async () => {
    const { url } = await sandbox();
    const file = await toFile(new Uint8Array(26_214_400), "long.wav");
    const error = await failure(client(url).audio.transcriptions.create({ file, model: "whisper-1" }));
    expect(error).toMatchObject({ status: 413, type: "server_error", code: null });
  });

  test("a wrong key is a 401 that hides the key, in JSON under text/plain", async () => {
    const { url } = await sandbox({ keys: { openai: "sk-right" } });
    const error = await failure(client(url, "sk-wrong-key").models.list());
    expect(error).toBeInstanceOf(AuthenticationError);
    const raw = await fetch(`${url}/openai/v1/models`, { headers: { authorization: "Bearer sk-wrong-key" } });
    expect(raw.headers.get("content-type")).toMatch(/^text\/plain/);
    const body = await raw.text();
    expect(JSON.parse(body).error.code).toBe("invalid_api_key");
    expect(body).not.toContain("sk-wrong-key");
  });

  test("an unknown model is not found, and one that will be shut down states the date", async () => {
    const { url } = await sandbox();
    const models = client(url).models;
    expect(await failure(models.retrieve("whisper-9"))).toBeInstanceOf(NotFoundError);
    expect(await models.retrieve("whisper-1")).toMatchObject({ shutdown_date: "2027-02-26" });
    expect((await models.list()).data.map((m) => m.id)).toContain("gpt-transcribe");
  });

  test("without credit every transcription is refused as insufficient_quota", async () => {
    const { url, state } = await sandbox();
    state.chaos.out_of_credit = true;
    const error = await failure(timed(url, "song.mp3"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.code).toBe("insufficient_quota");
  });
});
