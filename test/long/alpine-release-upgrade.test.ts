import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { packageCommand } from '@picket/shared/etcd-packages/package-command.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import t, { type Test } from 'tap';
import { etcdPid } from '../lab/installing.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { added, binaryOf, patienceMs } from '../lab/moving.ts';
import { cluster } from '../lab/names.ts';
import { startTraffic } from '../lab/traffic.ts';
import { alteredRelease, type ReleaseFile } from '../support/altered-release.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';

const etcd = await ensureEtcd();
const binary = '/usr/bin/etcd';
const [before, level, after] = ['3.5.24', '3.5.33', '3.6.11'] as const;
const system = { id: 'alpine', release: '3.22', inMemory: false, ownBinary: false } as const;
const patience = { within: patienceMs, every: 500 };

const osRelease = (release: string) => `ID=alpine\nVERSION_ID=${release}.1\n`;
const programIn = ({ file }: ReleaseFile) => join(dirname(file), basename(file, '.tar.gz'), 'etcd');

/** Three boards with Alpine 3.22 and its etcd, which is one real etcd that calls itself 3.5.24. They have the next one at hand. */
async function boards(t: Test): Promise<Lab> {
  const lab = await labOf(t, { waits: { stayHealthyFor: 3_000 } });
  const layer = (path: string) => join(lab.folder, 'layer', path);
  for (const path of ['opt', 'etc', dirname(binary)]) await mkdir(layer(path), { recursive: true });
  await writeFile(layer('etc/os-release'), osRelease('3.22'));
  await copyFile(programIn(await alteredRelease(lab.folder, etcd, before)), layer(binary));
  await copyFile(programIn(await alteredRelease(lab.folder, etcd, after)), layer(`opt/etcd-${after}`));
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy(patienceMs);
  return lab;
}

/** What `apk upgrade` to Alpine 3.24 does: another etcd takes the place of the file, and what runs goes on. */
async function upgradesSystem(host: LabHost): Promise<void> {
  await host.must(`cp /opt/etcd-${after} ${binary}.new && mv ${binary}.new ${binary}`);
  await host.must(`printf '%s' '${osRelease('3.24')}' >/etc/os-release && sync -f /`);
}

async function reboots(host: LabHost): Promise<void> {
  await host.powerOff();
  await host.boot();
}

/** A member is down, since its package has moved. */
async function stopsAtItsGuard(lab: Lab, host: LabHost): Promise<void> {
  const look = async () => {
    const { members } = await lab.status();
    return members.find(({ name }) => name === host.name)?.status?.service.state === 'held-back';
  };
  await until(`${host.name} is held back`, look, patience);
  t.equal(await etcdPid(host), undefined);
}

async function versions(lab: Lab): Promise<readonly (string | undefined)[]> {
  return (await lab.status()).members.map(({ status }) => status?.etcd?.version);
}

/** The command that the status names for this cluster, in the words of an operator who copies it. */
async function commandIn(lab: Lab): Promise<readonly string[]> {
  const { stdout } = await lab.picket('status', cluster);
  const [, found] = new RegExp(`\`picket (cluster upgrade ${cluster} [^\`]*)\``).exec(stdout) ?? [];
  if (found === undefined) throw new Error(`The status names no upgrade:\n${stdout}`);
  return found.split(' ');
}

function waitsFor(lab: Lab, ...code: Parameters<typeof tellsOf>) {
  let last: unknown;
  const look = async () => {
    const { waitsFor: all } = await lab.status();
    last = all;
    return all.some(tellsOf(...code));
  };
  return until(`the status waits for ${code[0]}`, look, { ...patience, lastSeen: () => JSON.stringify(last) });
}

const isMinor35 = minorOf(etcd.version) === '3.5';
const needed = isMinor35 ? labNeeded : { skip: 'the story begins with etcd 3.5' };

t.test(
  'R6, R17 one board gets the next release of Alpine, then the others: all end with its etcd',
  needed,
  async (t) => {
    const lab = await boards(t);
    const [first, second, third] = lab.hosts as [LabHost, LabHost, LabHost];
    const traffic = await startTraffic(lab, second);

    await t.test('the first one stops at its guard, which names the way up', async () => {
      await upgradesSystem(first);
      await reboots(first);
      await stopsAtItsGuard(lab, first);
      const up = `picket cluster upgrade CLUSTER --to package:3.6`;
      t.match(await first.must('picket-agent status'), up);
      t.match(await first.must('cat /var/log/etcd/*'), up);
      t.strictSame(await commandIn(lab), ['cluster', 'upgrade', cluster, '--to', 'package:3.6']);
    });

    await t.test('the plan says what to add, and what to type on the other boards', async () => {
      const command = await commandIn(lab);
      const refused = await lab.picket(...command, '--dry-run');
      t.match(refused.stderr, 'every member must run etcd 3.5.26 or a later patch release');
      await added(t, lab, await alteredRelease(lab.folder, etcd, level));
      const { stdout, code } = await lab.picket(...command, '--dry-run');
      t.equal(code, 0);
      // In the order of their restarts, the leader last.
      const [, rest = ''] = stdout.split(`type \`${packageCommand(system, '3.6')}\` on `);
      const [boards = ''] = rest.split('.\n');
      t.strictSame(boards.split(', ').toSorted(), [second.name, third.name]);
      t.notMatch(stdout, 'It cannot begin now');
    });

    await t.test('the board that has the package comes first, and the others are waited for', async () => {
      const begun = await lab.picket(...(await commandIn(lab)), '--yes');
      t.equal(begun.code, 0, begun.stderr);
      const facts = { minor: '3.6', installed: before, command: packageCommand(system, '3.6') };
      await waitsFor(lab, 'package_awaited', { member: second.name, ...facts });
      await until('the first one runs it', async () => (await versions(lab))[0] === after, patience);
      t.strictSame(await versions(lab), [after, level, level]);
      t.equal(await binaryOf(first), binary);
      const { stdout } = await lab.picket('status', cluster);
      // The command is shown once.
      for (const { name } of [second, third])
        t.match(stdout, `the package of etcd 3.6 on ${name}, which has etcd ${before}: type `);
      t.match(stdout, facts.command);
    });

    await t.test('a board that boots in the middle starts its release, even if its agent does not run', async () => {
      await upgradesSystem(third);
      await third.must('rc-update del picket-agent default && sync -f /');
      await reboots(third);
      const serves = async () => (await third.etcdctl('endpoint', 'health')).code === 0;
      await until('it serves', serves, patience);
      t.match(await binaryOf(third), `releases/${level}-`);
      await third.startAgent();
      await until('it runs the package', async () => (await versions(lab))[2] === after, patience);
    });

    await t.test('it waits before the last one, and then every member runs its package', async () => {
      await upgradesSystem(second);
      await waitsFor(lab, 'upgrade_pauses_before_last', { member: second.name, version: '3.6' });
      const done = await lab.picket('rollout', 'resume', cluster, '--wait', '--timeout', '20m');
      t.equal(done.code, 0, done.stderr);
      t.strictSame(await versions(lab), [after, after, after]);
      await lab.healthy(patienceMs);
      await reboots(second);
      await lab.healthy(patienceMs);
      t.strictSame(await Promise.all(lab.hosts.map(binaryOf)), [binary, binary, binary]);
      t.equal((await lab.status()).upgrade, undefined);
    });

    const { findings, acknowledged, longestGap, print } = await traffic.stop();
    t.strictSame(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
    t.comment(`${acknowledged} acknowledged writes; the longest gap is ${Math.round(longestGap)} ms`);
  },
);

t.test(
  'R6, R17 every board gets the next release of Alpine and boots: the cluster comes back, and goes up',
  needed,
  async (t) => {
    const lab = await boards(t);
    const [first] = lab.hosts as [LabHost];
    await until('a key is written', async () => (await first.etcdctl('put', 'kept', 'yes')).code === 0, patience);
    for (const host of lab.hosts) await upgradesSystem(host);
    await Promise.all(lab.hosts.map(reboots));
    for (const host of lab.hosts) await stopsAtItsGuard(lab, host);
    await added(t, lab, await alteredRelease(lab.folder, etcd, level));
    const command = await commandIn(lab);
    const done = await lab.picket(...command, '--yes', '--no-pause', '--wait', '--timeout', '20m');
    t.equal(done.code, 0, done.stderr);
    t.strictSame(await versions(lab), [after, after, after]);
    await lab.healthy(patienceMs);
    t.match((await first.etcdctl('get', 'kept')).stdout, 'yes');
    t.strictSame(await Promise.all(lab.hosts.map(binaryOf)), [binary, binary, binary]);
  },
);
