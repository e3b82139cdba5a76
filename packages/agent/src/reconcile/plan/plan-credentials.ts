import type { San } from '@picket/shared/pki/san.ts';
import type { WantedCertificate } from '@picket/shared/protocol/certificates.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { renewalDueAt } from '@picket/shared/renewal.ts';
import { allPurposes, purposes } from '../../model/managed-files.ts';
import type { CredentialState, CurrentState, StepOf } from '../../model/model.ts';
import { sanTexts } from '../../model/san-texts.ts';

type ObtainStep = StepOf<'obtain-credential'>;
type ProveStep = StepOf<'prove-credential'>;

/** What to do about this node's certificates. */
interface CredentialPlan {
  /** Before etcd is touched: it cannot serve without these. */
  readonly needed: readonly ObtainStep[];
  /**
   * After everything else: the present certificates still work, so an unreachable coordinator must not delay etcd
   * (R10).
   */
  readonly renewals: readonly (ObtainStep | ProveStep)[];
  readonly waits: readonly AnyReason[];
  /** Why etcd cannot be started even after the needed steps; null if it can. */
  readonly obstacle: AnyReason | null;
}

interface Lack {
  readonly purpose: LeafPurpose;
  readonly why: Reason;
  /** The present certificate, if any, is useless. */
  readonly urgent: boolean;
  readonly byDate: boolean;
}

/**
 * Compares the present certificates with the wanted ones. Judges no date while the clock is in doubt (R14).
 *
 * @param ownEtcd whether this node runs an etcd with these certificates, which then proves renewed ones
 */
export function planCredentials(
  document: Pick<DesiredState, 'certificates'>,
  current: CurrentState,
  ownEtcd: boolean,
): CredentialPlan {
  const found = document.certificates.flatMap((wanted) => {
    const { purpose } = wanted;
    const lack = lackOf(wanted, current.credentials[purpose], current);
    // etcd starts and serves without the agent's own certificate.
    return lack === null ? [] : [{ ...lack, purpose, urgent: lack.urgent && purpose !== 'admin' }];
  });
  // Only the coordinator renews, so waiting for its time loses nothing.
  const lacking = found.filter(({ byDate }) => !byDate || current.timeKnown);
  const awaitedTime = found.length > lacking.length ? [reason('coordinator_time')] : [];
  const needed = lacking.filter(({ urgent }) => urgent);
  const names = needed.map(({ purpose }) => purpose);
  const unwanted = purposes.filter(
    (purpose) =>
      current.credentials[purpose].kind !== 'held' &&
      !document.certificates.some((wanted) => wanted.purpose === purpose),
  );
  const noSource = unwanted.length > 0 ? reason('certificate_offered', { purposes: unwanted }) : null;

  if (current.clockDoubt !== null) {
    const held = needed.length > 0 ? reason('certificate_after_clock', { purposes: names }) : noSource;
    return { needed: [], renewals: [], waits: [], obstacle: held };
  }
  const renewals = planRenewals(lacking, current, ownEtcd);
  const waits = [...renewals.waits, ...awaitedTime];
  if (isObtainingPaused(current)) {
    const asked = needed.map(awaited);
    const obstacle = needed.length > 0 ? reason('certificate_held', { purposes: names }) : noSource;
    return { needed: [], renewals: renewals.steps, waits: [...asked, ...waits], obstacle };
  }
  const first = needed.map((lack): ObtainStep => obtain(lack, false));
  return { needed: first, renewals: renewals.steps, waits, obstacle: noSource };
}

/** Each renewed certificate is proven before the next one is renewed: at most one at a time may turn out to be bad. */
function planRenewals(
  lacking: readonly Lack[],
  current: CurrentState,
  ownEtcd: boolean,
): { readonly steps: readonly (ObtainStep | ProveStep)[]; readonly waits: readonly AnyReason[] } {
  const steps: (ObtainStep | ProveStep)[] = [];
  const waits: AnyReason[] = [];
  const proves = ownEtcd && current.service.kind === 'running';
  for (const purpose of allPurposes) {
    const lack = lacking.find((one) => one.purpose === purpose);
    const unproven = proves && current.unproven.includes(purpose);
    if (lack?.urgent === true || (lack === undefined && !unproven)) continue;
    const unheld = current.unheld[purpose];
    if (unheld !== undefined && current.monotonic < unheld.until) {
      waits.push(reason('certificate_pauses', { purpose, why: unheld.why }));
      continue;
    }
    if (lack !== undefined && isObtainingPaused(current)) {
      waits.push(awaited(lack));
      continue;
    }
    if (lack !== undefined) steps.push(obtain(lack, ownEtcd));
    if (proves) steps.push({ kind: 'prove-credential', purpose });
  }
  return { steps, waits };
}

function isObtainingPaused({ monotonic, pausedUntil }: CurrentState): boolean {
  return monotonic < pausedUntil.obtain;
}

function obtain({ purpose, why }: Lack, keepsFormer: boolean): ObtainStep {
  return { kind: 'obtain-credential', purpose, why, keepsFormer };
}

function awaited({ purpose, why }: Lack): Reason {
  return reason('certificate_new', { purpose, why });
}

/** Why a credential must be obtained; null if it need not be. */
function lackOf(
  wanted: WantedCertificate,
  state: CredentialState,
  { now, clockDoubt }: CurrentState,
): Omit<Lack, 'purpose'> | null {
  const useless = { urgent: true, byDate: false };
  if (state.kind === 'missing') return { why: reason('none_held'), ...useless };
  if (state.kind === 'unusable') return { why: reason('held_unusable', { why: state.why }), ...useless };
  if (!state.issuedByBundle) return { why: reason('held_not_of_bundle'), ...useless };
  if (state.commonName !== wanted.commonName || !sameNames(state.sans, wanted.sans)) {
    return { why: reason('held_names_changed'), urgent: false, byDate: false };
  }
  if (clockDoubt !== null) return null;
  const { held, from, until } = state;
  if (now >= until) return { why: reason('held_ended', { at: held.notAfter }), urgent: false, byDate: true };
  const due = renewalDueAt({ serial: held.serial, from, until }, wanted.renewAfterSeconds);
  if (now < due) return null;
  return { why: reason('renewal_due', { at: held.notAfter }), urgent: false, byDate: true };
}

function sameNames(held: readonly string[], wanted: readonly San[]): boolean {
  const names = sanTexts(wanted);
  return held.length === names.length && names.every((name, index) => name === held[index]);
}
