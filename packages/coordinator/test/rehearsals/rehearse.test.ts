import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import type { EtcdPrograms } from '../../src/rehearsals/programs.ts';
import { type RehearsalPhase, type RehearseDeps, rehearse } from '../../src/rehearsals/rehearse.ts';
import { snapshotOfEtcd } from '../support/snapshot-of-etcd.ts';

const etcd = await ensureEtcd();
const { version } = etcd;
const minor = minorOf(version);

/** Rehearses the snapshot of this file. */
function rehearser(t: Test, changes: Partial<RehearseDeps> = {}) {
  const folder = join(t.testdirName, 'rehearsal');
  const deps: RehearseDeps = {
    folder,
    programs: async () => [etcd],
    runsReleases: false,
    patienceMs: 240_000,
    begins: () => undefined,
    signal: new AbortController().signal,
    ...changes,
  };
  const of = (path: string, more: object = {}) =>
    rehearse({ path, sizeBytes: statSync(path).size, revision: 1, format: minor, minor, ...more }, deps);
  return { folder, of };
}

/** Programs that pose as etcd and etcdutl. */
function posing(t: Test, scripts: { readonly etcd?: string; readonly etcdutl?: string }): EtcdPrograms {
  const folder = join(t.testdirName, `posing-${randomUUID()}`);
  mkdirSync(folder);
  const script = (name: 'etcd' | 'etcdutl') => {
    const text = scripts[name];
    if (text === undefined) return etcd[name];
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  return { version, etcd: script('etcd'), etcdutl: script('etcdutl') };
}

t.test('a snapshot is restored, served and counted, and nothing of it stays', async (t) => {
  const path = await snapshotOfEtcd(t, etcd, [
    ['put', 'a', '1'],
    ['put', 'b', '2'],
    ['put', 'c', '3'],
    ['del', 'c'],
  ]);
  const before = readFileSync(path);
  const phases: RehearsalPhase[] = [];
  let mode = 0;
  const { folder, of } = rehearser(t, {
    begins: (phase) => {
      phases.push(phase);
      mode = statSync(folder).mode & 0o777;
    },
  });
  const first = await of(path, { revision: 5 });
  t.match(first, { etcdVersion: version, revision: 5, keys: 2, hash: Number });
  t.strictSame(await of(path, { revision: 5 }), first, 'the same data has the same hash');
  t.strictSame(phases, ['restores', 'starts', 'restores', 'starts']);
  t.equal(mode, 0o700, 'nobody else opens its sockets');
  t.notOk(existsSync(folder));
  t.ok(readFileSync(path).equals(before));
});

t.test('the keys of a snapshot with etcd’s authentication on are counted without any identity', async (t) => {
  const commands = [
    ['put', 'a', '1'],
    ['user', 'add', 'root', '--new-user-password', 'secret'],
    ['role', 'add', 'root'],
    ['user', 'grant-role', 'root', 'root'],
    ['auth', 'enable'],
  ];
  const path = await snapshotOfEtcd(t, etcd, commands, ['--user', 'root:secret']);
  t.match(await rehearser(t).of(path), { revision: 2, keys: 1, hash: null });
});

t.test('a revision below the recorded one is a failure', async (t) => {
  const path = await snapshotOfEtcd(t, etcd);
  const { of } = rehearser(t);
  t.match(await of(path, { revision: 2 }), { revision: 2 });
  t.strictSame(await of(path, { revision: 3 }), reason('rehearsal_behind', { recorded: 3, restored: 2 }));
});

t.test('what etcdutl cannot restore is named with what it said', async (t) => {
  const path = join(t.testdir(), 'snapshot.db');
  writeFileSync(path, 'no database');
  const { folder, of } = rehearser(t);
  t.match(await of(path), { code: 'rehearsal_not_restored', facts: { version, said: /^Error: / } });
  t.notOk(existsSync(folder));
});

t.test('an etcd that ends is named with what it said', async (t) => {
  const path = join(t.testdir(), 'snapshot.db');
  writeFileSync(path, '');
  const died =
    '{"level":"fatal","msg":"discovery failed","error":"version \\"3.7.0\\" is not supported","stacktrace":"x"}';
  const programs = [posing(t, { etcdutl: '', etcd: `echo one >&2; echo '${died}' >&2; exit 1` })];
  t.match(await rehearser(t, { programs: async () => programs }).of(path), {
    code: 'rehearsal_not_started',
    facts: { version, why: { code: 'etcd_older_than_data' } },
  });
  const panics = [posing(t, { etcdutl: '', etcd: 'echo "panic: page 7"; echo; echo "goroutine 1"; exit 2' })];
  const why = reason('etcd_last_said', { said: 'panic: page 7' });
  t.strictSame(
    await rehearser(t, { programs: async () => panics }).of(path),
    reason('rehearsal_not_started', { version, why }),
  );
});

t.test('an etcd that never serves, and an etcdutl that never ends, are stopped', async (t) => {
  const path = join(t.testdir(), 'snapshot.db');
  writeFileSync(path, '');
  const hangs = 'while :; do read -r line < /dev/zero; done';
  for (const scripts of [{ etcdutl: '', etcd: hangs }, { etcdutl: hangs }]) {
    const programs = [posing(t, scripts)];
    const { folder, of } = rehearser(t, { programs: async () => programs, patienceMs: 600 });
    t.strictSame(await of(path), reason('rehearsal_too_long', { minutes: 0 }));
    t.notOk(existsSync(folder));
  }
  const stop = new AbortController();
  const programs = [posing(t, { etcdutl: '', etcd: hangs })];
  const begins = (phase: RehearsalPhase) => phase === 'starts' && stop.abort();
  const { of } = rehearser(t, { programs: async () => programs, signal: stop.signal, begins });
  t.strictSame(await of(path), reason('rehearsal_interrupted'));
});

t.test('without a fitting program, or without room for it, nothing is begun', async (t) => {
  const path = join(t.testdir(), 'snapshot.db');
  writeFileSync(path, '');
  const none = rehearser(t, { programs: async () => [], runsReleases: true });
  t.strictSame(await none.of(path), reason('rehearsal_no_program', { format: minor, minor, runsReleases: true }));
  const mebibyte = 1024 * 1024;
  const phases: RehearsalPhase[] = [];
  const begins = (phase: RehearsalPhase) => phases.push(phase);
  const { folder, of } = rehearser(t, { freeBytes: async () => 300 * mebibyte, begins });
  const sizeBytes = 20 * mebibyte;
  const facts = { folder, neededMiB: 180, freeMiB: 300, reserveMiB: 128 };
  t.strictSame(await of(path, { sizeBytes }), reason('rehearsal_no_room', facts));
  t.strictSame(phases, []);
  t.notOk(existsSync(folder));
});
