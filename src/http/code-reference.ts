/** The part of /docs that explains each code: plain HTML, with an anchor for each. */
import { ERRORS, INPUT_ERRORS } from "../domain/record/errors.ts";
import { FAILURES, type FailureText, SONG_REFUSALS } from "../domain/record/failure-codes.ts";

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** A text of the catalogues as HTML: words in backticks become code. */
const html = (text: string): string => escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");

interface Entry {
  kind: "problem" | "failure" | "input";
  code: string;
  title?: string;
  meaning: string;
  action?: string | undefined;
}

const entry = ({ kind, code, title, meaning, action }: Entry): string => {
  const id = `${kind}-${code}`;
  return [
    `<article id="${id}">`,
    `<h3><a href="#${id}"><code>${code}</code></a>${title ? ` ${html(title)}` : ""}</h3>`,
    `<p>${html(meaning)}</p>`,
    action ? `<p><b>What to do:</b> ${html(action)}</p>` : "",
    "</article>",
  ].join("\n");
};

const section = (id: string, heading: string, introduction: string, entries: Entry[]): string =>
  [
    `<section aria-labelledby="${id}">`,
    `<h2 id="${id}">${heading}</h2>`,
    `<p>${html(introduction)}</p>`,
    ...entries.map(entry),
    "</section>",
  ].join("\n");

const problems = () =>
  Object.entries(ERRORS).map(
    ([code, { status, title, meaning, action }]): Entry => ({
      kind: "problem",
      code,
      title: `${status} · ${title}`,
      meaning,
      action,
    }),
  );

const failures = () =>
  Object.entries<FailureText>(FAILURES).map(
    ([code, { meaning, action }]): Entry => ({ kind: "failure", code, meaning, action }),
  );

const inputs = () => [
  ...Object.entries(INPUT_ERRORS).map(([code, meaning]): Entry => ({ kind: "input", code, meaning })),
  ...Object.entries(SONG_REFUSALS).map(
    ([code, { meaning, action }]): Entry => ({ kind: "input", code, meaning, action }),
  ),
];

/** Three sections, `problems`, `inputs` and `failures`; a code's entry has the id `<kind>-<code>`. */
export const codeReference = (): string =>
  [
    section(
      "problems",
      "Problem codes",
      "The `code` of a problem, the response to a request that failed. Its `type` leads to the entry here.",
      problems(),
    ),
    section(
      "inputs",
      "Input codes",
      "The `code` of each member of a problem's `errors`: what is wrong with one input.",
      inputs(),
    ),
    section(
      "failures",
      "Failure codes",
      "The `code` of the `error` of a job, a task, an image, a clip or a film: why the work failed or was canceled.",
      failures(),
    ),
  ].join("\n");
