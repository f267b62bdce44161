import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { apiClient } from "../../../../src/sandbox/demo/api.ts";
import { follow } from "../../../../src/sandbox/demo/feed.ts";

/** An API that calls `connected` on each feed connection. `visits` are the addresses that were requested. */
async function feedServer(connected: (socket: WebSocket, visit: number) => void) {
  const visits: string[] = [];
  const http = createServer((request, response) => {
    const host = request.headers.host;
    if (request.headers.authorization !== "Bearer t") response.writeHead(401).end("{}");
    else response.end(JSON.stringify({ url: `ws://${host}/feed?ticket=${visits.length}` }));
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on("connection", (socket, request) => {
    visits.push(request.url ?? "");
    connected(socket, visits.length);
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    http.close();
  });
  return { visits, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

const message = (seq: number, over: object) => JSON.stringify({ epoch: "e.1", seq, ...over });
const snapshot = (seq: number, sceneIds: string[]) =>
  message(seq, {
    type: "snapshot",
    project: {
      id: "p",
      status: "running",
      settings: { fps: 24 },
      cost: { spent_usd: 0 },
      audio: null,
    },
    scenes: sceneIds.map((id) => ({ id })),
    images: [],
    clips: [],
    approvals: [],
    jobs: [],
    final_videos: [],
  });
const scene = (seq: number, id: string) =>
  message(seq, { type: "event", op: "upsert", entity: "scene", id, value: { id } });

test("a feed that breaks continues at its last position, with a new ticket", async () => {
  const { url, visits } = await feedServer((socket, visit) => {
    if (visit === 1) {
      socket.send(snapshot(7, ["a"]));
      socket.send(scene(8, "b"), () => socket.terminate());
    } else socket.send(scene(9, "c"));
  });
  const seen: string[] = [];
  for await (const view of follow(apiClient(url, "t", new AbortController().signal), "p")) {
    seen.push([...view.scene.keys()].join());
    if (view.scene.has("c")) break;
  }
  expect(seen).toEqual(["a", "a,b", "a,b,c"]);
  expect(visits).toEqual(["/feed?ticket=0", "/feed?ticket=1&after=e.1.8"]);
});

test("following ends at once when the person interrupts it", async () => {
  const { url } = await feedServer((socket) => socket.send(snapshot(1, [])));
  const interrupt = new AbortController();
  const following = async () => {
    for await (const _ of follow(apiClient(url, "t", interrupt.signal), "p")) interrupt.abort();
  };
  await expect(following()).rejects.toThrow("abort");
});
