import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { blocksOf, commandsOf, unlike } from './shown-output.ts';

/** What a page of docs/how-to shows. All of these throw if the page does not show it. */
export interface HowTo {
  /** The output below a command. */
  below(command: string | RegExp): readonly string[];
  /** The first block of output that has this text. */
  blockWith(text: string): readonly string[];
  /** The commands of the first `sh` block below a heading, as a script. */
  scriptBelow(heading: string): string;
  /** The first line that matches, without what stands before the match. */
  line(pattern: RegExp): string;
}

/** @param name the file's, without .md */
export function howTo(name: string): Promise<HowTo> {
  return pageOf(`docs/how-to/${name}.md`);
}

/** @param path of a page, from the project's root */
export async function pageOf(path: string): Promise<HowTo> {
  const page = await readFile(join(import.meta.dirname, '../..', path), 'utf8');
  const blocks = blocksOf(page);
  const commands = commandsOf(blocks);

  function found<Found>(what: Found | undefined, sought: string | RegExp): Found {
    if (what === undefined) throw new Error(`${path} does not show ${sought}`);
    return what;
  }

  const fits = (text: string, sought: string | RegExp) =>
    typeof sought === 'string' ? text === sought : sought.test(text);
  return {
    below: (sought) =>
      found(
        commands.find(({ command }) => fits(command, sought)),
        sought,
      ).output,
    blockWith: (text) =>
      found(
        blocks.find((lines) => lines.join('\n').includes(text)),
        text,
      ),
    scriptBelow: (heading) =>
      found(page.split(`\n${heading}\n`)[1]?.match(/^ *```sh\n(.*?)^ *```$/ms)?.[1], `commands below ${heading}`),
    line: (pattern) => found(page.match(pattern)?.[0], pattern),
  };
}

/** Asserts that a program has said what a page shows. */
export function same(t: Test, shown: readonly string[], said: string): void {
  t.ok(shown.length > 0);
  t.equal(unlike(shown, said), undefined, said);
}
