/** A viaduct with a train on it. */
import { chanceOf } from "./chance.ts";
import { fade, mix } from "./colour.ts";
import { ridgePlane } from "./land.ts";
import { type Brush, glow, type Plane, vertical } from "./plane.ts";
import type { Scene } from "./scene.ts";
import { water } from "./sea.ts";

const CARS = 5;

/** Nose at `x`, rails at `y`, one car `unit` long; it runs to the right, or to the left with `way` -1. */
function paintTrain(brush: Brush, scene: Scene, x: number, y: number, unit: number, way: 1 | -1): void {
  const { tones } = scene;
  const tall = unit * 0.27;
  const body = mix(tones.ink, tones.sky[1], 0.3);
  const chance = chanceOf(`${scene.seed}|train`);
  const warm = mix(tones.glow, "#ffdf9e", 0.4);
  brush.save();
  brush.translate(x, y);
  brush.scale(way, 1);
  for (let car = 0; car < CARS; car++) {
    const right = -car * unit * 1.03;
    brush.fillStyle = vertical(brush, -tall, 0, [mix(body, tones.sky[3], 0.4), body, tones.ink]);
    brush.beginPath();
    brush.roundRect(
      right - unit,
      -tall,
      unit,
      tall * 0.93,
      car === 0 ? [tall * 0.15, tall * 0.62, tall * 0.12, tall * 0.08] : tall * 0.1,
    );
    brush.fill();
    brush.fillStyle = fade(tones.glow, 0.45);
    brush.fillRect(right - unit * 0.98, -tall, unit * (car === 0 ? 0.8 : 0.96), tall * 0.035);
    const panes = car === 0 ? 6 : 7;
    for (let i = 0; i < panes; i++) {
      const px = right - unit * 0.95 + (i * unit * 0.9) / 7;
      brush.fillStyle = fade(chance.happens(0.85) ? warm : tones.accent, chance.between(0.75, 1));
      brush.beginPath();
      brush.roundRect(px, -tall * 0.74, unit * 0.1, tall * 0.3, tall * 0.05);
      brush.fill();
    }
    brush.fillStyle = fade(tones.accent, 0.85);
    brush.fillRect(right - unit * 0.99, -tall * 0.32, unit * (car === 0 ? 0.96 : 0.98), tall * 0.05);
    brush.fillStyle = tones.ink;
    brush.fillRect(right - unit * 1.03, -tall * 0.25, unit * 0.05, tall * 0.1);
    for (const wheel of [0.14, 0.24, 0.76, 0.86]) {
      brush.beginPath();
      brush.arc(right - unit * wheel, -tall * 0.05, tall * 0.075, 0, Math.PI * 2);
      brush.fill();
    }
  }
  brush.globalCompositeOperation = "screen";
  const beam = brush.createLinearGradient(0, 0, unit * 2.2, 0);
  beam.addColorStop(0, fade(tones.glow, 0.5));
  beam.addColorStop(1, fade(tones.glow, 0));
  brush.fillStyle = beam;
  brush.beginPath();
  brush.moveTo(-unit * 0.03, -tall * 0.42);
  brush.lineTo(unit * 2.2, -tall * 0.95);
  brush.lineTo(unit * 2.2, tall * 0.35);
  brush.lineTo(-unit * 0.03, -tall * 0.25);
  brush.fill();
  glow(brush, -unit * 0.05, -tall * 0.34, tall * 0.9, tones.glow, 0.9);
  glow(brush, -unit * CARS * 0.5, -tall * 0.5, unit * 2.2, warm, 0.12);
  brush.restore();
}

/** The train on its own, its rails at `at` frame heights; it is longer than any frame, so it is painted as it runs. */
export function train(scene: Scene, at: number, depth: number, unit = 0.25): Plane {
  const way = scene.light.x < 0.5 ? -1 : 1;
  return {
    depth,
    live(brush, { width, height }, seconds) {
      const nose = (way > 0 ? 0.66 : 0.34) * width + way * seconds * 0.055 * height;
      const rattle = 0.0009 * height * Math.sin(seconds * 17);
      paintTrain(brush, scene, nose, at * height + rattle, unit * height, way);
    },
  };
}

/** Arches across the frame, their feet in the mist. */
export function viaduct(scene: Scene, at: number, depth: number): Plane {
  return {
    depth,
    paint(brush, frame) {
      const { tones } = scene;
      const span = frame.height * 0.23;
      const [top, foot] = [at * frame.height, (at + 0.3) * frame.height];
      const stone = mix(tones.haze, tones.ink, 0.74);
      brush.fillStyle = vertical(brush, top, foot, [stone, fade(mix(stone, tones.haze, 0.5), 0.92)]);
      brush.beginPath();
      brush.rect(-frame.bleed, top, frame.width + frame.bleed * 2, foot - top);
      for (let x = -0.2 * frame.width; x < frame.width + frame.bleed; x += span) {
        const [left, right, spring] = [x + span * 0.09, x + span * 0.91, top + span * 0.62];
        brush.moveTo(left, foot);
        brush.lineTo(left, spring);
        brush.arc((left + right) / 2, spring, (right - left) / 2, Math.PI, 0);
        brush.lineTo(right, foot);
        brush.closePath();
      }
      brush.fill("evenodd");
      brush.fillStyle = mix(stone, tones.ink, 0.4);
      brush.fillRect(
        -frame.bleed,
        top - frame.height * 0.004,
        frame.width + frame.bleed * 2,
        frame.height * 0.014,
      );
      brush.fillStyle = fade(tones.glow, 0.32);
      brush.fillRect(
        -frame.bleed,
        top - frame.height * 0.004,
        frame.width + frame.bleed * 2,
        frame.height * 0.0018,
      );
    },
  };
}

/** Hills, water in the valley, and the line across it. */
export function rails(scene: Scene): Plane[] {
  const { horizon } = scene;
  const deck = horizon - 0.06;
  return [
    ridgePlane(scene, { at: horizon - 0.16, swing: 0.05, roughness: 0.45, depth: 0.1, dark: 0.16 }),
    ridgePlane(scene, { at: horizon - 0.08, swing: 0.04, roughness: 0.45, depth: 0.18, dark: 0.34 }),
    water(scene, horizon + 0.1, 0.28),
    train(scene, deck, 0.4),
    viaduct(scene, deck, 0.4),
    ridgePlane(scene, { at: horizon + 0.24, swing: 0.045, roughness: 0.45, depth: 0.85, dark: 0.95 }),
  ];
}
