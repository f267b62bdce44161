/** CMX3600 edit decision lists, for programs and machines that read nothing newer. */
import { type Shot, shotsOf, wholeFrames } from "./shots.ts";
import { oneLine } from "./text.ts";
import { timecode } from "./timecode.ts";
import type { ExportMedia, ExportTimeline } from "./timeline-model.ts";

/** The format numbers events with three digits. */
const MAX_EVENTS = 999;
/** Readers of the format cut longer notes. */
const NOTE = 60;

interface Event {
  reel: string;
  channels: string;
  source: [number, number];
  record: [number, number];
  notes: string[];
}

/** Reels are named in at most eight characters: one for each file, so that a file used twice is one reel. */
function reels(): (media: ExportMedia) => string {
  const known = new Map<string, string>();
  return ({ url, kind }) => {
    const key = url ?? "";
    const reel =
      known.get(key) ?? `${kind === "still" ? "I" : "V"}${String(known.size + 1).padStart(4, "0")}`;
    known.set(key, reel);
    return reel;
  };
}

function pictureEvent(shot: Shot, reelOf: (media: ExportMedia) => string, fps: number): Event {
  const { scene, shows, startFrame, endFrame } = shot;
  const length = endFrame - startFrame;
  const notes: string[] = [];
  const name = scene ? oneLine(scene.name, NOTE) : "";
  if (shot.first && name) notes.push(`* LOC: ${timecode(startFrame, fps)} GREEN   ${name}`);
  const event = { channels: "V", record: [startFrame, endFrame] satisfies [number, number], notes };
  if (!scene || shows === "nothing") {
    const lyric = scene ? oneLine(scene.lyric, NOTE) : "";
    if (shot.first && lyric) notes.push(`* LYRIC CARD: ${lyric}`);
    return { ...event, reel: "BL", source: [0, length] };
  }
  const reel = reelOf(scene.media);
  const whole = wholeFrames(scene.media, fps);
  notes.unshift(`* FROM CLIP NAME:  ${oneLine(scene.media.name)}`);
  if (shows === "clip" || shows === "still") return { ...event, reel, source: [0, length] };
  const from = shows === "held" ? whole - 1 : 0;
  // Frames of the source for each second of the film; 0 freezes the picture.
  const speed = shows === "held" ? 0 : (fps * whole) / length;
  notes.unshift(
    `M2   ${reel.padEnd(8)}       ${speed.toFixed(1).padStart(5, "0")}                ${timecode(from, fps)}`,
  );
  if (shows === "held") notes.push("* * FREEZE FRAME");
  return { ...event, reel, source: [from, whole] };
}

/**
 * One list, or more where the film has more than 999 events; each carries on where the one before ends.
 * Record timecode starts at 00:00:00:00, as the film's own file does, and so does each source's.
 */
export function toEdl(timeline: ExportTimeline): string[] {
  const { song, frames } = timeline;
  const fps = Math.round(timeline.fps);
  const reelOf = reels();
  const events: Event[] = [
    {
      reel: "SONG",
      channels: song.channels === 1 ? "A" : "AA",
      source: [0, frames],
      record: [0, frames],
      notes: [
        `* FROM CLIP NAME:  ${oneLine(song.name)}`,
        `* RECORD STARTS AT ${timecode(0, fps)}, ${fps} FRAMES A SECOND, NON-DROP`,
      ],
    },
    ...shotsOf(timeline).map((shot) => pictureEvent(shot, reelOf, timeline.fps)),
  ];
  const parts = Math.ceil(events.length / MAX_EVENTS);
  return Array.from({ length: parts }, (_, part) => {
    const title = oneLine(timeline.title, NOTE) || "UNTITLED";
    const lines = events.slice(part * MAX_EVENTS, (part + 1) * MAX_EVENTS).flatMap((event, i) => {
      const times = [...event.source, ...event.record].map((frame) => timecode(frame, fps)).join(" ");
      const number = String(i + 1).padStart(3, "0");
      return [
        `${number}  ${event.reel.padEnd(8)} ${event.channels.padEnd(5)} C        ${times}`,
        ...event.notes,
      ];
    });
    const of = parts > 1 ? ` ${part + 1} OF ${parts}` : "";
    return [`TITLE:   ${title}${of}`, "FCM: NON-DROP FRAME", "", ...lines, ""].join("\r\n");
  });
}
