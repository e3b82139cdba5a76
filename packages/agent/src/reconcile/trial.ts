import { parse } from '@picket/shared/etcd-config/parse.ts';
import { lastWords } from '../last-words.ts';
import { serves } from '../pauses.ts';
import { fileNames } from './managed-files.ts';
import { type Accepted, type AcceptedMember, type CurrentState, isMember, type Journal, type Paths } from './model.ts';
import { confKeyOf } from './restart-key.ts';

/** Since when, on the monotonic clock, an etcd that was started with an unproven conf.yml has not served. */
export interface TrialWatch {
  readonly confKey: string;
  readonly since: number;
}

/** An etcd that ends by itself with a new configuration gets this long, in milliseconds; one that only does not serve, */
const crashingMs = 15_000;
/** this long: a slow board reads its data, and a cluster elects. The coordinator waits longer. */
const silentMs = 90_000;

/** Whether what etcd was started with has never served, while another conf.yml of this life has. */
function onTrial({ startedWith, lastGood }: Journal): string | null {
  const confKey = startedWith?.confKey;
  if (confKey === undefined || lastGood === null || lastGood.incarnation !== startedWith?.incarnation) return null;
  return confKey === lastGood.confKey ? null : confKey;
}

/** The watch after this look. */
export function trialSeeing(before: TrialWatch | null, current: CurrentState): TrialWatch | null {
  const confKey = onTrial(current.journal);
  if (confKey === null || serves(current)) return null;
  return before?.confKey === confKey ? before : { confKey, since: current.monotonic };
}

/** Why the configuration on trial counts as one that etcd cannot run with; null while it has time. */
export function trialVerdict(watch: TrialWatch | null, { service, monotonic, lastLog }: CurrentState): string | null {
  if (watch === null) return null;
  const waited = monotonic - watch.since;
  const ends = service.kind === 'crashed' || (service.kind === 'running' && lastLog.length > 0);
  if (waited < (ends ? crashingMs : silentMs)) return null;
  if (!ends) return `etcd did not serve with it within ${silentMs / 1000} s`;
  const words = lastWords(lastLog, true);
  const how = service.kind === 'crashed' ? ` (${service.how})` : '';
  return `etcd did not stay up with it${how}${words === null ? '' : `; its last words: ${words}`}`;
}

/** What this look says of conf.yml: that it is good, that it is not, or that what was rejected is wanted no longer. */
export function judged(
  journal: Journal,
  current: CurrentState,
  accepted: Accepted | null,
  paths: Paths,
  verdict: string | null,
): Journal {
  const document = accepted !== null && isMember(accepted) ? accepted.document : null;
  if (!document?.etcd) return journal;
  const { startedWith, lastGood, rejected } = journal;
  const conf = current.files[fileNames(paths).conf] ?? null;
  if (startedWith?.confKey !== undefined && serves(current) && conf === document.etcd.conf) {
    const { incarnation, confKey } = startedWith;
    const same = lastGood?.conf === conf && lastGood.incarnation === incarnation;
    if (!same && confKeyOf(parse(conf)) === confKey)
      return { ...journal, lastGood: { incarnation, confKey, conf }, rejected: null };
  }
  const confKey = onTrial(journal);
  if (verdict !== null && confKey !== null) return { ...journal, rejected: { confKey, reason: verdict } };
  // Asked for once more after something else, it is tried once more.
  if (rejected !== null && confKeyOf(parse(document.etcd.conf)) !== rejected.confKey)
    return { ...journal, rejected: null };
  return journal;
}

/** Why the conf.yml that the coordinator wants is not in force here; null if it is, or is to be. */
export function rejection(accepted: Accepted | null, { rejected, lastGood }: Journal): string | null {
  if (accepted === null || !isMember(accepted) || rejected === null || lastGood === null) return null;
  const { etcd } = accepted.document;
  if (etcd === null || etcd.incarnation !== lastGood.incarnation) return null;
  return confKeyOf(parse(etcd.conf)) === rejected.confKey ? rejected.reason : null;
}

/**
 * What this node is to have: the coordinator's word, but with the last conf.yml that etcd has served with in the place of
 * one that it cannot run with (R6). Certificates and bundles are today's in any case.
 */
export function inForce(accepted: Accepted | null, journal: Journal): Accepted | null {
  const { lastGood } = journal;
  if (accepted === null || !isMember(accepted) || lastGood === null) return accepted;
  const { document } = accepted;
  if (document.etcd === null || rejection(accepted, journal) === null) return accepted;
  const restored: AcceptedMember = {
    ...accepted,
    document: {
      ...document,
      member: { ...document.member, ports: { ...document.member.ports, metrics: metricsPort(lastGood.conf) } },
      etcd: { ...document.etcd, conf: lastGood.conf },
    },
  };
  return restored;
}

function metricsPort(conf: string): number {
  const [url] = parse(conf).listenMetricsUrls;
  return Number(new URL(url ?? '').port);
}
