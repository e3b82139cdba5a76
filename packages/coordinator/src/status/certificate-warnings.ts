import { isoTime } from '@picket/shared/iso-time.ts';
import type { PurposeInForce, RenewedBy } from '@picket/shared/protocol/certificates-in-force.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from '../model/instant.ts';

/** A certificate that its holder uses now, as {@link CertificateInForce} shows it. */
export interface InForce {
  readonly purpose: PurposeInForce;
  readonly cluster: string | null;
  readonly holder: string;
  readonly serial: string;
  readonly from: Instant;
  readonly until: Instant;
  readonly renewedBy: RenewedBy;
  readonly renewalDue: Instant | null;
}

const dayMs = 86_400_000;
/** With an authority, everything that it has issued becomes invalid: preparing for that takes more than a week. */
const authorityMs = 365 * dayMs;
const operatorMs = 30 * dayMs;
/** An agent reports a failed renewal at once; this is for holders that do not report. */
const longestGraceMs = 30 * dayMs;

/** What an operator should know about a certificate long before its end; null if nothing is wrong. Pure. */
export function certificateWarning(one: InForce, now: Instant): Reason | null {
  switch (one.renewedBy) {
    case 'nobody':
      if (one.purpose === 'operator') return null;
      return one.until - now < authorityMs ? authorityEnds(one, now) : null;
    case 'operator':
      return one.until - now < operatorMs ? operatorEnds(one, now) : null;
    case 'coordinator':
    case 'agent':
      return isOverdue(one, now) ? overdue(one, now) : null;
  }
}

/** After a quarter of the time that was left when renewal became due. */
function isOverdue({ renewalDue, until }: InForce, now: Instant): boolean {
  if (renewalDue === null) return now >= until;
  return now >= Math.min(until, renewalDue + Math.min((until - renewalDue) / 4, longestGraceMs));
}

function authorityEnds({ purpose, cluster, until }: InForce, now: Instant): Reason | null {
  const authority = authorities[purpose];
  if (authority === undefined) return null;
  return reason('authority_ends', { authority, cluster, until: isoTime(until), isOver: now >= until });
}

const authorities: Readonly<Partial<Record<PurposeInForce, 'control' | 'client' | 'peer'>>> = {
  'control-ca': 'control',
  'client-ca': 'client',
  'peer-ca': 'peer',
};

function operatorEnds({ holder, until }: InForce, now: Instant): Reason {
  return reason('operator_certificate_ends', { operator: holder, until: isoTime(until), isOver: now >= until });
}

function overdue({ purpose, holder, until, renewalDue, renewedBy }: InForce, now: Instant): Reason {
  return reason('certificate_overdue', {
    holder: renewedBy === 'coordinator' ? null : holder,
    purpose,
    until: isoTime(until),
    due: renewalDue === null ? null : isoTime(renewalDue),
    isOver: now >= until,
  });
}
