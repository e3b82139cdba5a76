import { type Proof, there } from '../diagnosis/rules/rule.ts';
import { happening } from '../events/event.ts';
import { type AnyReason, reason } from '../reasons/reason.ts';
import { clockOffFrom } from './machine-limits.ts';
import { alarm, inReport, type MachineView, type ProblemKind } from './problem-kind.ts';

/** A clock that is wrong by so many milliseconds can make a new certificate look as if it were not valid yet. */
const farMs = 60_000;
/** Clocks that differ from the coordinator's by so little more or less show the same time, in milliseconds. */
const alikeMs = 5000;
const look = 'date -u; chronyc tracking || timedatectl';

/** What a wrong clock causes. */
const consequences = [
  'cause_certificate_ended',
  'cause_certificate_early',
  'cause_renewal_late',
  'cause_state_not_applied',
  'cause_peer_tls',
] as const;

/** What is wrong with the clock of a machine. */
export const clockProblems = {
  'clock-off': {
    subject: 'node',
    alarm: alarm('warning', 10, 'clock wrong', 'fix-a-wrong-clock'),
    shownBy: ['clock_off'],
    limit: `more than ${clockOffFrom} ms; ends at ${clockOffFrom / 2} ms`,
    onMachine: inReport(clock, {
      begins: ({ offsetMs, why }) => why !== null || Math.abs(offsetMs ?? 0) > clockOffFrom,
      ends: ({ offsetMs, why }) => why === null && offsetMs !== null && isRight(offsetMs),
      says: (member, { offsetMs }) =>
        offsetMs === null || isRight(offsetMs) ? null : reason('clock_off', { member, offsetMs }),
      events: {
        begins: (node, view) => happening('clock-wrong', { ...node, ...clock(view) }),
        ends: (node) => happening('clock-right', node),
      },
    }),
    causes: [
      {
        cause: 'cause_coordinator_clock',
        page: 'fix-a-wrong-clock.md#on-the-coordinator',
        shownBy: ['clock_off'],
        // Two clocks of three that show the same time are right rather than the third.
        together: (found, { members }) => {
          const agreeing = largestGroup(found);
          return agreeing.length >= 2 && agreeing.length > members.length / 2 ? agreeing : [];
        },
        next: (_of, { place }) => (place === 'board' ? null : { command: look, on: null }),
        explains: ['cause_clock', 'cause_clock_drift', ...consequences],
      },
      {
        cause: 'cause_clock',
        page: 'fix-a-wrong-clock.md#on-a-node',
        shownBy: ['clock_off', 'clock_far_from_coordinator', 'clock_before_build', 'clock_before_floor'],
        proves: (one) => one.code !== 'clock_off' || Math.abs(offsetOf(one)) >= farMs,
        next: there(look),
        explains: ['cause_clock_drift', ...consequences],
      },
      {
        cause: 'cause_clock_drift',
        page: 'fix-a-wrong-clock.md#on-a-node',
        shownBy: ['clock_off', 'etcd_clock_drift'],
        next: there(look),
        countsAs: 'minor',
        isSymptom: true,
      },
    ],
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

/** `why`: the agent itself doubts its clock. */
function clock({ machine, waits }: MachineView) {
  return { offsetMs: machine.clockOffsetMs, why: waits.find(({ code }) => code === 'time_sync') ?? null };
}

function isRight(offsetMs: number): boolean {
  return Math.abs(offsetMs) <= clockOffFrom / 2;
}

function largestGroup(found: readonly Proof[]): readonly Proof[] {
  const groups = found.map((one) =>
    found.filter((other) => Math.abs(offsetOf(one.reason) - offsetOf(other.reason)) <= alikeMs),
  );
  return groups.reduce((largest, group) => (group.length > largest.length ? group : largest), []);
}

function offsetOf({ facts }: AnyReason): number {
  return (facts as { readonly offsetMs: number }).offsetMs;
}
