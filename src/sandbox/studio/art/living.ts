/** People, birds and a tree. */
import { chanceOf } from "./chance.ts";
import { fade, mix } from "./colour.ts";
import { type Brush, glow, type Plane, type Point, polygon } from "./plane.ts";
import type { Scene } from "./scene.ts";

/** One person from behind; feet at the origin, `unit` tall. `hand` is where the other's hand is held. */
function person(brush: Brush, unit: number, ink: string, dress: boolean, hand: -1 | 0 | 1): void {
  const line = (wide: number, ...points: readonly Point[]) => {
    brush.lineWidth = wide * unit;
    brush.beginPath();
    for (const [x, y] of points) brush.lineTo(x * unit, y * unit);
    brush.stroke();
  };
  brush.fillStyle = ink;
  brush.strokeStyle = ink;
  brush.lineCap = "round";
  brush.lineJoin = "round";
  brush.beginPath();
  brush.ellipse(0, -0.925 * unit, 0.047 * unit, 0.062 * unit, 0, 0, Math.PI * 2);
  brush.fill();
  if (dress) {
    brush.beginPath();
    brush.ellipse(0, -0.88 * unit, 0.056 * unit, 0.085 * unit, 0, 0, Math.PI * 2);
    brush.fill();
  }
  line(0.04, [0, -0.88], [0, -0.8]);
  const [waist, hem, foot] = dress ? [0.062, 0.15, -0.3] : [0.082, 0.105, -0.4];
  polygon(brush, ink, [
    [-0.03 * unit, -0.85 * unit],
    [-0.105 * unit, -0.815 * unit],
    [-waist * unit, -0.58 * unit],
    [-hem * unit, foot * unit],
    [hem * unit, foot * unit],
    [waist * unit, -0.58 * unit],
    [0.105 * unit, -0.815 * unit],
    [0.03 * unit, -0.85 * unit],
  ]);
  for (const side of [-1, 1]) {
    const reach: Point = side === hand ? [side * 0.165, -0.5] : [side * 0.118, -0.47];
    line(0.042, [side * 0.095, -0.795], [side * (side === hand ? 0.13 : 0.132), -0.64], reach);
    line(0.052, [side * 0.042, -0.42], [side * 0.046, -0.04]);
    line(0.036, [side * 0.05, -0.015], [side * 0.062, -0.015]);
  }
}

export function people(scene: Scene, at: number, depth: number, two: boolean): Plane {
  return {
    depth,
    paint(brush, frame) {
      const unit = frame.height * 0.145;
      const [x, y] = [scene.subjectX * frame.width, at * frame.height];
      const ink = mix(scene.tones.ink, "#000000", 0.35);
      brush.save();
      brush.globalCompositeOperation = "screen";
      glow(brush, x, y - unit * 0.5, unit * 1.3, scene.tones.glow, 0.28);
      brush.restore();
      brush.fillStyle = fade(ink, 0.4);
      brush.beginPath();
      brush.ellipse(x, y, unit * (two ? 0.42 : 0.24), unit * 0.022, 0, 0, Math.PI * 2);
      brush.fill();
      const group = two
        ? ([
            [-0.165, 1, false, 1],
            [0.165, 0.92, true, -1],
          ] as const)
        : ([[0, 1, false, 0]] as const);
      for (const [offset, tall, dress, hand] of group) {
        brush.save();
        brush.translate(x + offset * unit, y);
        person(brush, unit * tall, ink, dress, hand);
        brush.restore();
      }
    },
  };
}

/** A flock that beats its wings across the sky. */
export function birds(scene: Scene): Plane {
  const chance = chanceOf(`${scene.seed}|birds`);
  const flock = Array.from({ length: 13 }, () => ({
    x: scene.subjectX + chance.between(-0.16, 0.16),
    y: scene.horizon * chance.between(0.28, 0.62),
    size: chance.between(0.01, 0.021),
    turn: chance.between(0, 6.3),
    rate: chance.between(5, 8),
  }));
  return {
    depth: 0.35,
    live(brush, frame, seconds) {
      brush.strokeStyle = fade(mix(scene.tones.ink, scene.tones.sky[1], 0.15), 0.95);
      brush.lineCap = "round";
      for (const b of flock) {
        const size = b.size * frame.height;
        const x = b.x * frame.width + seconds * frame.height * 0.03 * (scene.subjectX < 0.5 ? 1 : -1);
        const y = b.y * frame.height - seconds * frame.height * 0.006;
        const beat = 0.55 + 0.5 * Math.sin(seconds * b.rate + b.turn);
        brush.lineWidth = size * 0.17;
        brush.beginPath();
        brush.moveTo(x - size, y - size * beat * 0.75);
        brush.quadraticCurveTo(x - size * 0.4, y - size * beat * 0.6, x, y);
        brush.quadraticCurveTo(x + size * 0.4, y - size * beat * 0.6, x + size, y - size * beat * 0.75);
        brush.stroke();
      }
    },
  };
}

/** A lone tree, branching by rule. */
export function tree(scene: Scene, at: number, depth: number): Plane {
  return {
    depth,
    paint(brush, frame) {
      const chance = chanceOf(`${scene.seed}|tree`);
      const { tones } = scene;
      const ink = mix(tones.ink, tones.sky[1], 0.08);
      const leaves: Point[] = [];
      brush.strokeStyle = ink;
      brush.lineCap = "round";
      const grow = (x: number, y: number, angle: number, long: number, thick: number, level: number) => {
        const [tipX, tipY] = [x + Math.cos(angle) * long, y + Math.sin(angle) * long];
        brush.lineWidth = thick;
        brush.beginPath();
        brush.moveTo(x, y);
        brush.quadraticCurveTo(
          x + Math.cos(angle + 0.15) * long * 0.5,
          y + Math.sin(angle + 0.15) * long * 0.5,
          tipX,
          tipY,
        );
        brush.stroke();
        if (level > 4) leaves.push([tipX, tipY]);
        if (level > 7) return;
        for (let i = 0; i < (level < 2 ? 3 : 2); i++) {
          grow(
            tipX,
            tipY,
            angle + chance.between(-0.65, 0.65),
            long * chance.between(0.68, 0.85),
            thick * 0.64,
            level + 1,
          );
        }
      };
      grow(
        scene.subjectX * frame.width,
        (at + 0.02) * frame.height,
        -Math.PI / 2,
        frame.height * 0.095,
        frame.height * 0.024,
        0,
      );
      const leaf = mix(tones.accent, tones.ink, 0.45);
      for (const [x, y] of leaves) {
        brush.fillStyle = fade(mix(leaf, tones.glow, chance.between(0, 0.4)), 0.75);
        brush.beginPath();
        brush.arc(
          x + chance.between(-1, 1) * frame.height * 0.008,
          y,
          frame.height * chance.between(0.003, 0.009),
          0,
          Math.PI * 2,
        );
        brush.fill();
      }
    },
    sway: (seconds) => ({ turn: 0.0025 * Math.sin(seconds * 1.2) }),
  };
}
