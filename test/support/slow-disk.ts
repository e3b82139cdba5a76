import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findOnPath, unpackDebianPrograms } from './debian-packages.ts';
import { until } from './until.ts';

export interface SlowDisk {
  /** Lets each fsync return as soon as the disk has it. */
  mend(): Promise<void>;
}

/**
 * Delays each fsync of this process by strace, as a worn SD card does. For root, or where a user may trace processes that it has not
 * started.
 */
export async function slowDisk(pid: number, delayMs: number): Promise<SlowDisk> {
  const { file, env } = await strace();
  const calls = 'fdatasync,fsync';
  const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:delay_enter=${delayMs * 1000}`];
  const tracer = spawn(file, ['-f', '-o', '/dev/null', ...inject, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  let said = '';
  tracer.stderr.on('data', (text) => {
    said += text;
  });
  const ended = once(tracer, 'exit');
  const isTracing = () => {
    if (tracer.exitCode !== null) throw new Error(`strace cannot slow down a disk here: ${said}`);
    return said.includes(' attached');
  };
  await until('strace delays the fsyncs', isTracing, { within: 20_000, every: 20, lastSeen: () => said });
  return {
    async mend() {
      tracer.kill('SIGINT');
      await ended;
    },
  };
}

async function strace(): Promise<{ readonly file: string; readonly env: NodeJS.ProcessEnv }> {
  const installed = await findOnPath('strace', process.env);
  if (installed !== undefined) return { file: installed, env: {} };
  const programs = { name: 'strace', packages: ['strace', 'libunwind8'], executables: ['strace'] };
  const folder = await unpackDebianPrograms(programs, { env: process.env, say: console.error });
  if (folder === undefined) throw new Error('strace is not on PATH: install it and try again.');
  const machine = process.arch === 'x64' ? 'x86_64' : 'aarch64';
  return { file: join(folder, 'strace'), env: { LD_LIBRARY_PATH: join(folder, `../lib/${machine}-linux-gnu`) } };
}
