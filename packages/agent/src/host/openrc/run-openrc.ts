import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../file-failure.ts';
import { cleanEnvironment } from '../run-as.ts';

interface OpenrcAnswer {
  /** null if it was killed after its time limit. */
  readonly code: number | null;
  /** The last of its output, on one line. */
  readonly said: string;
}

interface OpenrcRun {
  /** The file for its output, made with its folder; without it the output is lost. */
  readonly outputFile: string;
  readonly patienceMs: number;
  /** Tests use another program. */
  readonly program?: string;
}

const mostLines = 6;
/** SIGTERM lets it remove its marks, but it may fail to. */
const killAfterMs = 2000;

/**
 * Runs `rc-service` to its end, or ends it after `patienceMs`. Its output goes to a file: the services that it starts
 * may keep that output open for as long as they run, and a pipe would break.
 */
export async function runOpenrc(
  args: readonly string[],
  { outputFile, patienceMs, program = 'rc-service' }: OpenrcRun,
): Promise<OpenrcAnswer> {
  const output = await openOutput(outputFile);
  try {
    const child = spawn(program, ['--nocolor', ...args], {
      cwd: '/',
      env: cleanEnvironment,
      stdio: ['ignore', output?.fd ?? 'ignore', output?.fd ?? 'ignore'],
    });
    const ends = [
      setTimeout(() => child.kill('SIGTERM'), patienceMs),
      setTimeout(() => child.kill('SIGKILL'), patienceMs + killAfterMs),
    ];
    try {
      const [code] = (await once(child, 'exit')) as [number | null];
      if (child.killed) return { code: null, said: `rc-service did not end within ${patienceMs / 1000} s` };
      return { code, said: lastWords(output === null ? '' : await readFile(outputFile, 'utf8').catch(() => '')) };
    } catch (error) {
      return { code: null, said: `rc-service cannot be run (${codeOf(error) ?? 'unknown'})` };
    } finally {
      for (const end of ends) clearTimeout(end);
    }
  } finally {
    await output?.close();
  }
}

/** null if the file cannot be opened, for example on a full disk: that must not keep a service from being stopped. */
async function openOutput(path: string): Promise<FileHandle | null> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    return await open(path, 'w', 0o640);
  } catch {
    return null;
  }
}

function lastWords(text: string): string {
  const lines = text
    .split('\n')
    // OpenRC starts its lines with an asterisk and puts its verdict at the right edge.
    .map((line) =>
      line
        .replace(/^\s*\*\s*/, '')
        .trim()
        .replace(/\s\[ (?:ok|!!) \]$/, '')
        .trim(),
    )
    .filter((line) => line !== '' && !/^\[ (?:ok|!!) \]$/.test(line));
  return lines.length === 0 ? 'rc-service gave no reason' : lines.slice(-mostLines).join(' ');
}
