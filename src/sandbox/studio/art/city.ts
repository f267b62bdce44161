/** Skylines, lit windows, neon and wet streets. */
import { type Chance, chanceOf } from "./chance.ts";
import { fade, mix } from "./colour.ts";
import { type Brush, type Frame, flood, glow, mote, type Plane, soften, vertical } from "./plane.ts";
import type { Scene } from "./scene.ts";

export interface Block {
  /** Feet of the buildings and their greatest height, in frame heights. */
  foot: number;
  tall: number;
  /** Widths in frame heights. */
  widths: readonly [number, number];
  dark: number;
  /** Share of windows that are lit. */
  lit: number;
}

function roof(brush: Brush, chance: Chance, x: number, top: number, wide: number, unit: number): void {
  const kind = chance.whole(0, 5);
  if (kind === 0) {
    brush.fillRect(x + wide * 0.48, top - unit * 0.09, Math.max(1, unit * 0.0035), unit * 0.09);
  } else if (kind === 1) {
    brush.fillRect(x + wide * 0.15, top - unit * 0.025, wide * 0.7, unit * 0.03);
    brush.fillRect(x + wide * 0.32, top - unit * 0.05, wide * 0.36, unit * 0.03);
  } else if (kind === 2) {
    brush.beginPath();
    brush.moveTo(x, top + 1);
    brush.lineTo(x + wide, top - wide * 0.3);
    brush.lineTo(x + wide, top + 1);
    brush.fill();
  } else if (kind === 3) {
    brush.beginPath();
    brush.moveTo(x + wide * 0.2, top + 1);
    brush.lineTo(x + wide * 0.5, top - wide * 0.7);
    brush.lineTo(x + wide * 0.8, top + 1);
    brush.fill();
  }
}

function windows(
  brush: Brush,
  scene: Scene,
  chance: Chance,
  box: { x: number; y: number; w: number; h: number },
  lit: number,
  unit: number,
): void {
  const { tones } = scene;
  const [cw, ch] = [unit * chance.pick([0.0075, 0.009, 0.011]), unit * chance.pick([0.0105, 0.0125, 0.015])];
  const columns = Math.max(1, Math.floor((box.w * 0.84) / cw));
  const rows = Math.floor((box.h * 0.95) / ch);
  const inset = (box.w - columns * cw) / 2;
  const warm = mix(tones.glow, "#ffd9a0", 0.35);
  const tint = chance.pick([warm, warm, mix(tones.glow, tones.accent, 0.4)]);
  for (let r = 0; r < rows; r++) {
    const busy = chance.between(0, 1) ** 2 * 2.6;
    for (let c = 0; c < columns; c++) {
      if (!chance.happens(lit * busy)) continue;
      brush.fillStyle = fade(tint, chance.between(0.35, 0.95));
      brush.fillRect(box.x + inset + c * cw + cw * 0.2, box.y + ch * (r + 0.7), cw * 0.6, ch * 0.55);
    }
  }
}

export function skyline(brush: Brush, frame: Frame, scene: Scene, seed: string, block: Block): void {
  const { tones } = scene;
  const chance = chanceOf(`${scene.seed}|${seed}`);
  const unit = frame.height;
  const wall = mix(tones.haze, tones.ink, block.dark);
  const glass = chance.happens(0.5);
  // Laid out in frame heights from the left, so that every size shows the same street.
  let x = -0.2 * frame.width;
  while (x < frame.width + frame.bleed) {
    const wide = chance.between(...block.widths) * unit;
    const away = Math.abs((x + wide / 2) / frame.width - 0.5);
    const centre = block.dark > 0.8 ? 0.55 + away * 1.1 : 1 - away * 0.7;
    const tall = block.tall * unit * chance.between(0.28, 1) ** 1.15 * centre;
    const [top, foot] = [block.foot * unit - tall, block.foot * unit];
    const face = mix(wall, tones.ink, chance.between(0, 0.18));
    brush.fillStyle = vertical(brush, top, foot, [face, mix(face, tones.haze, 0.3 * (1 - block.dark * 0.6))]);
    brush.fillRect(x, top, wide + 0.7, tall);
    roof(brush, chance, x, top, wide, unit);
    const shine = brush.createLinearGradient(x, 0, x + wide, 0);
    const towards = scene.light.x * frame.width > x + wide / 2 ? 1 : 0;
    shine.addColorStop(towards, fade(tones.sky[3], glass ? 0.3 : 0.16));
    shine.addColorStop(towards === 1 ? 0.55 : 0.45, fade(tones.sky[3], 0));
    brush.fillStyle = shine;
    brush.fillRect(x, top, wide, tall);
    windows(brush, scene, chance, { x, y: top, w: wide, h: tall }, block.lit, unit);
    x += wide + (chance.happens(0.3) ? unit * chance.between(0.004, 0.03) : 0);
  }
}

export const FAR: Block = { foot: 0, tall: 0.36, widths: [0.025, 0.065], dark: 0.24, lit: 0.14 };
export const MIDDLE: Block = { foot: 0, tall: 0.46, widths: [0.045, 0.1], dark: 0.5, lit: 0.3 };
const NEAR: Block = { foot: 0, tall: 0.36, widths: [0.06, 0.14], dark: 0.84, lit: 0.36 };

/** Upright signs whose light hangs in the air. */
function neon(scene: Scene, brush: Brush, frame: Frame): void {
  const chance = chanceOf(`${scene.seed}|neon`);
  const { tones } = scene;
  for (let i = 0; i < 9; i++) {
    const colour = chance.pick([tones.accent, tones.glow, mix(tones.accent, tones.glow, 0.5)]);
    const upright = chance.happens(0.6);
    const [short, long] = [
      frame.height * chance.between(0.009, 0.015),
      frame.height * chance.between(0.04, 0.09),
    ];
    const [w, h] = upright ? [short, long] : [long * 0.9, short];
    const x = chance.between(0.03, 0.97) * frame.width;
    const y = (scene.horizon - chance.between(0.1, 0.2)) * frame.height;
    brush.save();
    brush.globalCompositeOperation = "screen";
    glow(brush, x, y + h / 2, long * 1.5, colour, 0.5);
    brush.restore();
    brush.strokeStyle = mix(colour, "#ffffff", 0.45);
    brush.lineWidth = frame.height * 0.0026;
    brush.beginPath();
    brush.roundRect(x - w / 2, y, w, h, short * 0.35);
    brush.stroke();
    for (let k = 0; k < 4; k++) {
      const u = (k + 1) / 5;
      const [px, py] = upright ? [x, y + h * u] : [x - w / 2 + w * u, y + h / 2];
      brush.beginPath();
      brush.arc(px, py, short * 0.16, 0, Math.PI * 2);
      brush.stroke();
    }
  }
}

/** The street as a dark mirror: the skyline upside down, blurred downwards, with streaks of light. */
function wetStreet(scene: Scene): Plane {
  const { horizon, tones } = scene;
  const chance = chanceOf(`${scene.seed}|street`);
  const streaks = Array.from({ length: 46 }, () => ({
    x: chance.between(-0.05, 1.05),
    wide: chance.between(0.01, 0.035),
    reach: chance.between(0.06, 0.24),
    tint: chance.between(0, 1),
    rate: chance.between(0.6, 1.6),
  }));
  return {
    depth: 0.55,
    paint(brush, frame) {
      const top = horizon * frame.height;
      brush.fillStyle = vertical(brush, top, frame.height, [
        mix(tones.sky[2], tones.ink, 0.55),
        mix(tones.sky[1], tones.ink, 0.75),
        tones.ink,
      ]);
      flood(brush, frame, top);
      brush.save();
      brush.beginPath();
      brush.rect(-frame.bleed, top, frame.width + frame.bleed * 2, frame.height);
      brush.clip();
      brush.translate(0, top * 2);
      brush.scale(1, -1);
      brush.globalAlpha = 0.6;
      soften(brush, frame, frame.height / 140, (own) => {
        skyline(own, frame, scene, "middle", { ...MIDDLE, foot: horizon });
        skyline(own, frame, scene, "near", { ...NEAR, foot: horizon });
        neon(scene, own, frame);
      });
      brush.restore();
      brush.fillStyle = vertical(brush, top, frame.height, [fade(tones.ink, 0.1), fade(tones.ink, 0.75)]);
      flood(brush, frame, top);
    },
    live(brush, frame, seconds) {
      const top = horizon * frame.height;
      brush.beginPath();
      brush.rect(-frame.bleed, top, frame.width + frame.bleed * 2, frame.height);
      brush.clip();
      brush.globalCompositeOperation = "screen";
      for (const s of streaks) {
        const colour = s.tint < 0.45 ? tones.glow : s.tint < 0.8 ? tones.accent : tones.sky[3];
        const wide = s.wide * frame.height;
        const strength = 0.3 + 0.12 * Math.sin(seconds * 2.2 * s.rate + s.x * 40);
        const reach = s.reach * frame.height;
        brush.save();
        brush.translate(s.x * frame.width, top + reach * 0.2);
        brush.scale(wide / reach, 1);
        mote(brush, 0, 0, reach, colour, strength * 1.5);
        brush.restore();
      }
      brush.globalCompositeOperation = "source-over";
    },
  };
}

const blockPlane = (scene: Scene, seed: string, block: Block, depth: number): Plane => ({
  depth,
  paint: (brush, frame) => skyline(brush, frame, scene, seed, { ...block, foot: scene.horizon }),
});

function airOverStreets(scene: Scene): Plane {
  return {
    depth: 0.2,
    paint(brush, frame) {
      const top = (scene.horizon - 0.28) * frame.height;
      brush.fillStyle = vertical(brush, top, scene.horizon * frame.height, [
        fade(scene.tones.haze, 0),
        fade(scene.tones.haze, 0.5),
      ]);
      flood(brush, frame, top, scene.horizon * frame.height);
    },
  };
}

export function city(scene: Scene): Plane[] {
  return [
    blockPlane(scene, "far", FAR, 0.12),
    airOverStreets(scene),
    blockPlane(scene, "middle", MIDDLE, 0.28),
    {
      ...blockPlane(scene, "near", NEAR, 0.5),
      paint: (brush, frame) => {
        skyline(brush, frame, scene, "near", { ...NEAR, foot: scene.horizon });
        neon(scene, brush, frame);
      },
    },
    wetStreet(scene),
  ];
}
