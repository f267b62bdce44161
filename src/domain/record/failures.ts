/** Why work failed: the closed catalogue of codes, and the constructor of failures. */
import { FAILURES, type SONG_REFUSALS } from "./failure-codes.ts";
import { storable } from "./text.ts";

/** Shown in place of a stored code that this version does not know: see `publicCode`. No failure is made with it. */
export const OTHER = "other";

/** A code that the API may show. */
export type PublicFailureCode = keyof typeof FAILURES;
/** A code that a failure may be made with; `tsc` refuses any other. */
export type FailureCode = Exclude<PublicFailureCode, typeof OTHER>;
/** A code for a file that can't be used as a song. */
export type SongRefusalCode = keyof typeof SONG_REFUSALS;

/**
 * What went wrong, whether another try can help, and what the person can do (null: nothing in particular). One
 * that was read from Postgres may have been stored by another version of the service, so its code may be one
 * that is not in today's catalogue: compare codes, and do not expect a `switch` over them to be complete.
 */
export interface Failure<Code extends FailureCode = FailureCode> {
  code: Code;
  message: string;
  retryable: boolean;
  nextAction: string | null;
}

const isListed = (code: string): code is PublicFailureCode => Object.hasOwn(FAILURES, code);

/** The codes that the API may show, in the order of the catalogue. */
export const PUBLIC_FAILURE_CODES = Object.keys(FAILURES).filter(isListed);

/** The code as the API shows it: `other` in place of a stored code that is not in the catalogue. */
export const publicCode = (stored: string): PublicFailureCode => (isListed(stored) ? stored : OTHER);

/** Longest message of a failure, which may contain a provider's own text. */
const MAX_CHARACTERS = 2_000;

export const failure = <Code extends FailureCode>(
  code: Code,
  message: string,
  options: { retryable?: boolean; nextAction?: string } = {},
): Failure<Code> => ({
  code,
  message: storable(message, MAX_CHARACTERS),
  retryable: options.retryable ?? false,
  nextAction: options.nextAction ?? null,
});
