import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Commands of a page, and what they print according to the page. */
export interface PageStep {
  readonly commands: string;
  /** Empty if the page shows no output. */
  readonly output: readonly string[];
}

/** The `sh` blocks of a page of the repository in their order, each with the `text` block that follows it. */
export function stepsOf(path: string): readonly PageStep[] {
  const page = readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
  const blocks = [...page.matchAll(/^( *)```(\w+)\n(.*?)^\1```$/gms)].map(([, indent = '', kind, text = '']) => {
    return {
      kind,
      text: text
        .split('\n')
        .map((line) => line.replace(indent, ''))
        .join('\n'),
    };
  });
  return blocks.flatMap(({ kind, text }, index) => {
    if (kind !== 'sh') return [];
    const next = blocks[index + 1];
    return [{ commands: text, output: next?.kind === 'text' ? next.text.trimEnd().split('\n') : [] }];
  });
}
