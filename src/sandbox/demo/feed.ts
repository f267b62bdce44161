import { on } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../world/user-error.ts";
import type { Api } from "./api.ts";
import { Message, Ticket } from "./schemas.ts";
import { emptyView, receive, type View } from "./view.ts";

const MAX_RECONNECTS = 5;
/** Longer than the feed of the local world is silent while a project runs. */
const SILENCE_MS = 180_000;

/**
 * Yields the view of a project after each message of its feed. A broken connection is opened again at the
 * last position. Throws UserError where the feed can't be kept open or is silent for too long.
 */
export async function* follow(api: Api, projectId: string): AsyncGenerator<View> {
  let view = emptyView();
  let position: string | null = null;
  for (let failures = 0; failures < MAX_RECONNECTS; failures++) {
    const { url } = await api.post(`/api/projects/${projectId}/feed/tickets`, Ticket);
    const socket = new WebSocket(position ? `${url}&after=${position}` : url);
    try {
      for await (const text of messages(socket, api.signal)) {
        const message = Message.parse(JSON.parse(text));
        if (message.type !== "progress") position = `${message.epoch}.${message.seq}`;
        view = receive(view, message);
        failures = 0;
        yield view;
      }
    } finally {
      socket.close();
    }
    await delay(500, null, { signal: api.signal });
  }
  throw new UserError("The feed of the project could not be kept open.");
}

async function* messages(socket: WebSocket, signal: AbortSignal): AsyncGenerator<string> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const stop = AbortSignal.any([signal, silence.signal]);
    for await (const [event] of on(socket, "message", { signal: stop, close: ["close", "error"] })) {
      timer.refresh();
      if (event instanceof MessageEvent && typeof event.data === "string") yield event.data;
    }
  } catch (error) {
    if (!silence.signal.aborted) throw error;
    throw new UserError(`The feed of the project was silent for ${SILENCE_MS / 60_000} minutes.`);
  } finally {
    clearTimeout(timer);
  }
}
