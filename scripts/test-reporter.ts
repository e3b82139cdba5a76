import { Duplex } from 'node:stream';
import { type FinalResults, Parser, type Result } from 'tap-parser';
import { stringify } from 'yaml';
import { testedBy } from './test-entries.mjs';

// Printed in a form of their own, or only saying how tap starts a test file.
const hidden = new Set(['diff', 'source', 'stack', 'at', 'stdio', 'cwd', 'externalID', 'command', 'args', 'jobId']);

const slowestShown = 10;

interface FileCounts {
  passed: number;
  failed: number;
  skipped: number;
  failures: Result[];
  comments: string[];
}

/**
 * tap's reporter for this workspace: a line a test file, or a folder of them that ran in one process; right below it the
 * diagnostics and comments of one that failed; and one line of totals. Plain text, so that it reads the same on a
 * terminal, in a pipe and in a CI log. Before the totals it names again what failed, for readers who see only the end of a log, and the
 * slowest test files, where there is more than a handful, and says why tests were skipped.
 */
export default class TestReporter extends Duplex {
  #parser = new Parser();
  #file: FileCounts = newCounts();
  #ended: Result | undefined;
  #failed: string[] = [];
  #times: { readonly name: string; readonly time: number }[] = [];
  #totals = { passed: 0, failed: 0, skipped: 0 };
  #skips = new Map<string, number>();

  constructor() {
    super({ decodeStrings: false });
    this.#parser.on('result', (result: Result) => this.#count(result));
    this.#parser.on('child', (file: Parser) => {
      this.#reportEnded();
      this.#heed(file);
    });
    this.#parser.on('assert', (result: Result) => this.#endFile(result));
    this.#parser.on('bailout', (reason: string) => this.push(`Bail out! ${reason}\n`));
    this.#parser.on('complete', (results: FinalResults) => this.#endRun(results));
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#parser.write(chunk.toString());
    done();
  }

  override _final(done: () => void): void {
    this.#parser.end();
    done();
  }

  override _read(): void {}

  /** What a test says by `t.comment`, as the logs of what failed. tap's own comments bear names and times only. */
  #heed(test: Parser): void {
    test.on('comment', (line: string) => {
      if (!/^\s*# (Subtest: |time=|(failed|skip|todo):? )/.test(line)) this.#file.comments.push(line.trimEnd());
    });
    test.on('child', (child: Parser) => this.#heed(child));
  }

  #count(result: Result): void {
    if (result.skip || result.todo) {
      this.#file.skipped += 1;
      const why = typeof result.skip === 'string' ? result.skip : 'no reason is given';
      this.#skips.set(why, (this.#skips.get(why) ?? 0) + 1);
    } else if (result.ok) {
      this.#file.passed += 1;
    } else {
      this.#file.failed += 1;
      this.#file.failures.push(result);
    }
  }

  #endFile(result: Result): void {
    this.#reportEnded();
    this.#ended = result;
    // Only after this event does the parser count the file's own result, where that adds something to its assertions
    // (a crash, a timeout), so the report waits for it.
    queueMicrotask(() => this.#reportEnded());
  }

  #reportEnded(): void {
    if (this.#ended === undefined) return;
    const ended = this.#ended;
    const { time, skip } = ended;
    const name = testedBy(ended.name);
    const file = this.#file;
    this.#ended = undefined;
    this.#file = newCounts();

    // A file killed after its last assertion has none that failed.
    if (!ended.ok && file.failed === 0) {
      file.failed += 1;
      file.failures.push(ended);
    }

    // tap calls a file without assertions skipped, and a run of such files a success.
    const empty = file.passed + file.failed === 0 && (file.skipped === 0 || skip === 'no tests found');
    if (empty) {
      file.failed += 1;
      file.skipped = 0;
    }
    this.push(`${file.failed > 0 ? '✗' : '✓'} ${name}  ${describe(file)}${duration(time)}\n`);
    if (empty) this.push('    It has no assertion.\n');
    for (const failure of file.failures) this.push(explain(failure));
    if (file.failed > 0 && file.comments.length > 0) this.push(`${indent(file.comments.join('\n'))}\n`);

    this.#failed.push(...(empty ? [name] : file.failures.map(nameOf)));
    this.#times.push({ name, time: time ?? 0 });
    this.#totals.passed += file.passed;
    this.#totals.failed += file.failed;
    this.#totals.skipped += file.skipped;
  }

  #endRun(results: FinalResults): void {
    this.#reportEnded();
    const { passed, failed } = this.#totals;
    if (this.#failed.length > 0) this.push(`\nFailed:\n${indent(this.#failed.join('\n'))}\n`);
    const files = this.#times.length;
    if (files > slowestShown) this.push(`\nThe ${slowestShown} slowest:\n${slowest(this.#times)}\n`);
    if (this.#totals.skipped > 0) this.push(`\nSkipped:\n${reasons(this.#skips)}\n`);
    this.push(`\n${files} test file${files === 1 ? '' : 's'}: ${describe(this.#totals)}${duration(results.time)}\n`);
    this.push(null);
    if (failed > 0 || passed === 0) process.exitCode = 1;
  }
}

function newCounts(): FileCounts {
  return { passed: 0, failed: 0, skipped: 0, failures: [], comments: [] };
}

function describe(counts: { passed: number; failed: number; skipped: number }): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}

function slowest(times: readonly { readonly name: string; readonly time: number }[]): string {
  const sorted = times.toSorted((one, other) => other.time - one.time).slice(0, slowestShown);
  return sorted.map(({ name, time }) => `${(time / 1000).toFixed(1).padStart(8)} s  ${name}`).join('\n');
}

/** Why tests were skipped, the most frequent reason first. */
function reasons(skips: ReadonlyMap<string, number>): string {
  const sorted = [...skips].sort(([, one], [, other]) => other - one);
  return sorted.map(([why, count]) => `${String(count).padStart(6)}  ${why}`).join('\n');
}

function duration(milliseconds: number | null): string {
  if (milliseconds === null) return '';
  return milliseconds < 1000 ? `  (${Math.round(milliseconds)} ms)` : `  (${(milliseconds / 1000).toFixed(1)} s)`;
}

function explain(failure: Result): string {
  const diagnostics = (failure.diag ?? {}) as Record<string, unknown>;
  const text = ['diff', 'source', 'stack'].map((key) => diagnostics[key]).filter((part) => typeof part === 'string');
  const rest = Object.fromEntries(Object.entries(diagnostics).filter(([key]) => !hidden.has(key)));
  const parts = [nameOf(failure), ...text, ...(Object.keys(rest).length > 0 ? [stringify(rest)] : [])];
  return `${indent(parts.map((part) => part.trimEnd()).join('\n'))}\n`;
}

function nameOf({ fullname, diag }: Result): string {
  return testedBy(fullname) + placeOf((diag as Record<string, unknown> | null | undefined)?.at);
}

function placeOf(at: unknown): string {
  const { fileName, lineNumber } = (at ?? {}) as { readonly fileName?: string; readonly lineNumber?: number };
  return fileName === undefined ? '' : ` (${fileName}:${lineNumber ?? '?'})`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
