/** Serves films over HTTP on this machine, with ranges like a bucket, and a page that plays one. */
import { createServer } from "node:http";
import { PAGE } from "./page.ts";

/** Serves `films` by name. The caller closes the server. */
export async function serveFilms(films: ReadonlyMap<string, Uint8Array>) {
  const server = createServer((request, response) => {
    const film = films.get(decodeURIComponent((request.url ?? "").slice(1)));
    if (!film) {
      response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
      return;
    }
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "");
    const [start, end] = [Number(range?.[1] ?? 0), Number(range?.[2] || film.length - 1)];
    response.writeHead(range ? 206 : 200, {
      "content-type": "video/mp4",
      "accept-ranges": "bytes",
      "content-length": end - start + 1,
      ...(range && { "content-range": `bytes ${start}-${end}/${film.length}` }),
    });
    response.end(film.subarray(start, end + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
