/** Water to the horizon, and seas of cloud. */
import { chanceOf, rolling } from "./chance.ts";
import { fade, mix } from "./colour.ts";
import { below, flood, glow, type Plane, vertical } from "./plane.ts";
import type { Scene } from "./scene.ts";

/** A flat water plane with the light's path on it. */
export function water(scene: Scene, horizon = scene.horizon, depth = 0.25): Plane {
  const { tones } = scene;
  const chance = chanceOf(`${scene.seed}|water`);
  const glints = Array.from({ length: 260 }, () => {
    const away = chance.between(0, 1) ** 1.5;
    return {
      y: horizon + away * (1 - horizon) * 1.02 + 0.004,
      x: scene.light.x + (chance.between(-1, 1) + chance.between(-1, 1)) * (0.018 + away * 0.085),
      long: (0.004 + away * 0.04) * chance.between(0.4, 1.4),
      rate: chance.between(1.2, 3.2),
      turn: chance.between(0, 6.3),
      away,
    };
  });
  const ripples = Array.from({ length: 330 }, () => {
    const away = chance.between(0, 1) ** 1.7;
    return {
      y: horizon + away * (1 - horizon) * 1.08,
      x: chance.between(-0.1, 1.1),
      long: (0.01 + away * 0.12) * chance.between(0.3, 1),
      away,
      bright: chance.happens(0.5),
    };
  });
  return {
    depth,
    paint(brush, frame) {
      const top = horizon * frame.height;
      brush.fillStyle = vertical(brush, top, frame.height + frame.bleed, [
        mix(tones.sky[3], tones.sky[2], 0.35),
        mix(tones.sky[2], tones.sky[1], 0.55),
        mix(tones.sky[1], tones.ink, 0.35),
        mix(tones.sky[0], tones.ink, 0.5),
      ]);
      flood(brush, frame, top);
      brush.save();
      brush.globalCompositeOperation = "screen";
      glow(brush, scene.light.x * frame.width, top, frame.height * 0.4, tones.glow, 0.35);
      brush.restore();
      for (const r of ripples) {
        brush.fillStyle = r.bright
          ? fade(tones.sky[3], 0.14 + 0.12 * (1 - r.away))
          : fade(tones.ink, 0.12 + 0.16 * r.away);
        const tall = frame.height * (0.0012 + 0.004 * r.away);
        brush.beginPath();
        brush.ellipse(
          r.x * frame.width,
          r.y * frame.height,
          (r.long * frame.height) / 1.2,
          tall,
          0,
          0,
          Math.PI * 2,
        );
        brush.fill();
      }
      brush.fillStyle = fade(tones.glow, 0.5);
      brush.fillRect(-frame.bleed, top, frame.width + frame.bleed * 2, Math.max(1, frame.height * 0.0015));
    },
    live(brush, frame, seconds) {
      brush.fillStyle = mix(tones.glow, "#ffffff", 0.25);
      for (const g of glints) {
        const shine = 0.5 + 0.5 * Math.cos(seconds * g.rate + g.turn);
        brush.globalAlpha = (0.2 + 0.75 * shine) * (1 - g.away * 0.45);
        const tall = frame.height * (0.0011 + 0.0034 * g.away);
        const half = g.long * frame.height * (0.55 + 0.45 * shine);
        brush.beginPath();
        brush.ellipse(g.x * frame.width, g.y * frame.height, half, tall, 0, 0, Math.PI * 2);
        brush.fill();
      }
      brush.globalAlpha = 1;
    },
  };
}

/** A swell across the frame with light along its crest. */
function swell(scene: Scene, at: number, depth: number, index: number): Plane {
  const { tones } = scene;
  return {
    depth,
    paint(brush, frame) {
      const heights = rolling(`${scene.seed}|swell|${index}`, 0.55);
      const line = (x: number) =>
        (at + 0.022 * (0.6 + depth) * heights((x / frame.width) * 1.5)) * frame.height;
      const body = mix(mix(tones.sky[1], tones.sky[2], 0.5 - depth * 0.4), tones.ink, 0.25 + depth * 0.5);
      brush.fillStyle = vertical(brush, (at - 0.03) * frame.height, (at + 0.13) * frame.height, [
        mix(body, tones.sky[3], 0.32 * (1 - depth * 0.6)),
        body,
      ]);
      below(brush, frame, line);
      brush.lineWidth = frame.height * (0.0012 + 0.0016 * depth);
      for (let k = 0; k < 3; k++) {
        brush.strokeStyle = fade(tones.glow, (0.4 - k * 0.12) * (1 - depth * 0.4));
        const gaps = chanceOf(`${scene.seed}|crest|${index}|${k}`);
        brush.beginPath();
        for (let x = -frame.bleed; x < frame.width + frame.bleed; ) {
          const long = frame.width * gaps.between(0.015, 0.09);
          for (let i = 0; i <= 8; i++) {
            const px = x + (long * i) / 8;
            const py = line(px) + frame.height * (0.002 + k * 0.013);
            if (i === 0) brush.moveTo(px, py);
            else brush.lineTo(px, py);
          }
          x += long + frame.width * gaps.between(0.02, 0.12) * (1 + k);
        }
        brush.stroke();
      }
    },
    sway: (seconds) => ({
      x: (index % 2 === 0 ? 1 : -1) * 0.012 * Math.sin(seconds * (0.7 + index * 0.12) + index),
      y: 0.005 * (Math.sin(seconds * 1.1 + index * 1.7) - Math.sin(index * 1.7)),
    }),
  };
}

/** The front waves stand before a boat, the rest behind: see `compose`. */
export const sea = (scene: Scene): { behind: Plane[]; before: Plane[] } => ({
  behind: [
    water(scene),
    swell(scene, scene.horizon + 0.13, 0.4, 1),
    swell(scene, scene.horizon + 0.2, 0.5, 2),
  ],
  before: [swell(scene, scene.horizon + 0.29, 0.72, 3), swell(scene, scene.horizon + 0.37, 0.95, 4)],
});

/** One rank of billows: heaps of overlapping rounds, bright along the crown, each rank its own silhouette. */
function billows(scene: Scene, at: number, depth: number, tall: number, index: number): Plane {
  const { tones } = scene;
  return {
    depth,
    paint(brush, frame) {
      const chance = chanceOf(`${scene.seed}|billows|${index}`);
      const bright = mix(tones.sky[3], tones.glow, 0.6 - depth * 0.35);
      const shade = mix(mix(tones.haze, tones.sky[1], 0.25 + depth * 0.55), tones.ink, depth * 0.28);
      for (let row = 0; row < 3; row++) {
        const foot = (at + row * tall * 0.42) * frame.height;
        const high = frame.height * tall * (1 - row * 0.22);
        brush.fillStyle = vertical(brush, foot - high * 1.1, foot + high * 0.9, [
          mix(bright, shade, row * 0.16),
          mix(bright, shade, 0.62 + row * 0.1),
          shade,
        ]);
        brush.beginPath();
        brush.rect(-frame.bleed, foot, frame.width + frame.bleed * 2, frame.height);
        for (let x = -0.2; x < 1.2; ) {
          const heap = chance.between(0.05, 0.16) * (0.7 + depth);
          const peak = chance.between(0.35, 1);
          for (let k = 0; k < 7; k++) {
            const u = (k + chance.between(-0.3, 0.3)) / 6 - 0.5;
            const radius = high * (0.2 + 0.26 * peak * (1 - Math.abs(u))) * chance.between(0.7, 1.1);
            const [cx, cy] = [
              (x + heap * (u + 0.5)) * frame.width,
              foot - (1 - (u * 1.9) ** 2) * high * 0.52 * peak,
            ];
            brush.moveTo(cx + radius, cy);
            brush.arc(cx, cy, radius, 0, Math.PI * 2);
            brush.rect(cx - radius * 0.9, cy, radius * 1.8, Math.max(0, foot - cy) + 2);
          }
          x += heap * chance.between(0.75, 1.2);
        }
        brush.fill();
      }
    },
    sway: (seconds) => ({
      x: seconds * 0.003 * (0.4 + depth),
      y: 0.004 * Math.sin(seconds * 0.6 + index) - 0.004 * Math.sin(index),
    }),
  };
}

/** A floor of clouds, seen from above. */
export function cloudSea(scene: Scene): Plane[] {
  const { horizon, tones } = scene;
  return [
    billows(scene, horizon - 0.02, 0.14, 0.075, 1),
    billows(scene, horizon + 0.03, 0.3, 0.1, 2),
    {
      depth: 0.35,
      paint(brush, frame) {
        brush.globalCompositeOperation = "screen";
        glow(brush, scene.light.x * frame.width, horizon * frame.height, frame.height * 0.5, tones.glow, 0.3);
      },
    },
    billows(scene, horizon + 0.11, 0.55, 0.13, 3),
    billows(scene, horizon + 0.23, 0.95, 0.17, 4),
  ];
}

/** A far planet with its ring, lit from the side. */
function ringed(scene: Scene): Plane {
  const { tones } = scene;
  return {
    depth: 0.2,
    paint(brush, frame) {
      const radius = frame.height * 0.085;
      const [x, y] = [scene.light.x * frame.width, frame.height * 0.3];
      const ring = (from: number, to: number) => {
        for (let i = 0; i < 7; i++) {
          brush.strokeStyle = fade(mix(tones.glow, tones.accent, i / 7), 0.5 - i * 0.05);
          brush.lineWidth = radius * 0.045;
          brush.beginPath();
          brush.ellipse(0, 0, radius * (1.45 + i * 0.09), radius * (0.36 + i * 0.022), 0, from, to);
          brush.stroke();
        }
      };
      brush.save();
      brush.translate(x, y);
      brush.rotate(-0.32);
      ring(Math.PI, Math.PI * 2);
      const ball = brush.createRadialGradient(-radius * 0.5, -radius * 0.4, radius * 0.1, 0, 0, radius * 1.2);
      ball.addColorStop(0, mix(tones.glow, "#ffffff", 0.2));
      ball.addColorStop(0.55, mix(tones.accent, tones.sky[3], 0.4));
      ball.addColorStop(1, tones.ink);
      brush.fillStyle = ball;
      brush.beginPath();
      brush.arc(0, 0, radius, 0, Math.PI * 2);
      brush.fill();
      ring(0, Math.PI);
      brush.restore();
    },
  };
}

/** A planet's limb below, a nebula behind. */
export function space(scene: Scene): Plane[] {
  const { tones } = scene;
  return [
    {
      depth: 0.03,
      light: true,
      paint(brush, frame) {
        const chance = chanceOf(`${scene.seed}|nebula`);
        let [x, y] = [chance.between(0, 0.3), chance.between(0.2, 0.7)];
        for (let i = 0; i < 60; i++) {
          x += chance.between(-0.02, 0.045);
          y += chance.between(-0.05, 0.045);
          const tint = mix(
            chance.pick([tones.accent, tones.sky[3], tones.sky[2]]),
            tones.glow,
            chance.between(0, 0.3),
          );
          glow(
            brush,
            x * frame.width,
            y * frame.height,
            frame.height * chance.between(0.08, 0.3),
            tint,
            0.075,
          );
        }
      },
    },
    ringed(scene),
    {
      depth: 0.5,
      paint(brush, frame) {
        const radius = frame.width * 0.95;
        const [x, y] = [frame.width * (1 - scene.light.x), frame.height * 0.78 + radius];
        const air = brush.createRadialGradient(x, y, radius * 0.985, x, y, radius * 1.09);
        air.addColorStop(0, fade(tones.glow, 0.8));
        air.addColorStop(0.25, fade(tones.accent, 0.35));
        air.addColorStop(1, fade(tones.accent, 0));
        brush.fillStyle = air;
        flood(brush, frame);
        const ground = brush.createRadialGradient(x, y, radius * 0.72, x, y, radius);
        ground.addColorStop(0, tones.ink);
        ground.addColorStop(0.8, mix(tones.ink, tones.sky[1], 0.6));
        ground.addColorStop(1, mix(tones.sky[2], tones.glow, 0.5));
        brush.fillStyle = ground;
        brush.beginPath();
        brush.arc(x, y, radius, 0, Math.PI * 2);
        brush.fill();
      },
    },
  ];
}
