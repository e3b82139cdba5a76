import { spawn } from 'node:child_process';
import { failure } from '@picket/shared/errors.ts';
import { exitCodes } from '@picket/shared/exit-codes.ts';
import { checksVoters } from '@picket/shared/holds/not-begun.ts';
import type { HoldView } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { programs } from '../../../test/support/programs.ts';
import { makePki } from './support/pki.ts';
import { contextEnv } from './support/run-cli.ts';
import { startStub } from './support/stub-coordinator.ts';
import { clusterStatus, event, member, now } from './support/views.ts';

const pki = await makePki();
const hold: HoldView = { state: 'begins', by: 'admin', reason: null, until: now, stop: false };
const missing = failure('not_found', { what: 'cluster', name: 'gone' });
const stub = await startStub(pki, ({ line }) => {
  if (line.includes('/gone/')) return { status: missing.status, body: missing.toWire() };
  if (line.endsWith('/diagnosis')) return { body: { cluster: 'x-k3s', findings: [{}], now } };
  if (line.includes('/events'))
    return { body: { items: Array.from({ length: 2000 }, (_, id) => event(id)), next: null } };
  if (line.endsWith('/backups')) return { body: { lastAt: null, schedule: null, targets: [] } };
  return { body: clusterStatus({ members: [member(0, { hold })] }) };
});
const env = { PATH: process.env.PATH, ...contextEnv(stub.url, pki) };

t.teardown(() => stub.close());

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program itself; `watch` sees the process and what it has written so far. */
function picket(argv: readonly string[], watch: (child: ReturnType<typeof spawn>, said: string) => void = () => {}) {
  return new Promise<Ended>((resolve) => {
    const child = spawn(process.execPath, [programs.cli, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      watch(child, out + err);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      watch(child, out + err);
    });
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

t.test('the program ends, with its status', async (t) => {
  t.strictSame(await picket(['version']), { code: 0, out: 'picket 0.1.0\n', err: '' });
  const ran = await picket(['status', 'x-k3s']);
  t.equal(ran.code, 0);
  t.match(ran.out, 'Cluster x-k3s: healthy');
});

t.test('each exit code', async (t) => {
  const { done, failed, usage, found, interrupted } = exitCodes;
  // Once only: the second Ctrl-C ends a program that does not react.
  const interruptAt = (words: string) => {
    let isSent = false;
    return (child: ReturnType<typeof spawn>, said: string) => {
      if (!isSent && said.includes(words)) isSent = child.kill('SIGINT');
    };
  };
  t.equal((await picket(['status', 'gone'])).code, failed.code);
  t.equal((await picket(['clutser'])).code, usage.code);
  t.equal((await picket(['diagnose', 'x-k3s', '-o', 'json'])).code, found.code);
  t.equal((await picket(['member', 'hold', 'x-k3s', 'x-k3s-m-1'], interruptAt(checksVoters))).code, interrupted.code);
  t.equal((await picket(['status', 'x-k3s', '--watch'], interruptAt('revision 1'))).code, done.code);
});

t.test('a reader that goes away is no failure', async (t) => {
  const ran = await picket(['events'], (child) => child.stdout?.destroy());
  t.equal(ran.err, '');
});
