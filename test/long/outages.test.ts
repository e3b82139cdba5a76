import { isDeepStrictEqual } from 'node:util';
import { grantsPicketUser } from '@picket/shared/etcd-users/picket-user.ts';
import type { ClusterState, ClusterStatusView, NextCommand } from '@picket/shared/protocol/clusters.ts';
import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { ReasonCode } from '@picket/shared/reasons/reason.ts';
import { startsAgent } from '@picket/shared/service-commands.ts';
import t, { type Test } from 'tap';
import { setClock } from '../lab/clock-layer.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { cluster } from '../lab/names.ts';
import { type Fault, faultFound, faultOver, type Look } from '../support/fault-found.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';

const patienceMs = 240_000;

interface Outage {
  readonly what: string;
  readonly begin: (lab: Lab) => Promise<unknown>;
  /** What `picket status` says first: the state, what it rests on, with some of its facts, and the next command. */
  readonly state: ClusterState;
  readonly headline: { readonly code: ReasonCode; readonly facts?: object };
  readonly next: NextCommand | null;
  /** What `picket diagnose` finds first, and the alerts that a scrape sets off; null: not while the coordinator still listens. */
  readonly found: Fault | null;
  /** Events that must be recorded before it ends, and after the cluster is healthy again. */
  readonly recorded: readonly string[];
  readonly afterwards?: readonly string[];
  readonly end: (lab: Lab) => Promise<unknown>;
}

const [first, second, third] = [0, 1, 2].map((place) => (lab: Lab) => lab.hosts[place] as LabHost) as [
  (lab: Lab) => LabHost,
  (lab: Lab) => LabHost,
  (lab: Lab) => LabHost,
];
const look = 'picket-agent status';

/** The command to run on this board. */
function on(number: 1 | 2 | 3, command: string): NextCommand {
  return { command, on: { member: `x-k3s-m-${number}`, address: `192.168.7.1${number}` } };
}

/** Only this voter does not serve. */
function failing(number: 1 | 2 | 3, more: object = {}): Outage['headline'] {
  return { code: 'some_fail', facts: { able: 2, all: 3, failing: [`x-k3s-m-${number}`], ...more } };
}

const finds = (
  cause: string,
  members: readonly (1 | 2 | 3)[],
  alerts: readonly string[],
  may: readonly string[] = [],
): Fault => ({
  cause,
  members: members.map((number) => `x-k3s-m-${number}`),
  alerts,
  may,
});
const atRisk = 'PicketClusterAtRisk';

const watch: NextCommand = { command: `picket status ${cluster} --watch`, on: null };

async function etcdctl(host: LabHost, ...args: string[]): Promise<void> {
  const { code, stderr } = await host.etcdctl(...args);
  if (code !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
}

/** They hit the boards in turn: what happens to one of them has at most thirty changes an hour (R18). */
const outages: readonly Outage[] = [
  {
    what: 'one board loses its power',
    begin: (lab) => third(lab).powerCut(),
    state: 'at-risk',
    headline: failing(3),
    next: on(3, look),
    found: finds('cause_silent', [3], [atRisk]),
    recorded: ['node-silent'],
    afterwards: ['node-returned'],
    end: (lab) => third(lab).boot(),
  },
  {
    what: 'two boards lose their power',
    begin: (lab) => Promise.all([second(lab).powerCut(), third(lab).powerCut()]),
    state: 'no-quorum',
    headline: { code: 'no_quorum', facts: { able: 0, all: 3, quorum: 2 } },
    // The survivor is not the cause.
    next: on(2, look),
    found: finds('cause_silent', [2, 3], ['PicketClusterNoQuorum']),
    recorded: ['node-silent', 'quorum-lost'],
    afterwards: ['node-returned', 'quorum-regained'],
    end: (lab) => Promise.all([second(lab).boot(), third(lab).boot()]),
  },
  {
    what: 'all boards lose their power',
    begin: (lab) => Promise.all(lab.hosts.map((host) => host.powerCut())),
    state: 'unknown',
    headline: { code: 'nobody_reports' },
    next: on(1, look),
    found: finds('cause_coordinator_unreached', [], ['PicketClusterUnknown']),
    recorded: ['node-silent', 'quorum-unknown'],
    afterwards: ['node-returned', 'quorum-regained'],
    end: (lab) => Promise.all(lab.hosts.map((host) => host.boot())),
  },
  {
    what: 'an agent is stopped',
    begin: (lab) => first(lab).must('rc-service picket-agent stop'),
    state: 'at-risk',
    headline: failing(1, { stopped: ['x-k3s-m-1'] }),
    next: on(1, startsAgent),
    found: finds('cause_agent_stopped', [1], [atRisk]),
    recorded: ['node-silent'],
    afterwards: ['node-returned'],
    end: (lab) => first(lab).must('rc-service picket-agent start'),
  },
  {
    what: 'an etcd is killed',
    begin: (lab) => first(lab).must('kill -KILL $(pidof etcd)'),
    state: 'healthy',
    headline: { code: 'all_serve', facts: { count: 3 } },
    next: null,
    found: finds('cause_etcd_restarted', [1], []),
    recorded: ['etcd-restarted'],
    end: async () => undefined,
  },
  {
    what: 'a board is shut down',
    begin: (lab) => second(lab).run('poweroff'),
    state: 'at-risk',
    headline: failing(2, { off: ['x-k3s-m-2'] }),
    next: null,
    found: finds('cause_machine_off', [2], [atRisk]),
    recorded: ['node-silent'],
    afterwards: ['node-returned'],
    end: async (lab) => {
      await until('the board is off', () => second(lab).init === null, { within: patienceMs, every: 200 });
      await second(lab).boot();
    },
  },
  {
    what: 'a disk is full',
    begin: (lab) => second(lab).fillDisk(),
    state: 'at-risk',
    headline: { code: 'disk_is_full', facts: { member: 'x-k3s-m-2' } },
    next: on(2, 'df -h /var/lib/picket'),
    found: finds('cause_disk_full', [2], [atRisk, 'PicketDiskNearlyFull'], ['PicketEtcdRestarts', 'PicketNodeBehind']),
    recorded: ['disk-full'],
    afterwards: ['disk-free'],
    end: (lab) => second(lab).freeDisk(),
  },
  {
    what: 'a data directory is deleted while etcd runs',
    begin: (lab) => third(lab).must('rm -r /var/lib/picket/etcd/*/'),
    state: 'at-risk',
    // etcd serves on until it purges old files, every 30 s: then it ends (etcd, `etcdserver/server.go`, purgeFile).
    headline: failing(3, { lost: ['x-k3s-m-3'] }),
    next: { command: `picket member replace ${cluster} x-k3s-m-3`, on: null },
    found: finds('cause_data_lost', [3], [atRisk, 'PicketMemberDataLost']),
    recorded: ['data-lost'],
    afterwards: ['record-voter'],
    end: (lab) => lab.picket('member', 'replace', cluster, 'x-k3s-m-3', '--yes'),
  },
  {
    what: 'what a board sends is lost, what it receives is not',
    begin: (lab) => first(lab).cutNetwork('outbound'),
    state: 'at-risk',
    headline: failing(1),
    next: on(1, look),
    found: finds('cause_silent', [1], [atRisk]),
    recorded: ['node-silent'],
    afterwards: ['node-returned'],
    end: (lab) => first(lab).healNetwork(),
  },
  {
    what: 'the coordinator restarts while a board is off',
    begin: async (lab) => {
      await Promise.all([second(lab).powerCut(), lab.coordinator.stop()]);
      await lab.coordinator.start();
    },
    state: 'at-risk',
    headline: { code: 'still_listening', facts: { unheard: ['x-k3s-m-2'], clockWasSet: false } },
    next: watch,
    found: null,
    recorded: [],
    end: (lab) => second(lab).boot(),
  },
  {
    what: 'a clock is wrong',
    begin: (lab) => setClock(third(lab), 3600),
    state: 'healthy',
    headline: { code: 'all_serve', facts: { count: 3 } },
    next: null,
    found: finds('cause_clock', [3], ['PicketClockOff']),
    recorded: ['clock-wrong'],
    afterwards: ['clock-right'],
    end: (lab) => setClock(third(lab), 0),
  },
  {
    what: 'somebody switches etcd’s authentication on',
    begin: async (lab) => {
      await etcdctl(first(lab), 'user', 'add', 'root', '--new-user-password', 'secret');
      await etcdctl(first(lab), 'user', 'grant-role', 'root', 'root');
      await etcdctl(first(lab), 'auth', 'enable');
    },
    state: 'at-risk',
    // The others may report it later.
    headline: { code: 'authentication_is_on', facts: { members: { 0: 'x-k3s-m-1' } } },
    next: on(1, grantsPicketUser),
    found: finds('cause_authentication', [1, 2, 3], [atRisk]),
    recorded: ['authentication-on'],
    afterwards: ['authentication-off'],
    end: (lab) => etcdctl(first(lab), 'auth', 'disable', '--user', 'root', '--password', 'secret'),
  },
];

/** The kinds of the events since that moment. */
async function eventsSince(lab: Lab, since: number): Promise<readonly string[]> {
  const { code, stdout, stderr } = await lab.picket('events', cluster, '--output', 'json');
  if (code !== 0) throw new Error(stderr);
  const { items } = JSON.parse(stdout) as Page<EventView>;
  return items.filter(({ at }) => Date.parse(at) >= since).map(({ kind }) => kind);
}

async function recorded(lab: Lab, since: number, kinds: readonly string[]): Promise<void> {
  let last: readonly string[] = [];
  const all = async () => {
    last = await eventsSince(lab, since);
    return kinds.every((kind) => last.includes(kind));
  };
  await until(`picket events shows ${kinds.join(', ')}`, all, {
    within: patienceMs,
    every: 1000,
    lastSeen: () => last.join(', '),
  });
}

async function headlineShown(t: Test, lab: Lab, { state, headline, next }: Outage): Promise<void> {
  let last: Partial<ClusterStatusView> = {};
  const shown = async () => {
    last = await lab.status();
    const isSo = last.headline !== undefined && isReason(headline.code, headline.facts)(last.headline);
    return last.state === state && isSo && isDeepStrictEqual(last.next, next);
  };
  const said = () => `${last.state}: ${JSON.stringify([last.headline, last.next])}`;
  await until(`the headline is ${state}, ${headline.code}`, shown, { within: patienceMs, every: 300, lastSeen: said });
  t.comment(said());
}

function lookAt(lab: Lab): Look {
  return {
    async diagnosis() {
      const { stdout, stderr } = await lab.picket('diagnose', cluster, '--output', 'json');
      if (stdout === '') throw new Error(stderr);
      return JSON.parse(stdout) as DiagnosisView;
    },
    scrape: () => lab.coordinator.scrape(),
  };
}

t.test(
  'of each outage, status, events, diagnosis and alerts say what happened and what to do',
  labNeeded,
  async (t) => {
    const lab = await labOf(t, { clocks: true });
    await lab.createCluster();
    await joinAll(lab);
    await lab.healthy(patienceMs);

    for (const outage of outages) {
      await t.test(outage.what, async (t) => {
        const since = Date.now();
        // Elections add up.
        const before = await lab.coordinator.scrape();
        let ended: number;
        await outage.begin(lab);
        try {
          // An etcd that was killed may be back before anybody looks.
          if (outage.state === 'healthy') await recorded(lab, since, outage.recorded);
          await headlineShown(t, lab, outage);
          await recorded(lab, since, outage.recorded);
          if (outage.found !== null) await faultFound(t, lookAt(lab), before, outage.found);
        } finally {
          ended = Date.now();
          await outage.end(lab);
          await lab.healthy(patienceMs);
        }
        await recorded(lab, ended, outage.afterwards ?? []);
        await faultOver(lookAt(lab));
      });
    }
  },
);
