import { reason } from '@picket/shared/reasons/reason.ts';
import { heldWords } from '../../packages/coordinator/src/model/held.ts';
import { nextConfiguration } from '../../packages/coordinator/src/model/next-configuration.ts';
import type { RehearsalProgress } from '../../packages/coordinator/src/model/rehearsal-progress.ts';
import { Scene } from '../../packages/coordinator/test/controller/support/situations.ts';
import { said } from '../support/said.ts';
import { History, type Reported } from './problem-history.ts';

const dayMs = 86_400_000;
const ended: Reported = { etcd: null, service: { state: 'crashed', reason: said('exit status 1') } };
const leaderless: Reported = { etcd: { leader: '0', healthy: false, linearizableRead: false, members: null } };
const etcdOf = (version: string): Reported => ({ etcd: { version }, service: { etcdVersion: version } });
const switchedOff: Reported = { agent: { stops: 'machine' } };
const disk = (freeBytes: number): Reported => ({ machine: { disk: { totalBytes: 32e9, freeBytes } } });
const afterUpgrade = { id: 'alpine', release: '3.23', inMemory: false, ownBinary: false } as const;

const everybody = (one: Reported) => ({ 1: one, 2: one, 3: one });
const alarm = (text: string) => everybody({ etcd: { alarms: [text], healthy: false } });
const database = (dbSizeBytes: number): Reported => ({ etcd: { dbSizeBytes, dbSizeInUseBytes: dbSizeBytes } });

function hold(history: History): void {
  const { scene } = history;
  const held = { by: 'operator ada', why: null, seconds: 7200, stop: true, taken: true };
  const permit = { id: 'step0001', member: 'x-k3s-m-2', issuedAt: scene.now, withdrawnAt: null, hold: held };
  scene.progress = { ...scene.progress, permit };
  history.waits = [heldWords('x-k3s', permit, held)];
}

/** Whose data the comparison of the voters names. */
function compared(history: History, finding: 'agree' | 'named' | 'undecided'): void {
  const { scene } = history;
  const names = [1, 2, 3].map((number) => scene.name(number));
  const agreeing = finding === 'undecided' ? [] : finding === 'named' ? names.slice(0, 2) : names;
  const found = {
    ...{ finding, agreeing, differing: finding === 'named' ? names.slice(2) : [], revision: 7, at: scene.now },
    ...{ voters: ['a1', 'a2', 'a3'], unheard: [] },
    hashes: names.map((member, index) => ({ member, hash: `0000000${index}`, compactRevision: -1, revision: 7 })),
  };
  scene.progress = { ...scene.progress, corruption: { ...scene.progress.corruption, since: scene.now, found } };
}

function certificate(history: History, changes: Partial<History['inForce'][number]>): void {
  const { now } = history.scene;
  const leaf = { purpose: 'server', cluster: 'x-k3s', holder: 'x-k3s-m-2', serial: 'a1', renewedBy: 'agent' } as const;
  history.inForce = [{ ...leaf, from: now - dayMs, until: now + dayMs, renewalDue: now - 4000, ...changes }];
}

/** What goes wrong in a cluster, how it becomes better or worse, and how it ends. */
export const problemScenes: Readonly<Record<string, (history: History) => void>> = {
  'a disk fills, and gets room again': (history) =>
    history
      .lasts(1200, { 2: disk(3.1e9) })
      .marks('more room than where it began')
      .lasts(1200, { 2: disk(3.5e9) })
      .marks('full')
      .lasts(60, { 2: disk(5e7) })
      .marks('a little more than full')
      .lasts(600, { 2: disk(7e7) })
      .marks('no longer full')
      .lasts(60, { 2: disk(9e7) })
      .restart()
      .lasts(300, { 2: disk(9e7) })
      .marks('room')
      .lasts(300, { 2: disk(5e9) }),
  'a disk is slow': (history) =>
    history
      .lasts(2400, { 2: { machine: { walFsyncP99Ms: 11 } } })
      .lasts(60, { 2: { machine: { walFsyncP99Ms: 120 } } })
      .lasts(120, { 2: { machine: { walFsyncP99Ms: 10 } } }),
  'a slow disk costs elections': (history) => {
    const slow: Reported = { machine: { walFsyncP99Ms: 150 } };
    history.lasts(60, { 2: slow });
    history.scene.leader = 'a3';
    history.lasts(120, {
      1: { etcd: { raftTerm: 4 } },
      2: { ...slow, etcd: { raftTerm: 4 } },
      3: { etcd: { raftTerm: 4 } },
    });
  },
  'a board is hot': (history) =>
    history
      .lasts(1200, { 2: { machine: { temperatureCelsius: 80 } } })
      .lasts(120, { 2: { machine: { temperatureCelsius: 79 } } }),
  'a member does not compare its data': (history) =>
    history.lasts(120, { 2: { machine: { hashCheck: false } } }).lasts(120, { 2: { machine: { hashCheck: true } } }),
  'a clock is off': (history) =>
    history
      .lasts(900, { 2: { machine: { clockOffsetMs: 2001 } } })
      .marks('less than where it began')
      .lasts(120, { 2: { machine: { clockOffsetMs: 1500 } } })
      .restart()
      .lasts(180, { 2: { machine: { clockOffsetMs: 1500 } } })
      .lasts(120, { 2: { machine: { clockOffsetMs: -90_000 } } })
      .lasts(120, { 2: { machine: { clockOffsetMs: 900 } } }),
  'an agent doubts its clock': (history) =>
    history
      .lasts(60, {
        2: {
          agent: {
            waits: [
              said('nothing'),
              reason('time_sync', {
                why: reason('clock_before_build', { now: '2026-01-01T00:00:00Z', other: '2026-02-01T00:00:00Z' }),
              }),
            ],
          },
        },
      })
      .lasts(30),
  'the clock of the coordinator is off': (history) =>
    history.lasts(60, everybody({ machine: { clockOffsetMs: 70_000 } })).lasts(90),
  'a voter ends, and comes back': (history) =>
    history
      .lasts(360, { 2: ended })
      .restart()
      .lasts(180, { 2: ended })
      .lasts(120, { 2: { service: { restarts: 1 } } }),
  'an etcd restarts again and again': (history) =>
    history
      .lasts(30, { 2: { service: { restarts: 1 } } })
      .lasts(30, { 2: { service: { restarts: 3 } } })
      .lasts(86_500, { 2: { service: { restarts: 3 } } }),
  'an etcd answers its agent no reads': (history) =>
    history.lasts(60, { 2: { etcd: { healthy: false, linearizableRead: false } } }).lasts(30),
  'a node is silent, and returns': (history) =>
    history.lasts(700, { 2: null }).restart().lasts(200, { 2: null }).lasts(90),
  'a machine is shut down': (history) => history.lasts(10, { 2: switchedOff }).lasts(360, { 2: null }).lasts(90),
  'an agent is stopped': (history) =>
    history
      .lasts(10, { 2: { agent: { stops: 'agent' } } })
      .lasts(60, { 2: null })
      .lasts(30, { 2: { agent: { startedAt: '2026-02-02T00:00:00Z' } } })
      .lasts(30, { 2: { agent: { startedAt: '2026-02-03T00:00:00Z' } } }),
  'a client is silent, and returns': (history) => {
    history.scene.clientReports('k3s-1');
    history.lasts(800);
    history.scene.clientReports('k3s-1');
    history.lasts(20);
  },
  'a client applies nothing': (history) => {
    for (let count = 0; count < 64; count += 1) {
      history.scene.clientReports('k3s-1', { agent: { generationApplied: 0 } });
      history.lasts(30);
    }
    history.scene.clientReports('k3s-1');
    history.lasts(90);
  },
  'the quorum is lost, and returns': (history) =>
    history
      .lasts(120, { 1: leaderless, 2: ended, 3: ended })
      .restart()
      .lasts(150, { 1: leaderless, 2: ended, 3: ended })
      .lasts(120),
  'too few voters report': (history) => history.lasts(700, { 1: leaderless, 2: null, 3: null }).lasts(120),
  'nobody reports': (history) => history.lasts(700, everybody(null)).restart().lasts(300, everybody(null)).lasts(120),
  'reads prove a quorum': (history) => history.lasts(400, { 1: null, 2: null }).lasts(60),
  'a quorum is in doubt': (history) => history.lasts(34, { 1: leaderless, 2: null, 3: leaderless }).lasts(60),
  'a majority is lost, and one of it serves again': (history) => {
    history.lasts(120, { 1: leaderless, 2: null, 3: null });
    history.scene.declaredLost(2).evicts(2).declaredLost(3).evicts(3);
    history.lasts(60, { 1: leaderless }).lasts(20, { 1: { healthySince: null } });
  },
  'data is missing, found, and lost': (history) => {
    history
      .lasts(60, { 2: { service: { dataGone: true } } })
      .lasts(60)
      .lasts(60, {
        2: {
          etcd: null,
          service: {
            state: 'lost-data',
            reason: reason('data_deleted', { path: '/var/lib/picket/etcd', isEmpty: true }),
          },
        },
      });
  },
  'data is damaged': (history) => {
    history.lasts(120, { 2: { etcd: null, service: { state: 'crashed', damage: 'walpb: crc mismatch' } } }).lasts(90);
  },
  'a database fills': (history) => {
    history.lasts(1000, { 2: database(1.8e9) }).lasts(20, { 2: database(1.6e9) });
    const { progress, now } = history.scene;
    const recoveries = [now - 1000, now - 2000];
    history.scene.progress = { ...progress, maintenance: { ...progress.maintenance, recoveries } };
    history.lasts(20);
  },
  'etcd takes no writes': (history) =>
    history
      .lasts(90, everybody({ etcd: { alarms: ['NOSPACE of a2'] } }))
      .restart()
      .lasts(120, everybody({ etcd: { alarms: ['NOSPACE of a2'] } }))
      .lasts(90),
  'etcd finds that data differs': (history) => {
    history.lasts(60, alarm('CORRUPT of a3'));
    for (const finding of ['undecided', 'named', 'agree'] as const) {
      compared(history, finding);
      history.marks(finding).lasts(20, alarm('CORRUPT of a3'));
    }
    history.lasts(90);
  },
  'etcd’s authentication is on': (history) =>
    history
      .lasts(60, everybody({ service: { authenticationOn: true } }))
      .marks('with a user named like a server')
      .lasts(20, everybody({ service: { authenticationOn: true, usersLikeServers: ['etcd x-k3s-m-2'] } }))
      .marks('it keeps Picket out')
      .lasts(60, everybody({ etcd: null, service: { authenticationOn: true, quorumRead: true } }))
      .lasts(30),
  'an operator holds a member': (history) => {
    hold(history);
    history.lasts(400, { 2: { ...ended, machine: { temperatureCelsius: 90 } } });
  },
  'a rollout stops': (history) => {
    const { scene } = history;
    const { spec, progress } = scene;
    scene.settle();
    scene.spec = { ...spec, revision: 2, tuning: { ...spec.tuning, heartbeatIntervalMs: 100 } };
    const configuration = nextConfiguration(scene.spec, progress);
    const stopped = { configuration, member: 'x-k3s-m-2', reason: said('exit status 1'), at: scene.now };
    scene.progress = { ...progress, configuration: { ...progress.configuration, stopped } };
    history.lasts(120);
    scene.progress = progress;
    scene.spec = spec;
    history.lasts(90);
  },
  'rollouts are paused': (history) => {
    const { progress } = history.scene;
    history.scene.progress = { ...progress, configuration: { ...progress.configuration, paused: true } };
    history.lasts(20);
  },
  'a cluster is frozen': (history) => {
    const { scene } = history;
    scene.progress = {
      ...scene.progress,
      frozen: reason('member_of_other_cluster', { member: 'x-k3s-m-2', clusterId: 'c2', recorded: 'c1' }),
    };
    history.lasts(360, { 3: ended });
    scene.progress = { ...scene.progress, provenBehind: { epoch: 1 } as never };
    history.lasts(20);
  },
  'a restored coordinator waits for its nodes': (history) => {
    const { scene } = history;
    scene.progress = { ...scene.progress, frozen: reason('restored_from_backup', { of: '2026-11-27T13:00:46.747Z' }) };
    history.toReadopt = [reason('node_to_readopt', { name: 'x-k3s-m-2', nodeId: 'node20000', keys: 1, isKnown: true })];
    history.lasts(700);
    history.toReadopt = [];
    history.others = [reason('newer_node_shows_itself', { cluster: 'x-k3s', name: 'x-k3s-m-3', nodeId: 'node30000' })];
    history.lasts(30);
  },
  'a learner stays one': (history) => {
    history.lasts(1860);
  },
  'a node applies nothing': (history) => {
    const applied = { agent: { generationApplied: 0 } };
    history.lasts(1900, { 2: applied }).lasts(90);
    history.unrendered = [{ name: 'x-k3s-m-2', nodeId: 'node2', why: said('too large') }];
    history.lasts(20);
  },
  'a node is quarantined': (history) => history.lasts(60, { 2: { agent: { generationSeen: 9 } } }).lasts(30),
  'the etcd of all members can lose data, until it is updated': (history) =>
    history
      .lasts(3700, everybody(etcdOf('3.5.2')))
      .marks('one is updated')
      .lasts(60, { ...everybody(etcdOf('3.5.2')), 2: etcdOf('3.5.34') })
      .marks('all are updated')
      .lasts(1900, everybody(etcdOf('3.5.34'))),
  'versions differ': (history) =>
    history
      .lasts(400, { 2: { service: { etcdVersion: '3.6.1' }, machine: { system: afterUpgrade } } })
      .lasts(20, {
        2: { service: { etcdVersion: '3.6.1', state: 'held-back' }, etcd: null, machine: { system: afterUpgrade } },
      })
      .lasts(20, { 2: { service: { etcdVersion: '3.5.17', restartPending: true } } })
      .lasts(20, { 2: { service: { etcdVersion: '3.5.17' } } })
      .lasts(20, { 2: { etcd: { version: '3.5.17' }, service: { etcdVersion: '3.5.17' } } })
      .lasts(20, { 2: { agent: { version: '9.0.0' } } })
      .lasts(10),
  'certificates end': (history) => {
    const { now } = history.scene;
    certificate(history, { from: now - 300 * dayMs, until: now + 60 * dayMs, renewalDue: now - 30 * dayMs });
    history.lasts(1000).marks('its end comes');
    certificate(history, { from: now - 300 * dayMs, until: now - 1000, renewalDue: now - 16 * dayMs });
    history.lasts(20).marks('of the coordinator');
    certificate(history, {
      purpose: 'coordinator',
      cluster: null,
      renewedBy: 'coordinator',
      renewalDue: null,
      until: now,
    });
    history.lasts(20).marks('of an operator');
    certificate(history, {
      purpose: 'operator',
      cluster: null,
      holder: 'ada',
      renewedBy: 'operator',
      renewalDue: null,
      until: now + 29 * dayMs,
    });
    history.lasts(20).marks('of authorities');
    certificate(history, {
      purpose: 'control-ca',
      cluster: null,
      holder: 'the coordinator',
      renewedBy: 'nobody',
      renewalDue: null,
      until: now + 300 * dayMs,
    });
    history.lasts(20);
    certificate(history, {
      purpose: 'peer-ca',
      holder: 'the coordinator',
      renewedBy: 'nobody',
      renewalDue: null,
      until: now + 300 * dayMs,
    });
    history.lasts(3700);
    history.inForce = [];
    history.lasts(90);
  },
  'an identity ends': (history) => {
    const { now } = history.scene;
    const identity = (endsAt: number | null) => ({ 'x-k3s-m-2': { endsAt, certificate: null, frozen: null } });
    history.identities = identity(now + 5 * dayMs);
    history.lasts(1000);
    history.identities = identity(null);
    history.lasts(20);
    history.identities = {};
    history.lasts(90);
  },
  'an identity is on two machines': (history) => {
    const frozen = { at: history.scene.now, because: reason('two_runs_report') } as never;
    history.identities = { 'x-k3s-m-2': { endsAt: history.scene.now + 20 * dayMs, certificate: null, frozen } };
    history.lasts(20);
  },
  'snapshots fail': (history) => {
    const { scene } = history;
    const failure = { id: 'snap1', executor: 'x-k3s-m-2', at: scene.now, count: 2, reason: said('no room') };
    const with_ = (changes: object) => {
      scene.progress = { ...scene.progress, snapshots: { ...scene.progress.snapshots, ...changes } };
    };
    scene.spec = { ...scene.spec, snapshots: { ...scene.spec.snapshots, everyMinutes: 10 } };
    with_({ failure });
    history.lasts(1000);
    with_({ failure: null, last: { id: 'snap0', takenAt: scene.now - 1_201_000 } });
    history.lasts(20);
    with_({ last: { id: 'snap2', takenAt: scene.now } });
    history.lasts(90).marks('they are not moved');
    history.others = [
      reason('snapshots_not_moved', { why: said('no route'), count: 2, next: '2026-11-27T13:00:46.747Z' }),
      reason('snapshot_copy_at_fault', { why: said('gone') }),
    ];
    history.lasts(3700);
  },
  'restores of snapshots are rehearsed': (history) => {
    const { scene } = history;
    const { spec, progress } = scene;
    const rehearsed = {
      id: 'r1',
      snapshot: 'snap1',
      etcdVersion: '3.5.33',
      revision: 7,
      keys: 3,
      hash: 1,
      tookMs: 900,
    };
    const with_ = (rehearsal: RehearsalProgress) => {
      const last = { id: 'snap1', takenAt: scene.now };
      scene.progress = { ...progress, snapshots: { ...progress.snapshots, last, rehearsal } };
    };
    scene.spec = { ...spec, snapshots: { ...spec.snapshots, rehearseEveryHours: 24 } };
    const failure = { id: 'r2', snapshot: 'snap1', at: scene.now, count: 1, reason: said('etcd did not start') };
    with_({ worked: null, failure });
    history.lasts(1000);
    with_({ worked: { ...rehearsed, at: scene.now }, failure: null });
    history.lasts(20).marks('they are late');
    with_({ worked: { ...rehearsed, at: scene.now - 2 * dayMs - 1000 }, failure: null });
    history.lasts(1000);
    scene.progress = progress;
    scene.spec = spec;
    history.lasts(90);
  },
  'a node could restore no snapshot': (history) =>
    history.lasts(20, { 2: { restoreTool: { installed: null, obstacle: null } } }),
  'a machine is missing': (history) => {
    history.scene.evicts(3);
    history.lasts(60);
  },
  'a machine is compromised': (history) => {
    history.scene.compromised(3);
    history.lasts(60);
  },
  'a machine of the only voter is compromised': (history) => {
    history.scene.compromised(1);
    history.lasts(60);
  },
  'the coordinator itself': (history) => {
    const well = { lastBackupAt: history.scene.now, backupFailures: [], freeBytes: 8e9 };
    history.own = { ...well, lastBackupAt: history.scene.now - 8 * dayMs };
    history.lasts(3700);
    const why = reason('error_says', { text: 'the folder does not exist' });
    history.own = { ...well, backupFailures: [{ target: '/mnt/usb/picket', reason: why }] };
    history.lasts(3700);
    history.own = { ...well, freeBytes: 5e8 };
    history.lasts(400);
    history.own = well;
    history.lasts(90);
  },
  'a problem flaps': (history) => {
    const missing: Reported = { service: { dataGone: true } };
    for (let count = 0; count < 6; count += 1) history.lasts(70, { 2: missing }).lasts(70);
    for (let count = 0; count < 18; count += 1) history.lasts(10, { 2: missing }).lasts(10);
    history.lasts(3600);
  },
};

/** Scenes that do not begin with three voters. */
export const beginnings: Readonly<Record<string, () => History>> = {
  'a learner stays one': () => {
    const scene = new Scene().founded().joins(2).joins(3);
    scene.settle();
    scene.etcdAdds(2).votersReport().settle();
    return new History({}, scene);
  },
  'a machine of the only voter is compromised': () => new History({ members: 1 }),
};
