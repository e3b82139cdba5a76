import type { PurposeInForce, RenewedBy } from '@picket/shared/protocol/certificates-in-force.ts';
import type { Instant } from '../controller/model.ts';

/** A certificate that somebody is known by now, as {@link CertificateInForce} shows it. */
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
/** An authority takes whatever it has issued with it: that is not prepared in a week. */
const authorityMs = 365 * dayMs;
const operatorMs = 30 * dayMs;
/** Of a renewal that fails its agent tells at once; this is for those of which nothing is heard. */
const longestGraceMs = 30 * dayMs;

/** What an operator should know of a certificate long before its end, or null where all goes its way. Pure. */
export function certificateWarning(one: InForce, now: Instant): string | null {
  switch (one.renewedBy) {
    case 'nobody':
      if (one.purpose === 'operator') return null;
      return one.until - now < authorityMs ? authorityEnds(one, now) : null;
    case 'operator':
      return one.until - now < operatorMs ? operatorEnds(one) : null;
    case 'coordinator':
    case 'agent':
      return isOverdue(one, now) ? overdue(one, now) : null;
  }
}

/** After a quarter of the time that was left when it fell due. */
function isOverdue({ renewalDue, until }: InForce, now: Instant): boolean {
  if (renewalDue === null) return now >= until;
  return now >= Math.min(until, renewalDue + Math.min((until - renewalDue) / 4, longestGraceMs));
}

function authorityEnds({ purpose, cluster, until }: InForce, now: Instant): string {
  const whose = purpose === 'control-ca' ? 'The control CA' : `The ${purpose.replace('-ca', '')} CA of ${cluster}`;
  const [ends, takes] = now < until ? ['ends', 'ends'] : ['ended', 'has ended'];
  return (
    `${whose} ${ends} at ${iso(until)}, and whatever it has issued ${takes} with it. Nothing renews it: ` +
    'changing a CA is not built yet.'
  );
}

function operatorEnds({ holder, until }: InForce): string {
  return (
    `The certificate of the operator ${holder} ends at ${iso(until)}, and nobody else renews it: ` +
    `\`picket-coordinator operator ${holder} --context FILE\`, on the coordinator.`
  );
}

function overdue({ purpose, holder, until, renewalDue, renewedBy }: InForce, now: Instant): string {
  const whose =
    renewedBy === 'coordinator'
      ? 'The server certificate of this coordinator'
      : `${holder}: its ${purpose} certificate`;
  const due = renewalDue === null ? '' : `, and was to be renewed at ${iso(renewalDue)}`;
  const look =
    renewedBy === 'coordinator'
      ? 'Its log says what is in the way.'
      : 'If its agent is on and reaches this coordinator, its log says what is in the way.';
  if (now < until) return `${whose} ends at ${iso(until)}${due}. ${look}`;
  return `${whose} ended at ${iso(until)}${due}. New connections by it fail; those that are open go on. ${look}`;
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
