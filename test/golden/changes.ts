import { jsonLines } from './json-lines.ts';

/**
 * What has changed from one JSON value to another, a line for each field: `members.m-1.phase: "voter"`, or `hold: (gone)`. The items
 * of a list go by their names, or else by their places if none came or went. Whoever has the value before can make the other one of it.
 */
export function changesIn(before: unknown, after: unknown, path = ''): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [fields, present] = [fieldsOf(before), fieldsOf(after)];
  if (fields === null || present === null || (Array.isArray(before) && !sameNames(fields, present)))
    return [`${path}: ${jsonLines(after)}`];
  const below = (name: string) => (path === '' ? name : `${path}.${name}`);
  return [...new Set([...fields.keys(), ...present.keys()])].flatMap((name) => {
    if (!present.has(name)) return [`${below(name)}: (gone)`];
    if (!fields.has(name)) return [`${below(name)}: ${jsonLines(present.get(name))}`];
    return changesIn(fields.get(name), present.get(name), below(name));
  });
}

/** The lines of a text that are not in another one, after `+`, and those that only the other one has, after `-`. */
export function changedLines(before: string, after: string): readonly string[] {
  const [lines, present] = [before.split('\n'), after.split('\n')];
  return [
    ...lines.filter((line) => !present.includes(line)).map((line) => `- ${line}`),
    ...present.filter((line) => !lines.includes(line)).map((line) => `+ ${line}`),
  ];
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const names = value.map((item: unknown, index) => (item as { readonly name?: string } | null)?.name ?? `${index}`);
  return new Set(names).size === names.length ? new Map(names.map((name, index) => [name, value[index]])) : null;
}

function sameNames(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return [...one.keys()].join('\n') === [...other.keys()].join('\n');
}
