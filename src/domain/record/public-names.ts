/**
 * Objects made from other objects, key by key: the record's camelCase names and the API's snake_case names.
 *
 * TypeScript cannot check a loop over keys against a mapped type. So each function here states its type by an
 * overload, and test/pure/domain/record/settings.test.ts checks that it keeps to it. Nothing else needs that.
 */
import { z } from "zod";

/** Values that are taken over as they are; all others are objects, whose keys are renamed. */
type Leaf = string | number | boolean | null | undefined | readonly unknown[] | z.ZodType;

type Snake<Name> = Name extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : Name;
type Camel<Name> = Name extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Name;

type Public<T> = T extends Leaf ? T : { [Key in keyof T as Snake<Key> & string]: Public<T[Key]> };
type Stored<T> = T extends Leaf ? T : { [Key in keyof T as Camel<Key> & string]: Stored<T[Key]> };

/** The value with its keys in snake_case, nested objects included; undefined members are left out. */
export function toPublic<T extends object>(value: T): Public<T>;
export function toPublic(value: object): object {
  return renamed(value, (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** The value with its keys in camelCase, nested objects included; undefined members are left out. */
export function toStored<T extends object>(value: T): Stored<T>;
export function toStored(value: object): object {
  return renamed(value, (key) => key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
}

function renamed(value: object, rename: (key: string) => string): object {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.map(([key, member]) => [rename(key), isObject(member) ? renamed(member, rename) : member]),
  );
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof z.ZodType);

/** One part of each entry of a table, under the entry's key. */
export function partOf<Table extends Record<string, Record<Part, unknown>>, Part extends string>(
  table: Table,
  part: Part,
): { [Key in keyof Table]: Table[Key][Part] };
export function partOf(table: Record<string, Record<string, unknown>>, part: string): object {
  return Object.fromEntries(Object.entries(table).map(([key, entry]) => [key, entry[part]]));
}
