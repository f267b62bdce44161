/** Clips: a picture brought to life by a camera move, as H.264 in MP4. The same input gives the same frames. */

import { setImmediate as turn } from "node:timers/promises";
import { type Canvas, createCanvas, type Image, loadImage, type SKRSContext2D } from "@napi-rs/canvas";
import { VideoEncoder, type VideoEncoderConfig, VideoFrame } from "@napi-rs/webcodecs";
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from "mediabunny";
import { fade } from "./art/colour.ts";
import { compose, paintFront } from "./art/compose.ts";
import { type Frame, glow, type Plane } from "./art/plane.ts";
import { readScene } from "./art/scene.ts";
import { readStamp } from "./art/stamp.ts";
import { cameraOf, flatCamera, viewAt } from "./camera.ts";
import { BLEED, swayed } from "./draw.ts";

export interface FilmInput {
  /** The first frame, as an image file; without one the motion prompt is drawn. */
  image: Uint8Array | null;
  motion: string;
  resolution: "480p" | "720p" | "1080p";
  /** Only where there is no image, whose own shape rules. */
  aspect: string;
  frames: number;
  fps: number;
}

/** Widths and heights by shape, as Seedance delivers them. */
const SIZES: Readonly<Record<FilmInput["resolution"], readonly (readonly [number, number])[]>> = {
  "480p": [
    [864, 480],
    [736, 544],
    [640, 640],
    [544, 736],
    [480, 864],
    [960, 416],
    [416, 960],
  ],
  "720p": [
    [1280, 720],
    [1120, 832],
    [960, 960],
    [832, 1120],
    [720, 1280],
    [1504, 640],
    [640, 1504],
  ],
  "1080p": [
    [1920, 1080],
    [1664, 1248],
    [1440, 1440],
    [1248, 1664],
    [1080, 1920],
    [2176, 928],
    [928, 2176],
  ],
};

/** The size of the resolution whose shape is nearest. */
export function clipSize(
  width: number,
  height: number,
  resolution: FilmInput["resolution"],
): readonly [number, number] {
  const off = ([w, h]: readonly [number, number]) => Math.abs(Math.log(w / h / (width / height)));
  return [...SIZES[resolution]].sort((a, b) => off(a) - off(b))[0] ?? [1280, 720];
}

/** Planes this near to each other move as one. */
const SAME_DEPTH = 0.13;

interface Sheet {
  depth: number;
  plane: Plane | null;
  picture: Canvas | null;
  /** Where the picture's corner stands in the frame. */
  left: number;
  top: number;
}

/** The part of `picture` that has any paint; a sheet is mostly empty, and each frame pays for its area. */
function trimmed(picture: Canvas): { picture: Canvas; left: number; top: number } | null {
  const { width, height } = picture;
  const bytes = picture.data();
  const pixels = new Uint32Array(bytes.buffer, bytes.byteOffset, width * height);
  let [left, right, top, bottom] = [width, -1, -1, -1];
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * width, (y + 1) * width);
    const first = row.findIndex((p) => p !== 0);
    if (first < 0) continue;
    if (top < 0) top = y;
    bottom = y;
    left = Math.min(left, first);
    right = Math.max(
      right,
      row.findLastIndex((p) => p !== 0),
    );
  }
  release(bytes);
  if (right < 0) return null;
  if (right - left > width * 0.9 && bottom - top > height * 0.9) return { picture, left: 0, top: 0 };
  const own = createCanvas(right - left + 3, bottom - top + 3);
  own.getContext("2d").drawImage(picture, 1 - left, 1 - top);
  return { picture: own, left: left - 1, top: top - 1 };
}

/** Paints what stands still once, planes of like depth on one sheet; what moves by itself stays apart. */
function sheetsOf(planes: readonly Plane[], frame: Frame): Sheet[] {
  const groups: { depth: number; plane: Plane | null; painters: Plane[]; live: boolean }[] = [];
  for (const plane of planes) {
    const apart = plane.sway !== undefined || plane.light === true;
    const last = groups.at(-1);
    const joins =
      last && !apart && !last.live && last.plane === null && Math.abs(last.depth - plane.depth) <= SAME_DEPTH;
    if (plane.paint && joins) last.painters.push(plane);
    else if (plane.paint)
      groups.push({ depth: plane.depth, plane: apart ? plane : null, painters: [plane], live: false });
    if (plane.live) groups.push({ depth: plane.depth, plane, painters: [], live: true });
  }
  return groups.flatMap(({ depth, plane, painters, live }): Sheet[] => {
    if (live) return [{ depth, plane, picture: null, left: 0, top: 0 }];
    const whole = createCanvas(frame.width + frame.bleed * 2, frame.height + frame.bleed * 2);
    const brush = whole.getContext("2d");
    brush.translate(frame.bleed, frame.bleed);
    for (const painter of painters) {
      brush.save();
      painter.paint?.(brush, frame);
      brush.restore();
    }
    const cut = trimmed(whole);
    return cut
      ? [{ depth, plane, picture: cut.picture, left: cut.left - frame.bleed, top: cut.top - frame.bleed }]
      : [];
  });
}

function expose(
  brush: SKRSContext2D,
  sheets: readonly Sheet[],
  frame: Frame,
  view: (depth: number) => ReturnType<typeof viewAt>,
  seconds: number,
): void {
  for (const sheet of sheets) {
    const { scale, x, y } = view(sheet.depth);
    brush.save();
    brush.translate(frame.width / 2 + x, frame.height * 0.48 + y);
    brush.scale(scale, scale);
    brush.translate(-frame.width / 2, -frame.height * 0.48);
    if (sheet.picture) {
      const sway = sheet.plane?.sway?.(seconds) ?? {};
      swayed(brush, frame, sway);
      brush.globalAlpha = sway.opacity ?? 1;
      if (sheet.plane?.light) brush.globalCompositeOperation = "screen";
      brush.drawImage(sheet.picture, sheet.left, sheet.top);
    } else {
      sheet.plane?.live?.(brush, frame, seconds);
    }
    brush.restore();
  }
}

/** Any picture as planes: itself, and light that drifts over it. */
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

/**
 * Gives a frame's memory back now. The collector does not see its weight: gigabytes pile up before it
 * runs, and fresh memory costs ten times what the copy does.
 */
function release(pixels: Buffer): void {
  if (pixels.buffer instanceof ArrayBuffer) pixels.buffer.transfer(0);
}

/** The clip as an MP4 file. Throws on an image that can't be read, and when `signal` aborts. */
export async function shootClip(input: FilmInput, signal?: AbortSignal): Promise<Uint8Array> {
  const { frames, fps, motion } = input;
  const picture = input.image ? await loadImage(Buffer.from(input.image)) : null;
  const note = input.image ? readStamp(input.image) : { prompt: motion, seed: null };
  const scene = note ? readScene(note.prompt, note.seed) : null;
  const [across, down] = input.aspect.split(":").map(Number);
  const [width, height] = clipSize(
    picture?.width ?? across ?? 16,
    picture?.height ?? down ?? 9,
    input.resolution,
  );
  const frame: Frame = { width, height, bleed: scene ? Math.round(width * BLEED) : 0 };
  const asked = cameraOf(motion);
  const camera = scene ? asked : flatCamera(asked);
  const sheets = sheetsOf(scene ? compose(scene) : picture ? flatPlanes(picture) : [], frame);
  const front = createCanvas(width, height);
  if (scene) paintFront(scene, frame, front.getContext("2d"));

  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: "in-memory" }), target });
  const track = new EncodedVideoPacketSource("avc");
  output.addVideoTrack(track, { frameRate: fps });
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
  await output.finalize();
  if (!target.buffer) throw new Error("the clip was not finished");
  return new Uint8Array(target.buffer);
}
