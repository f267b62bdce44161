import { constants } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { DEV_VARS_FILE, EXAMPLE_FILE } from "../world/variables.ts";

/**
 * The text of .dev.vars. Where there is none, it is made from .dev.vars.example, with a line on the terminal.
 */
export async function devVars(): Promise<string> {
  try {
    await copyFile(EXAMPLE_FILE, DEV_VARS_FILE, constants.COPYFILE_EXCL);
    console.log("Made .dev.vars from .dev.vars.example: the variables of the Worker, for the local world.");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return readFile(DEV_VARS_FILE, "utf8");
}
