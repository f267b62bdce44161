/** Scripted providers: each call takes the next answer of its list; a call without an answer throws. */
import { type FailureCode, failure } from "../../src/domain/record/failures.ts";
import type { Outcome, Prediction, Providers } from "../../src/ports/providers.ts";

type Answer<T> = Outcome<T> | (() => Outcome<T> | Promise<Outcome<T>>);

/** One scripted call. An answer that is a function runs while the call is in flight. */
function scripted<First, T>(name: string) {
  const calls: First[] = [];
  const script: Answer<T>[] = [];
  let usual: (() => Outcome<T>) | undefined;
  return {
    calls,
    /** The answers to the next calls. */
    next: (...answers: Answer<T>[]) => void script.push(...answers),
    /** Answers every call from here on with this. */
    always(answer: () => Outcome<T>) {
      script.length = 0;
      usual = answer;
    },
    async call(first: First): Promise<Outcome<T>> {
      calls.push(first);
      const answer = script.shift() ?? usual;
      if (!answer) throw new Error(`The script has no answer to ${name} ${calls.length}`);
      return typeof answer === "function" ? answer() : answer;
    },
  };
}

type Value<F> = F extends (...args: never) => Promise<Outcome<infer T>> ? T : never;
type First<F> = F extends (first: infer A, ...rest: never) => unknown ? A : never;
type Transcribe = Providers["transcriber"]["transcribe"];
type ProposeScenes = Providers["director"]["proposeScenes"];
type WritePrompt = Providers["director"]["writePrompt"];
type SoftenPrompt = Providers["director"]["softenPrompt"];
type Predictions = Providers["predictions"];
type Opened = Value<Predictions["openOutput"]>;

export function scriptedProviders() {
  const transcribe = scripted<First<Transcribe>, Value<Transcribe>>("transcribe");
  const proposeScenes = scripted<First<ProposeScenes>, Value<ProposeScenes>>("proposeScenes");
  const writePrompt = scripted<First<WritePrompt>, Value<WritePrompt>>("writePrompt");
  const softenPrompt = scripted<First<SoftenPrompt>, Value<SoftenPrompt>>("softenPrompt");
  const create = scripted<First<Predictions["create"]>, Prediction>("create");
  const get = scripted<string, Prediction | null>("get");
  const find = scripted<First<Predictions["find"]>, Prediction | null>("find");
  const cancel = scripted<string, Prediction | null>("cancel");
  const openOutput = scripted<string, Opened>("openOutput");
  const providers: Providers = {
    transcriber: { transcribe: transcribe.call },
    director: {
      proposeScenes: proposeScenes.call,
      writePrompt: writePrompt.call,
      softenPrompt: softenPrompt.call,
    },
    predictions: {
      create: create.call,
      get: get.call,
      find: find.call,
      cancel: cancel.call,
      openOutput: openOutput.call,
    },
  };
  return {
    providers,
    transcribe,
    proposeScenes,
    writePrompt,
    softenPrompt,
    create,
    get,
    find,
    cancel,
    openOutput,
  };
}

export const ok = <T>(value: T, costUsd: number | null = null): Outcome<T> => ({
  kind: "ok",
  value,
  costUsd,
  requestId: null,
});
export const retry = (code: FailureCode, afterSeconds: number | null = null): Outcome<never> => ({
  kind: "retry",
  afterSeconds,
  failure: failure(code, "Not now.", { retryable: true }),
});
const CODES = {
  refused: "provider_refused",
  invalid: "provider_invalid_request",
  out_of_credit: "provider_out_of_credit",
  unknown: "provider_outcome_unknown",
} as const;
export const ended = (kind: keyof typeof CODES, message = "No."): Outcome<never> => ({
  kind,
  failure: failure(CODES[kind], message),
});
/** An answer that was charged for and can't be used. */
export const useless = (costUsd: number | null, retryable = true): Outcome<never> => ({
  kind: "invalid",
  costUsd,
  failure: failure("provider_bad_answer", "It can not be used.", { retryable }),
});
/** The model ran, was paid for, and refused. */
export const refusedAt = (costUsd: number | null): Outcome<never> => ({
  kind: "refused",
  costUsd,
  failure: failure(CODES.refused, "No."),
});

const prediction = (id: string, over: Partial<Prediction>): Prediction => ({
  id,
  status: "running",
  outputUrl: null,
  output: null,
  failure: null,
  webhookUrl: null,
  createdAt: null,
  predictSeconds: null,
  videoSeconds: null,
  ...over,
});
/** A canceled prediction that had run for `predictSeconds`; null where it had not begun. */
export const canceled = (id: string, predictSeconds: number | null = null) =>
  ok(prediction(id, { status: "canceled", predictSeconds }));
export const running = (id: string) => ok(prediction(id, {}));
export const succeeded = (id: string, output: unknown = null) =>
  ok(prediction(id, { status: "succeeded", outputUrl: `https://replicate.delivery/${id}`, output }));
/** A prediction that succeeded and reports the clip's length. */
export const filmed = (id: string, videoSeconds: number) =>
  ok(prediction(id, { status: "succeeded", outputUrl: `https://replicate.delivery/${id}`, videoSeconds }));
export const brokeDown = (id: string, code: FailureCode, { retryable = false, refused = false }) =>
  ok(
    prediction(id, {
      status: "failed",
      failure: { ...failure(code, "It failed.", { retryable }), refused },
    }),
  );

/** An output file, opened; `toldBytes` false where the provider does not say how long it is. */
export const file = (bytes: Uint8Array, toldBytes = true): Outcome<Opened> =>
  ok({
    body: new Blob([bytes.slice()]).stream(),
    bytes: toldBytes ? bytes.length : null,
    contentType: null,
  });
