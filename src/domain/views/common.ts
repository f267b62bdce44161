/** Times, spans and failures as the API shows them. */
import { publicCode } from "../record/failures.ts";
import type { FailedAttempt, Failure } from "../record/record.ts";

export const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** Seconds of a frame, to the microsecond. */
export const seconds = (frame: number, fps: number): number => Math.round((frame / fps) * 1e6) / 1e6;

export const span = (s: { startFrame: number; endFrame: number }, fps: number) => ({
  start_frame: s.startFrame,
  end_frame: s.endFrame,
  start_seconds: seconds(s.startFrame, fps),
  end_seconds: seconds(s.endFrame, fps),
});

export function failureView(failure: Failure | null) {
  if (!failure) return null;
  const { code, message, retryable, nextAction } = failure;
  return { code: publicCode(code), message, retryable, next_action: nextAction };
}

export const failedAttemptView = (attempt: FailedAttempt) => ({ ...attempt, code: publicCode(attempt.code) });
