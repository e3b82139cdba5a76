import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sampleSteps } from './steps.ts';

const root = join(import.meta.dirname, '../..');

/** The kinds of event that the coordinator's sources write to the log, sorted: those of its steps, and those that it names. */
export function eventKindsInSource(): string[] {
  const kinds = new Set<string>(Object.keys(sampleSteps));
  for (const file of globSync('packages/coordinator/src/**/*.ts', { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, said = ''] of text.matchAll(/\bkind: ([^,;\n]+),\s*message\b/g)) {
      for (const [, kind = ''] of said.matchAll(/'([a-z-]+)'/g)) kinds.add(kind);
    }
  }
  return [...kinds].sort();
}
