import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import t, { type Test } from 'tap';
import { findBusybox } from '../../../../test/support/busybox.ts';
import { until } from '../../../../test/support/until.ts';
import { etcdGuard, guardedCommand } from '../../src/host/etcd-guard.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { fingerprintOf, versionRecordPath, writeVersionRecord } from '../../src/host/version-record.ts';
import { temporaryFolder } from '../support.ts';

const busybox = await findBusybox();
const ownIncarnation = 'incarnation1';
// Only the length of its pauses would make the tests slow.
const quickGuard = etcdGuard.replace('sleep 5', 'sleep 0.1');

interface Place {
  readonly root: string;
  /** Installs an etcd of this version as a package does: as another file with the same name. */
  install(version: string): void;
  record(minor: string, fingerprint?: string | null): Promise<void>;
  fingerprint(): Promise<string>;
  start(): Guarded;
  /** What etcd was started with, one line each: its version and its arguments. */
  started(): string[];
  /** How often a binary was asked for its version. */
  asked(): number;
}

interface Guarded {
  readonly process: ChildProcess;
  /** Its output. */
  said(): string;
  readonly ended: Promise<number | null>;
}

function place(t: Test, shell: readonly [string, ...string[]]): Place {
  const folder = temporaryFolder(t);
  const [etcd, conf, log, asked] = ['etcd', 'conf.yml', 'started', 'asked'].map((name) => join(folder, name)) as [
    ...[string, string, string, string],
  ];
  const script = join(folder, 'etcd-guard');
  const root = join(folder, 'data root');
  mkdirSync(root);
  writeFileSync(script, quickGuard);
  writeFileSync(conf, `name: a\ndata-dir: "${root}/${ownIncarnation}"\ninitial-cluster-state: existing\n`);
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []);
  const command = guardedCommand({ script, dataRoot: root }, [etcd, `--config-file=${conf}`]).slice(1);
  return {
    root,
    install(version) {
      const text = `#!/bin/sh\nif [ "$1" = --version ]; then echo asked >>${asked}; echo "etcd Version: ${version}"; echo "Git SHA: 1"; exit; fi\necho "${version} $*" >>${log}\n`;
      writeFileSync(`${etcd}.new`, text, { mode: 0o755 });
      renameSync(`${etcd}.new`, etcd);
    },
    record: (minor, fingerprint = null) =>
      writeVersionRecord(hostFiles(), root, ownIncarnation, { minor, fingerprint }),
    fingerprint: () => fingerprintOf(etcd),
    start() {
      const [program, ...before] = shell;
      const child = spawn(program, [...before, ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
      t.teardown(() => void child.kill('SIGKILL'));
      let said = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      return {
        process: child,
        said: () => said,
        ended: once(child, 'close').then(([code]) => code as number | null),
      };
    },
    started: () => read(log),
    asked: () => read(asked).length,
  };
}

/** Resolves once it says why it waits, or at once if it does not wait. */
function waits({ process: guard, said }: Guarded): Promise<unknown> {
  return until('it says why it waits', async () => said() !== '' || guard.exitCode !== null, { within: 60_000 });
}

const shells: readonly (readonly [string, readonly [string, ...string[]]])[] = [
  ['dash', ['dash']],
  ['busybox ash', [busybox, 'ash']],
];

for (const [name, shell] of shells) {
  t.test(`the guard under ${name}`, async (t) => {
    t.test('R17 etcd of the recorded minor version is started, with its arguments', async (t) => {
      const here = place(t, shell);
      here.install('3.5.30');
      await here.record('3.5');
      t.equal(await here.start().ended, 0);
      t.match(here.started(), [/^3\.5\.30 --config-file=\/.*conf\.yml$/]);
    });

    t.test('R17 another minor version is not started; the right one is once it is installed again', async (t) => {
      for (const other of ['3.6.4', '3.50.1', '3.4.9']) {
        const here = place(t, shell);
        here.install(other);
        await here.record('3.5');
        const guarded = here.start();
        await waits(guarded);
        t.match(guarded.said(), `is of version ${other}, and this member runs etcd 3.5`);
        const up = `picket cluster upgrade CLUSTER --to package:${minorOf(other)}`;
        t.equal(guarded.said().includes(up), other !== '3.4.9', 'the way up is named where there is one');
        t.strictSame(here.started(), []);
        here.install('3.5.16');
        t.equal(await guarded.ended, 0);
        t.match(here.started(), [/^3\.5\.16 /], `and not ${other}`);
      }
    });

    t.test('R17 a binary that was replaced while it was known is asked again', async (t) => {
      const here = place(t, shell);
      here.install('3.5.16');
      await here.record('3.5', await here.fingerprint());
      here.install('3.6.4');
      const guarded = here.start();
      await waits(guarded);
      t.strictSame(here.started(), []);
    });

    t.test('a known binary is not asked for its version', async (t) => {
      const here = place(t, shell);
      here.install('3.5.16');
      await here.record('3.5', await here.fingerprint());
      t.equal(await here.start().ended, 0);
      t.equal(here.asked(), 0);
      t.equal(here.started().length, 1);
    });

    t.test('a binary that waits is asked only once', async (t) => {
      const here = place(t, shell);
      here.install('3.6.4');
      await here.record('3.5');
      const guarded = here.start();
      await waits(guarded);
      await here.record('3.6');
      t.equal(await guarded.ended, 0, 'a record that changes is followed');
      t.equal(here.asked(), 2, 'once for each record');
    });

    t.test('an incarnation without a record is started with what is there', async (t) => {
      const here = place(t, shell);
      here.install('3.6.4');
      t.equal(await here.start().ended, 0);
      t.equal(here.started().length, 1);
      t.equal(here.asked(), 0);
    });

    t.test('a missing binary, or one without a version, ends the guard with a message', async (t) => {
      const here = place(t, shell);
      await here.record('3.5');
      const gone = here.start();
      t.equal(await gone.ended, 127);
      t.match(gone.said(), 'is missing, or may not be run');
      here.install('of another kind');
      const strange = here.start();
      t.not(await strange.ended, 0);
      t.strictSame(here.started(), []);
    });

    t.test('it ends at once when it is stopped', async (t) => {
      const here = place(t, shell);
      here.install('3.6.4');
      await here.record('3.5');
      const guarded = here.start();
      await waits(guarded);
      guarded.process.kill('SIGTERM');
      await once(guarded.process, 'exit');
      t.equal(guarded.process.signalCode, 'SIGTERM');
    });

    t.test('if a record is removed while the guard waits, the guard continues', async (t) => {
      const here = place(t, shell);
      here.install('3.6.4');
      await here.record('3.5');
      const guarded = here.start();
      await waits(guarded);
      rmSync(versionRecordPath(here.root, ownIncarnation));
      t.equal(await guarded.ended, 0);
    });
  });
}

t.test('the agent computes the same fingerprint as the guard', async (t) => {
  const file = join(temporaryFolder(t), 'etcd');
  writeFileSync(file, 'etcd');
  for (const command of [['stat'], [busybox, 'stat']]) {
    const [program = '', ...args] = command;
    const child = spawn(program, [...args, '-L', '-c', '%d:%i:%s:%Y:%Z', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer];
    t.equal(output.toString().trim(), await fingerprintOf(file), command.join(' '));
  }
});
