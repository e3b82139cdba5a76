import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from '@picket/shared/diagnosis/causes.ts';
import { causeOf, diagnose } from '@picket/shared/diagnosis/diagnose.ts';
import { mostOfNode, spread } from '@picket/shared/diagnosis/rules/evidence.ts';
import { agentCertificateReasons } from '@picket/shared/reasons/agent-certificates.ts';
import { agentCoordinatorReasons } from '@picket/shared/reasons/agent-coordinator.ts';
import { agentEtcdReasons } from '@picket/shared/reasons/agent-etcd.ts';
import { agentNodeReasons } from '@picket/shared/reasons/agent-node.ts';
import { agentServiceReasons } from '@picket/shared/reasons/agent-service.ts';
import { causeReasons } from '@picket/shared/reasons/causes.ts';
import { etcdLogReasons } from '@picket/shared/reasons/etcd-log.ts';
import { headlineReasons } from '@picket/shared/reasons/headline.ts';
import { healthReasons } from '@picket/shared/reasons/health.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { machineLookReasons } from '@picket/shared/reasons/machine-look.ts';
import { machineReasons } from '@picket/shared/reasons/machines.ts';
import { noticeReasons } from '@picket/shared/reasons/notices.ts';
import type { ReasonCode } from '@picket/shared/reasons/reason.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { reasonTable } from '@picket/shared/reasons/table.ts';
import t from 'tap';
import { members, sceneOf, seen } from './scene.ts';

const root = join(import.meta.dirname, '../../../..');
const causes = Object.keys(causeReasons) as (keyof typeof causeReasons)[];

t.test('each cause has one rule, and a rule comes before those that it explains', async (t) => {
  const order = rules.map(({ cause }) => cause);
  t.strictSame([...order].sort(), [...causes].sort());
  for (const [index, { cause, explains = [] }] of rules.entries())
    for (const effect of explains) t.ok(order.indexOf(effect) > index, `${cause} explains ${effect}`);
});

t.test(
  'each rule has a test that makes the failure, or that has the evidence that the real thing showed',
  async (t) => {
    const tests = globSync(
      ['packages/*/test/**/*diagnos*/*.test.ts', 'packages/*/test/**/*diagnos*.test.ts', 'test/diagnosis/*.test.ts'],
      {
        cwd: root,
      },
    ).filter((file) => !file.endsWith('rules.test.ts'));
    const text = tests.map((file) => readFileSync(join(root, file), 'utf8')).join('');
    t.same(
      causes.filter((cause) => !text.includes(cause)),
      [],
    );
  },
);

t.test('each page exists, with its heading', async (t) => {
  for (const { cause, page } of rules) {
    const [file = '', anchor] = page.split('#');
    const path = join(root, 'docs/how-to', file);
    if (!existsSync(path)) {
      t.fail(`${cause}: ${file}`);
      continue;
    }
    const anchors = [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    t.ok(anchor === undefined || anchors.includes(anchor), `${cause}: ${page}`);
  }
});

/** Facts that are no fault, or that only come with another that is one. */
const noFault: Readonly<Record<string, readonly ReasonCode[]>> = {
  'they say how a healthy cluster is, or what it does': [
    ...(['serves', 'all_serve', 'members_missing', 'members_change', 'members_leave', 'not_founded'] as const),
    ...([
      'restores_snapshot',
      'restored_from_snapshot',
      'authentication_admits',
      'etcd_has_known_faults',
      'versions_run',
      'versions_installed',
    ] as const),
    ...([
      'restart_brings_version',
      'more_waits',
      'more_told',
      'more_reported',
      'every_member_joined',
      'member_reports',
      'token_for_same_machine',
    ] as const),
    ...(['node_heard_ago', 'ended_and_serves', 'started_after_stop', 'definition_put_back', 'files_change'] as const),
  ],
  'they are choices of an operator, and the status repeats them': [
    ...(['one_member', 'even_count', 'shared_addresses', 'joins_wait_while_frozen'] as const),
    ...(['hold_lease_over', 'hold_awaits_etcd', 'restart_changed_nothing'] as const),
  ],
  'they are steps on the way, and end without an operator': [
    ...([
      'readopted_and_not_told',
      'follows_earlier',
      'not_reported_since_start',
      'not_reported_since_clock',
      'report_came_late',
      'just_started',
    ] as const),
    ...([
      'minor_unknown',
      'release_not_ready',
      'release_to_fetch',
      'etcd_not_exchanged',
      'certificates_missing',
      'incarnation_of_earlier_coordinator',
      'incarnation_not_given',
    ] as const),
    ...(['former_incarnation_not_put_away', 'too_many_former_incarnations', 'etcd_catches_up', 'no_read_yet'] as const),
    ...([
      'first_desired_state',
      'coordinator_time',
      'certificate_offered',
      'certificate_held',
      'certificate_new',
    ] as const),
    ...([
      'none_held',
      'renewal_due',
      'held_names_changed',
      'former_incarnation_unretired',
      'incarnation_goes_on',
      'restore_pauses',
    ] as const),
    ...(['restart_permit', 'another_restart_permit', 'etcd_healthy', 'conf_to_serve', 'conf_to_have_served'] as const),
    ...(['incarnation_retired', 'conf_goes_back', 'born_dead', 'silent_with_other_conf', 'supervisor_ended'] as const),
    ...(['release_refused', 'guard_waits_for_another'] as const),
  ],
  'they are the sentence of a status, and the diagnosis looks for what explains it': [
    ...(['some_fail', 'reads_prove_quorum', 'lost_one_serves', 'voter_ails', 'serve_rollout_stopped'] as const),
    'serve_not_restartable',
  ],
  'the reason within them, or beside them, tells the cause': [
    ...(['agent_waits', 'node_says', 'error_says', 'time_sync', 'clock_wrong', 'clock_right'] as const),
    ...(['certificate_after_clock', 'held_unusable', 'operator_for_data', 'not_restarted_until_then'] as const),
    ...(['before_restart', 'silent_may_serve', 'release_not_whole', 'etcd_found'] as const),
  ],
};

t.test('each reason of a notice, an ailment or an agent is a proof of a cause, or is known to be none', async (t) => {
  const judged = new Set<string>(rules.flatMap(({ shownBy, otherwise = [] }) => [...shownBy, ...otherwise]));
  const known = Object.values(noFault).flat();
  const tables = [noticeReasons, machineReasons, healthReasons, headlineReasons, etcdLogReasons, machineLookReasons];
  const agents = [
    agentNodeReasons,
    agentCoordinatorReasons,
    agentCertificateReasons,
    agentEtcdReasons,
    agentServiceReasons,
  ];
  const all = [...tables, ...agents].flatMap((table) => Object.keys(table));
  t.same(
    all.filter((code) => !judged.has(code) && !known.includes(code as ReasonCode)),
    [],
    'neither a rule nor this list has them',
  );
  t.same(
    known.filter((code) => judged.has(code)),
    [],
    'a rule has them after all',
  );
});

t.test('the words of each cause are complete for no member, one and several', async (t) => {
  for (const cause of causes)
    for (const members of [[], ['x-k3s-m-1'], ['x-k3s-m-1', 'x-k3s-m-2']]) {
      const words = inWords(causeOf(cause, members));
      t.notMatch(words, /undefined|\$\{| {2}| [.,:]|cause_/, cause);
      t.match(words, /[^ ]\.$/, cause);
    }
});

const evil = ['`id`', '$(id)', '; rm -rf /', "' && id #", '/etc/$(id)', '\u001b[2J', 'a\nb', '-lesh', 'http://-lesh'];

t.test('R8, R18: whatever a node reports, no diagnosis fails, and none of its text is in a command', async (t) => {
  for (const code of Object.keys(reasonTable))
    for (const value of [...evil, 7, null, [], {}, { code: 'silent', facts: { seconds: 1 } }])
      for (const from of ['agent', 'etcd-log'] as const) {
        const keys = [
          'path',
          'name',
          'remote',
          'address',
          'port',
          'remedy',
          'user',
          'nodeId',
          'off',
          'offsetMs',
          'why',
        ];
        const facts = Object.fromEntries(keys.map((key) => [key, value]));
        for (const { next } of diagnose(sceneOf([seen({ code, facts }, 'x-k3s-m-1', from)])))
          if (typeof value === 'string')
            t.notOk(next?.command.includes(value.replace('http://', '')), `${code} ${next?.command}`);
      }
});

t.test('R18: an agent that says very much is cut short, and no other one', async (t) => {
  const says = (path: string, member: string) =>
    seen({ code: 'data_lost', facts: { path, isEmpty: false } }, member, 'agent');
  const many = Array.from({ length: 22 }, (_, number) => {
    const inner = Array.from({ length: 30 }, (_, more) => says(`/${number}-${more}`, 'x-k3s-m-1').reason);
    return seen({ code: 'made_up', facts: { inner } }, 'x-k3s-m-1', 'agent');
  });
  const other = says('/other', 'x-k3s-m-2');
  const quoted = seen({ code: 'node_says', facts: { member: 'x-k3s-m-1', why: many[0]?.reason } });
  const silent = seen({ code: 'silent', facts: { member: 'x-k3s-m-1', seconds: 60 } });
  const facts = spread([...many, other, quoted, silent], members);
  const of = (member: string, from: string) => facts.filter((one) => one.about === member && one.from === from).length;
  t.equal(of('x-k3s-m-1', 'agent'), mostOfNode - 2, 'the two reasons around them count too');
  t.equal(of('x-k3s-m-2', 'agent'), 1);
  t.equal(of('x-k3s-m-1', 'coordinator'), 1);
});

t.test('R8: what an agent has reported stays its word in each reason of the coordinator that has it', async (t) => {
  const [member, other] = ['x-k3s-m-1', 'x-k3s-m-2'];
  const lie = { code: 'data_unusable', facts: { member: other, obstacle: null } };
  const truth = { code: 'data_lost', facts: { path: '/x', isEmpty: false } };
  for (const said of [lie, truth]) {
    const quotes = [
      reason('change_made', { executor: member, kind: 'promote', member: other, why: null, said }),
      reason('runs_revision_once_agent_can', { member, revision: 2, why: said }),
      reason('former_etcd_stops', { member, nodeId: 'abcdefgh', obstacle: said, unheard: null }),
      reason('deleted_etcd_stops', { member, nodeId: 'abcdefgh', obstacle: said }),
      reason('ready_to_found', { member, why: reason('cannot_run_stored_tool', { why: said }) }),
      reason('of_member', { member, why: reason('hold_refused', { why: said }) }),
      reason('of_member', { member, why: reason('hold_not_taken', { seconds: 1, waits: [said] }) }),
      reason('of_member', {
        member,
        why: reason('defragmentation_late', { why: reason('not_begun', { seconds: 1 }), waits: [said] }),
      }),
    ];
    for (const quote of quotes) {
      const findings = diagnose(sceneOf([seen(quote)])).map(({ cause, members }) => [cause, members]);
      t.strictSame(findings, said === lie ? [] : [['cause_data_lost', [member]]], quote.code);
    }
  }
});

t.test('R8: an agent speaks of its own machine only, and not as the coordinator', async (t) => {
  const findings = diagnose(
    sceneOf([
      seen({ code: 'data_lost', facts: { path: '/x', isEmpty: false, member: 'x-k3s-m-2' } }, 'x-k3s-m-1', 'agent'),
      seen({ code: 'data_unusable', facts: { member: 'x-k3s-m-2', obstacle: null } }, 'x-k3s-m-1', 'agent'),
      seen({ code: 'stays_frozen', facts: {} }, 'x-k3s-m-1', 'agent'),
      seen({ code: 'node_says', facts: { why: { code: 'nobody_reports', facts: { off: [] } } } }, 'x-k3s-m-3'),
    ]),
  );
  t.strictSame(
    findings.map(({ cause, members }) => [cause, members]),
    [['cause_data_lost', ['x-k3s-m-1']]],
  );
});
