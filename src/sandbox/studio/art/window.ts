/** A city out of focus behind a window, with drops on the pane. */
import { chanceOf } from "./chance.ts";
import { type Block, FAR, MIDDLE, skyline } from "./city.ts";
import { fade, mix } from "./colour.ts";
import { type Brush, type Plane, soften, vertical } from "./plane.ts";
import type { Scene } from "./scene.ts";

/** Round lights out of focus. */
function bokeh(scene: Scene): Plane {
  const chance = chanceOf(`${scene.seed}|bokeh`);
  const { tones } = scene;
  const lights = Array.from({ length: 46 }, () => ({
    x: chance.between(-0.05, 1.05),
    y: scene.horizon + chance.between(-0.34, 0.2) * chance.between(0.3, 1),
    size: chance.between(0.012, 0.05),
    tint: chance.between(0, 1),
    strength: chance.between(0.12, 0.42),
  }));
  return {
    depth: 0.3,
    light: true,
    paint(brush, frame) {
      for (const l of lights) {
        const colour = l.tint < 0.4 ? tones.glow : l.tint < 0.75 ? tones.accent : tones.sky[3];
        const radius = l.size * frame.height;
        const [x, y] = [l.x * frame.width, l.y * frame.height];
        const disc = brush.createRadialGradient(x, y, 0, x, y, radius);
        disc.addColorStop(0, fade(colour, l.strength * 0.75));
        disc.addColorStop(0.86, fade(colour, l.strength));
        disc.addColorStop(1, fade(colour, 0));
        brush.fillStyle = disc;
        brush.fillRect(x - radius, y - radius, radius * 2, radius * 2);
      }
    },
    sway: (seconds) => ({ x: 0.006 * Math.sin(seconds * 0.6), opacity: 0.9 + 0.1 * Math.sin(seconds * 1.3) }),
  };
}

/** Drops on the pane: each a small lens with the sky upside down in it; some run. */
function drops(scene: Scene): Plane {
  const chance = chanceOf(`${scene.seed}|drops`);
  const { tones } = scene;
  const beads = Array.from({ length: 240 }, () => ({
    x: chance.between(-0.05, 1.05),
    y: chance.between(-0.05, 1.02),
    size: 0.0022 + 0.011 * chance.between(0, 1) ** 4,
  }));
  const runs = Array.from({ length: 9 }, () => ({
    x: chance.between(0.03, 0.97),
    y: chance.between(0.05, 0.8),
    size: chance.between(0.007, 0.012),
    speed: chance.between(0.03, 0.12),
  }));
  const bead = (brush: Brush, x: number, y: number, radius: number, stretch: number) => {
    const body = brush.createLinearGradient(0, y - radius * stretch, 0, y + radius * stretch);
    body.addColorStop(0, fade(tones.ink, 0.5));
    body.addColorStop(0.5, fade(tones.sky[2], 0.28));
    body.addColorStop(1, fade(tones.glow, 0.8));
    brush.fillStyle = body;
    brush.beginPath();
    brush.ellipse(x, y, radius, radius * stretch, 0, 0, Math.PI * 2);
    brush.fill();
    brush.fillStyle = fade("#ffffff", 0.75);
    brush.beginPath();
    brush.arc(x - radius * 0.3, y - radius * stretch * 0.35, radius * 0.17, 0, Math.PI * 2);
    brush.fill();
  };
  return {
    depth: 0.8,
    paint(brush, frame) {
      for (const b of beads) bead(brush, b.x * frame.width, b.y * frame.height, b.size * frame.height, 1.12);
    },
    live(brush, frame, seconds) {
      for (const r of runs) {
        const y = (r.y + seconds * r.speed) % 1.15;
        const [px, py, radius] = [
          r.x * frame.width + Math.sin(y * 26) * frame.height * 0.003,
          y * frame.height,
          r.size * frame.height,
        ];
        const tail = brush.createLinearGradient(0, py - frame.height * 0.16, 0, py);
        tail.addColorStop(0, fade(tones.glow, 0));
        tail.addColorStop(1, fade(tones.glow, 0.28));
        brush.fillStyle = tail;
        brush.fillRect(px - radius * 0.4, py - frame.height * 0.16, radius * 0.8, frame.height * 0.16);
        bead(brush, px, py, radius, 1.35);
      }
    },
  };
}

function sash(scene: Scene): Plane {
  const { tones } = scene;
  return {
    depth: 1,
    paint(brush, frame) {
      const { width, height, bleed } = frame;
      const wood = mix(tones.ink, tones.sky[1], 0.12);
      const bar = height * 0.026;
      const x = scene.light.x < 0.5 ? width * 0.66 : width * 0.34;
      const edge = (px: number, py: number, w: number, h: number, upright: boolean) => {
        brush.fillStyle = wood;
        brush.fillRect(px, py, w, h);
        brush.fillStyle = fade(tones.sky[3], 0.28);
        if (upright)
          brush.fillRect(scene.light.x * width < px ? px : px + w - height * 0.003, py, height * 0.003, h);
        else brush.fillRect(px, py + h - height * 0.003, w, height * 0.003);
      };
      edge(x - bar / 2, -bleed, bar, height + bleed, true);
      edge(-bleed, height * 0.3, width + 2 * bleed, bar * 0.8, false);
      edge(-bleed, -bleed, bleed + height * 0.045, height + 2 * bleed, true);
      edge(width - height * 0.045, -bleed, bleed + height * 0.045, height + 2 * bleed, true);
      brush.fillStyle = vertical(brush, height * 0.9, height, [mix(wood, tones.sky[3], 0.3), wood]);
      brush.fillRect(-bleed, height * 0.9, width + bleed * 2, height * 0.2 + bleed);
      brush.fillStyle = fade(tones.glow, 0.35);
      brush.fillRect(-bleed, height * 0.9, width + bleed * 2, height * 0.0028);
    },
  };
}

/** A city out of focus behind a window. */
export function windowView(scene: Scene): Plane[] {
  const blurred = (seed: string, block: Block, depth: number): Plane => ({
    depth,
    paint(brush, frame) {
      soften(brush, frame, frame.height / 100, (own) => {
        skyline(own, frame, scene, seed, { ...block, foot: 1.12, tall: block.tall + 1.1 - scene.horizon });
      });
    },
  });
  const planes = [blurred("far", FAR, 0.1), blurred("middle", MIDDLE, 0.12), bokeh(scene)];
  const wet = scene.weathers.has("rain") || scene.weathers.size === 0;
  return [...planes, ...(wet ? [drops(scene)] : []), sash(scene)];
}
