import { reasonOf } from '@picket/shared/errors.ts';
import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import { parse } from '@picket/shared/etcd-config/parse.ts';
import { isOurs } from '@picket/shared/etcd-config/render.ts';
import { validate } from '@picket/shared/etcd-config/validate.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { unlessRefused } from '../program/unless-refused.ts';

/** What a conf.yml says, or why etcd never gets it: as a reason to wait, and as a problem. */
export type ReadConf = { readonly config: EtcdConfig } | { readonly refused: Reason; readonly problem: Reason };

/** What the text of a conf.yml says, or why no node gives it to etcd. */
export type ConfReader = (conf: string) => ReadConf;

/**
 * Reads the same text only once: each observation needs it several times, and YAML costs a board more than the rest of
 * the observation.
 */
export function confReader(): ConfReader {
  const known = new Map<string, ReadConf>();
  return (conf) => {
    const last = known.get(conf);
    if (last !== undefined) return last;
    const said = read(conf);
    // The wanted one and the last good one: an observation needs no other.
    if (known.size === 2) known.clear();
    known.set(conf, said);
    return said;
  };
}

function read(conf: string): ReadConf {
  if (!isOurs(conf)) return refused(reason('conf_not_marked'));
  return unlessRefused(
    () => {
      const config = parse(conf);
      validate(config);
      return { config };
    },
    (error) => refused(reasonOf(error)),
  );
}

export function refused(problem: Reason): ReadConf {
  return { refused: reason('conf_usable', { why: problem }), problem };
}

/** What the text says, even if etcd must not get it; null for a text that this agent cannot read. */
export function configOf(conf: string): EtcdConfig | null {
  return unlessRefused(
    () => parse(conf),
    () => null,
  );
}

/** Where an etcd with this conf.yml reports its health; null for a conf.yml that Picket did not write. */
export function metricsPortOf(conf: string): number | null {
  const url = URL.parse(configOf(conf)?.listenMetricsUrls[0] ?? '');
  return url === null ? null : Number(url.port);
}

/** True if an etcd with this conf.yml serves its metrics on the member's address as well. */
export function hasOpenMetrics(conf: string): boolean {
  return (configOf(conf)?.listenMetricsUrls.length ?? 0) > 1;
}
