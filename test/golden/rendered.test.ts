import type { ClusterCreate } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { etcdGuard } from '../../packages/agent/src/host/etcd-guard.ts';
import type { EtcdUnit } from '../../packages/agent/src/host/host.ts';
import { initScript, serviceSettings } from '../../packages/agent/src/host/openrc/openrc-definition.ts';
import { systemdUnit } from '../../packages/agent/src/host/systemd/systemd-unit.ts';
import { planProfile } from '../../packages/agent/src/reconcile/plan/plan-profile.ts';
import { accepted, blank, paths } from '../../packages/agent/test/reconcile/samples.ts';
import { emptyEtcd, joinMachine, type Machine, memberOf, rounds } from './machines.ts';
import { allAsRecorded } from './recorded.ts';
import { Session } from './session.ts';

/** What an operator may ask for that shows in a conf.yml or in what certificates are made out for. */
const variants: Readonly<Record<string, Partial<ClusterCreate>>> = {
  plain: {},
  'urls-by-name': { advertise: 'name', serviceNames: ['etcd.edge.huatai.me'], vips: ['192.168.7.10'] },
  'other-ports': { ports: { client: 12_379, peer: 12_380, metrics: 12_381 } },
  'other-tuning': {
    tuning: {
      ...{ heartbeatIntervalMs: 100, electionTimeoutMs: 1000, quotaBackendBytes: 8 * 1024 ** 3 },
      ...{ snapshotCount: 50_000, autoCompactionRetention: '0' },
    },
  },
  'rsa-keys-for-a-month': { keyType: 'rsa2048', leafLifetimeHours: 720 },
  ipv6: {
    members: [1, 2].map((number) => ({ name: `ipv6-${number}`, address: `fd00:7::1${number}` })),
    vips: ['fd00:7::10'],
  },
  loopback: {
    members: [1, 2].map((number) => ({ name: `loopback-${number}`, address: `127.0.0.1${number}` })),
    allowLoopback: true,
  },
};

t.test('what a founder and the second member are given, as each cluster was declared', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  for (const [name, wanted] of Object.entries(variants)) {
    const members = [1, 2].map((number) => ({ ...memberOf(number), name: `${name}-${number}` }));
    const body = { name, domain: 'edge.huatai.me', members, ...wanted };
    const made = await coordinator.admin.post('/v1/clusters', body);
    if (made.status !== 201) throw new Error(made.text);
    const etcd = emptyEtcd('c1');
    const machines: Machine[] = [];
    for (const [index, member] of body.members.entries()) {
      const facts = { addresses: [member.address] };
      machines.push(
        await joinMachine(coordinator, { cluster: name, name: member.name, number: index + 1, etcd, facts }),
      );
    }
    await rounds(coordinator, machines, { count: 2 });
    session.note(`conf/${name}.txt`, `== the founder\n${machines[0]?.told()}`);
    await rounds(coordinator, machines, { count: 4 });
    for (const { node, told } of machines.map((machine) => ({ node: machine.node, told: machine.told() })))
      session.note(`conf/${name}.txt`, `== ${node.name}, once both are members\n${told}`);
  }
  allAsRecorded(t, session.texts(), ['conf']);
});

t.test('the files that the agent writes for the init system and for shells', (t) => {
  const unit: EtcdUnit = {
    binary: '/usr/bin/etcd',
    confFile: '/etc/etcd/conf.yml',
    logFile: '/var/log/etcd/etcd.log',
    consoleFile: '/var/log/etcd/etcd-console.log',
    owner: { user: 'etcd', group: 'etcd', uid: 104, gid: 105 },
    guard: { script: '/var/lib/picket/etcd-guard', dataRoot: '/var/lib/picket/etcd' },
  };
  const mine: EtcdUnit = { ...unit, owner: null, logFile: '/srv/log/etcd.log', binary: '/opt/my etcd/100% $1' };
  const profile = planProfile(accepted({ endpoints: ['https://192.168.7.11:2379'] }), blank(), paths).steps;
  const files: Readonly<Record<string, string>> = {
    'openrc/init.d-etcd': initScript,
    'openrc/conf.d-etcd': serviceSettings(unit),
    'openrc/conf.d-etcd of no other user': serviceSettings({ ...mine, binary: unit.binary }),
    'systemd/etcd.service': systemdUnit(unit),
    'systemd/etcd.service of no other user, with odd paths': systemdUnit(mine),
    'etcd-guard': etcdGuard,
    'profile.d/etcdctl.sh': profile.map((step) => (step.kind === 'write-file' ? step.content : '')).join(''),
  };
  const texts = Object.entries(files).map(
    ([name, text]) => [`service/${name.replaceAll(' ', '-')}.txt`, text] as const,
  );
  allAsRecorded(t, new Map(texts), ['service']);
  t.end();
});
