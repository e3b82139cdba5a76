import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** What a reader of the documentation sees, by its path in the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** All pages that people read. */
export function pages(): Page[] {
  return ['*.md', 'docs/**/*.md', '{bench,demo,etc,packaging,test/lab}/**/*.md']
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** A span of code in prose; it may run over the end of a line. */
export const codeSpan = /`([^`]+)`/g;

/** A page in its parts: blocks of code, and the text around them, in which the lines of the blocks are empty. */
export function partsOf(text: string): { readonly code: string[]; readonly prose: string } {
  const code: string[] = [];
  const prose = text.replaceAll(/^( *)(```+)[^\n]*\n([\s\S]*?)^ *\2$/gm, (whole, _, __, block: string) => {
    code.push(block);
    return whole.replaceAll(/[^\n]/g, '');
  });
  return { code, prose };
}

/** The anchors of a page, as GitHub makes them of its headings. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of partsOf(text).prose.matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const base = words.replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '').replaceAll(' ', '-');
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Where the links of a page lead within the repository. */
export function linksOf(text: string): string[] {
  const { prose } = partsOf(text);
  const outsideOfCode = prose.replaceAll(/`[^`\n]*`/g, '');
  return [...outsideOfCode.matchAll(/\]\(<?([^)\s>]+)>?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}
