#!/usr/bin/env node
import { inspect } from 'node:util';
import { exitCodes } from '@picket/shared/exit-codes.ts';
import { nodeVersionProblem } from '@picket/shared/node-version.ts';
import { plainLines } from '@picket/shared/plain.ts';
import { startProgram } from './commands/start-program.ts';
import { agentFailpoints, type Failpoint } from './program/failpoints.ts';

/** Set by the bundler; undefined if the sources are run. */
declare const PICKET_BUILD_TIME: string | undefined;

/** When this agent was built, in milliseconds since the epoch: a correct clock cannot be before it (R14). */
const buildTime = Date.parse(typeof PICKET_BUILD_TIME === 'undefined' ? '2026-01-01T00:00:00Z' : PICKET_BUILD_TIME);

/** Ends this process at the named moments, as a power cut would. Only tests set this variable. */
function failpointOf(wanted: string): Failpoint {
  const names = wanted.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !agentFailpoints.some((known) => known === name));
  if (unknown !== undefined) throw new Error(`PICKET_FAILPOINT names ${unknown}, which is not a failpoint`);
  return (name) => {
    if (names.includes(name)) process.kill(process.pid, 'SIGKILL');
  };
}

const tooOld = nodeVersionProblem(process.versions.node);
if (tooOld !== null) {
  console.error(`error: ${tooOld}`);
  process.exit(exitCodes.failed.code);
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

// On a full disk the log loses lines. The agent must not end because of that: it reports the full disk to the
// coordinator.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

startProgram(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  uid: process.getuid?.() ?? null,
  architecture: process.arch,
  random: Math.random,
  buildTime,
  signal: stopping.signal,
  failpoint: failpointOf(process.env.PICKET_FAILPOINT ?? ''),
}).then(
  (code) => {
    // A connection that is being opened to an unreachable coordinator would keep the process alive for ten seconds.
    process.exit(code);
  },
  (error: unknown) => {
    console.error(plainLines(inspect(error)));
    process.exitCode = exitCodes.failed.code;
  },
);
