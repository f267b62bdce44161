import { songFrames } from "../../domain/inputs.ts";
import { type Heard, lyricsFrom } from "../../domain/lyrics.ts";
import { type Fact, failed, type StepResult } from "../../domain/settlement.ts";
import { failure } from "../../domain/tasks.ts";
import { fromOutcome } from "../outcome.ts";
import { submit } from "../predictions.ts";
import type { StepContext } from "../step.ts";

/** An address that the provider reads from: it may queue, and run for half an hour. */
export const READ_BY_PROVIDER_SECONDS = 6 * 3600;

/** The song's words and when they are sung, from the file itself or, where it is too large, by its address. */
export async function transcribe(step: StepContext): Promise<StepResult> {
  const { deps, task, record } = step;
  const { audio } = record.project;
  if (!audio || !task.model) return failed(NO_SONG);
  if (task.provider === "replicate") {
    const url = await deps.storage.presignGet({
      key: audio.key,
      expiresSeconds: READ_BY_PROVIDER_SECONDS,
      now: deps.now(),
    });
    // Voice activity detection is tuned for speech; a low onset keeps singing (providers.md 1.6).
    const input = { audio_file: url, align_output: true, vad_onset: 0.3, vad_offset: 0.2 };
    return submit(step, { model: task.model, input }, () => []);
  }
  const bytes = await deps.storage.read(audio.key, 0, audio.bytes, audio.etag);
  if (!bytes) return failed(SONG_GONE);
  const outcome = await deps.providers.transcriber.transcribe({
    audio: bytes,
    filename: `song.${audio.format}`,
    contentType: audio.contentType,
    model: task.model,
  });
  if (outcome.kind !== "ok") return fromOutcome(outcome);
  return { kind: "made", facts: lyricsOf(step, outcome.value), costUsd: outcome.costUsd };
}

/** The lyrics, while the song is still the one they were heard in. */
export function lyricsOf({ task, record: { project } }: StepContext, heard: Heard): Fact[] {
  if (!project.audio) return [];
  const { fps } = project.settings;
  const lyrics = lyricsFrom(heard, { totalFrames: songFrames(project.audio, fps), fps });
  const transcriptText = lyrics.lines.map((line) => line.text).join("\n");
  const { etag: audioEtag } = project.audio;
  return [{ kind: "lyrics", lyrics, lyricsHash: task.inputHash, transcriptText, audioEtag }];
}

const NO_SONG = failure("audio_missing", "The project has no song.", { nextAction: "Upload a song." });
const SONG_GONE = failure("audio_gone", "The song is not in the bucket any more.", {
  nextAction: "Upload the song again.",
});
