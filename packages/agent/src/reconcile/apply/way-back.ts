import { formatUrl } from '@picket/shared/etcd-config/urls.ts';
import { isEarlierMinor, minorOf } from '@picket/shared/etcd-version.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { AskClusterVersion } from '../../etcd/cluster-version.ts';
import type { HostFiles } from '../../host/host.ts';
import { configOf } from '../../model/conf.ts';
import type { AcceptedMember, Paths } from '../../model/model.ts';
import { shownCredentials } from './ask-voter.ts';

/** What the voters of a cluster say of its version. */
interface Said {
  readonly voters: number;
  /** The cluster versions, of those that have answered. */
  readonly versions: readonly string[];
  /** The coordinator orders the earlier version. Otherwise the agent would put it back, for an etcd that does not serve. */
  readonly ordered: boolean;
}

/**
 * Why no etcd of this minor version may start where a later one has started (R6, R17); null if it may. The data of a cluster whose
 * version has risen refuses it. A quorum must say that the version has not: without this member, whose etcd does not serve.
 *
 * By an order of the coordinator, this member's own word counts as well. One or two voters, of which one is down, are no quorum, and
 * those that can answer are enough. An only voter may have raised the version before it went down: then the data refuses the earlier
 * etcd, and the later one starts again (see `goesUpAlone`).
 */
export function closedWayBack(back: string, { voters, versions, ordered }: Said): Reason | null {
  const said = versions.map(minorOf);
  const higher = said.find((cluster) => isEarlierMinor(back, cluster));
  if (higher !== undefined) return reason('no_way_back', { back, cluster: higher });
  const quorum = Math.floor(voters / 2) + 1;
  const needed = ordered ? Math.min(quorum, voters - 1) : quorum;
  const agreeing = said.filter((cluster) => cluster === back).length;
  return agreeing >= needed ? null : reason('way_back_unknown', { back, agreeing, needed, voters });
}

interface AskingDeps {
  readonly host: { readonly files: HostFiles };
  readonly paths: Paths;
  readonly askClusterVersion: AskClusterVersion;
}

/** Asks the voters of this cluster, and judges by {@link closedWayBack}. */
export async function askWayBack(
  back: string,
  accepted: AcceptedMember,
  ordered: boolean,
  { host, paths, askClusterVersion }: AskingDeps,
): Promise<Reason | null> {
  const { member, endpoints, etcd } = accepted.document;
  // By its address, which needs no DNS. The others may know it by its name.
  const own = formatUrl('https', member.address, member.ports.client);
  const advertised = configOf(etcd?.conf ?? '')?.advertiseClientUrls ?? [];
  const others = endpoints.filter((url) => url !== own && !advertised.includes(url));
  const credentials = await shownCredentials(accepted, { host, paths });
  const asked = ordered ? [own, ...others] : others;
  const answers =
    credentials === null ? [] : await Promise.all(asked.map((url) => askClusterVersion(url, credentials.client)));
  return closedWayBack(back, {
    voters: others.length + 1,
    versions: answers.filter((version) => version !== null),
    ordered,
  });
}
