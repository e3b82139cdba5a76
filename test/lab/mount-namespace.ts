import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { runToEnd } from '../support/children.ts';
import type { RunAsRoot } from './power-cut-disk.ts';

/** Mounts that nobody else sees; all go when `end` is called or this process dies. */
export interface MountNamespace {
  readonly run: RunAsRoot;
  /** The command line that runs a program in it, its pid the program's. */
  readonly enter: readonly string[];
  /** Under which path this process, which is outside, finds what lies there at `path`. */
  seen(path: string): string;
  end(): Promise<void>;
}

/** For root on Linux. */
export async function openMountNamespace(): Promise<MountNamespace> {
  // It incarnations for as long as its cat, and that for as long as we hold the other end of its pipe.
  const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  holder.stdin.write('ready');
  await Promise.race([once(holder.stdout, 'data'), ended]);
  if (holder.exitCode !== null) throw new Error('unshare gave no mount namespace.');
  const enter = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`];
  return {
    run: (file, args) => runToEnd('nsenter', [...enter.slice(1), file, ...args]),
    enter,
    seen: (path) => join(`/proc/${holder.pid}/root`, path),
    async end() {
      holder.stdin.end();
      await ended;
    },
  };
}
