/** What floats: a paper boat, lanterns, a balloon. */
import { chanceOf } from "./chance.ts";
import { fade, mix } from "./colour.ts";
import { type Brush, glow, mote, type Plane, polygon, vertical } from "./plane.ts";
import type { Scene } from "./scene.ts";

/** A folded paper boat, a lantern's warmth inside; `unit` is half its length, its keel at the origin. */
function paperBoat(brush: Brush, scene: Scene, unit: number): void {
  const { tones } = scene;
  const paper = mix(tones.glow, "#ffffff", 0.7);
  const shade = mix(paper, tones.sky[2], 0.32);
  const dark = mix(paper, tones.sky[1], 0.55);
  polygon(brush, shade, [
    [-0.5 * unit, -0.42 * unit],
    [0, -1.2 * unit],
    [0, -0.3 * unit],
  ]);
  polygon(brush, paper, [
    [0.5 * unit, -0.42 * unit],
    [0, -1.2 * unit],
    [0, -0.3 * unit],
  ]);
  polygon(brush, mix(shade, dark, 0.35), [
    [-1.15 * unit, -0.62 * unit],
    [0, -0.36 * unit],
    [-0.62 * unit, 0.05 * unit],
  ]);
  polygon(brush, mix(paper, shade, 0.45), [
    [1.15 * unit, -0.62 * unit],
    [0, -0.36 * unit],
    [0.62 * unit, 0.05 * unit],
  ]);
  polygon(brush, paper, [
    [-0.62 * unit, 0.05 * unit],
    [0, -0.36 * unit],
    [0.62 * unit, 0.05 * unit],
  ]);
  brush.strokeStyle = fade(dark, 0.6);
  brush.lineWidth = unit * 0.014;
  brush.beginPath();
  brush.moveTo(0, -1.2 * unit);
  brush.lineTo(0, -0.36 * unit);
  brush.lineTo(-0.62 * unit, 0.05 * unit);
  brush.moveTo(0, -0.36 * unit);
  brush.lineTo(0.62 * unit, 0.05 * unit);
  brush.stroke();
}

export function boat(scene: Scene, at: number): Plane {
  return {
    depth: 0.6,
    paint(brush, frame) {
      const unit = frame.height * 0.115;
      const [x, y] = [scene.subjectX * frame.width, at * frame.height];
      brush.save();
      brush.globalCompositeOperation = "screen";
      glow(brush, x, y - unit * 0.5, unit * 2.6, scene.tones.glow, 0.3);
      brush.restore();
      brush.save();
      brush.translate(x, y + unit * 0.08);
      brush.scale(1, -0.7);
      brush.globalAlpha = 0.28;
      brush.filter = `blur(${Math.max(1, Math.round(frame.height / 300))}px)`;
      paperBoat(brush, scene, unit);
      brush.restore();
      brush.save();
      brush.translate(x, y);
      brush.rotate(-0.03);
      paperBoat(brush, scene, unit);
      brush.restore();
    },
    sway: (seconds) => ({
      x: 0.012 * seconds * (scene.subjectX < 0.5 ? 1 : -1),
      y: 0.007 * Math.sin(seconds * 1.5),
      turn: 0.012 * Math.sin(seconds * 1.15),
    }),
  };
}

/** Paper lanterns rising. */
export function lanterns(scene: Scene): Plane {
  const chance = chanceOf(`${scene.seed}|lanterns`);
  const many = Array.from({ length: 24 }, () => {
    const near = chance.between(0, 1) ** 2;
    return {
      x: chance.between(0.02, 0.98),
      y: chance.between(0.06, 0.86),
      size: 0.011 + near * 0.034,
      turn: chance.between(0, 6.3),
      near,
    };
  }).sort((a, b) => a.near - b.near);
  const warm = mix(scene.tones.glow, "#ffb35c", 0.5);
  return {
    depth: 0.55,
    live(brush, frame, seconds) {
      for (const l of many) {
        const size = l.size * frame.height;
        const x = l.x * frame.width + Math.sin(seconds * 0.7 + l.turn) * size * 0.5;
        const y = l.y * frame.height - seconds * frame.height * (0.008 + 0.02 * l.near);
        brush.globalCompositeOperation = "screen";
        mote(brush, x, y, size * 3.2, warm, 0.45);
        brush.globalCompositeOperation = "source-over";
        brush.fillStyle = vertical(brush, y - size, y + size, [
          mix(warm, scene.tones.accent, 0.45),
          warm,
          mix(warm, "#ffffff", 0.7),
        ]);
        brush.beginPath();
        brush.moveTo(x - size * 0.5, y + size * 0.85);
        brush.bezierCurveTo(x - size * 0.95, y - size * 0.3, x - size * 0.7, y - size, x, y - size);
        brush.bezierCurveTo(
          x + size * 0.7,
          y - size,
          x + size * 0.95,
          y - size * 0.3,
          x + size * 0.5,
          y + size * 0.85,
        );
        brush.closePath();
        brush.fill();
      }
    },
  };
}

export function balloon(scene: Scene): Plane {
  return {
    depth: 0.45,
    paint(brush, frame) {
      const { tones } = scene;
      const unit = frame.height * 0.1;
      const [x, y] = [scene.subjectX * frame.width, scene.horizon * 0.5 * frame.height];
      const stripes = 8;
      brush.save();
      brush.beginPath();
      brush.moveTo(x - unit * 0.2, y + unit * 1.25);
      brush.bezierCurveTo(
        x - unit * 0.55,
        y + unit * 0.85,
        x - unit,
        y + unit * 0.45,
        x - unit,
        y - unit * 0.02,
      );
      brush.bezierCurveTo(x - unit, y - unit * 1.3, x + unit, y - unit * 1.3, x + unit, y - unit * 0.02);
      brush.bezierCurveTo(
        x + unit,
        y + unit * 0.45,
        x + unit * 0.55,
        y + unit * 0.85,
        x + unit * 0.2,
        y + unit * 1.25,
      );
      brush.closePath();
      brush.clip();
      for (let i = 0; i < stripes; i++) {
        const [from, to] = [
          -Math.cos((i / stripes) * Math.PI) * unit,
          -Math.cos(((i + 1) / stripes) * Math.PI) * unit,
        ];
        brush.fillStyle = i % 2 ? mix(tones.accent, tones.ink, 0.1) : mix(tones.glow, tones.accent, 0.12);
        brush.fillRect(x + from, y - unit * 1.3, to - from + 0.6, unit * 2.8);
      }
      const lit = scene.light.x * frame.width < x ? -1 : 1;
      const shade = brush.createRadialGradient(
        x + lit * unit * 0.5,
        y - unit * 0.5,
        unit * 0.1,
        x,
        y,
        unit * 1.5,
      );
      shade.addColorStop(0, fade("#ffffff", 0.42));
      shade.addColorStop(0.45, fade("#ffffff", 0));
      shade.addColorStop(1, fade(tones.ink, 0.75));
      brush.fillStyle = shade;
      brush.fillRect(x - unit * 2, y - unit * 2, unit * 4, unit * 4);
      brush.restore();
      brush.strokeStyle = mix(tones.ink, tones.haze, 0.2);
      brush.lineWidth = unit * 0.014;
      brush.beginPath();
      for (const side of [-1, 1]) {
        brush.moveTo(x + side * unit * 0.18, y + unit * 1.25);
        brush.lineTo(x + side * unit * 0.11, y + unit * 1.5);
      }
      brush.stroke();
      brush.fillStyle = mix(tones.ink, tones.accent, 0.25);
      brush.beginPath();
      brush.roundRect(x - unit * 0.13, y + unit * 1.5, unit * 0.26, unit * 0.2, unit * 0.03);
      brush.fill();
    },
    sway: (seconds) => ({
      x: 0.01 * seconds * (scene.subjectX < 0.5 ? 1 : -1),
      y: -0.006 * seconds + 0.004 * Math.sin(seconds * 0.9),
    }),
  };
}
