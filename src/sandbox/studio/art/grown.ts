/** Grass and flowers, fields and woods. */
import { chanceOf } from "./chance.ts";
import { fade, mix } from "./colour.ts";
import { pines, ridgePlane } from "./land.ts";
import { flood, type Plane, vertical } from "./plane.ts";
import type { Scene } from "./scene.ts";

/** Grass (and flowers) along the bottom, bending in the wind. */
function grass(scene: Scene, depth: number, at: number, tall: number, many: number, flowers: boolean): Plane {
  const chance = chanceOf(`${scene.seed}|grass|${depth}`);
  const blades = Array.from({ length: many }, () => ({
    x: chance.between(-0.15, 1.15),
    tall: tall * chance.between(0.45, 1.1) ** 1.2,
    bend: chance.between(-0.35, 0.35),
    flower: flowers && chance.happens(0.16),
    tint: chance.between(0, 1),
  }));
  const { tones } = scene;
  const leaf = mix(tones.haze, tones.ink, 0.55 + depth * 0.45);
  return {
    depth,
    paint(brush, frame) {
      const foot = at * frame.height;
      brush.fillStyle = vertical(brush, foot - tall * frame.height * 0.2, foot + frame.height * 0.1, [
        fade(leaf, 0),
        leaf,
      ]);
      flood(brush, frame, foot - tall * frame.height * 0.2);
      brush.lineCap = "round";
      for (const blade of blades) {
        const x = blade.x * frame.width;
        const top = foot - blade.tall * frame.height;
        const tipX = x + blade.bend * blade.tall * frame.height;
        brush.strokeStyle = mix(leaf, mix(tones.accent, tones.glow, 0.3), blade.tint * 0.14);
        brush.lineWidth = frame.height * (0.0012 + 0.0022 * depth);
        brush.beginPath();
        brush.moveTo(x, foot + frame.height * 0.06);
        brush.quadraticCurveTo(x, top + blade.tall * frame.height * 0.35, tipX, top);
        brush.stroke();
        if (!blade.flower) continue;
        const petal = mix(tones.accent, tones.glow, blade.tint);
        const radius = frame.height * (0.004 + 0.008 * depth);
        brush.fillStyle = petal;
        for (let i = 0; i < 5; i++) {
          const angle = (i / 5) * Math.PI * 2 + blade.tint * 3;
          brush.beginPath();
          brush.arc(
            tipX + Math.cos(angle) * radius * 0.75,
            top + Math.sin(angle) * radius * 0.6,
            radius * 0.62,
            0,
            Math.PI * 2,
          );
          brush.fill();
        }
        brush.fillStyle = mix(tones.glow, tones.ink, 0.25);
        brush.beginPath();
        brush.arc(tipX, top, radius * 0.42, 0, Math.PI * 2);
        brush.fill();
      }
    },
    sway: (seconds) => ({ x: 0.005 * depth * Math.sin(seconds * 1.7 + depth * 4) }),
  };
}

export function field(scene: Scene): Plane[] {
  const { horizon, tones } = scene;
  const shade = mix(tones.haze, tones.ink, 0.6);
  return [
    ridgePlane(scene, { at: horizon - 0.03, swing: 0.03, roughness: 0.4, depth: 0.12, dark: 0.2 }),
    ridgePlane(
      scene,
      { at: horizon + 0.02, swing: 0.02, roughness: 0.45, depth: 0.22, dark: 0.42 },
      pines(scene, "hedge", 0.035, 60, shade),
    ),
    ridgePlane(scene, { at: horizon + 0.09, swing: 0.015, roughness: 0.3, depth: 0.36, dark: 0.46 }),
    grass(scene, 0.45, horizon + 0.16, 0.05, 520, true),
    grass(scene, 0.65, horizon + 0.26, 0.1, 380, true),
    grass(scene, 1, 1.02, 0.22, 150, true),
  ];
}

/** Trunks fading into the air behind them. */
function trunks(scene: Scene, depth: number, dark: number, many: number): Plane {
  return {
    depth,
    paint(brush, frame) {
      const chance = chanceOf(`${scene.seed}|trunks|${depth}`);
      const { tones } = scene;
      const bark = mix(tones.haze, tones.ink, dark);
      const foot = (scene.horizon + 0.02 + depth * 0.2) * frame.height;
      for (let i = 0; i < many; i++) {
        const x = ((i + chance.between(-0.4, 0.4)) / many) * 1.3 * frame.width - 0.13 * frame.width;
        const thick = frame.height * (0.008 + 0.05 * depth ** 1.6) * chance.between(0.6, 1.3);
        const lean = chance.between(-0.5, 0.5) * thick;
        brush.fillStyle = vertical(brush, -frame.bleed, foot, [mix(bark, tones.ink, 0.25), bark]);
        brush.beginPath();
        brush.moveTo(x - thick * 0.36 + lean, -frame.bleed);
        brush.lineTo(x + thick * 0.36 + lean, -frame.bleed);
        brush.quadraticCurveTo(x + thick * 0.4, foot - thick, x + thick * 0.95, foot + frame.height * 0.03);
        brush.lineTo(x - thick * 0.95, foot + frame.height * 0.03);
        brush.quadraticCurveTo(x - thick * 0.4, foot - thick, x - thick * 0.36 + lean, -frame.bleed);
        brush.fill();
        brush.strokeStyle = bark;
        brush.lineCap = "round";
        for (let b = 0; b < 5; b++) {
          const y = chance.between(0, 0.55) * frame.height;
          const reach =
            chance.between(0.5, 1.6) * (thick * 2 + frame.height * 0.03) * (chance.happens(0.5) ? 1 : -1);
          brush.lineWidth = thick * 0.16;
          brush.beginPath();
          brush.moveTo(x + lean * 0.5, y);
          brush.quadraticCurveTo(
            x + reach * 0.5,
            y - Math.abs(reach) * 0.1,
            x + reach,
            y - Math.abs(reach) * 0.6,
          );
          brush.stroke();
        }
      }
      brush.fillStyle = vertical(brush, foot - frame.height * 0.06, foot + frame.height * 0.16, [
        fade(bark, 0),
        mix(bark, tones.haze, 0.25),
      ]);
      flood(brush, frame, foot - frame.height * 0.06);
    },
  };
}

/** Shafts of light through leaves. */
function shafts(scene: Scene): Plane {
  return {
    depth: 0.3,
    light: true,
    paint(brush, frame) {
      const chance = chanceOf(`${scene.seed}|shafts`);
      const top = { x: scene.light.x * frame.width, y: -frame.height * 0.35 };
      for (let i = 0; i < 11; i++) {
        const angle = Math.PI / 2 + chance.between(-0.75, 0.75);
        const half = chance.between(0.012, 0.05);
        const far = frame.height * 1.6;
        const gradient = brush.createRadialGradient(top.x, top.y, frame.height * 0.3, top.x, top.y, far);
        gradient.addColorStop(0, fade(scene.tones.glow, chance.between(0.1, 0.22)));
        gradient.addColorStop(0.9, fade(scene.tones.glow, 0));
        brush.fillStyle = gradient;
        brush.beginPath();
        brush.moveTo(top.x, top.y);
        brush.lineTo(top.x + Math.cos(angle - half) * far, top.y + Math.sin(angle - half) * far);
        brush.lineTo(top.x + Math.cos(angle + half) * far, top.y + Math.sin(angle + half) * far);
        brush.fill();
      }
    },
    sway: (seconds) => ({
      opacity: 0.85 + 0.15 * Math.cos(seconds * 0.8),
      x: 0.008 * Math.sin(seconds * 0.5),
    }),
  };
}

export function forest(scene: Scene): Plane[] {
  return [
    trunks(scene, 0.1, 0.18, 34),
    trunks(scene, 0.24, 0.36, 20),
    shafts(scene),
    trunks(scene, 0.45, 0.6, 12),
    grass(scene, 0.6, scene.horizon + 0.2, 0.05, 260, scene.time === "day"),
    trunks(scene, 0.9, 0.96, 5),
  ];
}
