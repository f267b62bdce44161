/** What is behind everything: the sky with its lights and clouds. */
import { chanceOf } from "./chance.ts";
import { fade, mix } from "./colour.ts";
import { grain } from "./grain.ts";
import { type Brush, type Frame, flood, glow, type Plane, vertical } from "./plane.ts";
import type { Scene } from "./scene.ts";

/** How far down the sky is seen: nothing is painted behind solid ground. */
const foot = (scene: Scene): number =>
  ["window", "forest", "clouds", "space"].includes(scene.setting) ? 2 : scene.horizon + 0.16;

function wash(scene: Scene): Plane {
  return {
    depth: 0,
    paint(brush, frame) {
      const { sky, glow: bright, accent } = scene.tones;
      const horizon = scene.horizon * frame.height;
      const deep = [sky[0], mix(sky[0], sky[1], 0.5), mix(sky[0], sky[1], 0.85), mix(sky[1], sky[2], 0.35)];
      brush.save();
      brush.beginPath();
      brush.rect(
        -frame.bleed,
        -frame.bleed,
        frame.width + frame.bleed * 2,
        frame.bleed + foot(scene) * frame.height,
      );
      brush.clip();
      brush.fillStyle = vertical(brush, -frame.bleed, horizon, scene.setting === "space" ? deep : sky);
      flood(brush, frame);
      const chance = chanceOf(`${scene.seed}|wash`);
      brush.globalCompositeOperation = "screen";
      const x = scene.light.x * frame.width;
      glow(
        brush,
        x,
        horizon,
        frame.height * 0.75,
        mix(sky[3], bright, 0.35),
        scene.time === "night" ? 0.3 : 0.6,
      );
      for (let i = 0; i < 4; i++) {
        const size = frame.height * chance.between(0.35, 0.7);
        const tint = mix(accent, sky[2], chance.between(0.2, 0.8));
        glow(
          brush,
          frame.width * chance.between(0, 1),
          frame.height * chance.between(0, 0.5),
          size,
          tint,
          0.16,
        );
      }
      grain(brush, frame, 0.045);
      brush.restore();
    },
  };
}

interface Star {
  x: number;
  y: number;
  size: number;
  rate: number;
}

/** Still stars, and those that twinkle, which keep clear of the light. */
function stars(scene: Scene): { still: Plane; twinkling: Plane } {
  const chance = chanceOf(`${scene.seed}|stars`);
  const many = scene.setting === "space" ? 420 : 190;
  const field: Star[] = Array.from({ length: many }, (_, i) => ({
    x: chance.between(-0.15, 1.15),
    y: Math.max(-0.08, chance.between(-0.3, 1)) * scene.horizon,
    size: i % 23 === 0 ? chance.between(1.7, 2.6) : chance.between(0.45, 1.35),
    rate: chance.between(0.5, 1.6),
  }));
  const twinkles = field.filter(
    (star, i) => i % 9 === 0 && Math.hypot((star.x - scene.light.x) * 1.6, star.y - scene.light.y) > 0.16,
  );
  const dot = (brush: Brush, frame: Frame, star: Star, opacity: number) => {
    brush.globalAlpha = opacity * (1 - (star.y / scene.horizon) * (scene.setting === "space" ? 0.2 : 0.75));
    brush.beginPath();
    brush.arc(star.x * frame.width, star.y * frame.height, (star.size * frame.height) / 900, 0, Math.PI * 2);
    brush.fill();
  };
  return {
    still: {
      depth: 0.02,
      paint(brush, frame) {
        brush.fillStyle = mix(scene.tones.glow, "#ffffff", 0.5);
        for (const star of field) if (!twinkles.includes(star)) dot(brush, frame, star, 0.85);
      },
    },
    twinkling: {
      depth: 0.02,
      live(brush, frame, seconds) {
        brush.fillStyle = mix(scene.tones.glow, "#ffffff", 0.7);
        twinkles.forEach((star, i) => {
          dot(
            brush,
            frame,
            { ...star, size: star.size * 1.3 },
            0.65 + 0.35 * Math.cos(seconds * 2.4 * star.rate + i * 2),
          );
        });
      },
    },
  };
}

function moon(scene: Scene): Plane {
  return {
    depth: 0.04,
    light: false,
    paint(brush, frame) {
      const { tones } = scene;
      const chance = chanceOf(`${scene.seed}|moon`);
      const [x, y] = [scene.light.x * frame.width, scene.light.y * frame.height];
      const radius = frame.height * chance.between(0.07, 0.1);
      brush.globalCompositeOperation = "screen";
      glow(brush, x, y, radius * 6.5, tones.glow, 0.34);
      glow(brush, x, y, radius * 2.4, tones.glow, 0.4);
      brush.globalCompositeOperation = "source-over";
      const face = brush.createRadialGradient(
        x - radius * 0.35,
        y - radius * 0.35,
        radius * 0.1,
        x,
        y,
        radius * 1.15,
      );
      face.addColorStop(0, mix(tones.glow, "#ffffff", 0.45));
      face.addColorStop(0.7, tones.glow);
      face.addColorStop(1, mix(tones.glow, tones.accent, 0.35));
      brush.fillStyle = face;
      brush.beginPath();
      brush.arc(x, y, radius, 0, Math.PI * 2);
      brush.fill();
      brush.save();
      brush.clip();
      for (let i = 0; i < 14; i++) {
        const angle = chance.between(0, Math.PI * 2);
        const away = chance.between(0, 0.9) * radius;
        const shade = mix(tones.accent, tones.sky[2], 0.6);
        const size = radius * chance.between(0.15, 0.5);
        glow(
          brush,
          x + Math.cos(angle) * away,
          y + Math.sin(angle) * away,
          size,
          shade,
          chance.between(0.12, 0.34),
        );
      }
      brush.restore();
    },
  };
}

function sun(scene: Scene): Plane {
  return {
    depth: 0.04,
    paint(brush, frame) {
      const { tones } = scene;
      const [x, y] = [scene.light.x * frame.width, scene.light.y * frame.height];
      const radius = frame.height * (scene.time === "day" ? 0.075 : 0.105);
      brush.globalCompositeOperation = "screen";
      glow(brush, x, y, radius * 8, mix(tones.glow, tones.sky[3], 0.3), 0.6);
      glow(brush, x, y, radius * 3, tones.glow, 0.6);
      brush.globalCompositeOperation = "source-over";
      brush.fillStyle = vertical(brush, y - radius, y + radius, [
        mix(tones.glow, "#ffffff", 0.5),
        mix(tones.glow, tones.accent, 0.25),
      ]);
      brush.beginPath();
      brush.arc(x, y, radius, 0, Math.PI * 2);
      brush.fill();
    },
  };
}

function aurora(scene: Scene): Plane {
  const chance = chanceOf(`${scene.seed}|aurora`);
  const curtains = Array.from({ length: 3 }, () => ({
    base: chance.between(0.3, 0.5),
    rate: chance.between(3, 6),
    turn: chance.between(0, 6),
    tall: chance.between(0.22, 0.38),
  }));
  return {
    depth: 0.03,
    light: true,
    paint(brush, frame) {
      const step = frame.width / 220;
      for (const [i, c] of curtains.entries()) {
        const colour = mix(scene.tones.accent, scene.tones.glow, i / 3);
        for (let x = -frame.bleed; x < frame.width + frame.bleed; x += step) {
          const u = x / frame.width;
          const foot =
            (c.base + 0.09 * Math.sin(u * c.rate + c.turn) + 0.03 * Math.sin(u * c.rate * 3.1)) *
            frame.height;
          const tall = c.tall * frame.height * (0.7 + 0.3 * Math.sin(u * 9 + c.turn));
          const strength = 0.2 + 0.14 * Math.sin(u * 23 + c.turn * 2) + 0.1 * Math.sin(u * 61);
          const gradient = brush.createLinearGradient(0, foot - tall, 0, foot + tall * 0.12);
          gradient.addColorStop(0, fade(colour, 0));
          gradient.addColorStop(0.8, fade(colour, Math.max(0.03, strength)));
          gradient.addColorStop(1, fade(colour, 0));
          brush.fillStyle = gradient;
          brush.fillRect(x, foot - tall, step + 0.6, tall * 1.12);
        }
      }
    },
    sway: (seconds) => ({
      x: 0.015 * Math.sin(seconds * 0.5),
      opacity: 0.85 + 0.15 * Math.cos(seconds * 0.9),
    }),
  };
}

/** A soft bank of cloud about (`x`, `y`), `wide` across, its crown lit. */
function cloud(
  brush: Brush,
  seed: string,
  x: number,
  y: number,
  wide: number,
  lit: string,
  shade: string,
  opacity: number,
): void {
  const chance = chanceOf(seed);
  for (let i = 0; i < 26; i++) {
    const u = chance.between(-0.5, 0.5);
    const crown = i > 8;
    const body = 1 - (u / 0.56) ** 2;
    const radius = wide * (0.07 + 0.12 * body) * chance.between(0.6, 1.15);
    brush.save();
    brush.translate(x + u * wide, y - (crown ? body * wide * chance.between(0.005, 0.055) : -wide * 0.008));
    brush.scale(1.5, crown ? 0.36 : 0.2);
    glow(brush, 0, 0, radius, crown ? mix(shade, lit, chance.between(0.35, 1)) : shade, opacity);
    brush.restore();
  }
}

function clouds(scene: Scene, depth: number, many: number): Plane {
  return {
    depth,
    paint(brush, frame) {
      const chance = chanceOf(`${scene.seed}|clouds|${depth}`);
      const { sky, glow: bright } = scene.tones;
      const night = scene.time === "night";
      for (let i = 0; i < many; i++) {
        const u = chance.between(0.1, 0.95);
        const y = u * scene.horizon * frame.height;
        const wide = frame.width * chance.between(0.22, 0.55) * (1.2 - u * 0.6);
        const near = 1 - Math.min(1, Math.abs(u - scene.light.y / scene.horizon) * 1.6);
        const lit = mix(sky[3], bright, (night ? 0.12 : 0.5) + near * 0.25);
        cloud(
          brush,
          `${scene.seed}|cloud|${depth}|${i}`,
          chance.between(-0.05, 1.05) * frame.width,
          y,
          wide,
          lit,
          mix(sky[1], sky[2], u),
          night ? 0.1 : 0.2,
        );
      }
    },
    sway: (seconds) => ({ x: seconds * 0.004 * (1 + depth * 6) }),
  };
}

/** Sky, heavenly lights, and clouds where the weather or the place has them. */
export function skyPlanes(scene: Scene): Plane[] {
  const planes = [wash(scene)];
  const night = scene.heavens.has("stars") || scene.setting === "space" ? stars(scene) : null;
  if (night) planes.push(night.still);
  if (scene.heavens.has("moon")) planes.push(moon(scene));
  else if (scene.heavens.has("sun") && !scene.weathers.has("rain")) planes.push(sun(scene));
  if (scene.heavens.has("aurora")) planes.push(aurora(scene));
  if (night) planes.push(night.twinkling);
  if (scene.setting !== "space" && scene.setting !== "window") {
    planes.push(clouds(scene, 0.08, scene.weathers.has("rain") ? 12 : scene.time === "night" ? 6 : 9));
  }
  return planes;
}
