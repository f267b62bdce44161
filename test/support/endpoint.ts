/** Neon's endpoint with a script of mishaps in front of it. */
import { Dropped, type Handler, listen } from "../../src/sandbox/world/listen.ts";

/** What one request meets: its connection ends before or after it was executed, or within the answer, or this is the answer. */
export type Mishap = "drop_before" | "drop_after" | "cut_answer" | { status: number; body: string };

/** Postgres' own refusal, as Neon's endpoint words it. */
export const refusal = (code: string, message = "so says Postgres"): Mishap => ({
  status: 400,
  body: JSON.stringify({ message, code, severity: "FATAL" }),
});

export async function openEndpoint(handler: Handler) {
  let mishaps: Mishap[] = [];
  let requests = 0;
  const limiter = await listen(
    async (request) => {
      requests++;
      const mishap = mishaps.shift();
      if (typeof mishap === "object") return new Response(mishap.body, { status: mishap.status });
      if (mishap === "drop_before") throw new Dropped();
      const answer = await handler(request);
      if (mishap === "drop_after") throw new Dropped();
      return mishap === "cut_answer" ? cut(answer) : answer;
    },
    0,
    "127.0.0.1",
  );
  return {
    /** For DATABASE_FETCH_ENDPOINT. */
    url: limiter.url,
    /** The next requests meet these, one each, and those behind them nothing. The count begins anew. */
    meets(...next: Mishap[]) {
      mishaps = next;
      requests = 0;
    },
    requests: () => requests,
    close: limiter.close,
  };
}

/** The same answer, whose body ends in the middle. */
async function cut(answer: Response): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) controller.error(new Dropped());
      else controller.enqueue(bytes.subarray(0, bytes.length / 2));
      sent = true;
    },
  });
  return new Response(body, { status: answer.status, headers: { "content-type": "application/json" } });
}
