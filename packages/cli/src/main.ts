#!/usr/bin/env node
import { setTimeout as timeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { exitCodes } from '@picket/shared/exit-codes.ts';
import { nodeVersionProblem } from '@picket/shared/node-version.ts';
import { plainLines } from '@picket/shared/plain.ts';

const tooOld = nodeVersionProblem(process.versions.node);
if (tooOld !== null) {
  console.error(`error: ${tooOld}`);
  process.exit(exitCodes.failed.code);
}

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());
process.once('SIGTERM', () => interruption.abort());
// In `picket events | head` the reader ends first, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  interruption.abort();
});

// Only now, since an old Node.js cannot even load it; and without `await`, as the build makes CommonJS of this file.
const ended = import('./commands/program.ts').then(({ run }) =>
  run(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    // Not opened until a command reads it: an unread stdin would keep the process.
    stdin: { [Symbol.asyncIterator]: () => process.stdin[Symbol.asyncIterator]() },
    env: process.env,
    now: Date.now,
    monotonic: () => performance.now(),
    isTTY: process.stdout.isTTY === true,
    columns: process.stdout.columns,
    progressColumns: process.stderr.isTTY === true && process.env.TERM !== 'dumb' ? process.stderr.columns : null,
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    interrupted: interruption.signal,
    sleep: (ms) => timeout(ms, undefined, { signal: interruption.signal }).catch(() => undefined),
  }),
);

ended.then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(plainLines(inspect(error)));
    process.exitCode = exitCodes.failed.code;
  },
);
