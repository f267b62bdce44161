/** Films over HTTP on this machine, by ranges as a bucket gives them, and a page that plays one. */
import { createServer } from "node:http";

/**
 * Plays a film to its end and says how it went. `pitches`: the loudest frequency, in hertz, of
 * what is heard a quarter, a half and three quarters in.
 */
const PAGE = `<!doctype html><meta charset="utf-8"><script>
async function play(url, rate) {
  const video = document.body.appendChild(document.createElement("video"));
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  context.createMediaElementSource(video).connect(analyser);
  analyser.connect(context.destination);
  const pitches = [];
  const listen = () => {
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    const loudest = levels.indexOf(Math.max(...levels));
    return levels[loudest] > -90 ? Math.round((loudest * context.sampleRate) / analyser.fftSize) : 0;
  };
  const frames = { shown: 0 };
  const result = await new Promise((resolve) => {
    const tell = (ended) => resolve({
      ended, duration: video.duration, currentTime: video.currentTime,
      error: video.error ? video.error.message : null,
      width: video.videoWidth, height: video.videoHeight,
    });
    video.onended = () => tell(true);
    video.onerror = () => tell(false);
    video.ontimeupdate = () => {
      const wanted = (video.duration * (pitches.length + 1)) / 4;
      if (pitches.length < 3 && video.currentTime >= wanted) pitches.push(listen());
    };
    setTimeout(() => tell(false), (1000 * 900) / rate);
    video.defaultPlaybackRate = rate;
    video.preservesPitch = true;
    video.src = url;
    context.resume();
    video.play().catch((error) => { if (!video.error) resolve({ ended: false, error: String(error) }); });
  });
  const { totalVideoFrames = 0 } = video.getVideoPlaybackQuality();
  video.remove();
  await context.close();
  return { ...result, pitches, totalVideoFrames };
}
</script>`;

/** `films` by name. The caller closes it. */
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
