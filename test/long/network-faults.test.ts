import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import type { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { cluster } from '../lab/names.ts';
import { statusSaid } from '../lab/status-said.ts';
import { startTraffic, type Traffic } from '../lab/traffic.ts';
import { tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';

/** The line of a member in the table of `picket status`. */
function lineOf({ name }: LabHost, health: string): RegExp {
  return new RegExp(`^${name} .* ${health} {3}`, 'm');
}

/** That nothing has been heard of this member for a while. */
function silent({ name }: LabHost) {
  return { code: 'of_member', facts: { member: name, why: { code: 'silent' } } } as const;
}

const [healthy, unknown] = ['healthy', 'unknown'] as const;

/** Resolves once a write that began after the call has been acknowledged. */
async function serves(traffic: Traffic): Promise<void> {
  const before = traffic.history().length;
  const acknowledged = () =>
    traffic
      .history()
      .slice(before)
      .some(({ kind, outcome }) => kind === 'put' && outcome === 'ok');
  await until('a write is acknowledged', acknowledged, { within: 90_000, every: 300 });
}

/** What must stay as it is on the nodes, whatever becomes of the network. */
function unmoved(lab: Lab): Promise<readonly string[]> {
  // Not one that is only asked for its version.
  const processes = "ps -o pid,args | grep -e '[p]icket-agent.cjs run' -e '[0-9] [^ ]*etcd --config-file'";
  const look = `${processes}; md5sum /etc/etcd/* /etc/init.d/etcd /etc/conf.d/etcd`;
  return Promise.all(lab.hosts.map((host) => host.must(look)));
}

async function leaderOf(lab: Lab): Promise<LabHost> {
  const { members } = await lab.status();
  const leads = members.find(({ status }) => status?.etcd?.leader === status?.etcd?.memberId);
  const leader = lab.hosts.find(({ name }) => name === leads?.name);
  if (leader === undefined) throw new Error('No member says that it leads.');
  return leader;
}

/** Resolves once the diagnosis on a board finds first that this peer cannot be reached, or else the slow disk of a busy machine. */
async function findsUnreachable(host: LabHost, peer: LabHost): Promise<void> {
  let last = '';
  const finds = async () => {
    last = (await host.run('picket-agent diagnose --output json')).stdout;
    const { findings } = JSON.parse(last) as DiagnosisView;
    const [first] = findings.filter(({ cause }) => !cause.code.startsWith('cause_slow_disk'));
    return first?.cause.code === 'cause_peer_unreachable' && first.members.join() === peer.name;
  };
  const what = `${host.name} finds that ${peer.name} cannot be reached`;
  await until(what, finds, { within: 90_000, every: 1000, lastSeen: () => last });
}

t.test('cuts of the network are shown, and end without an operator', labNeeded, async (t) => {
  const lab = await labOf(t);
  // Not so short that a busy machine alone makes another member lead.
  await lab.createCluster({ args: ['--heartbeat-ms', '100', '--election-ms', '2000'] });
  await joinAll(lab);
  await lab.healthy();
  const [before, { clusterId }] = [await unmoved(lab), await lab.status()];
  const traffic = await startTraffic(lab, lab.hosts[0] as LabHost);
  await serves(traffic);
  // Before all other cuts: a diagnosis shows what etcd's logs hold of them for two minutes.
  await t.test('the leader no longer reaches one follower: that one says so, and the others serve', async (t) => {
    const leader = await leaderOf(lab);
    const [follower, other] = lab.hosts.filter((host) => host !== leader) as [LabHost, LabHost];
    await leader.cutNetwork({ towards: follower.address });
    await statusSaid(t, lab, `while ${leader.name}, which leads, no longer reaches ${follower.name}`, [
      `Cluster ${cluster}: at risk`,
      lineOf(follower, 'no leader'),
      { code: 'of_member', facts: { member: follower.name, why: { code: 'no_leader' } } },
      lineOf(leader, healthy),
      lineOf(other, healthy),
    ]);
    let said = '';
    const words = [
      inWords(reason('cause_peer_unreachable', { members: [follower.name] })),
      `${follower.name}: ${inWords(reason('etcd_connection_lost', { remote: leader.address }))}`,
      `Next on ${follower.name} (${follower.address}): nc -zv -w 5 ${leader.address} 2380`,
    ];
    const named = async () => {
      said = (await lab.picket('diagnose', cluster)).stdout;
      return words.every((one) => said.includes(one));
    };
    // Its etcd goes on, and its agent still reaches the coordinator.
    await until('the diagnosis names the connection', named, { within: 180_000, every: 1000, lastSeen: () => said });
    // A board knows the peers of its conf.yml by their names, and etcd's log has addresses.
    await findsUnreachable(follower, leader);
    await findsUnreachable(leader, follower);
    await serves(traffic);
    await leader.healNetwork();
    await lab.healthy();
  });

  const cutOff = await leaderOf(lab);
  const rest = lab.hosts.filter((host) => host !== cutOff);

  await t.test('R10: the coordinator is cut off: nothing changes on the nodes, and they serve', async (t) => {
    await lab.coordinator.cutNetwork();
    await statusSaid(t, lab, 'while the coordinator is cut off', [
      `Cluster ${cluster}: unknown`,
      ...lab.hosts.map((host) => lineOf(host, unknown)),
      ...lab.hosts.map(silent),
      { code: 'nobody_reports', facts: { off: [] } },
    ]);
    t.same(await unmoved(lab), before);
    await serves(traffic);
    for (const host of lab.hosts) t.equal((await host.etcdctl('endpoint', 'health')).code, 0);
  });

  await t.test('the leader’s host is cut off as well: the others elect one, and it alone is missed', async (t) => {
    await cutOff.cutNetwork();
    await lab.coordinator.healNetwork();
    const { text, view } = await statusSaid(t, lab, `while ${cutOff.name}, which led, is cut off`, [
      `Cluster ${cluster}: at risk`,
      lineOf(cutOff, unknown),
      silent(cutOff),
      ...rest.map((host) => lineOf(host, healthy)),
      new RegExp(`^(${rest.map(({ name }) => name).join('|')}) +leader `, 'm'),
    ]);
    for (const { name: member } of rest)
      for (const code of ['silent', 'not_reported', 'not_reported_since_start', 'not_reported_since_clock'])
        t.notOk(tellsOf('of_member', { member, why: { code } })(view), member);
    t.not(view.headline.code, 'nobody_reports');
    await serves(traffic);
    t.equal(text.match(/^\S+ +leader /gm)?.length, 1, 'one alone is said to lead');
  });

  for (const [direction, mended] of [
    ['outbound', 'both'],
    ['inbound', 'outbound'],
  ] as const) {
    await t.test(`what is ${direction} is lost alone: it is missed as before, and the others serve`, async (t) => {
      await cutOff.cutNetwork(direction);
      await cutOff.healNetwork(mended);
      await serves(traffic);
      await statusSaid(t, lab, `while ${cutOff.name} is cut ${direction}`, [
        lineOf(cutOff, unknown),
        ...rest.map((host) => lineOf(host, healthy)),
      ]);
    });
  }

  await t.test('healed: it is healthy again', async (t) => {
    await cutOff.healNetwork();
    await lab.healthy();
    await statusSaid(
      t,
      lab,
      'once all is healed',
      lab.hosts.map((host) => lineOf(host, healthy)),
    );
  });

  await t.test('in the end nothing is lost, and nothing was restarted', async (t) => {
    const report = await traffic.stop();
    t.same(report.findings, [], 'no acknowledged write is lost', { history: report.findings.length && report.print() });
    t.comment(`${report.acknowledged} writes were acknowledged, none for ${Math.round(report.longestGap)} ms at most`);
    t.equal((await lab.status()).clusterId, clusterId);
    t.same(await unmoved(lab), before);
  });
});
