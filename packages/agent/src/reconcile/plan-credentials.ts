import { PicketError } from '@picket/shared/errors.ts';
import { canonicalSans, type San } from '@picket/shared/pki/san.ts';
import type { WantedCertificate } from '@picket/shared/protocol/certificates.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { LeafPurpose } from '@picket/shared/protocol/words.ts';
import type { AgentStep, CredentialState, CurrentState } from './model.ts';

export const purposes: readonly LeafPurpose[] = ['server', 'peer', 'client'];

type ObtainStep = Extract<AgentStep, { kind: 'obtain-credential' }>;

/** What is to be done about this node's certificates. */
export interface CredentialPlan {
  /** Before etcd is touched: without these it cannot serve. */
  readonly needed: readonly ObtainStep[];
  /** After all else: what is held still works, so a coordinator that is away must not hold etcd up (R10). */
  readonly renewals: readonly ObtainStep[];
  readonly waits: readonly string[];
  /** Why etcd cannot be started even after the needed steps; null if it can. */
  readonly obstacle: string | null;
}

/** Compares what is held with what is wanted. No date is judged while the clock is in doubt (R14). */
export function planCredentials(document: Pick<DesiredState, 'certificates'>, current: CurrentState): CredentialPlan {
  const found = document.certificates.flatMap((wanted) => {
    const lack = lackOf(wanted, current.credentials[wanted.purpose], current);
    return lack === null ? [] : [{ ...lack, purpose: wanted.purpose }];
  });
  // Only the coordinator renews, so nothing is lost by hearing its time first.
  const lacking = found.filter(({ byDate }) => !byDate || current.timeTold);
  const untold = found.length > lacking.length ? ['the coordinator’s time, by which certificates are judged'] : [];
  const needed = lacking.filter(({ urgent }) => urgent);
  const names = needed.map(({ purpose }) => purpose);
  const unwanted = purposes.filter(
    (purpose) =>
      current.credentials[purpose].kind !== 'held' &&
      !document.certificates.some((wanted) => wanted.purpose === purpose),
  );
  const noSource = unwanted.length > 0 ? `the coordinator to offer a ${unwanted.join(', ')} certificate` : null;

  if (current.clockDoubt !== null) {
    const held =
      needed.length > 0
        ? `the ${names.join(', ')} certificate, which is not asked for before the clock is right`
        : noSource;
    return { needed: [], renewals: [], waits: [], obstacle: held };
  }
  if (lacking.length > 0 && current.monotonic < current.pausedUntil.obtain) {
    const waits = lacking.map(({ purpose, why }) => `the coordinator for a new ${purpose} certificate: ${why}`);
    return {
      needed: [],
      renewals: [],
      waits: [...waits, ...untold],
      obstacle: needed.length > 0 ? `the ${names.join(', ')} certificate` : noSource,
    };
  }
  const step = ({ purpose, why }: { purpose: LeafPurpose; why: string }): ObtainStep => ({
    kind: 'obtain-credential',
    purpose,
    why,
  });
  const renewals = lacking.filter(({ urgent }) => !urgent).map(step);
  return { needed: needed.map(step), renewals, waits: untold, obstacle: noSource };
}

/** Why a credential must be obtained, or null; urgent when what is held, if anything, serves nobody. */
function lackOf(
  wanted: WantedCertificate,
  state: CredentialState,
  { now, clockDoubt }: CurrentState,
): { readonly why: string; readonly urgent: boolean; readonly byDate?: true } | null {
  if (state.kind === 'missing') return { why: 'there is none', urgent: true };
  if (state.kind === 'unusable') return { why: state.why, urgent: true };
  if (!state.issuedByBundle) return { why: 'no authority of today’s bundle issued the one held', urgent: true };
  if (state.commonName !== wanted.commonName || !sameNames(state.sans, wanted.sans)) {
    return { why: 'its names have changed', urgent: false };
  }
  if (clockDoubt !== null) return null;
  if (now >= state.until) return { why: 'the one held is past its end', urgent: false, byDate: true };
  if (now - state.from >= wanted.renewAfterSeconds * 1000) {
    const why = `the one held is older than ${duration(wanted.renewAfterSeconds)}`;
    return { why, urgent: false, byDate: true };
  }
  return null;
}

function sameNames(held: readonly string[], wanted: readonly San[]): boolean {
  const names = sanTexts(wanted);
  return held.length === names.length && names.every((name, index) => name === held[index]);
}

/** `type:value`, canonical and sorted: how names are compared. A name that cannot stand in a certificate stays as it is. */
export function sanTexts(sans: readonly San[]): readonly string[] {
  return canonical(sans)
    .map(({ type, value }) => `${type}:${value}`)
    .sort();
}

function canonical(sans: readonly San[]): readonly San[] {
  try {
    return canonicalSans(sans);
  } catch (error) {
    if (error instanceof PicketError) return sans;
    throw error;
  }
}

function duration(seconds: number): string {
  if (seconds >= 2 * 86_400) return `${Math.floor(seconds / 86_400)} days`;
  return seconds >= 7200 ? `${Math.floor(seconds / 3600)} hours` : `${seconds} s`;
}
