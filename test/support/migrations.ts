/** Which statements of a migration may break a Worker that was deployed before it; the rule is in drizzle/README.md. */

export interface Migration {
  /** File name, such as `0000_start.sql`. */
  name: string;
  sql: string;
}

/** A name in a normalized statement, with or without a schema. */
const NAME = String.raw`(?:(?:"[^"]*"|\w+)\.)?("[^"]*"|\w+)`;

/**
 * The statements of a migration, normalized: no comments, strings as `''`, quoted names in lower case, everything
 * else in upper case, single spaces.
 */
function statementsOf(sql: string): string[] {
  const tokens = sql.matchAll(
    /--[^\n]*|\/\*[\s\S]*?\*\/|(\$\w*\$)[\s\S]*?\1|'(?:[^']|'')*'|"(?:[^"]|"")*"|\s+|;|[^\s;'"$/-]+|./g,
  );
  let open = "";
  const statements: string[] = [];
  for (const [token] of tokens) {
    if (token.startsWith("--") || token.startsWith("/*") || /^\s/.test(token)) open += " ";
    else if (token === ";") {
      statements.push(open);
      open = "";
    } else if (token.startsWith("'") || /^\$\w*\$/.test(token)) open += "''";
    else if (token.startsWith('"')) open += token.toLowerCase().replace(/\s/g, "_");
    else open += token.toUpperCase();
  }
  return [...statements, open].map((one) => one.replace(/\s+/g, " ").trim()).filter((one) => one !== "");
}

/** Splits at commas outside of parentheses. */
function actionsOf(text: string): string[] {
  const actions = [""];
  let depth = 0;
  for (const character of text) {
    if (character === "(") depth++;
    if (character === ")") depth--;
    if (character === "," && depth === 0) actions.push("");
    else actions[actions.length - 1] += character;
  }
  return actions.map((action) => action.trim());
}

const nameOf = (text: string | undefined): string => (text ?? "").replaceAll('"', "").toLowerCase();

/** What the statements before one in the same file have made: the old Worker does not use it. */
interface Added {
  tables: Set<string>;
  /** As `table.column`. */
  columns: Set<string>;
}

function columnReason(definition: string): string | null {
  const hasValue = /\bDEFAULT (?!NULL\b)|\bGENERATED (ALWAYS|BY DEFAULT) AS\b|\b(SMALL|BIG)?SERIAL\b/.test(
    definition,
  );
  if (/\bNOT NULL\b/.test(definition) && !hasValue) return "adds a NOT NULL column without a default";
  if (/\bPRIMARY KEY\b|\bUNIQUE\b|\bCHECK ?\(/.test(definition))
    return "adds a constraint to an existing table";
  return null;
}

/** Foreign keys of columns that the same file added: the old Worker leaves them null or at their default. */
function isNewReference(table: string, action: string, added: Added): boolean {
  const [, columns] = /\bFOREIGN KEY ?\(([^)]*)\)/.exec(action) ?? [];
  return (
    columns?.split(",").every((column) => added.columns.has(`${table}.${nameOf(column.trim())}`)) ?? false
  );
}

function actionReason(table: string, action: string, added: Added): string | null {
  if (/^(ADD CONSTRAINT|ADD (CHECK|UNIQUE|PRIMARY KEY|FOREIGN KEY|EXCLUDE))\b/.test(action))
    return isNewReference(table, action, added) ? null : "adds a constraint to an existing table";
  const [, column, definition] =
    new RegExp(`^ADD (?:COLUMN )?(?:IF NOT EXISTS )?${NAME} (.*)$`).exec(action) ?? [];
  if (column !== undefined) {
    const reason = columnReason(definition ?? "");
    if (reason === null) added.columns.add(`${table}.${nameOf(column)}`);
    return reason;
  }
  if (/^ALTER (COLUMN )?\S+ (SET DEFAULT|DROP NOT NULL)\b/.test(action)) return null;
  if (/^ALTER (COLUMN )?\S+ SET NOT NULL\b/.test(action)) return "sets NOT NULL";
  if (/^ALTER (COLUMN )?\S+ (SET DATA )?TYPE\b/.test(action)) return "changes a type";
  if (/^RENAME\b/.test(action)) return "renames";
  if (/^DROP\b|^ALTER (COLUMN )?\S+ DROP\b/.test(action)) return "drops";
  return "is not known to be safe";
}

function statementReason(statement: string, added: Added): string | null {
  const [, created] = new RegExp(`^CREATE TABLE (?:IF NOT EXISTS )?${NAME} ?\\(`).exec(statement) ?? [];
  if (created !== undefined) {
    added.tables.add(nameOf(created));
    return null;
  }
  const index = `^CREATE (UNIQUE )?INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?.*? ?ON (?:ONLY )?${NAME}`;
  const [isIndex, unique, indexed] = new RegExp(index).exec(statement) ?? [];
  if (isIndex !== undefined)
    return unique && !added.tables.has(nameOf(indexed)) ? "adds a unique index to an existing table" : null;
  const [, altered, actions] =
    new RegExp(`^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?${NAME} (.*)$`).exec(statement) ?? [];
  if (altered !== undefined) {
    const table = nameOf(altered);
    if (added.tables.has(table)) return null;
    const reasons = actionsOf(actions ?? "").map((action) => actionReason(table, action, added));
    return reasons.find((reason) => reason !== null) ?? null;
  }
  if (/^(CREATE (TYPE|SEQUENCE|SCHEMA|EXTENSION|VIEW)|ALTER TYPE .* ADD VALUE|COMMENT ON)\b/.test(statement))
    return null;
  if (/^(INSERT INTO|UPDATE)\b/.test(statement)) return null;
  if (/^(DROP|TRUNCATE|DELETE)\b/.test(statement)) return "drops";
  if (/^ALTER .* RENAME\b/.test(statement)) return "renames";
  return "is not known to be safe";
}

/** Why statements of this SQL belong in a contract file, one sentence each; empty where the SQL only adds. */
export function contractions(sql: string): string[] {
  const added: Added = { tables: new Set(), columns: new Set() };
  return statementsOf(sql).flatMap((statement) => {
    const reason = statementReason(statement, added);
    return reason === null ? [] : [`${reason}: ${statement}`];
  });
}

/** What the files after the first one do that only a file named `NNNN_contract_<what>.sql` may do. */
export function misplacedContractions(migrations: readonly Migration[]): string[] {
  return migrations
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .slice(1)
    .filter(({ name }) => !/^\d{4}_contract_/.test(name))
    .flatMap(({ name, sql }) => contractions(sql).map((reason) => `${name} ${reason}`));
}
