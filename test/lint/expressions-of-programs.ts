import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Expression, expressionsIn } from './expressions-in-source.ts';

const root = join(import.meta.dirname, '../..');

/** Expressions that were found to take linear time, as `/PATTERN/FLAGS`; the list only saves time. */
export const linearFile = join(import.meta.dirname, 'linear-expressions.json');

/** Each regular expression in the sources of the programs once, by how it is written, with one file that has it. */
export function expressionsOfPrograms(): ReadonlyMap<string, Expression & { readonly file: string }> {
  const files = globSync('packages/*/src/**/*.ts', { cwd: root }).sort();
  const all = files.flatMap((file) =>
    expressionsIn(file, readFileSync(join(root, file), 'utf8')).map((one) => ({ ...one, file })),
  );
  return new Map(all.map((one) => [`/${one.pattern}/${one.flags}`, one]));
}

export function recordedLinear(): ReadonlySet<string> {
  return new Set(JSON.parse(readFileSync(linearFile, 'utf8')) as readonly string[]);
}
