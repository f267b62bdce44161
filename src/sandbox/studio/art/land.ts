/** Ridges, peaks and dunes. */
import { chanceOf, rolling } from "./chance.ts";
import { fade, mix } from "./colour.ts";
import { type Brush, below, type Frame, flood, type Plane, vertical } from "./plane.ts";
import type { Scene } from "./scene.ts";

interface Ridge {
  /** Mean height of the line in frame heights from the top, and how far it swings. */
  at: number;
  swing: number;
  roughness: number;
  depth: number;
  /** 0 is the colour of the air, 1 of ink. */
  dark: number;
}

/** The line of a ridge in pixels. */
export const ridgeLine = (scene: Scene, ridge: Ridge, frame: Frame) => {
  const heights = rolling(`${scene.seed}|ridge|${ridge.at}`, ridge.roughness);
  return (x: number) => (ridge.at + ridge.swing * heights(x / frame.width)) * frame.height;
};

/** A ridge with mist in its foot. */
export function ridgePlane(
  scene: Scene,
  ridge: Ridge,
  dress?: (brush: Brush, frame: Frame, line: (x: number) => number) => void,
): Plane {
  return {
    depth: ridge.depth,
    paint(brush, frame) {
      const { tones } = scene;
      const line = ridgeLine(scene, ridge, frame);
      const crest = mix(tones.haze, tones.ink, ridge.dark);
      const foot = mix(crest, tones.haze, 0.5 * (1 - ridge.dark * 0.75));
      brush.fillStyle = vertical(
        brush,
        (ridge.at - ridge.swing) * frame.height,
        (ridge.at + 0.24) * frame.height,
        [crest, foot],
      );
      below(brush, frame, line);
      dress?.(brush, frame, line);
    },
  };
}

/** Conifers along a line, small with distance. */
export function pines(scene: Scene, seed: string, tall: number, many: number, colour: string) {
  return (brush: Brush, frame: Frame, line: (x: number) => number) => {
    const chance = chanceOf(`${scene.seed}|${seed}`);
    brush.fillStyle = colour;
    for (let i = 0; i < many; i++) {
      const x = chance.between(-0.15, 1.15) * frame.width;
      const height = tall * frame.height * chance.between(0.55, 1.15);
      const foot = line(x) + height * 0.12;
      brush.beginPath();
      for (let tier = 0; tier < 4; tier++) {
        const half = height * (0.07 + tier * 0.045);
        const top = foot - height * (1 - tier * 0.2);
        brush.moveTo(x, top);
        brush.lineTo(x + half, top + height * 0.32);
        brush.lineTo(x - half, top + height * 0.32);
      }
      brush.rect(x - height * 0.02, foot - height * 0.2, height * 0.04, height * 0.25);
      brush.fill();
    }
  };
}

export function hills(scene: Scene): Plane[] {
  const { horizon } = scene;
  const line = (at: number, swing: number, dark: number, depth: number) => ({
    at,
    swing,
    roughness: 0.4,
    depth,
    dark,
  });
  const shade = (dark: number) => mix(scene.tones.haze, scene.tones.ink, dark);
  return [
    ridgePlane(scene, line(horizon - 0.06, 0.05, 0.16, 0.14)),
    ridgePlane(scene, line(horizon, 0.045, 0.36, 0.24)),
    ridgePlane(scene, line(horizon + 0.08, 0.05, 0.58, 0.4), pines(scene, "far", 0.05, 90, shade(0.64))),
    ridgePlane(scene, line(horizon + 0.17, 0.05, 0.8, 0.62), pines(scene, "near", 0.1, 46, shade(0.88))),
    ridgePlane(scene, line(horizon + 0.27, 0.03, 0.96, 0.9)),
  ];
}

/** A range of peaks by midpoints, with lit flanks on the side of the light. */
function peaks(scene: Scene, at: number, tall: number, depth: number, dark: number): Plane {
  return {
    depth,
    paint(brush, frame) {
      const { tones } = scene;
      const chance = chanceOf(`${scene.seed}|peaks|${at}`);
      const many = 7;
      const crest = mix(tones.haze, tones.ink, dark);
      const lit = mix(crest, tones.glow, 0.42 * (1 - dark * 0.6));
      const side = scene.light.x < 0.5 ? -1 : 1;
      const mountains = Array.from({ length: many }, (_, i) => ({
        x: ((i + chance.between(-0.3, 0.3)) / (many - 1)) * 1.3 - 0.15,
        top: at - tall * chance.between(0.35, 1),
        half: chance.between(0.14, 0.24),
      })).sort((a, b) => a.top - b.top);
      for (const m of mountains) {
        const [x, top, foot] = [m.x * frame.width, m.top * frame.height, (at + 0.06) * frame.height];
        const half = m.half * frame.width;
        const edge = (seed: string, way: number): [number, number][] => {
          const rough = chanceOf(`${scene.seed}|${m.x}|${seed}`);
          return Array.from({ length: 14 }, (_, i) => {
            const u = (i + 1) / 14;
            return [
              x + way * half * u + rough.between(-1, 1) * half * 0.045,
              top + (foot - top) * u ** 0.92 + rough.between(-0.5, 1) * (foot - top) * 0.035,
            ];
          });
        };
        const [leftEdge, rightEdge] = [edge("l", -1), edge("r", 1)];
        brush.fillStyle = vertical(brush, top, foot, [crest, mix(crest, tones.haze, 0.75)]);
        brush.beginPath();
        brush.moveTo(x, top);
        for (const [px, py] of rightEdge) brush.lineTo(px, py);
        for (const [px, py] of [...leftEdge].reverse()) brush.lineTo(px, py);
        brush.fill();
        const gradient = vertical(brush, top, top + (foot - top) * 0.75, [fade(lit, 0.95), fade(lit, 0)]);
        brush.fillStyle = gradient;
        brush.beginPath();
        brush.moveTo(x, top);
        for (const [px, py] of side < 0 ? leftEdge : rightEdge) brush.lineTo(px, py);
        const spine = chanceOf(`${scene.seed}|${m.x}|spine`);
        for (let i = 10; i > 0; i--) {
          const u = i / 10;
          brush.lineTo(
            x + spine.between(-0.5, 0.5) * half * 0.25 * u + side * -half * 0.1 * u,
            top + (foot - top) * u,
          );
        }
        brush.fill();
      }
      brush.fillStyle = vertical(brush, at * frame.height, (at + 0.09) * frame.height, [
        fade(tones.haze, 0),
        fade(tones.haze, 0.9),
      ]);
      flood(brush, frame, at * frame.height, (at + 0.3) * frame.height);
    },
  };
}

export function mountains(scene: Scene): Plane[] {
  const { horizon, tones } = scene;
  const near = { at: horizon + 0.13, swing: 0.035, roughness: 0.5, depth: 0.55, dark: 0.82 };
  return [
    peaks(scene, horizon - 0.05, 0.3, 0.1, 0.2),
    peaks(scene, horizon + 0.02, 0.22, 0.2, 0.42),
    ridgePlane(
      scene,
      { at: horizon + 0.05, swing: 0.03, roughness: 0.5, depth: 0.36, dark: 0.55 },
      pines(scene, "far", 0.045, 120, mix(tones.haze, tones.ink, 0.62)),
    ),
    ridgePlane(scene, near, pines(scene, "near", 0.11, 60, mix(tones.haze, tones.ink, 0.9))),
    ridgePlane(scene, { at: horizon + 0.25, swing: 0.02, roughness: 0.5, depth: 0.9, dark: 1 }),
  ];
}

/** A dune: an S of light and shadow along a sweeping crest. */
function dune(scene: Scene, at: number, swing: number, depth: number, dark: number): Plane {
  return {
    depth,
    paint(brush, frame) {
      const { tones } = scene;
      const line = ridgeLine(scene, { at, swing, roughness: 0.18, depth, dark }, frame);
      const sand = mix(tones.haze, tones.ink, dark);
      brush.fillStyle = vertical(brush, (at - swing) * frame.height, (at + 0.3) * frame.height, [
        mix(sand, tones.glow, 0.4 * (1 - dark)),
        sand,
      ]);
      below(brush, frame, line);
      brush.save();
      brush.clip();
      const heights = rolling(`${scene.seed}|shade|${at}`, 0.3);
      brush.fillStyle = vertical(brush, (at - swing) * frame.height, (at + 0.3) * frame.height, [
        fade(mix(sand, tones.ink, 0.6), 0.7),
        fade(mix(sand, tones.ink, 0.5), 0),
      ]);
      below(
        brush,
        frame,
        (x) =>
          line(x) +
          frame.height *
            (0.035 + 0.05 * heights((x / frame.width) * 1.3)) *
            Math.max(0, Math.sin((x / frame.width) * 5 + at * 20)) +
          frame.height * 0.004,
      );
      brush.strokeStyle = fade(tones.glow, 0.16 * (1 - dark * 0.6));
      brush.lineWidth = frame.height / 700;
      for (let i = 1; i < 9; i++) {
        brush.beginPath();
        for (let x = -frame.bleed; x < frame.width + frame.bleed; x += frame.width / 90) {
          brush.lineTo(
            x,
            line(x) + frame.height * (0.014 * i ** 1.5 + 0.004 * Math.sin((x / frame.width) * 40 + i * 2)),
          );
        }
        brush.stroke();
      }
      brush.restore();
    },
  };
}

export function desert(scene: Scene): Plane[] {
  const { horizon } = scene;
  return [
    dune(scene, horizon - 0.01, 0.02, 0.12, 0.12),
    dune(scene, horizon + 0.06, 0.045, 0.28, 0.3),
    dune(scene, horizon + 0.17, 0.06, 0.5, 0.55),
    dune(scene, horizon + 0.3, 0.05, 0.85, 0.85),
  ];
}
