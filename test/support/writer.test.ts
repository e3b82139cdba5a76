import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type RunningEtcd, startEtcd } from '../../packages/agent/test/etcd/etcd-process.ts';
import { authority, credentialPem } from '../../packages/agent/test/pki.ts';
import { startInBackground } from './children.ts';
import { checkHistory, type Operation, printHistory } from './history.ts';
import { readHistory } from './history-file.ts';
import { until } from './until.ts';
import { readFinalState, type WriterOptions, writerCommand, writerDefaults } from './writer.ts';

const ca = await authority('etcd clients');

/** A writer of this etcd as a process of its own, everything below the test's folder. */
async function writerOf(t: Test, { endpoint }: RunningEtcd, more: Partial<WriterOptions> = {}) {
  const folder = t.testdir({ 'ca.pem': endpoint.trust });
  const cert = join(folder, 'client.pem');
  writeFileSync(cert, endpoint.credential, { mode: 0o600 });
  const options: WriterOptions = {
    ...writerDefaults,
    endpoints: [endpoint.clientUrl],
    ca: join(folder, 'ca.pem'),
    cert,
    out: join(folder, 'history'),
    everyMs: 5,
    deadlineMs: 1000,
    ...more,
  };
  const start = () => {
    const [command, ...args] = writerCommand(options) as [string, ...string[]];
    const writer = startInBackground(command, args, join(folder, 'writer.log'));
    t.teardown(() => writer.stop('SIGKILL'));
    return writer;
  };
  return { options, start, history: () => readHistory(options.out) };
}

function acknowledged(history: readonly Operation[]): readonly Operation[] {
  return history.filter(({ kind, outcome }) => kind === 'put' && outcome === 'ok');
}

/** Waits for so many more acknowledged puts, and a read that was answered after them. */
async function moreOf(history: () => readonly Operation[], count: number): Promise<void> {
  const wanted = acknowledged(history()).length + count;
  const since = history().length;
  await until(
    `${count} more acknowledged puts`,
    () => {
      const now = history();
      const reads = now.slice(since).filter(({ kind, outcome }) => kind === 'read' && outcome === 'ok');
      return acknowledged(now).length >= wanted && reads.length > 0;
    },
    { within: 60_000, every: 20, lastSeen: () => printHistory(history().slice(-20)) },
  );
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** The same etcd once more, on its data. */
function startAgain(t: Test, { process: before }: RunningEtcd): ChildProcess {
  const child = spawn(before.spawnfile, before.spawnargs.slice(1), { stdio: 'ignore' });
  t.teardown(() => kill(child));
  return child;
}

t.test('a writer puts and reads until SIGTERM, and its history has no fault', async (t) => {
  const { options, start, history } = await writerOf(t, await startEtcd(t, ca));
  const writer = start();
  await moreOf(history, 30);
  await writer.stop();
  t.equal(await writer.ended, 0, writer.log());
  const final = await readFinalState(options);
  t.strictSame(checkHistory(history(), [final]), []);
  t.ok(
    history().every(({ returned }) => returned !== null),
    'all that was under way has ended',
  );
  t.equal(final.value, acknowledged(history()).at(-1)?.value);
});

t.test('a writer goes on when etcd is killed and started again, and nothing acknowledged is lost', async (t) => {
  const etcd = await startEtcd(t, ca);
  const { options, start, history } = await writerOf(t, etcd);
  const writer = start();
  await moreOf(history, 20);
  await kill(etcd.process);
  await until('an operation that failed', () => history().some(({ outcome }) => outcome !== 'ok'), { within: 20_000 });
  startAgain(t, etcd);
  await moreOf(history, 20);
  await writer.stop();
  t.strictSame(checkHistory(history(), [await readFinalState(options)]), [], printHistory(history().slice(-50)));
});

t.test('an etcd founded again on a wiped disk is noticed: lost, and stale for a writer that goes on', async (t) => {
  const etcd = await startEtcd(t, ca);
  const { options, start, history } = await writerOf(t, etcd);
  const writer = start();
  await moreOf(history, 20);
  const data = join(etcd.process.spawnargs[1]?.replace('--config-file=', '') ?? '', '../data');
  await kill(etcd.process);
  await writer.stop();
  // The same token and URLs give the same cluster ID, so that tells nothing.
  t.equal(await run('rm', '-r', data), 0);
  startAgain(t, etcd);
  const final = await readFinalState(options);
  t.match(checkHistory(history(), [final]), [{ rule: 'lost', words: /read of picket\/writer = 0/ }]);

  const again = start();
  await moreOf(history, 3);
  await again.stop();
  const rules = checkHistory(history(), [await readFinalState(options)]).map(({ rule }) => rule);
  t.ok(rules.includes('stale'), 'the first read of the new incarnation');
  t.ok(rules.includes('out of order'), 'its first revisions');
});

t.test('an etcd that is silent makes the outcome unknown, never ok, and the next endpoint is asked', async (t) => {
  const silent = await startEtcd(t, ca, { others: ['b=https://127.0.0.1:1'] });
  const etcd = await startEtcd(t, ca);
  const endpoints = [silent.endpoint.clientUrl, etcd.endpoint.clientUrl] as const;
  const { options, start, history } = await writerOf(t, etcd, { endpoints, deadlineMs: 300 });
  const writer = start();
  await moreOf(history, 10);
  // On a busy machine the deadline may end a handshake: then nothing was sent, which is as sure.
  const unknown = () => throughSilent().some(({ outcome }) => outcome === 'unknown');
  await until('a read through the silent one', unknown, { within: 20_000 });
  await writer.stop();
  function throughSilent() {
    return history().filter(({ endpoint, returned }) => endpoint === silent.endpoint.clientUrl && returned !== null);
  }
  t.notOk(throughSilent().some(({ outcome }) => outcome === 'ok'));
  t.strictSame(checkHistory(history(), [await readFinalState(options)]), []);
});

t.test('a writer that was killed is followed by another in the same history', async (t) => {
  const { options, start, history } = await writerOf(t, await startEtcd(t, ca));
  const first = start();
  await moreOf(history, 10);
  await first.stop('SIGKILL');
  const before = history().length;
  appendFileSync(options.out, '{"id":1,"outcome":"o');
  const second = start();
  await moreOf(history, 10);
  await second.stop();
  t.ok(history().length > before);
  t.notMatch(readFileSync(options.out, 'utf8'), /"o\{/);
  t.strictSame(checkHistory(history(), [await readFinalState(options)]), []);
});

t.test('a client whose certificate is of another CA acknowledges nothing', async (t) => {
  const etcd = await startEtcd(t, ca);
  const { options, start, history } = await writerOf(t, etcd);
  const stranger = await credentialPem(await authority('others'), {
    usage: 'client',
    sans: [],
    commonName: 'a stranger',
  });
  writeFileSync(options.cert, stranger);
  const writer = start();
  await until('some tries', () => history().filter(({ returned }) => returned !== null).length > 3, { within: 20_000 });
  await writer.stop();
  t.ok(history().every(({ outcome }) => outcome !== 'ok'));
  writeFileSync(options.cert, etcd.endpoint.credential);
  t.match(await readFinalState(options), { value: 0, outcome: 'ok' });
});

async function run(command: string, ...args: string[]): Promise<number | null> {
  const [code] = (await once(spawn(command, args), 'exit')) as [number | null];
  return code;
}
