/** A `fetch` that answers from a script and records what was sent. */
export interface Sent {
  url: string;
  method: string;
  headers: Headers;
  body: RequestInit["body"];
}

/** A new response for each call, because a body can be read only once; or the error that the call throws. */
type Answer = Error | ((sent: Sent) => Response | Promise<Response>);

/** Gives the answers in order, and the last one again for all further calls. */
export function scripted(...answers: Answer[]) {
  const sent: Sent[] = [];
  async function fetch(url: string, init: RequestInit): Promise<Response> {
    const call = { url, method: init.method ?? "GET", headers: new Headers(init.headers), body: init.body };
    sent.push(call);
    const answer = answers[Math.min(sent.length, answers.length) - 1];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error("The script is empty");
    return answer(call);
  }
  const last = (): Sent => {
    const call = sent.at(-1);
    if (!call) throw new Error("Nothing was sent");
    return call;
  };
  return { fetch, sent, last, json: (): unknown => JSON.parse(String(last().body)) };
}

export const raw =
  (body: string, init: ResponseInit = {}) =>
  () =>
    new Response(body, init);

export const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  raw(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

/** A body that breaks off after some bytes. */
export const broken = (status: number, start: string) => () => {
  let first = true;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (first) controller.enqueue(new TextEncoder().encode(start));
      else controller.error(new Error("connection reset"));
      first = false;
    },
  });
  return new Response(body, { status });
};
