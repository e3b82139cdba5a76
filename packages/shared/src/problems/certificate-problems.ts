import type { Scene } from '../diagnosis/rules/evidence.ts';
import { there } from '../diagnosis/rules/rule.ts';
import { isoTime, isoTimeOrNull } from '../iso-time.ts';
import type { PurposeInForce } from '../protocol/certificates-in-force.ts';
import { durationOf } from '../reasons/durations.ts';
import { factOf, reason } from '../reasons/reason.ts';
import { alarm, type InForce, type ProblemKind } from './problem-kind.ts';

const dayMs = 86_400_000;
/** With an authority, everything that it has issued becomes invalid: preparing for that takes more than a week. */
const authorityMs = 365 * dayMs;
const operatorMs = 30 * dayMs;
/** An agent reports a failed renewal at once; this is for holders that do not report. */
const longestGraceMs = 30 * dayMs;
const authorities: Readonly<Partial<Record<PurposeInForce, 'control' | 'client' | 'peer'>>> = {
  'control-ca': 'control',
  'client-ca': 'client',
  'peer-ca': 'peer',
};

/** After a quarter of the time that was left when renewal became due. */
function isOverdue({ renewalDue, until }: InForce, now: number): boolean {
  if (renewalDue === null) return now >= until;
  return now >= Math.min(until, renewalDue + Math.min((until - renewalDue) / 4, longestGraceMs));
}

function overdue({ purpose, holder, until, renewalDue, renewedBy }: InForce, now: number) {
  return reason('certificate_overdue', {
    holder: renewedBy === 'coordinator' ? null : holder,
    purpose,
    until: isoTime(until),
    due: isoTimeOrNull(renewalDue),
    isOver: now >= until,
  });
}

/** What is wrong with certificates. */
export const certificateProblems = {
  'certificate-overdue': {
    subject: 'node',
    alarm: alarm('warning', 15, 'certificate not renewed', 'renew-certificates'),
    shownBy: ['certificate_overdue', 'identity_ends', 'identity_ended'],
    ofCertificate: (one, now) =>
      (one.renewedBy === 'coordinator' || one.renewedBy === 'agent') && isOverdue(one, now) ? overdue(one, now) : null,
    ofIdentity: ({ name, endsAt, lifetimeMs }, now) => {
      if (endsAt === null || now >= endsAt) return reason('identity_ended', { name, at: isoTimeOrNull(endsAt) });
      // An agent renews with about a third of the incarnation left. From here on, it has surely tried and failed, or is off.
      return endsAt - now > lifetimeMs / 5 ? null : reason('identity_ends', { name, at: isoTime(endsAt) });
    },
    causes: [
      {
        cause: 'cause_renewal_late',
        page: 'renew-certificates.md#if-a-renewal-fails',
        shownBy: [
          'certificate_overdue',
          'identity_ends',
          'authority_ends',
          'operator_certificate_ends',
          'certificate_pauses',
        ],
        proves: (one) => one.code !== 'certificate_overdue' || factOf(one, 'isOver') !== true,
        next: (of, { cluster, place }) =>
          place === 'board'
            ? there('picket-agent once')(of, { place } as Scene)
            : { command: `picket certificates ${cluster}`, on: null },
        countsAs: 'minor',
      },
    ],
  },
  'operator-certificate-ends': {
    subject: 'operator',
    alarm: alarm('warning', 0, 'operator certificate ends', 'manage-operators'),
    shownBy: ['operator_certificate_ends'],
    limit: `less than ${durationOf(operatorMs)} left`,
    ofCertificate: ({ renewedBy, holder: operator, until }, now) =>
      renewedBy === 'operator' && until - now < operatorMs
        ? reason('operator_certificate_ends', { operator, until: isoTime(until), isOver: now >= until })
        : null,
  },
  'authority-ends': {
    subject: 'cluster',
    alarm: alarm('warning', 60, 'certificate authority ends', 'renew-certificates'),
    shownBy: ['authority_ends'],
    limit: `less than ${durationOf(authorityMs)} left`,
    ofCertificate: ({ purpose, cluster, renewedBy, until }, now) => {
      const authority = authorities[purpose];
      if (authority === undefined || renewedBy !== 'nobody' || until - now >= authorityMs) return null;
      return reason('authority_ends', { authority, cluster, until: isoTime(until), isOver: now >= until });
    },
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;
