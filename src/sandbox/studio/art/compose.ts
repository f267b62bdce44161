/** Puts a scene together from its planes, back to front. */
import { city } from "./city.ts";
import { fade, mix } from "./colour.ts";
import { balloon, boat, lanterns } from "./floating.ts";
import { field, forest } from "./grown.ts";
import { desert, hills, mountains, ridgeLine } from "./land.ts";
import { letter } from "./lettering.ts";
import { lighthouse } from "./lighthouse.ts";
import { birds, people, tree } from "./living.ts";
import type { Brush, Frame, Plane } from "./plane.ts";
import { rails, train, viaduct } from "./rails.ts";
import { road } from "./road.ts";
import type { Scene } from "./scene.ts";
import { cloudSea, sea, space } from "./sea.ts";
import { skyPlanes } from "./sky.ts";
import { lens, weatherPlanes } from "./weather.ts";
import { windowView } from "./window.ts";

/** Where feet stand in each place, in frame heights below the horizon. */
const GROUND: Readonly<Record<Scene["setting"], number>> = {
  city: 0.13,
  sea: 0.33,
  hills: 0.175,
  mountains: 0.13,
  forest: 0.14,
  field: 0.15,
  desert: 0.17,
  clouds: 0.05,
  window: 0.4,
  road: 0.16,
  space: 0,
  rails: 0.24,
};

function ground(scene: Scene): number {
  const at = scene.horizon + GROUND[scene.setting];
  const unit: Frame = { width: 1, height: 1, bleed: 0 };
  const line = {
    hills: [0.17, 0.05, 0.4],
    mountains: [0.13, 0.035, 0.5],
    rails: [0.24, 0.045, 0.45],
  } as const;
  if (scene.setting !== "hills" && scene.setting !== "mountains" && scene.setting !== "rails") return at;
  const [offset, swing, roughness] = line[scene.setting];
  return (
    ridgeLine(
      scene,
      { at: scene.horizon + offset, swing, roughness, depth: 0, dark: 0 },
      unit,
    )(scene.subjectX) + 0.012
  );
}

function settingPlanes(scene: Scene): Plane[] {
  const { subjects, setting, horizon } = scene;
  const afloat = subjects.has("boat") ? [boat(scene, horizon + 0.29)] : [];
  switch (setting) {
    case "sea": {
      const { behind, before } = sea(scene);
      const bridge = subjects.has("train")
        ? [train(scene, horizon - 0.07, 0.3, 0.18), viaduct(scene, horizon - 0.07, 0.3)]
        : [];
      const [first, ...rest] = behind;
      return [...(first ? [first] : []), ...bridge, ...rest, ...afloat, ...before];
    }
    case "rails": {
      const planes = rails(scene);
      const last = planes.pop();
      return [
        ...planes,
        ...(subjects.has("boat") ? [boat(scene, horizon + 0.21)] : []),
        ...(last ? [last] : []),
      ];
    }
    case "city":
      return [...city(scene), ...(subjects.has("boat") ? [boat(scene, horizon + 0.17)] : [])];
    case "hills":
      return hills(scene);
    case "mountains":
      return mountains(scene);
    case "forest":
      return forest(scene);
    case "field":
      return field(scene);
    case "desert":
      return desert(scene);
    case "clouds":
      return cloudSea(scene);
    case "window":
      return windowView(scene);
    case "road":
      return road(scene);
    case "space":
      return space(scene);
  }
}

function subjectPlanes(scene: Scene): Plane[] {
  const { subjects, setting } = scene;
  const planes: Plane[] = [];
  const outdoors = setting !== "window" && setting !== "space";
  if (subjects.has("lighthouse") && outdoors) planes.push(...lighthouse(scene, scene.horizon + 0.02));
  if (subjects.has("tree") && outdoors && setting !== "sea" && setting !== "clouds")
    planes.push(tree(scene, ground(scene), 0.6));
  if (subjects.has("balloon")) planes.push(balloon(scene));
  if (subjects.has("birds")) planes.push(birds(scene));
  if (subjects.has("lanterns")) planes.push(lanterns(scene));
  const someone = subjects.has("couple") || subjects.has("figure");
  if (someone && outdoors && setting !== "sea" && setting !== "clouds") {
    planes.push(people(scene, ground(scene), 0.62, subjects.has("couple")));
  }
  return planes;
}

/** What is before everything and does not move with the camera: the lens, and the lyric bottom left under a hairline. */
export function paintFront(scene: Scene, frame: Frame, brush: Brush): void {
  lens(scene, brush, frame);
  const { width, height } = frame;
  const margin = Math.min(width, height) * 0.075;
  const size = Math.min(height * 0.03, width * 0.024);
  const at = { x: margin, y: height - margin, wide: width - margin * 2, size };
  brush.save();
  brush.shadowColor = fade(scene.tones.ink, 0.9);
  brush.shadowBlur = size * 0.7;
  const colour = mix(scene.tones.glow, "#ffffff", 0.75);
  const top = letter(brush, scene.lyric, at, fade(colour, 0.96));
  if (top !== null) {
    brush.fillStyle = fade(colour, 0.75);
    brush.fillRect(margin, top - size * 1.15, size * 2.6, Math.max(1, size * 0.055));
  }
  brush.restore();
}

/** Planes of the setting that stand before its subject. At sea all do, but the water itself. */
const NEARER: Readonly<Partial<Record<Scene["setting"], number>>> = {
  hills: 1,
  mountains: 1,
  rails: 1,
  field: 2,
};

/** All planes of the scene, back to front. */
export function compose(scene: Scene): Plane[] {
  const setting = settingPlanes(scene);
  const subjects = subjectPlanes(scene);
  const at = scene.setting === "sea" ? 1 : setting.length - (NEARER[scene.setting] ?? 0);
  return [
    ...skyPlanes(scene),
    ...setting.slice(0, at),
    ...subjects,
    ...setting.slice(at),
    ...weatherPlanes(scene),
  ];
}
