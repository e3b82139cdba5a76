import { readdir } from 'node:fs/promises';
import t, { type Test } from 'tap';
import type { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { cluster } from '../lab/names.ts';
import { comes, type Moment, momentInWords } from '../lab/soak/moments.ts';
import { tornFiles } from '../lab/torn-files.ts';
import { startTraffic, type Traffic } from '../lab/traffic.ts';
import { until } from '../support/until.ts';

const patience = { within: 240_000, every: 500 };
const state = '/var/lib/picket';

t.test('R2, R10: boards are held and rebooted in turn, and one loses its power as it is held', labNeeded, async (t) => {
  const lab = await labOf(t);
  const [first, second, third] = lab.hosts as [LabHost, LabHost, LabHost];
  await formed(lab);
  const traffic = await startTraffic(lab, first);
  const endings = async () => {
    const { stdout } = await lab.picket('events', cluster, '--kind', 'end-hold', '--output', 'json');
    return JSON.parse(stdout).items.length;
  };
  const backFrom = async (count: number) => {
    await until(`${count} holds have ended`, async () => (await endings()) === count, patience);
    await lab.healthy(patience.within);
  };

  await must(lab, 'member', 'hold', cluster, first.name, '--for', '30m', '--stop');
  await first.powerOff();
  await first.boot();
  await backFrom(1);

  await second.must('picket-agent hold --for 30m');
  await second.powerCut();
  await second.boot();
  await backFrom(2);

  // Its agent has the permit, and may or may not have made a note of it.
  const held = lab.picket('member', 'hold', cluster, third.name, '--for', '2m', '--stop');
  await comes({ kind: 'write', path: `${state}/journal.json`, change: 1, ms: patience.within }, third);
  await cutPower(t, third);
  await third.boot();
  await held;
  await backFrom(3);
  await judged(t, traffic);
});

t.test('R4, R9: the power is cut at each step of a departure, and the machine is free', labNeeded, async (t) => {
  const lab = await labOf(t);
  const [first, , leaver] = lab.hosts as [LabHost, LabHost, LabHost];
  await formed(lab);
  const traffic = await startTraffic(lab, first);
  const steps: readonly (readonly [path: (incarnation: string) => string, change: number])[] = [
    [() => '/etc/etcd/conf.yml', 1],
    [() => '/etc/etcd/server.pem', 1],
    [() => `${state}/former/left.json`, 2],
    [(incarnation) => `${state}/former/${incarnation}`, 1],
    [() => `${state}/journal.json`, 3],
    [() => `${state}/node.json`, 1],
    [() => `${state}/identity.pem`, 1],
  ];
  for (const [path, change] of steps) {
    const [incarnation = ''] = (await readdir(leaver.seen(`${state}/etcd`))).filter((name) =>
      /^[0-9a-f]{20}$/.test(name),
    );
    const moment: Moment = { kind: 'write', path: path(incarnation), change, ms: patience.within };
    await t.test(`power cut ${momentInWords(moment)}`, async (t) => {
      const came = comes(moment, leaver);
      await must(lab, 'member', 'remove', cluster, leaver.name, '--allow-even', '--yes');
      t.ok(await came, 'the moment has come');
      await cutPower(t, leaver);
      await leaver.boot();
      const free = async () => (await leaver.run('picket-agent status')).stdout.startsWith('FREE');
      await until('the machine is free', free, patience);
      const left = (await readdir(leaver.seen(`${state}/etcd`))).filter((name) => name.startsWith(incarnation));
      t.same(left, [], 'its data is put away');
      t.notOk(
        (await leaver.processes()).some(({ command }) => command.includes('etcd ')),
        'it runs no etcd',
      );

      await must(lab, 'member', 'add', cluster, leaver.name, '--address', leaver.address, '--yes');
      const joined = await leaver.join(await lab.joinString());
      t.equal(joined.code, 0, joined.stdout + joined.stderr);
      await leaver.startAgent();
      await lab.healthy(patience.within);
    });
  }
  await judged(t, traffic);
});

async function formed(lab: Lab): Promise<void> {
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy(patience.within);
}

async function must(lab: Lab, ...args: string[]): Promise<void> {
  const { code, stderr } = await lab.picket(...args);
  if (code !== 0) throw new Error(`picket ${args.join(' ')}:\n${stderr}`);
}

async function cutPower(t: Test, host: LabHost): Promise<void> {
  await host.powerCut();
  t.same(await tornFiles(host.written), [], `R9: no file of ${host.name} is torn`);
}

async function judged(t: Test, traffic: Traffic): Promise<void> {
  const { findings, acknowledged, longestGap, print } = await traffic.stop();
  t.same(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : print());
  t.ok(acknowledged > 0);
  t.comment(`${acknowledged} acknowledged writes; the longest gap is ${Math.round(longestGap)} ms`);
}
