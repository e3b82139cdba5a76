import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { transformSync } from 'esbuild';
import jsTokens from 'js-tokens';

// `npm run sizes` says how large the sources and the recordings are; with `-- --against COMMIT` also what has changed since.
//
// Tokens are the measure of how much there is to read: comments, white space and line breaks do not count. Bytes are those of the code
// without types and white space.

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { against: { type: 'string' } } });

interface Size {
  files: number;
  lines: number;
  tokens: number;
  bytes: number;
}

const notRead = new Set(['WhiteSpace', 'LineTerminatorSequence', 'MultiLineComment', 'SingleLineComment']);

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
}

/** @param commit null for the working tree */
function filesOf(commit: string | null, ...paths: string[]): string[] {
  const listed = commit === null ? git('ls-files', ...paths) : git('ls-tree', '-r', '--name-only', commit, ...paths);
  return listed.split('\n').filter((path) => path !== '');
}

function textOf(commit: string | null, path: string): string {
  return commit === null ? readFileSync(join(root, path), 'utf8') : git('show', `${commit}:${path}`);
}

function linesOf(text: string): number {
  return text.split('\n').length - 1;
}

/** Of each folder that is two levels below `packages`. */
function sourceSizes(commit: string | null): Map<string, Size> {
  const sizes = new Map<string, Size>();
  for (const path of filesOf(commit, 'packages')) {
    if (!/^packages\/[^/]+\/src\/.*\.ts$/.test(path)) continue;
    const folder = dirname(path).split('/').slice(0, 4).join('/');
    const size = sizes.get(folder) ?? { files: 0, lines: 0, tokens: 0, bytes: 0 };
    sizes.set(folder, size);
    const text = textOf(commit, path);
    size.files += 1;
    size.lines += linesOf(text);
    for (const { type } of jsTokens(text)) if (!notRead.has(type)) size.tokens += 1;
    size.bytes += transformSync(text, { loader: 'ts', minifyWhitespace: true, charset: 'utf8' }).code.length;
  }
  return sizes;
}

function sum(sizes: Iterable<Size>): Size {
  const total = { files: 0, lines: 0, tokens: 0, bytes: 0 };
  for (const size of sizes) for (const key of ['files', 'lines', 'tokens', 'bytes'] as const) total[key] += size[key];
  return total;
}

function recordedLines(commit: string | null): number {
  const texts = filesOf(commit, 'test/golden/recorded').map((path) => textOf(commit, path));
  return texts.reduce((all, text) => all + linesOf(text), 0);
}

function row(name: string, { files, lines, tokens, bytes }: Size): string {
  return name.padEnd(44) + [files, lines, tokens, bytes].map((figure) => String(figure).padStart(10)).join('');
}

function change(before: number, after: number): string {
  if (after === before) return `${after}, unchanged`;
  const percent = ((Math.abs(after - before) / before) * 100).toFixed(1);
  return `${before} → ${after} (${after > before ? '+' : '−'}${percent} %)`;
}

const now = sourceSizes(null);
console.log(`${'folder'.padEnd(44)}${['files', 'lines', 'tokens', 'bytes'].map((name) => name.padStart(10)).join('')}`);
for (const [folder, size] of now) console.log(row(folder, size));
const total = sum(now.values());
console.log(row('all sources', total));
console.log(`\nlines of recordings: ${recordedLines(null)}`);
if (values.against !== undefined) {
  const commit = values.against;
  const before = sum(sourceSizes(commit).values());
  console.log(`\nsince ${commit}:`);
  for (const key of ['files', 'lines', 'tokens', 'bytes'] as const) {
    console.log(`  ${key.padEnd(11)} ${change(before[key], total[key])}`);
  }
  console.log(`  recordings  ${change(recordedLines(commit), recordedLines(null))}`);
}
