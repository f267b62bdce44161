/** What moves in the air between the picture and the lens. */
import { chanceOf } from "./chance.ts";
import { fade, mix } from "./colour.ts";
import { type Brush, type Frame, flood, glow, mote, type Plane, vertical } from "./plane.ts";
import type { Scene } from "./scene.ts";

/** Tints of sparks: a few, so that each is mixed once. */
const SHADES = 5;

/** Keeps a moving thing inside 0..1 with a margin, coming back on the other side. */
const wrap = (u: number) => ((((u + 0.1) % 1.2) + 1.2) % 1.2) - 0.1;

function rain(scene: Scene, depth: number, many: number): Plane {
  const chance = chanceOf(`${scene.seed}|rain|${depth}`);
  const drops = Array.from({ length: many }, () => ({
    x: chance.between(-0.1, 1.1),
    y: chance.between(0, 1.2),
    long: chance.between(0.6, 1.3),
    speed: chance.between(0.85, 1.2),
  }));
  return {
    depth,
    live(brush, frame, seconds) {
      brush.strokeStyle = fade(mix(scene.tones.glow, scene.tones.sky[3], 0.4), 0.14 + depth * 0.2);
      brush.lineWidth = frame.height * (0.0008 + 0.0013 * depth);
      brush.lineCap = "round";
      brush.beginPath();
      for (const d of drops) {
        const y = wrap(d.y + seconds * d.speed * (0.7 + depth * 1.1)) * frame.height;
        const long = d.long * frame.height * (0.02 + 0.06 * depth);
        const x = d.x * frame.width - y * 0.1;
        brush.moveTo(x, y);
        brush.lineTo(x - long * 0.1, y + long);
      }
      brush.stroke();
    },
  };
}

interface Mote {
  x: number;
  y: number;
  near: number;
  turn: number;
  rate: number;
  tint: number;
}
const motes = (seed: string, many: number): Mote[] => {
  const chance = chanceOf(seed);
  return Array.from({ length: many }, () => ({
    x: chance.between(-0.1, 1.1),
    y: chance.between(-0.1, 1.1),
    near: chance.between(0, 1) ** 2.2,
    turn: chance.between(0, 6.3),
    rate: chance.between(0.6, 1.6),
    tint: chance.between(0, 1),
  }));
};

function snow(scene: Scene): Plane {
  const flakes = motes(`${scene.seed}|snow`, 210);
  return {
    depth: 0.75,
    live(brush, frame, seconds) {
      brush.fillStyle = mix(scene.tones.glow, "#ffffff", 0.8);
      for (const f of flakes) {
        const y = wrap(f.y + seconds * (0.03 + 0.1 * f.near) * f.rate) * frame.height;
        const x = wrap(f.x + 0.012 * Math.sin(seconds * f.rate + f.turn)) * frame.width;
        brush.globalAlpha = 0.85 - 0.45 * f.near;
        brush.beginPath();
        brush.arc(x, y, frame.height * (0.0016 + 0.0085 * f.near), 0, Math.PI * 2);
        brush.fill();
      }
      brush.globalAlpha = 1;
    },
  };
}

/** Embers that rise and curl, each a hot core in its own light. */
function sparks(scene: Scene): Plane[] {
  const flight = motes(`${scene.seed}|sparks`, 120);
  const hot = mix(scene.tones.glow, "#ffb24d", 0.45);
  const halos = Array.from({ length: SHADES }, (_, i) => mix(hot, scene.tones.accent, (i / SHADES) * 0.6));
  const cores = Array.from({ length: SHADES }, (_, i) => mix(hot, "#ffffff", (i / SHADES) * 0.45));
  const chance = chanceOf(`${scene.seed}|hearth`);
  const source = chance.between(0.35, 0.65);
  return [
    {
      depth: 0.6,
      paint(brush, frame) {
        const { width, height } = frame;
        glow(brush, source * width, height * 1.05, height * 0.55, mix(hot, scene.tones.accent, 0.4), 0.5);
      },
      sway: (seconds) => ({ opacity: 0.82 + 0.18 * Math.cos(seconds * 3.1) * Math.cos(seconds * 1.7) }),
    },
    {
      depth: 0.8,
      live(brush, frame, seconds) {
        brush.globalCompositeOperation = "screen";
        brush.lineCap = "round";
        for (const s of flight) {
          const rise = wrap(1 - s.y - seconds * (0.05 + 0.12 * s.near) * s.rate);
          const spread = 0.25 + 0.75 * (1 - rise);
          const curl = 0.03 * Math.sin(seconds * s.rate * 1.6 + s.turn + rise * 7);
          const x = (source + (s.x - 0.5) * spread + curl) * frame.width;
          const y = rise * frame.height;
          const size = frame.height * (0.0018 + 0.0055 * s.near);
          const pulse = 0.6 + 0.4 * Math.cos(seconds * 5 * s.rate + s.turn);
          const shade = Math.floor(s.tint * SHADES);
          if (s.near > 0.12) mote(brush, x, y, size * 5, halos[shade] ?? hot, 0.5 * pulse);
          brush.strokeStyle = fade(cores[shade] ?? hot, 0.95 * pulse);
          brush.lineWidth = size;
          brush.beginPath();
          brush.moveTo(x, y);
          brush.lineTo(x - Math.cos(s.turn + seconds) * size * 1.6, y + size * 2.4);
          brush.stroke();
        }
        brush.globalCompositeOperation = "source-over";
      },
    },
  ];
}

function fireflies(scene: Scene): Plane {
  const colour = mix(scene.tones.glow, "#e8ff8a", 0.4);
  const swarm = motes(`${scene.seed}|fireflies`, 46);
  return {
    depth: 0.7,
    live(brush, frame, seconds) {
      brush.globalCompositeOperation = "screen";
      for (const f of swarm) {
        const x = (f.x + 0.02 * Math.sin(seconds * 0.7 * f.rate + f.turn)) * frame.width;
        const y = (0.42 + f.y * 0.55 + 0.02 * Math.cos(seconds * 0.9 * f.rate + f.turn)) * frame.height;
        const pulse = 0.55 + 0.45 * Math.cos(seconds * 1.8 * f.rate + f.turn * 3);
        mote(brush, x, y, frame.height * (0.012 + 0.03 * f.near), colour, 0.9 * pulse);
      }
      brush.globalCompositeOperation = "source-over";
    },
  };
}

function petals(scene: Scene): Plane {
  const colours = Array.from({ length: SHADES }, (_, i) =>
    fade(mix(scene.tones.accent, scene.tones.glow, i / SHADES), 0.85),
  );
  const fall = motes(`${scene.seed}|petals`, 70);
  return {
    depth: 0.8,
    live(brush, frame, seconds) {
      for (const p of fall) {
        const y = wrap(p.y + seconds * (0.03 + 0.07 * p.near)) * frame.height;
        const x =
          wrap(p.x + seconds * 0.035 * p.rate + 0.015 * Math.sin(seconds * 1.4 * p.rate + p.turn)) *
          frame.width;
        const size = frame.height * (0.004 + 0.011 * p.near);
        brush.save();
        brush.translate(x, y);
        brush.rotate(p.turn + seconds * p.rate * 1.3);
        brush.fillStyle = colours[Math.floor(p.tint * SHADES)] ?? scene.tones.accent;
        brush.beginPath();
        brush.moveTo(-size, 0);
        brush.quadraticCurveTo(0, -size * 0.9, size, 0);
        brush.quadraticCurveTo(0, size * 0.55, -size, 0);
        brush.fill();
        brush.restore();
      }
    },
  };
}

/** Banks of mist that slide past each other. */
function mist(scene: Scene): Plane {
  const chance = chanceOf(`${scene.seed}|mist`);
  const banks = Array.from({ length: 7 }, () => ({
    x: chance.between(-0.1, 1.1),
    y: chance.between(-0.02, 0.2),
    wide: chance.between(0.35, 0.7),
  }));
  return {
    depth: 0.5,
    paint(brush, frame) {
      brush.fillStyle = vertical(
        brush,
        (scene.horizon - 0.12) * frame.height,
        (scene.horizon + 0.2) * frame.height,
        [fade(scene.tones.haze, 0), fade(scene.tones.haze, 0.4), fade(scene.tones.haze, 0)],
      );
      flood(brush, frame, (scene.horizon - 0.12) * frame.height, (scene.horizon + 0.2) * frame.height);
      for (const b of banks) {
        const radius = b.wide * frame.width * 0.5;
        brush.save();
        brush.translate(b.x * frame.width, (scene.horizon + b.y) * frame.height);
        brush.scale(1, 0.16);
        glow(brush, 0, 0, radius, mix(scene.tones.haze, scene.tones.sky[3], 0.4), 0.45);
        brush.restore();
      }
    },
    sway: (seconds) => ({ x: 0.035 * Math.sin(seconds * 0.35) }),
  };
}

export function weatherPlanes(scene: Scene): Plane[] {
  const planes: Plane[] = [];
  const { weathers } = scene;
  if (weathers.has("mist")) planes.push(mist(scene));
  if (weathers.has("rain") && scene.setting !== "window")
    planes.push(rain(scene, 0.35, 260), rain(scene, 0.9, 130));
  if (weathers.has("snow")) planes.push(snow(scene));
  if (weathers.has("petals")) planes.push(petals(scene));
  if (weathers.has("fireflies")) planes.push(fireflies(scene));
  if (weathers.has("sparks")) planes.push(...sparks(scene));
  return planes;
}

/** Darker corners, and a darker foot where the words stand. */
export function lens(scene: Scene, brush: Brush, { width, height }: Frame): void {
  const reach = Math.hypot(width, height) / 2;
  const corner = brush.createRadialGradient(
    width / 2,
    height * 0.48,
    reach * 0.5,
    width / 2,
    height * 0.48,
    reach * 1.1,
  );
  corner.addColorStop(0, fade(scene.tones.ink, 0));
  corner.addColorStop(1, fade(scene.tones.ink, 0.62));
  brush.fillStyle = corner;
  brush.fillRect(0, 0, width, height);
  brush.fillStyle = vertical(brush, height * 0.78, height, [
    fade(scene.tones.ink, 0),
    fade(scene.tones.ink, 0.5),
  ]);
  brush.fillRect(0, height * 0.78, width, height * 0.22);
}
