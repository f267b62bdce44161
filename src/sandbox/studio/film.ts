/** Clips: an image animated by a camera move, as H.264 in MP4. The same input gives the same frames. */
import { setImmediate as turn } from "node:timers/promises";
import { createCanvas, type Image, loadImage } from "@napi-rs/canvas";
import { VideoEncoder, type VideoEncoderConfig, VideoFrame } from "@napi-rs/webcodecs";
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from "mediabunny";
import { fade } from "./art/colour.ts";
import { compose, paintFront } from "./art/compose.ts";
import { type Frame, glow, type Plane } from "./art/plane.ts";
import { readScene } from "./art/scene.ts";
import { expose, release, sheetsOf } from "./art/sheets.ts";
import { readStamp } from "./art/stamp.ts";
import { cameraOf, flatCamera, viewAt } from "./camera.ts";
import { clipSize, type Shape } from "./clip-size.ts";
import { addHum } from "./clip-sound.ts";
import { bleedOf } from "./draw.ts";

export interface FilmInput {
  /** The first frame, as an image file; without one the motion prompt is drawn. */
  image: Uint8Array | null;
  motion: string;
  shape: Shape;
  /** Used only without an image: with one, the image's shape decides. */
  aspect: string;
  /** Whether the clip has a sound track. */
  sound: boolean;
  /** How many lines the clip is lower than its shape says. */
  fewerLines?: number;
  frames: number;
  fps: number;
}

/** Planes for an image that was not drawn here: the image, and light that drifts over it. */
function flatPlanes(picture: Image): Plane[] {
  return [
    {
      depth: 1,
      paint(brush, { width, height }) {
        const scale = Math.max(width / picture.width, height / picture.height);
        const [w, h] = [picture.width * scale, picture.height * scale];
        brush.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
      },
    },
    {
      depth: 1,
      live(brush, { width, height }, seconds) {
        const u = Math.min(1, seconds / 2);
        brush.globalCompositeOperation = "screen";
        glow(brush, width * (0.25 + 0.08 * seconds), height * 0.2, height * 0.8, "#ffe9c4", 0.12 * u);
        for (let i = 0; i < 24; i++) {
          const [x, y] = [
            ((i * 0.381 + seconds * 0.012 * (1 + (i % 3))) % 1) * width,
            ((((i * 0.618 + 1 - seconds * 0.014 * (1 + (i % 4))) % 1) + 1) % 1) * height,
          ];
          brush.fillStyle = fade("#fff3da", 0.28 * u * (0.5 + 0.5 * Math.sin(seconds * 1.3 + i)));
          brush.beginPath();
          brush.arc(x, y, height * (0.0015 + 0.0012 * (i % 3)), 0, Math.PI * 2);
          brush.fill();
        }
      },
    },
  ];
}

/** One configuration for each size, so that clips of a size always join without re-encoding. */
function encoderConfig(width: number, height: number, fps: number): VideoEncoderConfig {
  const pixels = width * height;
  const level = pixels > 1280 * 736 ? "28" : "20";
  return {
    codec: `avc1.6400${level}`,
    width,
    height,
    framerate: fps,
    bitrateMode: "quantizer",
    latencyMode: "quality",
    avc: { format: "avc" },
  };
}

/** The clip as an MP4 file. Throws on an image that can't be read, and when `signal` aborts. */
export async function shootClip(input: FilmInput, signal?: AbortSignal): Promise<Uint8Array> {
  const { frames, fps, motion } = input;
  const picture = input.image ? await loadImage(Buffer.from(input.image)) : null;
  const note = input.image ? readStamp(input.image) : { prompt: motion, seed: null };
  const scene = note ? readScene(note.prompt, note.seed) : null;
  const [across, down] = input.aspect.split(":").map(Number);
  const [width, fullHeight] = clipSize(
    input.shape,
    picture?.width ?? across ?? 16,
    picture?.height ?? down ?? 9,
  );
  const height = fullHeight - (input.fewerLines ?? 0);
  const frame: Frame = { width, height, bleed: scene ? bleedOf(width, height) : 0 };
  const asked = cameraOf(motion);
  const camera = scene ? asked : flatCamera(asked);
  const sheets = sheetsOf(scene ? compose(scene) : picture ? flatPlanes(picture) : [], frame);
  const front = createCanvas(width, height);
  if (scene) paintFront(scene, frame, front.getContext("2d"));

  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: "in-memory" }), target });
  const track = new EncodedVideoPacketSource("avc");
  output.addVideoTrack(track, { frameRate: fps });
  const sound = input.sound ? addHum(output) : null;
  await output.start();

  const failures: Error[] = [];
  let muxing = Promise.resolve();
  const encoder = new VideoEncoder({
    output: (chunk, metadata) => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      const packet = new EncodedPacket(
        data,
        chunk.type === "key" ? "key" : "delta",
        chunk.timestamp / 1e6,
        1 / fps,
      );
      muxing = muxing.then(() => track.add(packet, metadata));
    },
    error: (error) => failures.push(error),
  });
  encoder.configure(encoderConfig(width, height, fps));
  const canvas = createCanvas(width, height);
  const brush = canvas.getContext("2d");
  try {
    for (let i = 0; i < frames; i++) {
      signal?.throwIfAborted();
      const u = i / Math.max(1, frames - 1);
      expose(brush, sheets, frame, (depth) => viewAt(camera, depth, u, frame), i / fps);
      if (scene) brush.drawImage(front, 0, 0);
      const pixels = canvas.data();
      const shot = new VideoFrame(pixels, {
        format: "RGBA",
        codedWidth: width,
        codedHeight: height,
        timestamp: Math.round((i * 1e6) / fps),
        duration: Math.round(1e6 / fps),
      });
      encoder.encode(shot, { keyFrame: i === 0 });
      shot.close();
      release(pixels);
      do await turn();
      while (encoder.encodeQueueSize > 3);
      if (failures[0]) throw failures[0];
    }
    await encoder.flush();
    await muxing;
    if (failures[0]) throw failures[0];
  } finally {
    encoder.close();
  }
  track.close();
  await sound?.play(frames / fps);
  await output.finalize();
  if (!target.buffer) throw new Error("the clip was not finished");
  return new Uint8Array(target.buffer);
}
