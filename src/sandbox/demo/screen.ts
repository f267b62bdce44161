import { stripVTControlCharacters, styleText } from "node:util";
import { type StageRow, stageRows } from "./stages.ts";
import { emptyView, type View } from "./view.ts";

const BAR = 24;
const FRAMES_MS = 100;
const SPINNER = [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"];
/** Without a terminal, a stage prints a line at its start, at each quarter and at its end. */
const QUARTERS = 4;

type Style = Parameters<typeof styleText>[0];
const paint = (style: Style, text: string) => styleText(style, text, { stream: process.stdout });

const counts = (row: StageRow) => (row.total > 0 ? `${row.done}/${row.total}` : "");
const percent = (row: StageRow) => `${Math.floor(row.fraction * 100)}%`;

function drawn(row: StageRow, tick: number): string {
  const full = Math.round(row.fraction * BAR);
  const bar = paint("cyan", "█".repeat(full)) + paint("dim", "░".repeat(BAR - full));
  const sign = {
    waiting: paint("dim", "·"),
    running: paint("cyan", SPINNER[tick % SPINNER.length] ?? ""),
    done: paint("green", "✓"),
    failed: paint("red", "✗"),
  }[row.state];
  const label = row.label.padEnd(22);
  if (row.state === "waiting") return `  ${sign} ${paint("dim", label)} ${bar}`;
  const numbers = `${counts(row).padStart(7)}  ${percent(row).padStart(4)}  ${row.seconds.toFixed(1).padStart(6)} s`;
  return `  ${sign} ${label} ${bar} ${numbers}`;
}

export interface Screen {
  show(view: View): void;
  /** Prints a line above the stages, which stays. */
  note(line: string): void;
  /** Draws the stages a last time. */
  end(): void;
}

/** Shows one line for each stage: redrawn in place on a terminal, printed on changes anywhere else. */
export const openScreen = (): Screen => (process.stdout.isTTY ? liveScreen() : plainScreen());

function liveScreen(): Screen {
  let view: View | null = null;
  let lines = 0;
  let tick = 0;

  const clear = () => (lines > 0 ? `\x1b[${lines}A\x1b[J` : "");
  function draw(above = ""): void {
    const rows = view ? stageRows(view, new Date()).map((row) => cut(drawn(row, tick))) : [];
    process.stdout.write(clear() + above + rows.map((line) => `${line}\n`).join(""));
    lines = rows.length;
  }
  const timer = setInterval(() => {
    tick++;
    if (view) draw();
  }, FRAMES_MS);

  return {
    show(next) {
      view = next;
    },
    note: (line) => draw(`${line}\n`),
    end() {
      clearInterval(timer);
      draw();
      view = null;
      lines = 0;
    },
  };
}

/** Cuts a line to the terminal's width: a line that wraps could not be redrawn in place. */
function cut(line: string): string {
  const width = process.stdout.columns || 80;
  const plain = stripVTControlCharacters(line);
  return plain.length < width ? line : plain.slice(0, width - 1);
}

function plainScreen(): Screen {
  const printed = new Map<string, string>();
  return {
    show(view = emptyView()) {
      for (const row of stageRows(view, new Date())) {
        if (row.state === "waiting") continue;
        const quarter = Math.floor(row.fraction * QUARTERS);
        const key = `${row.state} ${quarter}`;
        if (printed.get(row.label) === key) continue;
        printed.set(row.label, key);
        const time = row.state === "running" ? "" : `${row.seconds.toFixed(1)} s`;
        const outcome = row.state === "failed" ? "failed" : percent(row);
        console.log(
          `  ${[row.label.padEnd(22), counts(row).padStart(7), outcome.padStart(6), time].join(" ").trimEnd()}`,
        );
      }
    },
    note: (line) => console.log(line),
    end() {},
  };
}
