import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Commands of a page, and what they print according to the page. */
export interface PageStep {
  readonly commands: string;
  /** null if the page shows no output. */
  readonly output: string | null;
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
    return [{ commands: text, output: next?.kind === 'text' ? next.text : null }];
  });
}

/**
 * What a page shows that was not printed, or null if all of it was. The lines must follow each other; `…` alone on a line is
 * for any number of lines.
 *
 * @param comparable makes a line equal to the same line of another run
 */
export function missingIn(printed: string, shown: string, comparable: (line: string) => string): string | null {
  const lines = linesOf(printed).map(comparable);
  const parts = shownParts(shown).map((part) => part.map(comparable));
  let from = 0;
  for (const [index, part] of parts.entries()) {
    const isFirst = index === 0;
    const isLast = index === parts.length - 1;
    const at = isLast ? lines.length - part.length : positionOf(part, lines, from);
    const fits = at >= from && (!isFirst || at === 0) && part.every((line, offset) => lines[at + offset] === line);
    if (!fits) return part.join('\n');
    from = at + part.length;
  }
  return null;
}

function shownParts(shown: string): string[][] {
  const parts: string[][] = [[]];
  for (const line of linesOf(shown)) {
    if (line === '…') parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts;
}

function positionOf(part: readonly string[], lines: readonly string[], from: number): number {
  for (let at = from; at + part.length <= lines.length; at += 1) {
    if (part.every((line, offset) => lines[at + offset] === line)) return at;
  }
  return -1;
}

function linesOf(text: string): string[] {
  return text.trimEnd() === '' ? [] : text.trimEnd().split('\n');
}
