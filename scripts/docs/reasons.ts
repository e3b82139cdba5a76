import { conditionEvents } from '@picket/shared/events/conditions.ts';
import { coordinatorEvents } from '@picket/shared/events/coordinator.ts';
import { identityEvents } from '@picket/shared/events/identity.ts';
import { orderEvents } from '@picket/shared/events/orders.ts';
import { stepEvents } from '@picket/shared/events/steps.ts';
import { agentCertificateReasons } from '@picket/shared/reasons/agent-certificates.ts';
import { agentCoordinatorReasons } from '@picket/shared/reasons/agent-coordinator.ts';
import { agentDisruptionReasons } from '@picket/shared/reasons/agent-disruption.ts';
import { agentEtcdReasons } from '@picket/shared/reasons/agent-etcd.ts';
import { agentNodeReasons } from '@picket/shared/reasons/agent-node.ts';
import { agentOrderReasons } from '@picket/shared/reasons/agent-orders.ts';
import { agentServiceReasons } from '@picket/shared/reasons/agent-service.ts';
import { auditReasons } from '@picket/shared/reasons/audit.ts';
import { authenticationReasons } from '@picket/shared/reasons/authentication.ts';
import { causeReasons } from '@picket/shared/reasons/causes.ts';
import { configurationReasons } from '@picket/shared/reasons/configuration.ts';
import { corruptionReasons } from '@picket/shared/reasons/corruption.ts';
import { deletionReasons } from '@picket/shared/reasons/deletion.ts';
import { errorReasons } from '@picket/shared/reasons/error-words.ts';
import { etcdLogReasons } from '@picket/shared/reasons/etcd-log.ts';
import { eventReasons } from '@picket/shared/reasons/events.ts';
import { formationReasons } from '@picket/shared/reasons/formation.ts';
import { headlineReasons } from '@picket/shared/reasons/headline.ts';
import { healthReasons } from '@picket/shared/reasons/health.ts';
import { idempotencyReasons } from '@picket/shared/reasons/idempotency.ts';
import { identityReasons } from '@picket/shared/reasons/identity.ts';
import { logReasons } from '@picket/shared/reasons/logs.ts';
import { machineLookReasons } from '@picket/shared/reasons/machine-look.ts';
import { machineReasons } from '@picket/shared/reasons/machines.ts';
import { membershipReasons } from '@picket/shared/reasons/membership.ts';
import { nextStepReasons } from '@picket/shared/reasons/next-steps.ts';
import { noticeReasons } from '@picket/shared/reasons/notices.ts';
import { notificationReasons } from '@picket/shared/reasons/notifications.ts';
import { permitReasons } from '@picket/shared/reasons/permits.ts';
import { quarantineReasons } from '@picket/shared/reasons/quarantine.ts';
import { replacementReasons } from '@picket/shared/reasons/replacement.ts';
import { restoringReasons } from '@picket/shared/reasons/restoring.ts';
import { snapshotReasons } from '@picket/shared/reasons/snapshots.ts';
import { spaceReasons } from '@picket/shared/reasons/space.ts';
import { takeOverReasons } from '@picket/shared/reasons/take-over.ts';
import { factLiterals } from './literals.ts';
import { type Literals, type Table, type Words, wordsOf } from './words.ts';

/** The headings of the reasons, in the order of the page. */
const reasonGroups: Readonly<Record<string, Table>> = {
  'State of a cluster': headlineReasons,
  'Health of a member': healthReasons,
  'An error as a reason': errorReasons,
  Formation: formationReasons,
  Membership: membershipReasons,
  Replacement: replacementReasons,
  'Restarts by permit': permitReasons,
  'What to do after a refusal': nextStepReasons,
  'Rollout of settings': configurationReasons,
  Snapshots: snapshotReasons,
  'Full databases and defragmentation': spaceReasons,
  'Data that differs': corruptionReasons,
  'The switch of etcd’s authentication': authenticationReasons,
  'Freeze and quarantine': quarantineReasons,
  'After a restore of the coordinator': takeOverReasons,
  'Restore of a snapshot': restoringReasons,
  'Deletion of a cluster': deletionReasons,
  Notices: noticeReasons,
  'Machines, certificates and CAs': machineReasons,
  'Identities of nodes': identityReasons,
  'The audit log': auditReasons,
  'Logs of nodes': logReasons,
  'Idempotency keys': idempotencyReasons,
  Notifications: notificationReasons,
  'Event stream': eventReasons,
  'Agent: its machine': agentNodeReasons,
  'Agent: what the coordinator offers': agentCoordinatorReasons,
  'Agent: certificates': agentCertificateReasons,
  'Agent: starting etcd': agentEtcdReasons,
  'Agent: the service of etcd': agentServiceReasons,
  'Agent: orders': agentOrderReasons,
  'Agent: why it leaves etcd as it is': agentDisruptionReasons,
  'Diagnosis: causes': causeReasons,
  'Diagnosis: what etcd’s log shows': etcdLogReasons,
  'Diagnosis: files and devices of a machine': machineLookReasons,
};

const eventGroups: Readonly<Record<string, Table>> = {
  'Conditions of nodes and of etcd': conditionEvents,
  'Steps of the coordinator': stepEvents,
  'Orders of operators': orderEvents,
  'Identities and certificates': identityEvents,
  'The coordinator itself': coordinatorEvents,
};

/** docs/reference/reasons.md: the table of reasons. */
export async function reasonsDocument(): Promise<string> {
  return documentOf(
    [
      '# Reasons',
      '',
      'A reason says why something waits, was refused, or ended. A notice has the same form. The API answers',
      '`{"code", "facts", "message"}`; the commands print the message. Programs use the code and the facts, because messages can',
      'change between versions. A later version has more codes: show the message of a code that your program does not know.',
      '',
      '`{name}` stands for a fact. Some facts are reasons themselves. Some codes have several messages, such as',
      'with and without a cause; the page does not show each combination. After "Waits for", `picket status` prints such a message as the end of a sentence. The numbers',
      'in messages are examples where Picket calculates them from a fact.',
      '',
      'This page is made from the tables in `packages/shared/src/reasons` by `npm run docs`.',
    ],
    reasonGroups,
  );
}

/** docs/reference/events.md: the table of events. */
export async function eventsDocument(): Promise<string> {
  return documentOf(
    [
      '# Events',
      '',
      'An event says what happened in a cluster. `picket events NAME` lists events with time, kind and message; `GET /v1/events`',
      'answers `{"kind", "facts", "message"}` and more. Programs use the kind and the facts, because messages can change between',
      'versions. [See what happened](../how-to/see-what-happened.md) shows how to find events.',
      '',
      '`{name}` stands for a fact. A fact can be a [reason](reasons.md). Some kinds have several messages. The events of a',
      'condition of one node have the fact `nodeId` too. Spans of time, such as 3.0 s, are examples.',
      '',
      'This page is made from the tables in `packages/shared/src/events` by `npm run docs`.',
    ],
    eventGroups,
  );
}

async function documentOf(head: readonly string[], groups: Readonly<Record<string, Table>>): Promise<string> {
  const literals = await factLiterals();
  const lines = [...head];
  for (const [heading, table] of Object.entries(groups)) {
    lines.push('', `## ${heading}`);
    for (const [code, sayer] of Object.entries(table)) lines.push('', `### ${code}`, '', ...entry(sayer, literals));
  }
  return `${lines.join('\n')}\n`;
}

function entry(sayer: unknown, literals: Literals): string[] {
  const { facts, messages }: Words = wordsOf(sayer as Parameters<typeof wordsOf>[0], literals);
  const texts = messages.length === 1 ? messages : messages.map((message) => `- ${message}`);
  return facts.length === 0 ? [...texts] : [...texts, '', `Facts: ${facts.map((fact) => `\`${fact}\``).join(', ')}`];
}
