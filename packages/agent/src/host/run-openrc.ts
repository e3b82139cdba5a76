import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { codeOf } from './file-failure.ts';

export interface OpenrcAnswer {
  /** null where it was ended after its time. */
  readonly code: number | null;
  /** The last of what it said, on one line. */
  readonly said: string;
}

const mostLines = 6;

/**
 * Runs `rc-service` to its end, or ends it after `patienceMs`. What it says goes to a file: the services that it starts
 * may keep their output for as long as they run, and a pipe would break under them.
 */
export async function runOpenrc(
  args: readonly string[],
  outputFile: string,
  patienceMs: number,
): Promise<OpenrcAnswer> {
  const output = await open(outputFile, 'w', 0o640);
  try {
    const child = spawn('rc-service', ['--nocolor', ...args], {
      cwd: '/',
      // Nothing of the agent's environment, where a join string may be (R11).
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: ['ignore', output.fd, output.fd],
    });
    const late = setTimeout(() => child.kill('SIGTERM'), patienceMs);
    try {
      const [code] = (await once(child, 'exit')) as [number | null];
      return { code, said: lastWords(await readFile(outputFile, 'utf8')) };
    } catch (error) {
      return { code: null, said: `rc-service cannot be run (${codeOf(error) ?? 'unknown'})` };
    } finally {
      clearTimeout(late);
    }
  } finally {
    await output.close();
  }
}

function lastWords(text: string): string {
  const lines = text
    .split('\n')
    // OpenRC begins its lines with an asterisk, and sets its verdicts at the far right.
    .map((line) =>
      line
        .replace(/^\s*\*\s*/, '')
        .replace(/\s+\[ (?:ok|!!) \]\s*$/, '')
        .trim(),
    )
    .filter((line) => line !== '' && !/^\[ (?:ok|!!) \]$/.test(line));
  return lines.length === 0 ? 'rc-service did not say why' : lines.slice(-mostLines).join(' ');
}
