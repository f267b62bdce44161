/** Neon's HTTP endpoint with scripted network faults in front of it. */
import { DropConnection, type Handler, listen } from "../../src/sandbox/world/listen.ts";

/**
 * The network fault of one request: its connection ends before or after its execution or within the answer,
 * or it gets this answer.
 */
export type NetworkFault = "drop_before" | "drop_after" | "cut_answer" | { status: number; body: string };

/** An error of Postgres, as Neon's endpoint answers it. */
export const refusal = (code: string, message = "so says Postgres"): NetworkFault => ({
  status: 400,
  body: JSON.stringify({ message, code, severity: "FATAL" }),
});

export async function openEndpoint(handler: Handler) {
  let mishaps: NetworkFault[] = [];
  let requests = 0;
  const server = await listen(
    async (request) => {
      requests++;
      const mishap = mishaps.shift();
      if (typeof mishap === "object") return new Response(mishap.body, { status: mishap.status });
      if (mishap === "drop_before") throw new DropConnection();
      const answer = await handler(request);
      if (mishap === "drop_after") throw new DropConnection();
      return mishap === "cut_answer" ? cut(answer) : answer;
    },
    0,
    "127.0.0.1",
  );
  return {
    /** For DATABASE_FETCH_ENDPOINT. */
    url: server.url,
    /**
     * Sets the faults of the next requests, one each; later requests have none. `requests` counts from 0
     * again.
     */
    meets(...next: NetworkFault[]) {
      mishaps = next;
      requests = 0;
    },
    requests: () => requests,
    close: server.close,
  };
}

/** The same answer with a body that breaks off in the middle. */
async function cut(answer: Response): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) controller.error(new DropConnection());
      else controller.enqueue(bytes.subarray(0, bytes.length / 2));
      sent = true;
    },
  });
  return new Response(body, { status: answer.status, headers: { "content-type": "application/json" } });
}
